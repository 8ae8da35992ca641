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
import { inverseColumnNorms, transpose, unionMax } from '../kernels/sparse.ts';
import { spgemmTopK } from '../kernels/spgemm.ts';

export const similarityWeightings = ['cosine', 'degree-normalized'] as const;
export type SimilarityWeighting = (typeof similarityWeightings)[number];

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
  const producerConsumer = await transpose(kernels, followGraph);
  const isCosine = weighting === 'cosine';
  const inverseNorm = isCosine ? await inverseNorms(kernels, followGraph) : inverseRootSums(producerConsumer);
  const scale = inverseNorm.map((value, p) => (followers(producerConsumer, p) < minFollowers ? 0 : value));
  const kept = await spgemmTopK(kernels, producerConsumer, followGraph, {
    topK,
    threshold,
    innerScale: isCosine ? undefined : inverseRowSums(followGraph),
    rowScale: scale,
    colScale: scale,
    excludeDiagonal: true,
    onProgress,
  });
  return unionMax(kernels, kept, await transpose(kernels, kept));
}

function inverseNorms(kernels: Kernels, matrix: Csr): Promise<Float32Array> {
  return inverseColumnNorms(kernels, matrix, matrix.data ?? new Float32Array(matrix.indices.length).fill(1));
}

function followers({ indptr }: Csr, producer: number): number {
  return indptr[producer + 1] - indptr[producer];
}

function rowSum({ indptr, data }: Csr, row: number): number {
  if (!data) return indptr[row + 1] - indptr[row];
  let sum = 0;
  for (let i = indptr[row]; i < indptr[row + 1]; i++) sum += data[i];
  return sum;
}

function inverseRowSums(matrix: Csr): Float32Array {
  return Float32Array.from(
    { length: matrix.numRows },
    (_, row) => 1 / (rowSum(matrix, row) || Number.POSITIVE_INFINITY),
  );
}

function inverseRootSums(matrix: Csr): Float32Array {
  return inverseRowSums(matrix).map(Math.sqrt);
}
