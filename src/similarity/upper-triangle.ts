/**
 * A · Aᵀ is symmetric: counting the pairs i < j alone halves the multiply-adds, and either end gets what is found. It pays
 * where the threshold leaves few pairs, for all of them are held until both ends have chosen. Counts only:
 * a count may begin at any place of a row.
 */
import { type Csr, nnz } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { placeCsr } from '../kernels/sparse.ts';
import {
  multiplyAddsOf,
  type Panel,
  rowCosts,
  type SpgemmOptions,
  spgemmPanels,
  spgemmPlacedPanels,
} from '../kernels/spgemm.ts';
import { HeldPairs, identity, MAX_HELD_PAIRS } from './held-pairs.ts';

/** One row in so many is looked at first, all over: rows that follow one another are alike, those of the most popular above all. */
const SAMPLE_STRIDE = 100;
/** With more kept pairs per multiply-add, holding them costs more than counting them twice. */
const MAX_KEPT_PER_MULTIPLY_ADD = 0.03;
/** The same where so many pairs are expected that the best are chosen several times. */
const MAX_KEPT_IN_TURNS = 0.015;

/** Can the pairs i < j stand for all? Only if the product is that of a matrix of ones with its transpose. */
export function isSymmetricCount(a: Csr, b: Csr, { innerScale, rowScale, colScale }: SpgemmOptions): boolean {
  return !a.data && !b.data && !innerScale && rowScale === colScale && a.numRows === b.numCols;
}

/**
 * The same as `spgemmTopK(kernels, a, b, options)` without the diagonal, for b = aᵀ; undefined where that would be faster.
 */
export async function topKFromUpperTriangle(
  kernels: Kernels,
  a: Csr,
  b: Csr,
  options: SpgemmOptions,
  maxHeldPairs = MAX_HELD_PAIRS,
): Promise<Panel | undefined> {
  return kernels.scope(async (arena) => {
    const [placedA, placedB] = [placeCsr(arena, a), placeCsr(arena, b)];
    if (!(await isWorthSharing(kernels, placedA, placedB, options, maxHeldPairs))) return undefined;
    // Every pair above the threshold: which of them are among the best shows only when all rows are there.
    const bStarts = arena.put(placesAfter(a, b));
    const upper = { ...options, bStarts, rowCosts: undefined, topK: b.numCols };
    const held = new HeldPairs(kernels, a.numRows, options.topK, maxHeldPairs);
    await spgemmPanels(kernels, placedA, placedB, upper, (panel) => held.add(panel));
    return held.finish();
  });
}

/** Do few enough of the pairs stand, as some of the rows have it? */
async function isWorthSharing(
  kernels: Kernels,
  a: Csr,
  b: Csr,
  options: SpgemmOptions,
  maxHeldPairs: number,
): Promise<boolean> {
  const costs = options.rowCosts ?? rowCosts(a, b);
  const numPairs = (multiplyAddsOf(costs, 0, a.numRows) - nnz(a)) / 2;
  const keptShare = await sampleKeptShare(kernels, a, b, options);
  return keptShare <= (keptShare * numPairs > maxHeldPairs ? MAX_KEPT_IN_TURNS : MAX_KEPT_PER_MULTIPLY_ADD);
}

/** Kept pairs per multiply-add, as a few of the rows have it; the diagonal is no pair. */
async function sampleKeptShare(kernels: Kernels, a: Csr, b: Csr, options: SpgemmOptions): Promise<number> {
  const { rowScale } = options;
  const chosen = everyNthRow(a.numRows, SAMPLE_STRIDE);
  const rows = rowsOf(a, chosen);
  const sample = {
    ...options,
    topK: b.numCols,
    rowScale: rowScale && Float32Array.from(chosen, (row) => rowScale[row]),
    // Their diagonal lies elsewhere.
    excludeDiagonal: false,
    exclude: { ...identity(chosen.length), numCols: b.numCols, indices: chosen },
    rowCosts: rowCosts(rows, b),
    onProgress: undefined,
  };
  let numKept = 0;
  await spgemmPlacedPanels(kernels, rows, b, sample, nnz, (size) => {
    numKept += size;
  });
  return numKept / Math.max(1, multiplyAddsOf(sample.rowCosts, 0, rows.numRows) - nnz(rows));
}

/** The middle one of each `stride` rows: at either end of rows in order it would stand for others too ill. */
function everyNthRow(numRows: number, stride: number): Uint32Array {
  return Uint32Array.from({ length: Math.ceil(numRows / stride) }, (_, i) => {
    const first = i * stride;
    return (first + Math.min(first + stride, numRows)) >> 1;
  });
}

function rowsOf({ indptr, indices, numCols }: Csr, chosen: Uint32Array): Csr {
  const starts = new Uint32Array(chosen.length + 1);
  chosen.forEach((row, i) => {
    starts[i + 1] = starts[i] + indptr[row + 1] - indptr[row];
  });
  const some = new Uint32Array(starts[chosen.length]);
  chosen.forEach((row, i) => {
    some.set(indices.subarray(indptr[row], indptr[row + 1]), starts[i]);
  });
  return { numRows: chosen.length, numCols, indptr: starts, indices: some };
}

/** For each entry (p, u) of A, the place in row u of Aᵀ that follows p. Cost O(nnz). */
function placesAfter({ indptr, indices }: Csr, b: Csr): Uint32Array {
  const places = new Uint32Array(indices.length);
  const next = indptr.slice();
  for (let i = 0; i < b.indices.length; i++) places[next[b.indices[i]]++] = i + 1;
  return places;
}
