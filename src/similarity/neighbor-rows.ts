/**
 * From "each keeps its best" to "a pair stands if either end keeps it". Rows of kept neighbours lie in memory, or on disk
 * where they do not fit beside the result; the result is the same.
 */
import type { Csr } from '../core/csr.ts';
import type { EdgeStore, OpenEdgeStore } from '../core/edge-store.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { transpose, unionMax } from '../kernels/sparse.ts';
import { type Panel, type SpgemmOptions, spgemmPanels, spgemmTopK } from '../kernels/spgemm.ts';
import { isSymmetricCount, topKFromUpperTriangle } from './upper-triangle.ts';

/** Kept entries beside the result: index and value, as kept and from the other end, and the two merged. */
const ENTRY_BYTES = 24;

export interface SpillOptions {
  /** Bytes that panels may take, and later the rows that are merged at a time. */
  readonly maxBytes: number;
  readonly openStore: OpenEdgeStore;
}

/**
 * max(K, Kᵀ) for K = the best of A · Aᵀ, or of A · B where B is Aᵀ with other values.
 * @param spill  absent: everything in memory; else K goes to a store, which is read once per `maxBytes` of result
 */
export async function keepByEitherEnd(
  kernels: Kernels,
  a: Csr,
  b: Csr,
  options: SpgemmOptions,
  spill?: SpillOptions,
): Promise<Csr> {
  if (spill) return keepOnDisk(kernels, a, b, options, spill);
  const isShared = options.excludeDiagonal === true && isSymmetricCount(a, b, options);
  const shared = isShared ? await topKFromUpperTriangle(kernels, a, b, options) : undefined;
  const kept = shared ?? (await spgemmTopK(kernels, a, b, options));
  return unionMax(kernels, kept, await transpose(kernels, kept));
}

async function keepOnDisk(
  kernels: Kernels,
  a: Csr,
  b: Csr,
  options: SpgemmOptions,
  { maxBytes, openStore }: SpillOptions,
): Promise<Csr> {
  const store = await openStore('similarity');
  try {
    const kept = new KeptRows(store, a.numRows);
    await spgemmPanels(kernels, a, b, { ...options, maxPanelBytes: maxBytes }, (panel) => kept.append(panel));
    return await kept.unionWithTranspose(maxBytes);
  } finally {
    await store.close();
  }
}

/** A square matrix on disk, written row by row. In memory: two numbers per row. */
class KeptRows {
  readonly #store: EdgeStore;
  readonly #numRows: number;
  readonly #indptr: Float64Array;
  /** Entries of each column so far. */
  readonly #inDegree: Uint32Array;
  #rowsWritten = 0;

  constructor(store: EdgeStore, numRows: number) {
    this.#store = store;
    this.#numRows = numRows;
    this.#indptr = new Float64Array(numRows + 1);
    this.#inDegree = new Uint32Array(numRows);
  }

  async append({ numRows, indptr, indices, data }: Panel): Promise<void> {
    const first = this.#rowsWritten;
    for (let row = 0; row < numRows; row++)
      this.#indptr[first + row + 1] = this.#indptr[first] + indptr[row + 1];
    for (const column of indices) this.#inDegree[column]++;
    await this.#store.append('indices', bytesOf(indices));
    await this.#store.append('weights', bytesOf(data));
    this.#rowsWritten += numRows;
  }

  async unionWithTranspose(maxBytes: number): Promise<Csr> {
    const numRows = this.#numRows;
    const most = 2 * this.#indptr[numRows];
    const indptr = new Uint32Array(numRows + 1);
    // Pages that stay unwritten take no memory.
    const indices = new Uint32Array(most);
    const data = new Float32Array(most);
    for (let lo = 0; lo < numRows; ) {
      const hi = this.#blockEnd(lo, maxBytes / ENTRY_BYTES);
      const own = await this.#rows(lo, hi);
      const others = await this.#columns(lo, hi, maxBytes / ENTRY_BYTES);
      for (let row = lo; row < hi; row++)
        indptr[row + 1] = mergeRow(own, others, row - lo, { indices, data, at: indptr[row] });
      lo = hi;
    }
    const size = indptr[numRows];
    return {
      numRows,
      numCols: numRows,
      indptr,
      indices: indices.subarray(0, size),
      data: data.subarray(0, size),
    };
  }

  #blockEnd(lo: number, maxEntries: number): number {
    let size = 0;
    let hi = lo;
    while (hi < this.#numRows) {
      size += this.#indptr[hi + 1] - this.#indptr[hi] + this.#inDegree[hi];
      if (size > maxEntries && hi > lo) break;
      hi++;
    }
    return hi;
  }

  /** Rows lo..hi as they were kept. */
  async #rows(lo: number, hi: number): Promise<Panel> {
    const first = this.#indptr[lo];
    const size = this.#indptr[hi] - first;
    const indices = new Uint32Array(size);
    const data = new Float32Array(size);
    await this.#store.read('indices', first * 4, bytesOf(indices));
    await this.#store.read('weights', first * 4, bytesOf(data));
    const indptr = Uint32Array.from({ length: hi - lo + 1 }, (_, row) => this.#indptr[lo + row] - first);
    return { numRows: hi - lo, numCols: this.#numRows, indptr, indices, data };
  }

  /** Columns lo..hi as rows. Reads the whole store, so many entries at a time. */
  async #columns(lo: number, hi: number, maxEntries: number): Promise<Panel> {
    const indptr = new Uint32Array(hi - lo + 1);
    for (let row = 0; row < hi - lo; row++) indptr[row + 1] = indptr[row] + this.#inDegree[lo + row];
    const next = indptr.slice();
    const indices = new Uint32Array(indptr[hi - lo]);
    const data = new Float32Array(indptr[hi - lo]);
    for (let first = 0; first < this.#numRows; ) {
      let last = first + 1;
      while (last < this.#numRows && this.#indptr[last + 1] - this.#indptr[first] <= maxEntries) last++;
      const rows = await this.#rows(first, last);
      for (let row = 0; row < rows.numRows; row++) {
        for (let i = rows.indptr[row]; i < rows.indptr[row + 1]; i++) {
          const column = rows.indices[i];
          if (column < lo || column >= hi) continue;
          const place = next[column - lo]++;
          indices[place] = first + row;
          data[place] = rows.data[i];
        }
      }
      first = last;
    }
    return { numRows: hi - lo, numCols: this.#numRows, indptr, indices, data };
  }
}

/** The union of row r of both, the larger value where both have one; returns the place after it. */
function mergeRow(
  a: Panel,
  b: Panel,
  row: number,
  out: { readonly indices: Uint32Array; readonly data: Float32Array; readonly at: number },
): number {
  let { at } = out;
  let i = a.indptr[row];
  let j = b.indptr[row];
  while (i < a.indptr[row + 1] || j < b.indptr[row + 1]) {
    const left = i < a.indptr[row + 1] ? a.indices[i] : Number.POSITIVE_INFINITY;
    const right = j < b.indptr[row + 1] ? b.indices[j] : Number.POSITIVE_INFINITY;
    let value = Number.NEGATIVE_INFINITY;
    if (left <= right) value = a.data[i++];
    if (right <= left) value = Math.max(value, b.data[j++]);
    out.indices[at] = Math.min(left, right);
    out.data[at++] = value;
  }
  return at;
}

function bytesOf(array: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
