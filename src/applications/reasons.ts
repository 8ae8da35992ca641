/** Why a result is there: the communities that carry its score. */
import type { SparseVector } from '../core/sparse-vector.ts';

export interface Reason {
  readonly clusterId: number;
  /** Readable name of the community; '' when it has none. */
  readonly name: string;
  /** Part of the dot product that comes from this community, in (0, 1]. */
  readonly share: number;
}

/** Communities shown with each result. */
export const MAX_REASONS = 3;

/**
 * share(c) = source(c) · candidate(c) / Σ source · candidate. The largest first, ties to the lower cluster; norms divide all
 * alike, so shares are those of a cosine too. Empty when the two share no cluster.
 */
export function reasonsOf(
  source: SparseVector,
  candidate: SparseVector,
  nameOf: (cluster: number) => string,
  count = MAX_REASONS,
): Reason[] {
  const scores = new Map(Array.from(source.clusters, (cluster, i) => [cluster, source.scores[i]]));
  const products = Array.from(candidate.clusters, (clusterId, i) => ({
    clusterId,
    product: (scores.get(clusterId) ?? 0) * candidate.scores[i],
  })).filter(({ product }) => product > 0);
  const total = products.reduce((sum, { product }) => sum + product, 0);
  return products
    .sort((a, b) => b.product - a.product || a.clusterId - b.clusterId)
    .slice(0, count)
    .map(({ clusterId, product }) => ({ clusterId, name: nameOf(clusterId), share: product / total }));
}
