/** What every portrait is made from: the best places of a ranking, the entries of a row, the names of clusters. */
import type { Csr } from '../core/csr.ts';
import { type IdTable, idAt } from '../core/ids.ts';

export interface Ranked {
  readonly place: number;
  readonly score: number;
}

/** A cluster by id and readable name. */
export interface ClusterName {
  readonly clusterId: number;
  readonly name: string;
}

/** The artifact `clusters`; the row is the cluster id. */
export interface Clusters {
  readonly names: IdTable;
  readonly numProducers: Uint32Array;
  readonly numConsumers: Uint32Array;
}

/** The artifact `producers`. */
export interface Producers {
  readonly ids: IdTable;
  readonly followerCount: Uint32Array;
}

/** The `count` places of 0..numPlaces-1 with the highest scores > 0, best first; ties to the lower place. */
export function bestPlaces(count: number, numPlaces: number, scoreOf: (place: number) => number): Ranked[] {
  const best: Ranked[] = [];
  for (let place = 0; place < numPlaces; place++) {
    const score = scoreOf(place);
    if (!(score > 0) || (best.length === count && score <= best[count - 1].score)) continue;
    let at = best.length;
    while (at > 0 && best[at - 1].score < score) at--;
    best.splice(at, 0, { place, score });
    if (best.length > count) best.pop();
  }
  return best;
}

/** The best entries of one row of a matrix; `place` is the column. */
export function bestEntries(matrix: Csr, row: number, count: number): Ranked[] {
  const start = matrix.indptr[row];
  return bestPlaces(count, rowLength(matrix, row), (i) => valueAt(matrix, start + i)).map(
    ({ place, score }) => ({ place: matrix.indices[start + place], score }),
  );
}

export function rowLength({ indptr }: Csr, row: number): number {
  return indptr[row + 1] - indptr[row];
}

export function rowSum(matrix: Csr, row: number): number {
  let sum = 0;
  for (let i = matrix.indptr[row]; i < matrix.indptr[row + 1]; i++) sum += valueAt(matrix, i);
  return sum;
}

/** One row as a dense vector. */
export function denseRow(matrix: Csr, row: number): Float64Array {
  const dense = new Float64Array(matrix.numCols);
  for (let i = matrix.indptr[row]; i < matrix.indptr[row + 1]; i++) {
    dense[matrix.indices[i]] = valueAt(matrix, i);
  }
  return dense;
}

/** Σ over the row of value · vector at its column. */
export function rowDot(matrix: Csr, row: number, vector: Float64Array): number {
  let sum = 0;
  for (let i = matrix.indptr[row]; i < matrix.indptr[row + 1]; i++) {
    sum += valueAt(matrix, i) * vector[matrix.indices[i]];
  }
  return sum;
}

export function valueAt({ data }: Csr, place: number): number {
  return data ? data[place] : 1;
}

export function clusterName({ names }: Clusters, clusterId: number): ClusterName {
  return { clusterId, name: idAt(names, clusterId) };
}
