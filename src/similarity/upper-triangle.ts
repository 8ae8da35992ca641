/**
 * A · Aᵀ is symmetric: counting the pairs i < j alone halves the multiply-adds, and either end gets what is found. It pays
 * where the threshold leaves few pairs, for all of them are held until both ends have chosen. Counts only:
 * a count may begin at any place of a row.
 */
import { type Csr, nnz } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { placeCsr, takeOut } from '../kernels/sparse.ts';
import {
  multiplyAddsOf,
  rowCosts,
  rowsOfShares,
  type SpgemmOptions,
  spgemmPanels,
  spgemmTopK,
} from '../kernels/spgemm.ts';
import { HeldPairs, MAX_HELD_PAIRS } from './held-pairs.ts';

/** Rows that are looked at first, by their share of the cost; in so many places, for rows that follow one another are alike. */
const SAMPLE_SHARE = 0.01;
const MAX_SAMPLE_PLACES = 4;
/** With more kept pairs per multiply-add, holding them costs more than counting them twice. */
const MAX_KEPT_PER_MULTIPLY_ADD = 0.1;
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
): Promise<Csr | undefined> {
  return kernels.scope(async (arena) => {
    const [placedA, placedB] = [placeCsr(arena, a), placeCsr(arena, b)];
    if (!(await isWorthSharing(kernels, placedA, placedB, options, maxHeldPairs))) return undefined;
    // Every pair above the threshold: which of them are among the best shows only when all rows are there.
    const bStarts = arena.put(placesAfter(a, b));
    const upper = { ...options, bStarts, rowCosts: undefined, topK: b.numCols };
    const held = new HeldPairs(kernels, a.numRows, options.topK, maxHeldPairs);
    await spgemmPanels(kernels, placedA, placedB, upper, (panel) => held.add(takeOut(panel)));
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
  // Where all that may be kept can be held, a wrong guess costs little, and four small jobs would cost more.
  const mayOverflow = numPairs * MAX_KEPT_PER_MULTIPLY_ADD > maxHeldPairs;
  const numPlaces = mayOverflow ? MAX_SAMPLE_PLACES : 1;
  const keptShare = await sampleKeptShare(kernels, a, b, { ...options, rowCosts: costs }, numPlaces);
  return keptShare <= (keptShare * numPairs > maxHeldPairs ? MAX_KEPT_IN_TURNS : MAX_KEPT_PER_MULTIPLY_ADD);
}

/** Kept pairs per multiply-add, as a few of the rows have it; the diagonal is no pair. */
async function sampleKeptShare(
  kernels: Kernels,
  a: Csr,
  b: Csr,
  options: SpgemmOptions & { readonly rowCosts: Float64Array },
  numPlaces: number,
): Promise<number> {
  const { rowCosts } = options;
  const shares = Array.from({ length: numPlaces }, (_, i) => [i / numPlaces, (i + SAMPLE_SHARE) / numPlaces]);
  const bounds = rowsOfShares(rowCosts, shares.flat());
  let numKept = 0;
  let numMultiplyAdds = 0;
  for (let i = 0; i < bounds.length; i += 2) {
    const [lo, hi] = [bounds[i], bounds[i + 1]];
    const sample = { ...options, topK: b.numCols, rows: [lo, hi] as const, onProgress: undefined };
    numKept += nnz(await spgemmTopK(kernels, a, b, sample));
    numMultiplyAdds += multiplyAddsOf(rowCosts, lo, hi) - (a.indptr[hi] - a.indptr[lo]);
  }
  return numKept / Math.max(1, numMultiplyAdds);
}

/** For each entry (p, u) of A, the place in row u of Aᵀ that follows p. Cost O(nnz). */
function placesAfter({ indptr, indices }: Csr, b: Csr): Uint32Array {
  const places = new Uint32Array(indices.length);
  const next = indptr.slice();
  for (let i = 0; i < b.indices.length; i++) places[next[b.indices[i]]++] = i + 1;
  return places;
}
