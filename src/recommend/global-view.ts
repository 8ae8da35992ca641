/**
 * The global view: which producers a community speaks for. With N the cluster-normalised InterestedIn of consumers, d(u) their
 * follows and s(p) the followers of a producer plus β:
 *   Z[p, c] = s(p)^-b · Σ_u A[u,p] · N[u,c] / d(u),   the best `numClusters` clusters of each producer
 * Without the factors it is the producer embedding times √followers; here each follower counts once in all, and not once per
 * follow.
 */
import type { Csr } from '../core/csr.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { transpose } from '../kernels/sparse.ts';
import { spgemmTopK } from '../kernels/spgemm.ts';
import { columnDegrees, inversePowers, patternOf, rowDegrees } from './weights.ts';

export interface GlobalViewOptions {
  /** Clusters of each producer. */
  readonly numClusters: number;
  /** β, followers. */
  readonly smoothing: number;
  /** b: how much a producer is held back for being followed by many. */
  readonly popularityExponent: number;
  readonly onProgress?: Progress;
}

/**
 * @param follows   consumers × producers; only its pattern counts
 * @param interest  N, consumers × (numCommunities + 1)
 * @returns Z, producers × (numCommunities + 1). Cost: over all follows, the consumer's clusters
 */
export async function computeGlobalView(
  kernels: Kernels,
  follows: Csr,
  interest: Csr,
  { numClusters, smoothing, popularityExponent, onProgress }: GlobalViewOptions,
): Promise<Csr> {
  return spgemmTopK(kernels, await transpose(kernels, patternOf(follows)), interest, {
    topK: numClusters,
    threshold: 0,
    innerScale: inversePowers(rowDegrees(follows), 0, 1),
    rowScale: inversePowers(columnDegrees(follows), smoothing, popularityExponent),
    onProgress,
  });
}
