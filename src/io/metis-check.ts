/** Checks that the two halves of an adjacency file agree. */
import { badFile } from './bad-rows.ts';

/** Row i has the neighbours `columns[indptr[i]..indptr[i + 1])` (0-based), and as many weights if there are any. */
export interface Adjacency {
  /** u32[numRows + 1] */
  readonly indptr: Uint32Array;
  readonly columns: Uint32Array;
  readonly weights?: Float32Array;
}

const tolerance = 1e-5;

/**
 * Throws BAD_FILE unless `right` is the transpose of `left`, weights within 1e-5. For an undirected graph both are the
 * same. `lineNumbers` are the lines of the rows of `right`, of which there are `numRight`.
 */
export function demandMirror(
  file: string,
  left: Adjacency,
  right: Adjacency,
  lineNumbers: readonly number[],
  numRight: number,
): void {
  const expected = transpose(left, numRight);
  // Twice transposed: the rows in ascending order of neighbours.
  const found = transpose(transpose(right, left.indptr.length - 1), numRight);
  for (let row = 0; row < numRight; row++) {
    const fault = firstDifference(expected, found, row);
    if (fault === undefined) continue;
    throw badFile(file, {
      line: lineNumbers[row],
      got: `an edge of vertex ${row + 1} ${fault}`,
      expected: 'every edge at both its ends, with the same weight',
      todo: 'add the missing entry or mend the weight; for one-way edges use the format edges',
    });
  }
}

function firstDifference(expected: Adjacency, found: Adjacency, row: number): string | undefined {
  const numExpected = expected.indptr[row + 1] - expected.indptr[row];
  const numFound = found.indptr[row + 1] - found.indptr[row];
  for (let i = 0; i < Math.max(numExpected, numFound); i++) {
    const expectedAt = expected.indptr[row] + i;
    const foundAt = found.indptr[row] + i;
    const other = i < numExpected ? expected.columns[expectedAt] : Number.POSITIVE_INFINITY;
    const own = i < numFound ? found.columns[foundAt] : Number.POSITIVE_INFINITY;
    if (other < own) return `that only the line of vertex ${other + 1} lists`;
    if (own < other) return `that the line of vertex ${own + 1} does not list`;
    if (!found.weights || !expected.weights) continue;
    const [a, b] = [expected.weights[expectedAt], found.weights[foundAt]];
    if (Math.abs(a - b) > tolerance) return `to vertex ${own + 1} with weight ${b} here and ${a} there`;
  }
  return undefined;
}

/** Transpose with ascending columns in each row. */
function transpose({ indptr, columns, weights }: Adjacency, numColumns: number): Adjacency {
  const ends = new Uint32Array(numColumns + 1);
  for (const column of columns) ends[column + 1]++;
  for (let column = 0; column < numColumns; column++) ends[column + 1] += ends[column];
  const next = ends.slice();
  const rows = new Uint32Array(columns.length);
  const moved = weights && new Float32Array(columns.length);
  for (let row = 0; row + 1 < indptr.length; row++) {
    for (let at = indptr[row]; at < indptr[row + 1]; at++) {
      const to = next[columns[at]]++;
      rows[to] = row;
      if (moved && weights) moved[to] = weights[at];
    }
  }
  return { indptr: ends, columns: rows, weights: moved };
}
