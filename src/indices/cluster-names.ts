/**
 * Readable names of clusters, from their topics and their most telling producers.
 * A producer tells much about a cluster when it is firmly affiliated with it and widely followed:
 *   weight = knownForScore · ln(1 + followers)
 */
import type { Csr } from '../core/csr.ts';
import { ln } from '../core/math.ts';

export interface ClusterNamingInput {
  /** producers × (numCommunities + 1) */
  readonly knownFor: Csr;
  readonly followerCount: Uint32Array;
  readonly producerName: (producer: number) => string;
  /** (numCommunities + 1) × topics, best first; absent when there are no topics. */
  readonly clusterToTopics?: Csr;
  readonly topicName?: (topic: number) => string;
  /** Topics of items, by producer: how many of a cluster's producers must share a label is decided here. */
  readonly topicsOfProducer?: ReadonlyMap<number, readonly string[]>;
}

export interface ClusterNamingOptions {
  /** Producers in a name. */
  readonly producersPerName: number;
  /** A topic names a cluster iff its score is at least this. */
  readonly minTopicScore: number;
}

/** @returns a name per cluster id; '' for id 0 and for clusters without members */
export function nameClusters(input: ClusterNamingInput, options: ClusterNamingOptions): string[] {
  const members = membersByWeight(input);
  return members.map((producers, cluster) => {
    if (producers.length === 0) return '';
    const topics = topicsOf(input, cluster, producers, options.minTopicScore);
    const names = producers.slice(0, options.producersPerName).map(input.producerName).join(', ');
    return topics.length > 0 ? `${topics.join(' / ')}: ${names}` : names;
  });
}

/** Members of each cluster, the most telling first; ties to the lower producer. */
function membersByWeight({ knownFor, followerCount }: ClusterNamingInput): number[][] {
  const members: { producer: number; weight: number }[][] = Array.from(
    { length: knownFor.numCols },
    () => [],
  );
  const scores = knownFor.data as Float32Array;
  for (let producer = 0; producer < knownFor.numRows; producer++) {
    for (let i = knownFor.indptr[producer]; i < knownFor.indptr[producer + 1]; i++) {
      members[knownFor.indices[i]].push({ producer, weight: scores[i] * ln(1 + followerCount[producer]) });
    }
  }
  return members.map((list) =>
    list.sort((a, b) => b.weight - a.weight || a.producer - b.producer).map(({ producer }) => producer),
  );
}

/** At most two topics: those that label several members, else the best by embedding. */
function topicsOf(
  input: ClusterNamingInput,
  cluster: number,
  producers: readonly number[],
  minTopicScore: number,
): string[] {
  const labels = commonLabels(producers, input.topicsOfProducer);
  if (labels.length > 0) return labels.slice(0, 2);
  const { clusterToTopics, topicName } = input;
  if (!clusterToTopics || !topicName || cluster >= clusterToTopics.numRows) return [];
  const first = clusterToTopics.indptr[cluster];
  const scores = clusterToTopics.data as Float32Array;
  const isNamed = first < clusterToTopics.indptr[cluster + 1] && scores[first] >= minTopicScore;
  return isNamed ? [topicName(clusterToTopics.indices[first])] : [];
}

/** Labels that at least two members carry and that a tenth of the members do, most frequent first, then by name. */
function commonLabels(
  producers: readonly number[],
  topicsOfProducer: ClusterNamingInput['topicsOfProducer'],
): string[] {
  const counts = new Map<string, number>();
  for (const producer of producers) {
    for (const topic of topicsOfProducer?.get(producer) ?? [])
      counts.set(topic, (counts.get(topic) ?? 0) + 1);
  }
  const least = Math.max(2, producers.length / 10);
  return [...counts]
    .filter(([, count]) => count >= least)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([topic]) => topic);
}
