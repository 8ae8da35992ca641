/** Rankings by vectors, and by popularity, for consumers whose follows are left out. */
import type { Csr } from '../core/csr.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { topKRows, transpose } from '../kernels/sparse.ts';
import { spgemmTopK } from '../kernels/spgemm.ts';

/**
 * The k best producers of each consumer by  Σ_c consumerVectors[u, c] · producerVectors[p, c] · producerScale[p].
 * @param seen  producers left out for each consumer
 * @returns consumers × producers, best first
 */
export async function recommendByVectors(
  kernels: Kernels,
  consumerVectors: Csr,
  producerVectors: Csr,
  seen: Csr,
  { k, producerScale, onProgress }: { k: number; producerScale?: Float32Array; onProgress?: Progress },
): Promise<Csr> {
  const clusterProducers = await transpose(kernels, producerVectors);
  const best = await spgemmTopK(kernels, consumerVectors, clusterProducers, {
    topK: k,
    threshold: 0,
    colScale: producerScale,
    exclude: seen,
    onProgress,
  });
  return topKRows(kernels, best, k);
}

/** The k most followed producers that each consumer does not follow yet: the baseline to beat. */
export function recommendByPopularity(followerCount: Uint32Array, seen: Csr, k: number): Csr {
  const byPopularity = Uint32Array.from(followerCount.keys()).sort(
    (a, b) => followerCount[b] - followerCount[a] || a - b,
  );
  const indptr = new Uint32Array(seen.numRows + 1);
  const indices: number[] = [];
  for (let u = 0; u < seen.numRows; u++) {
    const own = new Set(seen.indices.subarray(seen.indptr[u], seen.indptr[u + 1]));
    let taken = 0;
    for (let i = 0; i < byPopularity.length && taken < k; i++) {
      if (own.has(byPopularity[i])) continue;
      indices.push(byPopularity[i]);
      taken++;
    }
    indptr[u + 1] = indices.length;
  }
  return { numRows: seen.numRows, numCols: seen.numCols, indptr, indices: Uint32Array.from(indices) };
}
