/**
 * From "each keeps its best" to "a pair stands if either end keeps it". Rows of kept neighbours lie in memory, or on disk
 * where memory is limited; the result is the same, and on disk then too.
 */
import type { Csr } from '../core/csr.ts';
import type { StoredCsr } from '../core/stored-csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { placeCsr, takeOut, unionMaxTransposed } from '../kernels/sparse.ts';
import {
  type Panel,
  rowCosts,
  type SpgemmOptions,
  spgemmPanels,
  spgemmPlacedPanels,
  stackRows,
} from '../kernels/spgemm.ts';
import { type SpillOptions, StoredRows, unionBlocks } from './stored-rows.ts';
import { isSymmetricCount, topKFromUpperTriangle } from './upper-triangle.ts';

/** What becomes of the entries of rows that are done. */
export type ChangeOfRows = (rows: Panel) => Panel;

/** max(K, Kᵀ) for K = the best of A · Aᵀ, or of A · B where B is Aᵀ with other values. */
export async function keepByEitherEnd(
  kernels: Kernels,
  a: Csr,
  b: Csr,
  options: SpgemmOptions,
): Promise<Panel> {
  const { rows, isUnited } = await keptRows(kernels, a, b, options);
  return isUnited ? rows : unionMaxTransposed(kernels, rows);
}

/** K, or max(K, Kᵀ) already where all of K came at once: then it need not leave the arena in between. */
async function keptRows(
  kernels: Kernels,
  a: Csr,
  b: Csr,
  options: SpgemmOptions,
): Promise<{ rows: Panel; isUnited: boolean }> {
  return kernels.scope(async (arena) => {
    const product = { ...options, rowCosts: rowCosts(a, b) };
    const [placedA, placedB] = [placeCsr(arena, a), placeCsr(arena, b)];
    const isShared = options.excludeDiagonal === true && isSymmetricCount(a, b, options);
    const shared = isShared ? await topKFromUpperTriangle(kernels, placedA, placedB, product) : undefined;
    if (shared) return { rows: shared, isUnited: false };
    const panels: Panel[] = [];
    const isWhole = (panel: Panel) => panel.numRows === a.numRows;
    const unite = (panel: Panel) => (isWhole(panel) ? unionMaxTransposed(kernels, panel) : takeOut(panel));
    await spgemmPlacedPanels(kernels, placedA, placedB, product, unite, (panel) => void panels.push(panel));
    return { rows: stackRows(panels, b.numCols), isUnited: isWhole(panels[0]) };
  });
}

/** The same by way of the disk: K goes to a store, and sorted by its columns to another. */
export async function keepOnDisk(
  kernels: Kernels,
  a: Csr,
  b: Csr,
  options: SpgemmOptions,
  spill: SpillOptions,
  change: ChangeOfRows = (rows) => rows,
): Promise<StoredCsr> {
  const kept = await StoredRows.open(spill.openStore, a.numRows);
  try {
    const panels = { ...options, maxPanelBytes: spill.maxBytes };
    await spgemmPanels(kernels, a, b, panels, (panel) => kept.append(panel));
    return await eitherEndOnDisk(kept, spill, change);
  } finally {
    await kept.close();
  }
}

/** max(K, Kᵀ), on disk like K. */
export async function eitherEndOnDisk(
  kept: StoredRows,
  spill: SpillOptions,
  change: ChangeOfRows,
): Promise<StoredCsr> {
  const graph = await StoredRows.open(spill.openStore, kept.numRows);
  try {
    await unionBlocks([kept], spill, (block) => graph.append(change(block)));
    return graph.toCsr();
  } catch (error) {
    await graph.close();
    throw error;
  }
}
