/** What can be told of a topic: its clusters, and the producers that lie nearest. */
import type { Csr } from '../core/csr.ts';
import { idAt } from '../core/ids.ts';
import {
  bestEntries,
  bestPlaces,
  type ClusterName,
  type Clusters,
  clusterName,
  denseRow,
  type Producers,
  rowDot,
} from './rows.ts';

export interface TopicPortrait {
  readonly kind: 'topic';
  readonly topicId: string;
  readonly clusters: readonly (ClusterName & { readonly score: number })[];
  /** Producers by the dot product of topic and producer embedding. */
  readonly producers: readonly {
    readonly producerId: string;
    readonly score: number;
    readonly followerCount: number;
  }[];
}

export interface TopicSources {
  readonly clusters: Clusters;
  readonly producers: Producers;
  /** topics × clusters */
  readonly topicEmbedding: Csr;
  /** producers × clusters: followBasedProducer */
  readonly producerEmbedding: Csr;
}

/** At most `count` of each; cost O(entries of the producer embedding). */
export function topicPortrait(
  { clusters, producers, topicEmbedding, producerEmbedding }: TopicSources,
  topic: number,
  topicId: string,
  count: number,
): TopicPortrait {
  const vector = denseRow(topicEmbedding, topic);
  const scoreOf = (producer: number) => rowDot(producerEmbedding, producer, vector);
  return {
    kind: 'topic',
    topicId,
    clusters: bestEntries(topicEmbedding, topic, count).map(({ place, score }) => ({
      ...clusterName(clusters, place),
      score,
    })),
    producers: bestPlaces(count, producerEmbedding.numRows, scoreOf).map(({ place, score }) => ({
      producerId: idAt(producers.ids, place),
      score,
      followerCount: producers.followerCount[place],
    })),
  };
}
