/**
 * Tweet embeddings in batch: the decayed sum of the interests of those who faved it.
 *   W[i, c] = Σ over favs (u, i, t) of  N[u, c] · 0.5^((now − t) / halfLife)
 * N = logFavScoreClusterNormalizedOnly where favScore ≥ `favScoreThresholdForUserInterest`, else 0. Left out: favs of one's own items,
 * and favs of items older than `maxItemAgeMs` at the time. An item's birth is its first event.
 * Source: TweetJob.scala; the same sums as its stream, taken at once.
 */
import type { Csr } from '../core/csr.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { buildCsr } from '../kernels/sparse.ts';
import { spgemmTopK } from '../kernels/spgemm.ts';

export interface TweetEmbeddingOptions {
  /** An entry is kept iff it is greater than this. */
  readonly threshold: number;
  /** Clusters per tweet. */
  readonly topK: number;
  readonly onProgress?: Progress;
}

/**
 * @param items      item of each fav
 * @param consumers  consumer of each fav
 * @param weights    f32 decay of each fav, in (0, 1]
 * @param interest   N, consumers × (numCommunities + 1)
 * @returns items × (numCommunities + 1), by cluster id
 */
export async function computeTweetEmbedding(
  kernels: Kernels,
  { items, consumers, weights }: { items: Uint32Array; consumers: Uint32Array; weights: Float32Array },
  numItems: number,
  interest: Csr,
  { threshold, topK, onProgress }: TweetEmbeddingOptions,
): Promise<Csr> {
  const itemConsumer = await buildCsr(
    kernels,
    { rows: items, cols: consumers, data: weights },
    numItems,
    interest.numRows,
    'sum',
  );
  return spgemmTopK(kernels, itemConsumer, interest, { topK, threshold, onProgress });
}

/** N: `scores` where the raw favScore reaches the threshold, else 0. */
export function gateByFavScore(interest: Csr, favScore: Float32Array, threshold: number): Csr {
  const scores = interest.data as Float32Array;
  return { ...interest, data: scores.map((score, i) => (favScore[i] >= threshold ? score : 0)) };
}
