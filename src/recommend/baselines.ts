/** What a recommendation is held against: neighbours of producers, neighbours of consumers, the plain similarity graph. */
import type { Csr } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { topKRows, transpose } from '../kernels/sparse.ts';
import { spgemmTopK } from '../kernels/spgemm.ts';
import { degreeNormalizedGraph } from './degree-normalized-graph.ts';
import { columnDegrees, inversePowers, patternOf, scaled } from './weights.ts';

export interface BaselineOptions {
  /** Length of the ranking. */
  readonly k: number;
  readonly numNeighbors: number;
}

/** score(u, q) = Σ_p A[u,p] · cos(p, q), the best `numNeighbors` q of each p. ItemKNN, Sarwar et al. (WWW 2001). */
export async function recommendByItemKnn(
  kernels: Kernels,
  follows: Csr,
  { k, numNeighbors }: BaselineOptions,
): Promise<Csr> {
  const graph = await degreeNormalizedGraph(kernels, follows, {
    numNeighbors,
    consumerExponent: 0,
    smoothing: 0,
  });
  return rank(kernels, patternOf(follows), graph, follows, k);
}

/** score(u, q) = Σ_v cos(u, v) · A[v,q] over the best `numNeighbors` v of each u. UserKNN. */
export async function recommendByUserKnn(
  kernels: Kernels,
  follows: Csr,
  { k, numNeighbors }: BaselineOptions,
): Promise<Csr> {
  const pattern = patternOf(follows);
  const graph = await degreeNormalizedGraph(kernels, await transpose(kernels, pattern), {
    numNeighbors,
    consumerExponent: 0,
    smoothing: 0,
  });
  return rank(kernels, graph, pattern, follows, k);
}

/**
 * score(u, ·) = A[u, ·] · D^-½ · G · D^½,  G[p, q] = Σ_v A[v,p] · A[v,q] / (d(v) · √(d(p) · d(q))), D the followers: the linear
 * filter of GF-CF (CIKM 2021) on a graph of `numNeighbors` neighbours.
 */
export async function recommendBySimilarityGraph(
  kernels: Kernels,
  follows: Csr,
  { k, numNeighbors }: BaselineOptions,
): Promise<Csr> {
  const graph = await degreeNormalizedGraph(kernels, follows, {
    numNeighbors,
    consumerExponent: 1,
    smoothing: 0,
  });
  const followerCount = columnDegrees(follows);
  const filter = scaled(graph, inversePowers(followerCount, 0, 0.5), inversePowers(followerCount, 0, -0.5));
  return rank(kernels, patternOf(follows), filter, follows, k);
}

async function rank(kernels: Kernels, a: Csr, b: Csr, seen: Csr, k: number): Promise<Csr> {
  const best = await spgemmTopK(kernels, a, b, { topK: k, threshold: 0, exclude: patternOf(seen) });
  return topKRows(kernels, best, k);
}
