/** Users who follow more than anybody can mean: left out, and counted. */
import type { Csr } from '../core/csr.ts';

export interface CappedGraph {
  readonly graph: Csr;
  readonly numUsersCut: number;
  readonly numFollowsCut: number;
}

/** The graph with the rows of users of more than `maxDegree` follows emptied; 0: no cap. Similarities are those of what stays. */
export function capUserDegree(graph: Csr, maxDegree: number): CappedGraph {
  const { numRows, indptr, indices, data } = graph;
  const isKept = (row: number) => maxDegree === 0 || indptr[row + 1] - indptr[row] <= maxDegree;
  const kept = new Uint32Array(numRows + 1);
  let numUsersCut = 0;
  for (let row = 0; row < numRows; row++) {
    kept[row + 1] = kept[row] + (isKept(row) ? indptr[row + 1] - indptr[row] : 0);
    if (!isKept(row)) numUsersCut++;
  }
  if (numUsersCut === 0) return { graph, numUsersCut, numFollowsCut: 0 };
  const indicesKept = new Uint32Array(kept[numRows]);
  const dataKept = data && new Float32Array(kept[numRows]);
  for (let row = 0; row < numRows; row++) {
    if (!isKept(row)) continue;
    indicesKept.set(indices.subarray(indptr[row], indptr[row + 1]), kept[row]);
    dataKept?.set((data as Float32Array).subarray(indptr[row], indptr[row + 1]), kept[row]);
  }
  return {
    graph: { ...graph, indptr: kept, indices: indicesKept, data: dataKept },
    numUsersCut,
    numFollowsCut: indptr[numRows] - kept[numRows],
  };
}

/**
 * Σ_u d(u)²: what the exact product multiplies. Twice the wedges Σ_u d(u) · (d(u) - 1) / 2, and the follows. A double
 * holds it exactly below 2^53.
 */
export function countMultiplyAdds({ numRows, indptr }: Csr): number {
  let sum = 0;
  for (let row = 0; row < numRows; row++) sum += (indptr[row + 1] - indptr[row]) ** 2;
  return sum;
}

/** Σ_u d(u) · (d(u) - 1) / 2: the pairs of producers that users follow together. */
export function countWedges(graph: Csr): number {
  return (countMultiplyAdds(graph) - graph.indptr[graph.numRows]) / 2;
}
