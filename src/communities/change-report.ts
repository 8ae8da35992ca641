/** What became of the communities from one model to the next. */
import type { Csr } from '../core/csr.ts';
import { NO_PLACE, placesIn } from '../core/ids.ts';
import type { IdentifiedKnownFor } from './renewal.ts';

/** Members, before or after, that a cluster needs for its cosine to say anything. */
const MIN_COMPARED_MEMBERS = 10;

const MAX_LISTED = 20;

/** Producers by what happened to them; the first five count those who are in both models. */
export interface ProducerChanges {
  /** The same clusters, at least one. */
  readonly same: number;
  /** Other clusters than before, or more, or fewer. */
  readonly different: number;
  readonly someToNone: number;
  readonly noneToSome: number;
  readonly noneToNone: number;
  readonly newcomers: number;
  readonly newcomersWithCluster: number;
  readonly leavers: number;
  readonly leaversWithCluster: number;
  /** `same` among those in both models who had a cluster; absent when there are none. */
  readonly shareSame?: number;
}

export interface ClusterChange {
  readonly clusterId: number;
  readonly numBefore: number;
  readonly numAfter: number;
  readonly numInBoth: number;
  /** Cosine of the two vectors of knownForScore over producers, 0 to 1; 0 when either is empty or all zeros. */
  readonly cosine: number;
}

export interface ClusterChanges {
  /** Ids of the previous model with 10 members or more, before or after. */
  readonly numCompared: number;
  /** Of the clusters compared; p10 and median by nearest rank. Absent when there are none. */
  readonly cosine?: {
    readonly min: number;
    readonly p10: number;
    readonly median: number;
    readonly mean: number;
  };
  /** Of the clusters compared, the 20 with the lowest cosine, lowest first, ties to the lower id. */
  readonly mostChanged: readonly ClusterChange[];
  /** Had members, have none. Ascending, as the lists below. */
  readonly extinctIds: readonly number[];
  /** Were there before, and now stand for producers none of whom they stood for. */
  readonly reusedIds: readonly number[];
  /** Have members and were not there before. */
  readonly newIds: readonly number[];
}

export interface ChangeReport {
  readonly producers: ProducerChanges;
  readonly clusters: ClusterChanges;
}

/** Compares two models by the ids of producers and clusters. Cost O(ids' bytes + entries + clusters). */
export function reportChanges(previous: IdentifiedKnownFor, current: IdentifiedKnownFor): ChangeReport {
  const oldRows = placesIn(previous.producerIds, current.producerIds);
  return {
    producers: countProducers(previous.knownFor, current.knownFor, oldRows),
    clusters: compareClusters(previous.knownFor, current.knownFor, oldRows),
  };
}

function countProducers(before: Csr, after: Csr, oldRows: Uint32Array): ProducerChanges {
  const counts = {
    ...{ same: 0, different: 0, someToNone: 0, noneToSome: 0, noneToNone: 0 },
    ...{ newcomers: 0, newcomersWithCluster: 0, leavers: 0, leaversWithCluster: 0 },
  };
  const isThere = new Uint8Array(before.numRows);
  oldRows.forEach((old, row) => {
    const isAssigned = rowOf(after, row).length > 0;
    if (old === NO_PLACE) {
      counts.newcomers++;
      if (isAssigned) counts.newcomersWithCluster++;
      return;
    }
    isThere[old] = 1;
    counts[transition(rowOf(before, old), rowOf(after, row))]++;
  });
  isThere.forEach((there, old) => {
    if (there) return;
    counts.leavers++;
    if (rowOf(before, old).length > 0) counts.leaversWithCluster++;
  });
  const numHad = counts.same + counts.different + counts.someToNone;
  return numHad === 0 ? counts : { ...counts, shareSame: counts.same / numHad };
}

function transition(before: Uint32Array, after: Uint32Array) {
  if (before.length === 0) return after.length === 0 ? 'noneToNone' : 'noneToSome';
  if (after.length === 0) return 'someToNone';
  return before.length === after.length && before.every((id, i) => id === after[i]) ? 'same' : 'different';
}

function compareClusters(before: Csr, after: Csr, oldRows: Uint32Array): ClusterChanges {
  const all = clusterChanges(before, after, oldRows);
  const known = all.filter(({ clusterId }) => clusterId < before.numCols);
  const compared = known
    .filter(({ numBefore, numAfter }) => Math.max(numBefore, numAfter) >= MIN_COMPARED_MEMBERS)
    .sort((a, b) => a.cosine - b.cosine || a.clusterId - b.clusterId);
  const idsWhere = (changes: readonly ClusterChange[], holds: (change: ClusterChange) => boolean) =>
    changes.filter(holds).map(({ clusterId }) => clusterId);
  return {
    numCompared: compared.length,
    ...(compared.length > 0 && { cosine: summarize(compared.map(({ cosine }) => cosine)) }),
    mostChanged: compared.slice(0, MAX_LISTED),
    extinctIds: idsWhere(known, ({ numBefore, numAfter }) => numBefore > 0 && numAfter === 0),
    reusedIds: idsWhere(known, ({ numAfter, numInBoth }) => numAfter > 0 && numInBoth === 0),
    newIds: idsWhere(all, ({ clusterId, numAfter }) => clusterId >= before.numCols && numAfter > 0),
  };
}

/** Of every cluster id of either model, ascending. */
function clusterChanges(before: Csr, after: Csr, oldRows: Uint32Array): ClusterChange[] {
  const numCols = Math.max(1, before.numCols, after.numCols);
  const old = columnSums(before, numCols);
  const now = columnSums(after, numCols);
  const numInBoth = new Uint32Array(numCols);
  const products = new Float64Array(numCols);
  oldRows.forEach((oldRow, row) => {
    if (oldRow === NO_PLACE) return;
    for (let i = after.indptr[row]; i < after.indptr[row + 1]; i++) {
      const id = after.indices[i];
      const j = before.indices.subarray(0, before.indptr[oldRow + 1]).indexOf(id, before.indptr[oldRow]);
      if (j < 0) continue;
      numInBoth[id]++;
      products[id] += scoreAt(before, j) * scoreAt(after, i);
    }
  });
  return Array.from({ length: numCols - 1 }, (_, i) => {
    const clusterId = i + 1;
    const norm = Math.sqrt(old.squares[clusterId]) * Math.sqrt(now.squares[clusterId]);
    return {
      clusterId,
      numBefore: old.counts[clusterId],
      numAfter: now.counts[clusterId],
      numInBoth: numInBoth[clusterId],
      cosine: norm === 0 ? 0 : Math.min(1, products[clusterId] / norm),
    };
  });
}

function columnSums(matrix: Csr, numCols: number): { counts: Uint32Array; squares: Float64Array } {
  const counts = new Uint32Array(numCols);
  const squares = new Float64Array(numCols);
  matrix.indices.forEach((id, i) => {
    counts[id]++;
    squares[id] += scoreAt(matrix, i) ** 2;
  });
  return { counts, squares };
}

function scoreAt({ data }: Csr, place: number): number {
  return data ? data[place] : 1;
}

function rowOf({ indptr, indices }: Csr, row: number): Uint32Array {
  return indices.subarray(indptr[row], indptr[row + 1]);
}

/** @param ascending at least one number */
function summarize(ascending: readonly number[]) {
  const n = ascending.length;
  const atRank = (share: number) => ascending[Math.ceil(share * n) - 1];
  return {
    min: ascending[0],
    p10: atRank(0.1),
    median: atRank(0.5),
    mean: ascending.reduce((sum, cosine) => sum + cosine, 0) / n,
  };
}
