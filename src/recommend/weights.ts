/** Weights that follow from degrees: what a consumer or a producer counts, by how many follows it has. */
import type { Csr } from '../core/csr.ts';
import { exp, ln } from '../core/math.ts';

/** f32[n]: (degree + smoothing)^-exponent; 0 where the sum is 0. Same bits everywhere. Cost O(n). */
export function inversePowers(degrees: Uint32Array, smoothing: number, exponent: number): Float32Array {
  return Float32Array.from(degrees, (degree) => {
    const smoothed = degree + smoothing;
    return smoothed > 0 ? exp(-exponent * ln(smoothed)) : 0;
  });
}

/** u32[rows]: stored entries of each row. */
export function rowDegrees({ numRows, indptr }: Csr): Uint32Array {
  return Uint32Array.from({ length: numRows }, (_, row) => indptr[row + 1] - indptr[row]);
}

/** u32[columns]: stored entries of each column. */
export function columnDegrees({ numCols, indices }: Csr): Uint32Array {
  const degrees = new Uint32Array(numCols);
  for (const column of indices) degrees[column]++;
  return degrees;
}

/** The same pattern, every value 1. */
export function patternOf({ numRows, numCols, indptr, indices }: Csr): Csr {
  return { numRows, numCols, indptr, indices };
}

/** diag(rowScale) · A · diag(columnScale), values f32. Cost O(nnz). */
export function scaled(a: Csr, rowScale: Float32Array | undefined, columnScale?: Float32Array): Csr {
  const data = new Float32Array(a.indices.length);
  for (let row = 0; row < a.numRows; row++) {
    const factor = rowScale ? rowScale[row] : 1;
    for (let i = a.indptr[row]; i < a.indptr[row + 1]; i++)
      data[i] = factor * (a.data ? a.data[i] : 1) * (columnScale ? columnScale[a.indices[i]] : 1);
  }
  return { ...a, data };
}
