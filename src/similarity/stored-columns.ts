/**
 * The columns of rows on disk, block by block. Rows are read once, some at a time, and written again sorted by block, each
 * entry with its row and column: to read all rows anew for each block would cost entries × blocks.
 */
import type { EdgeStore, OpenEdgeStore } from '../core/edge-store.ts';
import { bytesOf } from '../core/stored-csr.ts';
import type { Panel } from '../kernels/spgemm.ts';
import type { StoredRows } from './stored-rows.ts';

/** Rows that were sorted together. */
interface Run {
  readonly firstEntry: number;
  /** Where in the run the entries of each block begin: u32[blocks + 1]. */
  readonly starts: Uint32Array;
}

/** In memory: a number per row and block, and one per run and block. On disk: 12 bytes per entry. */
export class StoredColumns {
  readonly #store: EdgeStore;
  readonly #rows: StoredRows;
  readonly #bounds: Uint32Array;
  readonly #runs: Run[] = [];

  private constructor(store: EdgeStore, rows: StoredRows, bounds: Uint32Array) {
    this.#store = store;
    this.#rows = rows;
    this.#bounds = bounds;
  }

  /**
   * @param bounds      where blocks of columns begin, and the number of columns
   * @param maxEntries  entries sorted at a time, unless a row alone has more
   */
  static async of(
    rows: StoredRows,
    bounds: Uint32Array,
    maxEntries: number,
    openStore: OpenEdgeStore,
  ): Promise<StoredColumns> {
    const columns = new StoredColumns(await openStore('similarity'), rows, bounds);
    try {
      await columns.#sort(maxEntries);
      return columns;
    } catch (error) {
      await columns.close();
      throw error;
    }
  }

  async #sort(maxEntries: number): Promise<void> {
    const { numRows } = this.#rows;
    const blockOf = blocksOf(this.#bounds);
    let firstEntry = 0;
    for (let first = 0; first < numRows; ) {
      const last = this.#rows.endOf(first, maxEntries);
      const rows = await this.#rows.rows(first, last);
      const { starts, places, data } = sortByBlock(rows, first, blockOf, this.#bounds.length - 1);
      await this.#store.append('indices', bytesOf(places));
      await this.#store.append('weights', bytesOf(data));
      this.#runs.push({ firstEntry, starts });
      firstEntry += data.length;
      first = last;
    }
  }

  /** The columns of a block as rows. */
  block(number: number): Panel {
    const [lo, hi] = [this.#bounds[number], this.#bounds[number + 1]];
    const indptr = new Uint32Array(hi - lo + 1);
    for (let row = 0; row < hi - lo; row++) indptr[row + 1] = indptr[row] + this.#rows.columnSize(lo + row);
    const next = indptr.slice();
    const indices = new Uint32Array(indptr[hi - lo]);
    const data = new Float32Array(indptr[hi - lo]);
    const sizes = this.#runs.map(({ starts }) => starts[number + 1] - starts[number]);
    const most = sizes.reduce((a, b) => Math.max(a, b), 0);
    const places = new Uint32Array(2 * most);
    const values = new Float32Array(most);
    this.#runs.forEach(({ firstEntry, starts }, run) => {
      const size = sizes[run];
      const begin = firstEntry + starts[number];
      // At once: there may be thousands of runs, and few entries of each.
      this.#store.readNow('indices', begin * 8, bytesOf(places.subarray(0, 2 * size)));
      this.#store.readNow('weights', begin * 4, bytesOf(values.subarray(0, size)));
      for (let i = 0; i < size; i++) {
        const place = next[places[2 * i + 1] - lo]++;
        indices[place] = places[2 * i];
        data[place] = values[i];
      }
    });
    return { numRows: hi - lo, numCols: this.#rows.numRows, indptr, indices, data };
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

function blocksOf(bounds: Uint32Array): Uint32Array {
  const blockOf = new Uint32Array(bounds[bounds.length - 1]);
  for (let block = 0; block + 1 < bounds.length; block++)
    blockOf.fill(block, bounds[block], bounds[block + 1]);
  return blockOf;
}

/** Entries by the block of their column, those of a block in the order of their rows; `places`: row, column, row, ... */
function sortByBlock(
  { numRows, indptr, indices, data }: Panel,
  firstRow: number,
  blockOf: Uint32Array,
  numBlocks: number,
): { starts: Uint32Array; places: Uint32Array; data: Float32Array } {
  const starts = new Uint32Array(numBlocks + 1);
  for (const column of indices) starts[blockOf[column] + 1]++;
  for (let block = 0; block < numBlocks; block++) starts[block + 1] += starts[block];
  const next = starts.slice();
  const places = new Uint32Array(2 * indices.length);
  const sorted = new Float32Array(indices.length);
  for (let row = 0; row < numRows; row++) {
    for (let i = indptr[row]; i < indptr[row + 1]; i++) {
      const place = next[blockOf[indices[i]]]++;
      places[2 * place] = firstRow + row;
      places[2 * place + 1] = indices[i];
      sorted[place] = data[i];
    }
  }
  return { starts, places, data: sorted };
}
