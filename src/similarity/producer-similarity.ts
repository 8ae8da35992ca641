/**
 * Producer similarity: the cosine of two producers' follower vectors, exactly.
 *   cosine:             s(p, q) = Σ_u A[u,p] · A[u,q] / (‖A[:,p]‖ · ‖A[:,q]‖)
 *   degree-normalised:  s(p, q) = Σ_u A[u,p] · A[u,q] / d(u) / (√d(p) · √d(q)),   d = row and column sums of A
 * Each producer keeps its best neighbours above the threshold; an edge stands if either end keeps it, with the larger
 * of the two values. The second weighting is the symmetric normalisation of LightGCN and GF-CF: a consumer who follows
 * thousands says little about any pair, and counts accordingly.
 */
import type { Csr } from '../core/csr.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { spgemmTopK, transpose, unionMax } from '../kernels/sparse.ts';
import { type SimilarityWeighting, weighFollowers } from './follower-weights.ts';

export { type SimilarityWeighting, similarityWeightings } from './follower-weights.ts';

export interface SimilarityOptions {
  readonly weighting: SimilarityWeighting;
  /** An edge is kept iff its similarity is greater than this. */
  readonly threshold: number;
  /** Producers with fewer followers are left out: they get no neighbours and are none. */
  readonly minFollowers: number;
  /** Neighbours each producer keeps. */
  readonly topK: number;
  readonly onProgress?: Progress;
}

/**
 * @param followGraph  A, numConsumers × numProducers, values ≥ 0
 * @returns symmetric numProducers × numProducers, no diagonal, f32 in (threshold, 1]; ties keep the lower index
 * Cost: Σ_u d(u)² multiply-adds; memory topK · 8 bytes per producer beside the graph.
 */
export async function computeProducerSimilarity(
  kernels: Kernels,
  followGraph: Csr,
  { weighting, threshold, topK, minFollowers, onProgress }: SimilarityOptions,
): Promise<Csr> {
  const followers = await weighFollowers(kernels, followGraph, weighting, minFollowers);
  const kept = await spgemmTopK(kernels, followers.producers, followers.users, {
    topK,
    threshold,
    innerScale: followers.innerScale,
    rowScale: followers.scale,
    colScale: followers.scale,
    excludeDiagonal: true,
    onProgress,
  });
  return unionMax(kernels, kept, await transpose(kernels, kept));
}
