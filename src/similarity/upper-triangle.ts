/**
 * A · Aᵀ is symmetric: counting the pairs i < j alone halves the multiply-adds, and either end gets what is found. It pays
 * where the threshold leaves few pairs, for all of them are held until both ends have chosen. Counts only:
 * a count may begin at any place of a row.
 */
import { type Csr, nnz } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { rowsOfShare, type SpgemmOptions, spgemmPanels, spgemmTopK } from '../kernels/spgemm.ts';
import { HeldPairs, MAX_HELD_PAIRS } from './held-pairs.ts';

/** Rows that are looked at first, by their share of the cost. */
const SAMPLE_SHARE = 0.02;
/** With more kept pairs per multiply-add, holding them costs more than counting them twice. */
const MAX_KEPT_PER_MULTIPLY_ADD = 0.1;

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
): Promise<Csr | undefined> {
  const bStarts = placesAfter(a, b);
  // Every pair above the threshold: which of them are among the best shows only when all rows are there.
  const upper = { ...options, bStarts, topK: b.numCols };
  const sampleRows = rowsOfShare(a, b, SAMPLE_SHARE, bStarts);
  const sample = await spgemmTopK(kernels, a, b, { ...upper, rows: [0, sampleRows], onProgress: undefined });
  const numMultiplyAdds = multiplyAddsOf(a, b, bStarts, sampleRows);
  if (nnz(sample) > MAX_KEPT_PER_MULTIPLY_ADD * numMultiplyAdds) return undefined;
  const held = new HeldPairs(kernels, a.numRows, options.topK, maxHeldPairs);
  await spgemmPanels(kernels, a, b, upper, (panel) => held.add(panel));
  return held.finish();
}

/** For each entry (p, u) of A, the place in row u of Aᵀ that follows p. Cost O(nnz). */
function placesAfter({ indptr, indices }: Csr, b: Csr): Uint32Array {
  const places = new Uint32Array(indices.length);
  const next = indptr.slice();
  for (let i = 0; i < b.indices.length; i++) places[next[b.indices[i]]++] = i + 1;
  return places;
}

function multiplyAddsOf(a: Csr, b: Csr, bStarts: Uint32Array, numRows: number): number {
  let sum = 0;
  for (let at = 0; at < a.indptr[numRows]; at++) sum += b.indptr[a.indices[at] + 1] - bStarts[at];
  return sum;
}
