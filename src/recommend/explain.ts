/** Why a candidate is there: the communities and the followed producers that carry its score. */
import type { Csr } from '../core/csr.ts';
import type { Recommender } from './joined-score.ts';

export interface Carrier {
  /** Producer, or cluster id. */
  readonly index: number;
  /** Part of the score that it carries, in (0, 1]. */
  readonly share: number;
}

export interface Explanation {
  /** The largest share first, ties to the lower index. */
  readonly producers: readonly Carrier[];
  readonly communities: readonly Carrier[];
}

/**
 * share(x) = weight(u, x) · carriers(x, q) / Σ_x weight(u, x) · carriers(x, q)
 * @param weights  from `weighCarriers`
 * @param count    producers, and communities, to name at the most. Cost O(carriers of the consumer · log row length)
 */
export function explain(
  { carriers }: Recommender,
  weights: Csr,
  {
    consumer,
    candidate,
    count,
  }: { readonly consumer: number; readonly candidate: number; readonly count: number },
): Explanation {
  const numProducers = carriers.numCols;
  const parts: Carrier[] = [];
  let total = 0;
  for (let i = weights.indptr[consumer]; i < weights.indptr[consumer + 1]; i++) {
    const place = placeOf(carriers, weights.indices[i], candidate);
    if (place < 0) continue;
    const share = (weights.data as Float32Array)[i] * (carriers.data as Float32Array)[place];
    if (!(share > 0)) continue;
    parts.push({ index: weights.indices[i], share });
    total += share;
  }
  const ranked = parts
    .map(({ index, share }) => ({ index, share: share / total }))
    .sort((a, b) => b.share - a.share || a.index - b.index);
  return {
    producers: ranked.filter(({ index }) => index < numProducers).slice(0, count),
    communities: ranked
      .filter(({ index }) => index >= numProducers)
      .slice(0, count)
      .map(({ index, share }) => ({ index: index - numProducers, share })),
  };
}

/** Place of a column in a row of ascending columns, or -1. */
function placeOf({ indptr, indices }: Csr, row: number, column: number): number {
  let lo = indptr[row];
  let hi = indptr[row + 1];
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (indices[middle] < column) lo = middle + 1;
    else hi = middle;
  }
  return lo < indptr[row + 1] && indices[lo] === column ? lo : -1;
}
