/**
 * Cuts the neighbours of consumers who follow and fav very many producers, so that one of them costs no more than others:
 * the best by fav (decayed sum) descending, then by 1 / √followers descending, then the lower producer.
 * Source: UserUserNormalizedGraph, maxNeighborsPerUser.
 */
import type { Csr } from '../core/csr.ts';

export interface Neighbors {
  /** consumers × producers; without `data`. */
  readonly followGraph: Csr;
  /** consumers × producers, decayed favs. */
  readonly engagementGraph?: Csr;
}

/** Rows within the limit stay as they are; when all do, the same matrices come back. */
export function limitNeighbors(
  neighbors: Neighbors,
  inverseFollowNorm: Float32Array,
  maxNeighborsPerUser: number,
): Neighbors {
  const { followGraph, engagementGraph } = neighbors;
  const kept = new Map<number, ReadonlySet<number>>();
  for (let consumer = 0; consumer < followGraph.numRows; consumer++) {
    const favs = favsOf(engagementGraph, consumer);
    const follows = followGraph.indices.subarray(
      followGraph.indptr[consumer],
      followGraph.indptr[consumer + 1],
    );
    if (follows.length + favs.size <= maxNeighborsPerUser) continue;
    const producers = [...new Set([...follows, ...favs.keys()])];
    if (producers.length <= maxNeighborsPerUser) continue;
    const byRank = (a: number, b: number) =>
      (favs.get(b) ?? 0) - (favs.get(a) ?? 0) || inverseFollowNorm[b] - inverseFollowNorm[a] || a - b;
    kept.set(consumer, new Set(producers.sort(byRank).slice(0, maxNeighborsPerUser)));
  }
  if (kept.size === 0) return neighbors;
  return {
    followGraph: keepEntries(followGraph, kept),
    engagementGraph: engagementGraph && keepEntries(engagementGraph, kept),
  };
}

function favsOf(engagementGraph: Csr | undefined, consumer: number): Map<number, number> {
  const favs = new Map<number, number>();
  if (!engagementGraph?.data) return favs;
  for (let i = engagementGraph.indptr[consumer]; i < engagementGraph.indptr[consumer + 1]; i++) {
    favs.set(engagementGraph.indices[i], engagementGraph.data[i]);
  }
  return favs;
}

/** The matrix with the rows named in `kept` reduced to those columns. */
function keepEntries(matrix: Csr, kept: ReadonlyMap<number, ReadonlySet<number>>): Csr {
  const indptr = new Uint32Array(matrix.numRows + 1);
  const indices = new Uint32Array(matrix.indices.length);
  const data = matrix.data && new Float32Array(matrix.indices.length);
  let out = 0;
  for (let row = 0; row < matrix.numRows; row++) {
    const columns = kept.get(row);
    for (let i = matrix.indptr[row]; i < matrix.indptr[row + 1]; i++) {
      if (columns && !columns.has(matrix.indices[i])) continue;
      indices[out] = matrix.indices[i];
      if (data && matrix.data) data[out] = matrix.data[i];
      out++;
    }
    indptr[row + 1] = out;
  }
  return { ...matrix, indptr, indices: indices.slice(0, out), data: data?.slice(0, out) };
}
