/** Rows of a square matrix on disk, written top to bottom and read as rows or as columns. */
import type { EdgeStore, OpenEdgeStore } from '../core/edge-store.ts';
import { SimClustersError } from '../core/errors.ts';
import { bytesOf, type StoredCsr } from '../core/stored-csr.ts';
import type { Panel } from '../kernels/spgemm.ts';

/** Bytes per entry of a block: index and value from either end, as they are merged, and as they come out. */
const ENTRY_BYTES = 24;

export interface SpillOptions {
  /** Bytes that rows may take while they are computed, and later while they are merged. */
  readonly maxBytes: number;
  readonly openStore: OpenEdgeStore;
}

/** In memory: two numbers per row. */
export class StoredRows {
  readonly numRows: number;
  readonly #store: EdgeStore;
  readonly #indptr: Float64Array;
  /** Entries of each column so far. */
  readonly #inDegree: Uint32Array;
  #rowsWritten = 0;

  private constructor(store: EdgeStore, numRows: number) {
    this.#store = store;
    this.numRows = numRows;
    this.#indptr = new Float64Array(numRows + 1);
    this.#inDegree = new Uint32Array(numRows);
  }

  static async open(openStore: OpenEdgeStore, numRows: number): Promise<StoredRows> {
    return new StoredRows(await openStore('similarity'), numRows);
  }

  /** The rows that follow those there are. */
  async append({ numRows, indptr, indices, data }: Panel): Promise<void> {
    const first = this.#rowsWritten;
    for (let row = 0; row < numRows; row++)
      this.#indptr[first + row + 1] = this.#indptr[first] + indptr[row + 1];
    for (const column of indices) this.#inDegree[column]++;
    await this.#store.append('indices', bytesOf(indices));
    await this.#store.append('weights', bytesOf(data));
    this.#rowsWritten += numRows;
  }

  /** Rows that were not written are empty. */
  seal(): void {
    this.#indptr.fill(this.#indptr[this.#rowsWritten], this.#rowsWritten);
    this.#rowsWritten = this.numRows;
  }

  /** Entries of a row and of the column of that number. */
  entriesOf(row: number): number {
    return this.#indptr[row + 1] - this.#indptr[row] + this.#inDegree[row];
  }

  /** Rows lo..hi. */
  async rows(lo: number, hi: number): Promise<Panel> {
    const first = this.#indptr[lo];
    const size = this.#indptr[hi] - first;
    const indices = new Uint32Array(size);
    const data = new Float32Array(size);
    await this.#store.read('indices', first * 4, bytesOf(indices));
    await this.#store.read('weights', first * 4, bytesOf(data));
    const indptr = Uint32Array.from({ length: hi - lo + 1 }, (_, row) => this.#indptr[lo + row] - first);
    return { numRows: hi - lo, numCols: this.numRows, indptr, indices, data };
  }

  /** Columns lo..hi as rows. Reads the whole store, so many entries at a time. */
  async columns(lo: number, hi: number, maxEntries: number): Promise<Panel> {
    const indptr = new Uint32Array(hi - lo + 1);
    for (let row = 0; row < hi - lo; row++) indptr[row + 1] = indptr[row] + this.#inDegree[lo + row];
    const next = indptr.slice();
    const indices = new Uint32Array(indptr[hi - lo]);
    const data = new Float32Array(indptr[hi - lo]);
    for (let first = 0; first < this.numRows; ) {
      let last = first + 1;
      while (last < this.numRows && this.#indptr[last + 1] - this.#indptr[first] <= maxEntries) last++;
      const rows = await this.rows(first, last);
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
    return { numRows: hi - lo, numCols: this.numRows, indptr, indices, data };
  }

  /** The whole as a matrix, to which the store belongs from now on. @throws SimClustersError OUT_OF_MEMORY */
  toCsr(): StoredCsr {
    this.seal();
    const numEntries = this.#indptr[this.numRows];
    if (numEntries >= 2 ** 32)
      throw new SimClustersError('OUT_OF_MEMORY', {
        got: `${numEntries} edges of similarity`,
        expected: 'at most 4,294,967,295: entries are numbered in 32 bits',
        todo: 'Keep fewer: a higher --similarity-threshold or a lower --similarity-top-k',
      });
    const { numRows } = this;
    return { numRows, numCols: numRows, indptr: Uint32Array.from(this.#indptr), store: this.#store };
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/**
 * max over all `parts` of P and Pᵀ, handed over block by block, top to bottom; each part is read once per block.
 * @param maxBytes  what a block and its making take, unless a row alone takes more
 */
export async function unionBlocks(
  parts: readonly StoredRows[],
  maxBytes: number,
  take: (block: Panel) => Promise<void>,
): Promise<void> {
  for (const part of parts) part.seal();
  const { numRows } = parts[0];
  const maxEntries = maxBytes / ENTRY_BYTES;
  for (let lo = 0; lo < numRows; ) {
    const hi = blockEnd(parts, lo, maxEntries);
    let block: Panel | undefined;
    for (const part of parts) {
      for (const panel of [await part.rows(lo, hi), await part.columns(lo, hi, maxEntries)])
        block = block ? mergePanels(block, panel) : panel;
    }
    await take(block as Panel);
    lo = hi;
  }
}

function blockEnd(parts: readonly StoredRows[], lo: number, maxEntries: number): number {
  let size = 0;
  let hi = lo;
  while (hi < parts[0].numRows) {
    size += parts.reduce((sum, part) => sum + part.entriesOf(hi), 0);
    if (size > maxEntries && hi > lo) break;
    hi++;
  }
  return hi;
}

/** The larger value where both have one. */
function mergePanels(a: Panel, b: Panel): Panel {
  const most = a.indices.length + b.indices.length;
  const indptr = new Uint32Array(a.numRows + 1);
  const indices = new Uint32Array(most);
  const data = new Float32Array(most);
  for (let row = 0; row < a.numRows; row++)
    indptr[row + 1] = mergeRow(a, b, row, { indices, data, at: indptr[row] });
  const size = indptr[a.numRows];
  return { ...a, indptr, indices: indices.subarray(0, size), data: data.subarray(0, size) };
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
