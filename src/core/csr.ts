/** Csr: compressed sparse rows, the one matrix type that stages exchange. */
import { SimClustersError } from './errors.ts';

/**
 * A sparse matrix, rows by columns. Row r holds columns `indices[indptr[r] .. indptr[r + 1])`,
 * ascending and unique unless a function says otherwise, with values at the same places of `data`.
 * No `data` means every stored value is 1.
 */
export interface Csr {
  readonly numRows: number;
  readonly numCols: number;
  /** u32[numRows + 1] */
  readonly indptr: Uint32Array;
  /** u32[nnz] */
  readonly indices: Uint32Array;
  /** f32[nnz] */
  readonly data?: Float32Array;
}

/** A matrix that has values. */
export interface ValuedCsr extends Csr {
  readonly data: Float32Array;
}

/** Number of stored values. */
export function nnz(csr: Csr): number {
  return csr.indptr[csr.numRows];
}

export function countNonEmptyRows(indptr: Uint32Array): number {
  let count = 0;
  for (let row = 0; row + 1 < indptr.length; row++) if (indptr[row + 1] > indptr[row]) count++;
  return count;
}

/** @throws SimClustersError SHAPE_MISMATCH when the inner dimensions of a product differ. */
export function requireProduct(what: string, a: Csr, b: Csr): void {
  if (a.numCols === b.numRows) return;
  throw new SimClustersError('SHAPE_MISMATCH', {
    got: `${what}: left matrix has ${a.numCols} columns, right matrix has ${b.numRows} rows`,
    expected: 'the same number',
    todo: 'Build both matrices from the same follow graph',
  });
}

/** Builds a matrix from one array of [column, value] pairs per row; for tests and small inputs. */
export function csrFromRows(numCols: number, rows: readonly (readonly (readonly [number, number])[])[]): Csr {
  const indptr = new Uint32Array(rows.length + 1);
  for (let r = 0; r < rows.length; r++) indptr[r + 1] = indptr[r] + rows[r].length;
  const indices = new Uint32Array(indptr[rows.length]);
  const data = new Float32Array(indptr[rows.length]);
  rows.forEach((row, r) => {
    [...row]
      .sort((x, y) => x[0] - y[0])
      .forEach(([column, value], i) => {
        indices[indptr[r] + i] = column;
        data[indptr[r] + i] = value;
      });
  });
  return { numRows: rows.length, numCols, indptr, indices, data };
}
