/**
 * A · Aᵀ is symmetric: counting the pairs i < j alone halves the multiply-adds, and either end gets what is found. It pays
 * where the threshold leaves few pairs, for all of them are held until both ends have chosen. Counts only, whose products
 * with the scales are the same bits from either end.
 */
import { type Csr, nnz } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { transpose, unionMax } from '../kernels/sparse.ts';
import {
  type Panel,
  rowsOfShare,
  type SpgemmOptions,
  spgemmPanels,
  spgemmTopK,
  stackRows,
} from '../kernels/spgemm.ts';

/** Rows that are looked at first, by their share of the cost. */
const SAMPLE_SHARE = 0.02;
/** With more kept pairs per multiply-add, holding them costs more than counting them twice. */
const MAX_KEPT_PER_MULTIPLY_ADD = 0.1;
/** Pairs held at a time, 8 bytes each and as many again from the other end. */
const MAX_HELD_PAIRS = 2 ** 25;

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

/** The best of each row so far, and pairs i < j that no row has seen yet. */
class HeldPairs {
  readonly #kernels: Kernels;
  readonly #numRows: number;
  readonly #topK: number;
  readonly #maxHeldPairs: number;
  #best: Csr | undefined;
  #panels: Panel[] = [];
  #numHeld = 0;
  #numRowsBefore = 0;
  #numRowsHeld = 0;

  constructor(kernels: Kernels, numRows: number, topK: number, maxHeldPairs: number) {
    this.#kernels = kernels;
    this.#numRows = numRows;
    this.#topK = topK;
    this.#maxHeldPairs = maxHeldPairs;
  }

  async add(panel: Panel): Promise<void> {
    this.#panels.push(panel);
    this.#numHeld += nnz(panel);
    this.#numRowsHeld += panel.numRows;
    if (this.#numHeld > this.#maxHeldPairs) await this.#choose();
  }

  async finish(): Promise<Csr> {
    if (this.#panels.length > 0 || !this.#best) await this.#choose();
    return this.#best as Csr;
  }

  /** The best of what is best so far and of the pairs held, seen from both ends. */
  async #choose(): Promise<void> {
    const n = this.#numRows;
    const kernels = this.#kernels;
    const rows = this.#panels.length > 0 ? stackRows(this.#panels, n) : emptyPanel(n);
    const upper = amongAllRows(rows, this.#numRowsBefore, n);
    let all = await unionMax(kernels, upper, await transpose(kernels, upper));
    if (this.#best) all = await unionMax(kernels, all, this.#best);
    this.#best = await spgemmTopK(kernels, all, identity(n), { topK: this.#topK, threshold: 0 });
    this.#numRowsBefore += this.#numRowsHeld;
    this.#panels = [];
    this.#numHeld = 0;
    this.#numRowsHeld = 0;
  }
}

function emptyPanel(numCols: number): Panel {
  return {
    numRows: 0,
    numCols,
    indptr: new Uint32Array(1),
    indices: new Uint32Array(),
    data: new Float32Array(),
  };
}

/** Rows first, first + 1, ... of a matrix whose other rows are empty. */
function amongAllRows(rows: Panel, first: number, numRows: number): Panel {
  const indptr = new Uint32Array(numRows + 1);
  indptr.set(rows.indptr, first);
  indptr.fill(nnz(rows), first + rows.numRows);
  return { ...rows, numRows, indptr };
}

function identity(n: number): Csr {
  const indptr = Uint32Array.from({ length: n + 1 }, (_, i) => i);
  return { numRows: n, numCols: n, indptr, indices: indptr.slice(0, n) };
}
