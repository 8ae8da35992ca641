/** Similarity of producers with consumers and producers both counting less the more follows they have. */
import type { Csr } from '../core/csr.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { transpose } from '../kernels/sparse.ts';
import { spgemmTopK } from '../kernels/spgemm.ts';
import { columnDegrees, inversePowers, patternOf, rowDegrees } from './weights.ts';

export interface GraphOptions {
  /** Entries kept of each row. */
  readonly numNeighbors: number;
  /** x: a consumer with d follows counts d^-x in each pair; 0 and no smoothing: cosines. */
  readonly consumerExponent: number;
  /** β, added to each producer's followers. */
  readonly smoothing: number;
  readonly onProgress?: Progress;
}

/**
 * G[p, q] = Σ_u A[u,p] · A[u,q] · d(u)^-x / √((d(p) + β) · (d(q) + β)), p ≠ q; the best of each row, ties to the lower
 * producer. Cost: Σ_u d(u)² multiply-adds.
 * @param follows  consumers × producers; only its pattern counts
 */
export async function degreeNormalizedGraph(
  kernels: Kernels,
  follows: Csr,
  { numNeighbors, consumerExponent, smoothing, onProgress }: GraphOptions,
): Promise<Csr> {
  const pattern = patternOf(follows);
  const scale = inversePowers(columnDegrees(pattern), smoothing, 0.5);
  const counts = consumerExponent === 0 ? undefined : rowDegrees(pattern);
  return spgemmTopK(kernels, await transpose(kernels, pattern), pattern, {
    topK: numNeighbors,
    threshold: 0,
    innerScale: counts && inversePowers(counts, 0, consumerExponent),
    rowScale: scale,
    colScale: scale,
    excludeDiagonal: true,
    onProgress,
  });
}
