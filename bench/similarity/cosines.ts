/** All cosines of producers above a threshold, the best of each: the product that is measured, and its neighbours of ones. */
import type { Csr } from '../../src/core/csr.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { transpose } from '../../src/kernels/sparse.ts';
import { spgemmTopK } from '../../src/kernels/spgemm.ts';

export interface CosineTask {
  /** Consumers × producers, ones. */
  readonly follows: Csr;
  /** Its transpose. */
  readonly followers: Csr;
  /** 1 / √followers. */
  readonly scale: Float32Array;
  readonly threshold: number;
  readonly topK: number;
}

export async function cosineTask(
  kernels: Kernels,
  follows: Csr,
  threshold: number,
  topK: number,
): Promise<CosineTask> {
  const followers = await transpose(kernels, follows);
  const { indptr } = followers;
  const scale = Float32Array.from({ length: follows.numCols }, (_, p) => {
    const degree = indptr[p + 1] - indptr[p];
    return degree > 0 ? 1 / Math.sqrt(degree) : 0;
  });
  return { follows, followers, scale, threshold, topK };
}

export function runTask(
  kernels: Kernels,
  { follows, followers, scale, threshold, topK }: CosineTask,
): Promise<Csr> {
  const scales = { rowScale: scale, colScale: scale };
  return spgemmTopK(kernels, followers, follows, { topK, threshold, ...scales, excludeDiagonal: true });
}

/** FNV-1a over row sizes, indices and bits of values, as the C program prints it. */
export function hashOf({ numRows, indptr, indices, data }: Csr): string {
  let hash = 0x811c9dc5;
  const add = (word: number) => {
    hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
  };
  for (let row = 0; row < numRows; row++) add(indptr[row + 1] - indptr[row]);
  for (const index of indices) add(index);
  if (data) for (const word of new Uint32Array(data.buffer, data.byteOffset, data.length)) add(word);
  return hash.toString(16).padStart(8, '0');
}
