/** What can be told of a cluster. */
import { type Csr, nnz } from '../core/csr.ts';
import { type IdTable, idAt } from '../core/ids.ts';
import {
  bestEntries,
  bestPlaces,
  type ClusterName,
  type Clusters,
  clusterName,
  denseRow,
  type Producers,
  rowDot,
  valueAt,
} from './rows.ts';

export interface ClusterPortrait extends ClusterName {
  readonly kind: 'cluster';
  readonly numProducers: number;
  readonly numConsumers: number;
  /** Producers known for the cluster, the most firmly affiliated first. */
  readonly members: readonly {
    readonly producerId: string;
    readonly knownForScore: number;
    readonly followerCount: number;
  }[];
  readonly topics: readonly { readonly topicId: string; readonly score: number }[];
  readonly items: readonly { readonly itemId: string; readonly score: number }[];
  /** Clusters whose top producers are most alike. */
  readonly nearest: readonly (ClusterName & { readonly cosine: number })[];
}

/** A cluster index with the ids of what it lists. */
export interface IndexWithIds {
  readonly index: Csr;
  readonly ids: IdTable;
}

export interface ClusterSources {
  readonly clusters: Clusters;
  readonly producers: Producers;
  /** producers × clusters */
  readonly knownFor: Csr;
  /** clusters × producers */
  readonly clusterToProducers: Csr;
  readonly topics?: IndexWithIds;
  readonly items?: IndexWithIds;
}

/** At most `count` of each; cost O(entries of knownFor and clusterToProducers). */
export function clusterPortrait(sources: ClusterSources, clusterId: number, count: number): ClusterPortrait {
  const { clusters, topics, items } = sources;
  return {
    kind: 'cluster',
    ...clusterName(clusters, clusterId),
    numProducers: clusters.numProducers[clusterId],
    numConsumers: clusters.numConsumers[clusterId],
    members: membersOf(sources, clusterId, count),
    topics: listed(topics, clusterId, count).map(([topicId, score]) => ({ topicId, score })),
    items: listed(items, clusterId, count).map(([itemId, score]) => ({ itemId, score })),
    nearest: nearestClusters(sources.clusterToProducers, clusterId, count).map(({ place, score }) => ({
      ...clusterName(clusters, place),
      cosine: score,
    })),
  };
}

/**
 * Clusters by the cosine of their rows, best first. Rows are the top producers of each cluster, so two clusters are
 * near when the same audiences follow the same producers.
 */
export function nearestClusters(clusterToProducers: Csr, clusterId: number, count: number) {
  const own = denseRow(clusterToProducers, clusterId);
  const norms = rowNorms(clusterToProducers);
  return bestPlaces(count, clusterToProducers.numRows, (other) => {
    if (other === clusterId) return 0;
    const norm = norms[clusterId] * norms[other];
    return norm > 0 ? rowDot(clusterToProducers, other, own) / norm : 0;
  });
}

function rowNorms(matrix: Csr): Float64Array {
  const norms = new Float64Array(matrix.numRows);
  for (let row = 0; row < matrix.numRows; row++) {
    for (let i = matrix.indptr[row]; i < matrix.indptr[row + 1]; i++) norms[row] += valueAt(matrix, i) ** 2;
  }
  return norms.map(Math.sqrt);
}

function membersOf({ producers, knownFor }: ClusterSources, clusterId: number, count: number) {
  const { producerOfEntry, entries } = entriesOf(knownFor, clusterId);
  return bestPlaces(count, entries.length, (i) => valueAt(knownFor, entries[i])).map(({ place, score }) => {
    const producer = producerOfEntry[place];
    return {
      producerId: idAt(producers.ids, producer),
      knownForScore: score,
      followerCount: producers.followerCount[producer],
    };
  });
}

/** The entries of one column, with their rows. */
function entriesOf(matrix: Csr, column: number): { entries: number[]; producerOfEntry: number[] } {
  const entries: number[] = [];
  const producerOfEntry: number[] = [];
  for (let row = 0, i = 0; i < nnz(matrix); i++) {
    while (matrix.indptr[row + 1] <= i) row++;
    if (matrix.indices[i] !== column) continue;
    entries.push(i);
    producerOfEntry.push(row);
  }
  return { entries, producerOfEntry };
}

function listed(source: IndexWithIds | undefined, clusterId: number, count: number): [string, number][] {
  if (!source || clusterId >= source.index.numRows) return [];
  return bestEntries(source.index, clusterId, count).map(({ place, score }) => [
    idAt(source.ids, place),
    score,
  ]);
}
