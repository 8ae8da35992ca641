/** Cluster indices: the entities that score highest in each cluster. */
import type { Csr } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { topKRows, transpose } from '../kernels/sparse.ts';

/**
 * @param embedding  entities × (numCommunities + 1)
 * @returns (numCommunities + 1) × entities; each row best first (not by entity), ties to the lower entity;
 *          at most `topK` per cluster, each > `threshold`. Row 0 is empty.
 */
export async function buildClusterIndex(
  kernels: Kernels,
  embedding: Csr,
  topK: number,
  threshold: number,
): Promise<Csr> {
  return topKRows(kernels, await transpose(kernels, embedding), topK, threshold);
}
