/**
 * Sparse product that keeps the best entries of each row. Rows are computed in panels, whose output is what bounds the
 * memory; the rows of a panel are cut into units of about equal work, for rows of a power-law graph differ a million-fold.
 */
import { type Csr, nnz, requireProduct, type ValuedCsr } from '../core/csr.ts';
import { floorFloat32 } from '../core/math.ts';
import type { Kernels, Progress } from './kernels.ts';
import { compactSlots, takeOut } from './sparse.ts';

export interface SpgemmOptions {
  /** Largest number of entries kept per row. */
  readonly topK: number;
  /** An entry is kept iff it is greater than this; at least 0. */
  readonly threshold: number;
  /** Larger entries become this, before they are compared. Default: none does. */
  readonly maxValue?: number;
  /** f32 factors of the rows of B (inner), the rows of A and the columns of B; absent = 1. */
  readonly innerScale?: Float32Array;
  readonly rowScale?: Float32Array;
  readonly colScale?: Float32Array;
  /** Entries stored here are left out of the product. Same number of rows as A. */
  readonly exclude?: Csr;
  readonly excludeDiagonal?: boolean;
  /** An entry is kept iff it is the sum of at least so many products. Default 1. */
  readonly minCommon?: number;
  /** For each entry (r, i) of A, the place in B from which row i counts; absent: its first. Products of ones only. */
  readonly bStarts?: Uint32Array;
  /** What `rowCosts` says of the same product, where that is known already. */
  readonly rowCosts?: Float64Array;
  /** Bytes that the rows of a panel may take; the result does not depend on it. Default 512 MiB. */
  readonly maxPanelBytes?: number;
  readonly onProgress?: Progress;
}

/** Rows of a product, columns ascending within a row. */
export type Panel = ValuedCsr;

/** Units of work per thread and panel: the last to finish keeps the others waiting for no more than a unit. */
const UNITS_PER_THREAD = 64;
/** What a row costs beside its multiply-adds, in multiply-adds. */
const ROW_COST = 32;
export const DEFAULT_PANEL_BYTES = 2 ** 29;
/** A kept entry: its place in the padded rows and in the compact ones, 8 bytes each. */
export const ENTRY_BYTES = 16;

/**
 * C = diag(rowScale) · A · diag(innerScale) · B · diag(colScale), the best `topK` entries above `threshold` of each row,
 * columns ascending; ties go to the lower column. Values must not be negative. Sums in f64 in the order of A's row, rounded
 * to f32 once they are scaled; products of two matrices of ones are counted, exactly up to 2^31. Cost O(multiply-adds + numbers to choose from).
 * @throws SimClustersError SHAPE_MISMATCH, OUT_OF_MEMORY
 */
export async function spgemmTopK(kernels: Kernels, a: Csr, b: Csr, options: SpgemmOptions): Promise<Panel> {
  const panels: Panel[] = [];
  await spgemmPanels(kernels, a, b, options, (panel) => {
    panels.push(panel);
  });
  return stackRows(panels, b.numCols);
}

/** The same product, handed over panel by panel, top to bottom; how many rows a panel has depends on `maxPanelBytes`. */
export function spgemmPanels(
  kernels: Kernels,
  a: Csr,
  b: Csr,
  options: SpgemmOptions,
  take: (panel: Panel) => Promise<void> | void,
): Promise<void> {
  return spgemmPlacedPanels(kernels, a, b, options, takeOut, take);
}

/**
 * The same, but `change` sees a panel while it lies in the arena, beside the slots it was made in. What it makes of it must
 * not lie there; it goes to `take` when the room of the panel is free again.
 */
export async function spgemmPlacedPanels<Changed>(
  kernels: Kernels,
  a: Csr,
  b: Csr,
  options: SpgemmOptions,
  change: (placed: Panel) => Promise<Changed> | Changed,
  take: (changed: Changed) => Promise<void> | void,
): Promise<void> {
  requireProduct('sparse product', a, b);
  const topK = Math.max(1, Math.min(options.topK, b.numCols));
  const costs = options.rowCosts ?? rowCosts(a, b, options.bStarts);
  const totalCost = costs[a.numRows];
  await kernels.scope(async (arena) => {
    const optional = (array: Float32Array | undefined) => array && arena.put(array);
    const fixed = {
      numCols: b.numCols,
      aIndptr: arena.put(a.indptr),
      aIndices: arena.put(a.indices),
      aData: optional(a.data),
      bIndptr: arena.put(b.indptr),
      bIndices: arena.put(b.indices),
      bData: optional(b.data),
      bStarts: options.bStarts && arena.put(options.bStarts),
      innerScale: optional(options.innerScale),
      rowScale: optional(options.rowScale),
      colScale: optional(options.colScale),
      excludeIndptr: options.exclude && arena.put(options.exclude.indptr),
      excludeIndices: options.exclude && arena.put(options.exclude.indices),
      excludeDiagonal: options.excludeDiagonal ? 1 : 0,
      threshold: floorFloat32(Math.max(options.threshold, 0)),
      maxValue: options.maxValue ?? Number.POSITIVE_INFINITY,
      topK,
      minCommon: options.minCommon ?? 1,
    };
    const scratchBytes = spgemmScratchBytes(b.numCols, topK);
    const maxEntries = Math.max(1, Math.floor((options.maxPanelBytes ?? DEFAULT_PANEL_BYTES) / ENTRY_BYTES));
    for (let firstRow = 0; ; ) {
      const slotStarts = placeSlots(costs, firstRow, topK, maxEntries);
      const numRows = slotStarts.length - 1;
      const before = costs[firstRow];
      const cost = costs[firstRow + numRows] - before;
      const onProgress = (share: number) => options.onProgress?.((before + cost * share) / (totalCost || 1));
      const changed = await kernels.scope(async () => {
        const unitStarts = cutIntoUnits(costs, firstRow, numRows, kernels.numThreads * UNITS_PER_THREAD);
        const slots = {
          slotStarts: arena.put(slotStarts),
          counts: arena.u32(numRows),
          slotIndices: arena.u32(slotStarts[numRows]),
          slotData: arena.f32(slotStarts[numRows]),
        };
        const params = kernels.block('spgemmTopK', {
          ...fixed,
          ...slots,
          firstRow,
          unitStarts: arena.put(unitStarts),
        });
        const step = kernels.step('spgemmTopK', params, unitStarts.length - 1, 1);
        await kernels.run([step], { scratchBytes, onProgress });
        return change(await compactSlots(kernels, arena, slots, b.numCols));
      });
      await take(changed);
      firstRow += numRows;
      if (firstRow === a.numRows) return;
    }
  });
}

