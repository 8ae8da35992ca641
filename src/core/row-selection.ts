/** Some rows of a matrix. */
import type { Csr } from './csr.ts';

/** Row i of the result = row places[i] of A. Cost O(their entries). */
export function selectRows(a: Csr, places: Uint32Array): Csr {
  const indptr = new Uint32Array(places.length + 1);
  for (let i = 0; i < places.length; i++)
    indptr[i + 1] = indptr[i] + a.indptr[places[i] + 1] - a.indptr[places[i]];
  const indices = new Uint32Array(indptr[places.length]);
  const data = a.data && new Float32Array(indices.length);
  for (let i = 0; i < places.length; i++) {
    const [begin, end] = [a.indptr[places[i]], a.indptr[places[i] + 1]];
    indices.set(a.indices.subarray(begin, end), indptr[i]);
    if (a.data) data?.set(a.data.subarray(begin, end), indptr[i]);
  }
  return { numRows: places.length, numCols: a.numCols, indptr, indices, data };
}
