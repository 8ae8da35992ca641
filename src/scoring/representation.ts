/**
 * Representation: embeddings by (type, model version, id), the clusters of an entity, the entities of a cluster.
 * Several model versions live side by side; readers choose by version.
 */
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { IdIndex, type IdTable, idAt } from '../core/ids.ts';
import {
  keepEntries,
  type SparseVector,
  strongestEntries,
  truncate,
  vectorOfRow,
} from '../core/sparse-vector.ts';

/** Names one embedding. Each embedding type has ids of one kind: user, producer, tweet, topic. */
export interface EmbeddingId {
  readonly embeddingType: string;
  readonly modelVersion: string;
  readonly id: string;
}

export interface EmbeddingSet {
  readonly embeddingType: string;
  readonly modelVersion: string;
  readonly ids: IdTable;
  /** entities × (numCommunities + 1); scores that are not positive are not given out */
  readonly embedding: Csr;
  /** Is this cluster given out? Default: every one. */
  readonly isServed?: (cluster: number) => boolean;
  /** Strongest clusters given out of each embedding. Default: all. */
  readonly maxClusters?: number;
  /** (numCommunities + 1) × entities, best first. Absent: entities of a cluster cannot be asked. */
  readonly clusterIndex?: Csr;
}

export interface ScoredCluster {
  readonly clusterId: number;
  readonly score: number;
}

export interface ScoredEntity {
  readonly id: string;
  readonly score: number;
}

interface Registered extends EmbeddingSet {
  readonly index: IdIndex;
}

export class Representation {
  readonly #sets = new Map<string, Registered>();

  /** Sets over the same id table share one index of ids: the table is what costs memory. */
  constructor(sets: readonly EmbeddingSet[]) {
    const indices = new Map<IdTable, IdIndex>();
    for (const set of sets) {
      const index = indices.get(set.ids) ?? IdIndex.from(set.ids);
      indices.set(set.ids, index);
      this.#sets.set(keyOf(set), { ...set, index });
    }
  }

  /** The same with other sets in place of those of the same type and version. */
  with(sets: readonly EmbeddingSet[]): Representation {
    const copy = new Representation(sets);
    for (const [key, set] of this.#sets) if (!copy.#sets.has(key)) copy.#sets.set(key, set);
    return copy;
  }

  /** Registered (type, model version) pairs, in order of registration. */
  get kinds(): { embeddingType: string; modelVersion: string }[] {
    return [...this.#sets.values()].map(({ embeddingType, modelVersion }) => ({
      embeddingType,
      modelVersion,
    }));
  }

  has(embeddingType: string, modelVersion: string): boolean {
    return this.#sets.has(keyOf({ embeddingType, modelVersion }));
  }

  /**
   * Clusters ascending. Undefined when there is no such entity, or nothing is known about it.
   * @throws SimClustersError BAD_PARAM for a type that this model version does not have
   */
  embedding(embeddingId: EmbeddingId): SparseVector | undefined {
    const { embedding, index, maxClusters, isServed = () => true } = this.#set(embeddingId);
    const row = index.findText(embeddingId.id);
    if (row < 0) return undefined;
    const vector = keepEntries(
      vectorOfRow(embedding, row),
      (cluster, score) => score > 0 && isServed(cluster),
    );
    if (vector.clusters.length === 0) return undefined;
    return maxClusters === undefined ? vector : truncate(vector, maxClusters);
  }

  /** Is there such a type, and can the entities of its clusters be asked? */
  listsEntities(embeddingType: string, modelVersion: string): boolean {
    return this.#sets.get(keyOf({ embeddingType, modelVersion }))?.clusterIndex !== undefined;
  }

  /** Clusters of the model: their ids are 1 to this. */
  numClusters(kind: { embeddingType: string; modelVersion: string }): number {
    return Math.max(0, this.#set(kind).embedding.numCols - 1);
  }

  /** The first `count` ids, in the order of their table, that have an embedding of this type. */
  firstIds(embeddingType: string, modelVersion: string, count: number): string[] {
    const { ids } = this.#set({ embeddingType, modelVersion });
    const found: string[] = [];
    for (let row = 0; row < ids.size && found.length < count; row++) {
      const id = idAt(ids, row);
      if (this.embedding({ embeddingType, modelVersion, id })) found.push(id);
    }
    return found;
  }

  /** The strongest clusters of an entity, best first; ties to the lower cluster. Undefined as for `embedding`. */
  clustersOf(embeddingId: EmbeddingId, count = Number.POSITIVE_INFINITY): ScoredCluster[] | undefined {
    const vector = this.embedding(embeddingId);
    if (!vector) return undefined;
    const best = strongestEntries(vector).slice(0, count);
    return best.map((i) => ({ clusterId: vector.clusters[i], score: vector.scores[i] }));
  }

  /**
   * The best entities of a cluster, best first; ties to the lower row. Empty for a cluster without any.
   * @throws SimClustersError BAD_PARAM when the type has no cluster index, UNKNOWN_ID for a cluster the model does not have
   */
  entitiesOf(
    {
      embeddingType,
      modelVersion,
      clusterId,
    }: { embeddingType: string; modelVersion: string; clusterId: number },
    count = Number.POSITIVE_INFINITY,
  ): ScoredEntity[] {
    const { clusterIndex, ids } = this.#set({ embeddingType, modelVersion });
    if (!clusterIndex)
      throw unknownType(`${embeddingType} without a cluster index`, 'a type whose clusters list entities');
    if (!Number.isInteger(clusterId) || clusterId < 1 || clusterId >= clusterIndex.numRows) {
      throw new SimClustersError('UNKNOWN_ID', {
        got: `cluster ${clusterId}`,
        expected: `a cluster id from 1 to ${clusterIndex.numRows - 1}`,
        todo: 'Ask for one of the clusters of this model version',
      });
    }
    const { clusters, scores } = vectorOfRow(clusterIndex, clusterId);
    const shown = Math.min(count, clusters.length);
    return Array.from({ length: shown }, (_, i) => ({ id: idAt(ids, clusters[i]), score: scores[i] }));
  }

  #set(kind: { embeddingType: string; modelVersion: string }): Registered {
    const set = this.#sets.get(keyOf(kind));
    if (set) return set;
    const known = this.kinds.map(({ embeddingType, modelVersion }) => `${embeddingType} of ${modelVersion}`);
    throw unknownType(
      `${kind.embeddingType} of model version ${kind.modelVersion}`,
      `one of ${known.join(', ')}`,
    );
  }
}

function keyOf({ embeddingType, modelVersion }: { embeddingType: string; modelVersion: string }): string {
  return `${embeddingType}\n${modelVersion}`;
}

function unknownType(got: string, expected: string): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    got: `embedding type ${got}`,
    expected,
    todo: 'Ask for a type and a model version that are loaded',
  });
}