/** Bytes of the working memory of a thread; its parts are named in assembly/spgemm.ts. */
export function spgemmScratchBytes(numCols: number, topK: number): number {
  const capacity = Math.min(4 * topK, numCols);
  return numCols * 16 + 4 + 8 + (capacity + 1) * 8 + topK * 8 + 1024;
}

/** Multiply-adds of A · B. A count of pairs that may well exceed 2^32. Cost O(nnz of A). */
export function countMultiplyAdds(a: Csr, b: Csr): number {
  return multiplyAddsOf(rowCosts(a, b), 0, a.numRows);
}

/** Multiply-adds of rows lo..hi, by their costs. */
export function multiplyAddsOf(costs: Float64Array, lo: number, hi: number): number {
  return costs[hi] - costs[lo] - (hi - lo) * ROW_COST;
}

/** f64[rows of A + 1]: what the rows before each cost, in multiply-adds. Cost O(nnz of A). */
export function rowCosts(a: Csr, b: Csr, bStarts?: Uint32Array): Float64Array {
  const { indptr, indices } = a;
  const ends = b.indptr.subarray(1);
  const sizes = ends.map((end, i) => end - b.indptr[i]);
  const costs = new Float64Array(a.numRows + 1);
  for (let row = 0; row < a.numRows; row++) {
    let cost = ROW_COST;
    const end = indptr[row + 1];
    if (bStarts) for (let at = indptr[row]; at < end; at++) cost += ends[indices[at]] - bStarts[at];
    else for (let at = indptr[row]; at < end; at++) cost += sizes[indices[at]];
    costs[row + 1] = costs[row] + cost;
  }
  return costs;
}

/** Where the rows of the next panel begin in its slots: as many rows as have room, and at least one. */
function placeSlots(costs: Float64Array, firstRow: number, topK: number, maxEntries: number): Uint32Array {
  const end = costs.length - 1;
  const starts = new Uint32Array(end - firstRow + 1);
  for (let row = firstRow; row < end; row++) {
    const next = starts[row - firstRow] + Math.min(topK, multiplyAddsOf(costs, row, row + 1));
    if (next > maxEntries && row > firstRow) return starts.subarray(0, row - firstRow + 1);
    starts[row - firstRow + 1] = next;
  }
  return starts;
}

/** u32[units + 1]: panel rows that share the cost of the panel about equally, each unit at least one row. */
function cutIntoUnits(costs: Float64Array, firstRow: number, numRows: number, maxUnits: number): Uint32Array {
  const share = (costs[firstRow + numRows] - costs[firstRow]) / maxUnits;
  const starts = [0];
  let begin = costs[firstRow];
  for (let row = 1; row < numRows; row++) {
    if (costs[firstRow + row] - begin < share) continue;
    starts.push(row);
    begin = costs[firstRow + row];
  }
  starts.push(numRows);
  return Uint32Array.from(starts);
}

/** One matrix from row panels, top to bottom. */
export function stackRows(panels: readonly Panel[], numCols: number): Panel {
  if (panels.length === 1) return panels[0];
  const numRows = panels.reduce((sum, panel) => sum + panel.numRows, 0);
  const total = panels.reduce((sum, panel) => sum + nnz(panel), 0);
  const indptr = new Uint32Array(numRows + 1);
  const indices = new Uint32Array(total);
  const data = new Float32Array(total);
  let row = 0;
  let at = 0;
  for (const panel of panels) {
    for (let r = 1; r <= panel.numRows; r++) indptr[row + r] = at + panel.indptr[r];
    indices.set(panel.indices, at);
    data.set(panel.data, at);
    row += panel.numRows;
    at += nnz(panel);
  }
  return { numRows, numCols, indptr, indices, data };
}
