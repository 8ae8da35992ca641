/** Rows of a square matrix on disk, written top to bottom; merged with their columns block by block. */
import type { EdgeStore, OpenEdgeStore } from '../core/edge-store.ts';
import { SimClustersError } from '../core/errors.ts';
import { bytesOf, type StoredCsr } from '../core/stored-csr.ts';
import type { Panel } from '../kernels/spgemm.ts';
import { StoredColumns } from './stored-columns.ts';

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

  /** Where rows from `first` on, at least one, have so many entries. */
  endOf(first: number, maxEntries: number): number {
    let end = first + 1;
    while (end < this.numRows && this.#indptr[end + 1] - this.#indptr[first] <= maxEntries) end++;
    return end;
  }

  columnSize(column: number): number {
    return this.#inDegree[column];
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
 * max over all `parts` of P and Pᵀ, handed over block by block, top to bottom. Cost: what there is is read twice and written
 * once, whatever the number of blocks.
 * @param spill  `maxBytes`: what a block and its making take, unless a row alone takes more
 */
export async function unionBlocks(
  parts: readonly StoredRows[],
  { maxBytes, openStore }: SpillOptions,
  take: (block: Panel) => Promise<void>,
): Promise<void> {
  for (const part of parts) part.seal();
  const maxEntries = maxBytes / ENTRY_BYTES;
  const bounds = blockBounds(parts, maxEntries);
  const columns: StoredColumns[] = [];
  try {
    for (const part of parts) columns.push(await StoredColumns.of(part, bounds, maxEntries, openStore));
    for (let number = 0; number + 1 < bounds.length; number++) {
      let block: Panel | undefined;
      for (const [i, part] of parts.entries()) {
        const rows = await part.rows(bounds[number], bounds[number + 1]);
        block = mergePanels(block ? mergePanels(block, rows) : rows, columns[i].block(number));
      }
      await take(block as Panel);
    }
  } finally {
    for (const part of columns) await part.close();
  }
}

/** Where blocks begin, and the number of rows. */
function blockBounds(parts: readonly StoredRows[], maxEntries: number): Uint32Array {
  const { numRows } = parts[0];
  const bounds = [0];
  let size = 0;
  for (let row = 0; row < numRows; row++) {
    const entries = parts.reduce((sum, part) => sum + part.entriesOf(row), 0);
    if (size + entries > maxEntries && row > bounds[bounds.length - 1]) {
      bounds.push(row);
      size = 0;
    }
    size += entries;
  }
  if (numRows > 0) bounds.push(numRows);
  return Uint32Array.from(bounds);
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
