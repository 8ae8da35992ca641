/** Neighborhoods: a graph asked one vertex at a time, whether its edges lie in memory or on disk. */
import type { Csr } from './csr.ts';

export interface Neighbors {
  /** Ascending. Valid until the next call; do not change it. */
  readonly indices: Uint32Array;
  /** Edge weights > 0; absent = all 1. */
  readonly weights?: Float32Array;
}

/** Symmetric, no diagonal. */
export interface Neighborhoods {
  readonly numVertices: number;
  degree(v: number): number;
  neighbors(v: number): Neighbors;
}

export function neighborhoodsOf(graph: Csr): Neighborhoods {
  const { indptr, indices, data } = graph;
  return {
    numVertices: graph.numRows,
    degree: (v) => indptr[v + 1] - indptr[v],
    neighbors: (v) => ({
      indices: indices.subarray(indptr[v], indptr[v + 1]),
      weights: data?.subarray(indptr[v], indptr[v + 1]),
    }),
  };
}
