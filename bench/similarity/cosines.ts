/** All cosines of producers above a threshold, the best of each: the product that is measured, and its neighbours of ones. */
import type { Csr } from '../../src/core/csr.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { takeOut, transpose } from '../../src/kernels/sparse.ts';
import { type Panel, spgemmPlacedPanels, stackRows } from '../../src/kernels/spgemm.ts';

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

/** The product, and the seconds until it lies in kernel memory, as that of C in its own. */
export async function timedCosines(
  kernels: Kernels,
  { follows, followers, scale, threshold, topK }: CosineTask,
): Promise<{ readonly seconds: number; readonly cosines: Csr }> {
  const panels: Panel[] = [];
  const options = { topK, threshold, rowScale: scale, colScale: scale, excludeDiagonal: true };
  let seconds = 0;
  let began = performance.now();
  const stopAndTake = (placed: Panel) => {
    seconds += (performance.now() - began) / 1000;
    return takeOut(placed);
  };
  await spgemmPlacedPanels(kernels, followers, follows, options, stopAndTake, (panel) => {
    panels.push(panel);
    began = performance.now();
  });
  return { seconds, cosines: stackRows(panels, follows.numCols) };
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
