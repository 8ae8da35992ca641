/**
 * The joined score of a consumer u and a producer q that u does not follow:
 *   local(u, q)  = Σ_p A[u,p] · L[p,q]          over the producers p that u follows
 *   global(u, q) = Σ_c N[u,c] · Z[q,c]          over the clusters c that u is interested in
 *   score(u, q)  = local(u, q) + w(u) · global(u, q)
 *   w(u)         = w · Σ_q local(u, q) / Σ_q global(u, q), so that the views weigh 1 : w for every consumer
 * L is the local view, Z the global one, N the cluster-normalised InterestedIn. Producers and clusters are carriers: rows of
 * one sparse matrix. So scoring is one product, and the score a sum over carriers, which is its explanation.
 */
import type { Csr } from '../core/csr.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { topKRows, transpose } from '../kernels/sparse.ts';
import { type Panel, spgemmTopK, stackRows } from '../kernels/spgemm.ts';
import { patternOf } from './weights.ts';

/** All that scoring needs. */
export interface Recommender {
  /** The producers' rows of L, then the clusters' rows of Zᵀ; columns are candidates. */
  readonly carriers: Csr;
  /** f64[rows of carriers]: what a carrier gives to all candidates together. */
  readonly carrierSums: Float64Array;
  /** w */
  readonly communityWeight: number;
}

/**
 * @param local            L, producers × producers
 * @param global           Z, producers × (numCommunities + 1)
 * @param communityWeight  w, at least 0; 0: the local view alone. Infinity: the global view alone
 */
export async function openRecommender(
  kernels: Kernels,
  local: Csr,
  global: Csr,
  communityWeight: number,
): Promise<Recommender> {
  const carriers = stackRows([local as Panel, (await transpose(kernels, global)) as Panel], local.numCols);
  const carrierSums = new Float64Array(carriers.numRows);
  for (let row = 0; row < carriers.numRows; row++)
    for (let i = carriers.indptr[row]; i < carriers.indptr[row + 1]; i++)
      carrierSums[row] += carriers.data[i];
  return { carriers, carrierSums, communityWeight };
}

/**
 * How much each carrier counts for each consumer: consumers × carriers. A consumer whose follows have no neighbours has the
 * communities alone. Cost O(nnz of both).
 * @param follows   consumers × producers; only its pattern counts
 * @param interest  N, consumers × (numCommunities + 1), the same consumers
 */
export function weighCarriers(recommender: Recommender, follows: Csr, interest: Csr): Csr {
  const { numRows } = follows;
  const indptr = new Uint32Array(numRows + 1);
  for (let u = 0; u < numRows; u++) indptr[u + 1] = follows.indptr[u + 1] + interest.indptr[u + 1];
  const indices = new Uint32Array(indptr[numRows]);
  const data = new Float32Array(indptr[numRows]).fill(1);
  for (let u = 0; u < numRows; u++) {
    const own = follows.indices.subarray(follows.indptr[u], follows.indptr[u + 1]);
    indices.set(own, indptr[u]);
    let at = indptr[u] + own.length;
    for (let i = interest.indptr[u]; i < interest.indptr[u + 1]; i++, at++) {
      indices[at] = follows.numCols + interest.indices[i];
      data[at] = (interest.data as Float32Array)[i];
    }
    balance(recommender, indices.subarray(indptr[u], at), data.subarray(indptr[u], at), own.length);
  }
  return { numRows, numCols: recommender.carriers.numRows, indptr, indices, data };
}

/** Scales the weights of one consumer: the first `numLocal` are producers, the others clusters. */
function balance(
  { carrierSums, communityWeight }: Recommender,
  carriers: Uint32Array,
  weights: Float32Array,
  numLocal: number,
): void {
  let localSum = 0;
  let globalSum = 0;
  for (let i = 0; i < numLocal; i++) localSum += carrierSums[carriers[i]];
  for (let i = numLocal; i < carriers.length; i++) globalSum += weights[i] * carrierSums[carriers[i]];
  const isGlobalAlone = localSum === 0 || communityWeight === Number.POSITIVE_INFINITY;
  if (isGlobalAlone) weights.fill(0, 0, numLocal);
  const share = isGlobalAlone ? 1 : globalSum === 0 ? 0 : (communityWeight * localSum) / globalSum;
  for (let i = numLocal; i < weights.length; i++) weights[i] *= share;
}

/**
 * The k best producers of each consumer, best first; ties to the lower producer. Fewer than k where fewer have a score.
 * @param weights  from `weighCarriers`
 * @param seen     producers left out, the same consumers
 */
export async function recommend(
  kernels: Kernels,
  { carriers }: Recommender,
  weights: Csr,
  seen: Csr,
  { k, onProgress }: { readonly k: number; readonly onProgress?: Progress },
): Promise<Csr> {
  const exclude = patternOf(seen);
  const best = await spgemmTopK(kernels, weights, carriers, { topK: k, threshold: 0, exclude, onProgress });
  return topKRows(kernels, best, k);
}
