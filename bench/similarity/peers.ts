/** Packages of npm that multiply sparse matrices, where a folder has them installed; they are no dependencies of ours. */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { Csr } from '../../src/core/csr.ts';
import type { Contender } from '../medians.ts';
import type { CosineTask } from './cosines.ts';

/** All of them compute the product and neither threshold nor select. */
export function peerContenders(folder: string | undefined, task: CosineTask): Contender[] {
  if (folder === undefined) return [];
  const require = createRequire(join(resolve(folder), 'index.js'));
  return [mlSparseMatrix(require, task), mathjs(require, task)].filter((peer) => peer !== undefined);
}

function timed(name: string, multiply: () => unknown): Contender {
  return {
    name,
    async run() {
      const began = performance.now();
      multiply();
      return (performance.now() - began) / 1000;
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: packages that are not installed here have no types
function load(require: NodeJS.Require, name: string): any {
  try {
    return require(name);
  } catch {
    return undefined;
  }
}

function mlSparseMatrix(
  require: NodeJS.Require,
  { follows, followers, scale }: CosineTask,
): Contender | undefined {
  const library = load(require, 'ml-sparse-matrix');
  if (!library) return undefined;
  const matrix = (
    { numRows, numCols, indptr, indices }: Csr,
    scaleOf: (row: number, column: number) => number,
  ) => {
    const made = new library.SparseMatrix(numRows, numCols, { initialCapacity: indices.length * 2 });
    for (let row = 0; row < numRows; row++)
      for (let i = indptr[row]; i < indptr[row + 1]; i++) made.set(row, indices[i], scaleOf(row, indices[i]));
    return made;
  };
  const [left, right] = [matrix(followers, (p) => scale[p]), matrix(follows, (_, p) => scale[p])];
  return timed('ml-sparse-matrix: no threshold, no selection', () => left.mmul(right));
}

function mathjs(require: NodeJS.Require, { follows, followers, scale }: CosineTask): Contender | undefined {
  const library = load(require, 'mathjs');
  if (!library) return undefined;
  // Its matrices are stored by column: the rows of one are the columns of its transpose.
  const byColumn = (rows: Csr, values: number[]) =>
    new library.SparseMatrix({
      values,
      index: [...rows.indices],
      ptr: [...rows.indptr],
      size: [rows.numCols, rows.numRows],
    });
  const ones = [...follows.indices].map((p) => scale[p]);
  const followersOf = Array.from(
    { length: follows.numCols },
    (_, p) => followers.indptr[p + 1] - followers.indptr[p],
  );
  const perFollower = followersOf.flatMap((count, p) => new Array<number>(count).fill(scale[p]));
  const [left, right] = [byColumn(follows, ones), byColumn(followers, perFollower)];
  return timed('mathjs: no threshold, no selection', () => library.multiply(left, right));
}
