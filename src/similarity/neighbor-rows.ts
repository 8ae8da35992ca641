/**
 * From "each keeps its best" to "a pair stands if either end keeps it". Rows of kept neighbours lie in memory, or on disk
 * where memory is limited; the result is the same, and on disk then too.
 */
import type { Csr } from '../core/csr.ts';
import type { StoredCsr } from '../core/stored-csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { placeCsr, takeOut, unionMaxTransposed } from '../kernels/sparse.ts';
import { type Panel, rowCosts, type SpgemmOptions, spgemmPanels, stackRows } from '../kernels/spgemm.ts';
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
  return kernels.scope(async (arena) => {
    const product = { ...options, rowCosts: rowCosts(a, b) };
    const [placedA, placedB] = [placeCsr(arena, a), placeCsr(arena, b)];
    const isShared = options.excludeDiagonal === true && isSymmetricCount(a, b, options);
    const shared = isShared ? await topKFromUpperTriangle(kernels, placedA, placedB, product) : undefined;
    if (shared) return unionMaxTransposed(kernels, shared);
    const panels: Panel[] = [];
    let graph: Panel | undefined;
    await spgemmPanels(kernels, placedA, placedB, product, async (panel) => {
      // All rows at once need not leave the arena in between.
      if (panel.numRows === a.numRows) graph = await unionMaxTransposed(kernels, panel);
      else panels.push(takeOut(panel));
    });
    return graph ?? unionMaxTransposed(kernels, stackRows(panels, b.numCols));
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
    await spgemmPanels(kernels, a, b, panels, (panel) => kept.append(takeOut(panel)));
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
