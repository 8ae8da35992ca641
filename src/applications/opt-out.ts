/**
 * Opt-out (SimClustersOptOutUtil.scala): a user may hide entities (topics) from what is said of them. A cluster is taken from a user as
 * soon as any entity legible in it is hidden; a user without clusters left disappears.
 */
import type { Csr } from '../core/csr.ts';
import { type IdTable, idAt } from '../core/ids.ts';
import { keepEntries, type SparseVector } from '../core/sparse-vector.ts';

/** Entities that a reader would recognise a cluster by, for each cluster that has any. */
export type LegibleEntities = ReadonlyMap<number, readonly string[]>;

/** Least score of an entity in a cluster to be legible there (InferredEntities.scala). */
export const MIN_LEGIBLE_SCORE = 0.6;

/** @param clusterIndex (numCommunities + 1) × entities */
export function legibleEntities(
  clusterIndex: Csr,
  ids: IdTable,
  minScore = MIN_LEGIBLE_SCORE,
): LegibleEntities {
  const legible = new Map<number, string[]>();
  const bar = Math.fround(minScore);
  for (let cluster = 0; cluster < clusterIndex.numRows; cluster++) {
    for (let i = clusterIndex.indptr[cluster]; i < clusterIndex.indptr[cluster + 1]; i++) {
      if ((clusterIndex.data?.[i] ?? 1) < bar) continue;
      const entities = legible.get(cluster) ?? [];
      legible.set(cluster, entities);
      entities.push(idAt(ids, clusterIndex.indices[i]));
    }
  }
  return legible;
}

/** Undefined when nothing is left. Who hides nothing passes unchanged. */
export function withoutOptedOut(
  vector: SparseVector,
  legible: LegibleEntities,
  optedOut: ReadonlySet<string>,
): SparseVector | undefined {
  if (optedOut.size === 0) return vector;
  const isHidden = (cluster: number) => legible.get(cluster)?.some((entity) => optedOut.has(entity)) ?? false;
  const kept = keepEntries(vector, (cluster) => !isHidden(cluster));
  return kept.clusters.length === 0 ? undefined : kept;
}

export interface OptOutSize {
  readonly numUsers: number;
  /** Median over users of their clusters. */
  readonly medianClusters: number;
}

/** Has the public data moved so far from the last that someone should look? A thousandth of the users, or a hundredth of the median. */
export function isSuspiciousChange(before: OptOutSize, after: OptOutSize): boolean {
  const change = (a: number, b: number) => (a === 0 ? Number(b > 0) : Math.abs(b - a) / a);
  return (
    change(before.numUsers, after.numUsers) >= 0.001 ||
    change(before.medianClusters, after.medianClusters) >= 0.01
  );
}
