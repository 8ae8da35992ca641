/** What blocks of items can reach: the largest score of each list in each block, so that exact search passes most blocks over. */
import type { Csr } from '../core/csr.ts';

/** Neighbouring places that are judged together. Fewer leave less to read and more to sum up; see DECISIONS. */
export const BLOCK_ITEMS = 16;

/** A run: the entries of one list within one block. Runs lie list by list. */
export interface BlockSummaries {
  readonly numBlocks: number;
  /** u32[clusters + 1], first run of each list. */
  readonly firstRuns: Uint32Array;
  /** u32[runs] */
  readonly runBlocks: Uint32Array;
  /** f32[runs], largest score. */
  readonly runMaxima: Float32Array;
  /** u32[runs + 1], first entry. */
  readonly runEntries: Uint32Array;
}

/** @param inverse clusters × items, each list ascending by item. Cost O(nnz). */
export function summarizeBlocks({ numRows, numCols, indptr, indices, data }: Csr): BlockSummaries {
  const scores = data as Float32Array;
  const firstRuns = countRuns(numRows, indptr, indices);
  const numRuns = firstRuns[numRows];
  const runBlocks = new Uint32Array(numRuns);
  const runMaxima = new Float32Array(numRuns);
  const runEntries = new Uint32Array(numRuns + 1);
  for (let row = 0; row < numRows; row++) {
    let run = firstRuns[row] - 1;
    for (let i = indptr[row]; i < indptr[row + 1]; i++) {
      const block = Math.floor(indices[i] / BLOCK_ITEMS);
      if (i === indptr[row] || runBlocks[run] !== block) {
        run++;
        runBlocks[run] = block;
        runEntries[run] = i;
      }
      if (scores[i] > runMaxima[run]) runMaxima[run] = scores[i];
    }
  }
  runEntries[numRuns] = indptr[numRows];
  return { numBlocks: Math.ceil(numCols / BLOCK_ITEMS), firstRuns, runBlocks, runMaxima, runEntries };
}

function countRuns(numRows: number, indptr: Uint32Array, indices: Uint32Array): Uint32Array {
  const firstRuns = new Uint32Array(numRows + 1);
  for (let row = 0; row < numRows; row++) {
    let [numRuns, last] = [0, -1];
    for (let i = indptr[row]; i < indptr[row + 1]; i++) {
      const block = Math.floor(indices[i] / BLOCK_ITEMS);
      if (block !== last) numRuns++;
      last = block;
    }
    firstRuns[row + 1] = firstRuns[row] + numRuns;
  }
  return firstRuns;
}
