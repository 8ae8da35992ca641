/** What can be told of a consumer: interests, what carries them, and what to follow next. */
import type { Csr } from '../core/csr.ts';
import { idAt } from '../core/ids.ts';
import { findId } from './near-spellings.ts';
import {
  bestEntries,
  bestPlaces,
  type ClusterName,
  type Clusters,
  clusterName,
  denseRow,
  type Producers,
  type Ranked,
  rowDot,
  rowLength,
  rowSum,
  valueAt,
} from './rows.ts';

/** Clusters named for each recommendation. */
const clustersPerRecommendation = 3;

export interface Interest extends ClusterName {
  /** Part of all interests, 0 to 1. */
  readonly share: number;
  /** followScore: the affiliations of the followed producers, summed. */
  readonly score: number;
  /** Followed producers known for the cluster, the most firmly affiliated first. */
  readonly carriedBy: readonly { readonly producerId: string; readonly knownForScore: number }[];
  /** All of them, named above or not. */
  readonly numCarrying: number;
}

export interface Recommendation {
  readonly producerId: string;
  readonly followerCount: number;
  readonly score: number;
  /** The clusters most of the score comes from, with their part of it. */
  readonly carriedBy: readonly (ClusterName & { readonly share: number })[];
}

export interface UserPortrait {
  readonly kind: 'user';
  readonly consumerId: string;
  readonly numFollowed: number;
  readonly numInterests: number;
  readonly interests: readonly Interest[];
  /** Producers not followed yet, best first. */
  readonly recommendations: readonly Recommendation[];
}

export interface UserSources {
  readonly clusters: Clusters;
  readonly producers: Producers;
  /** consumers × producers */
  readonly followGraph: Csr;
  /** producers × clusters */
  readonly knownFor: Csr;
  /** consumers × clusters: followScore, the sums that interests are told by. */
  readonly followScore: Csr;
  /** consumers × clusters: followScoreClusterNormalizedOnly, the vector that recommends. */
  readonly userVector: Csr;
  /** producers × clusters: followBasedProducer */
  readonly producerEmbedding: Csr;
}

/** At most `count` of each; cost O(entries of the producer embedding). */
export function userPortrait(
  sources: UserSources,
  user: number,
  consumerId: string,
  count: number,
): UserPortrait {
  const { followGraph, followScore } = sources;
  return {
    kind: 'user',
    consumerId,
    numFollowed: rowLength(followGraph, user),
    numInterests: bestEntries(followScore, user, rowLength(followScore, user)).length,
    interests: interestsOf(sources, user, count),
    recommendations: recommendationsFor(sources, user, findId(sources.producers.ids, consumerId), count),
  };
}

function interestsOf(sources: UserSources, user: number, count: number): Interest[] {
  const { clusters, followScore } = sources;
  const total = rowSum(followScore, user);
  const carriers = carriersOf(sources, user);
  return bestEntries(followScore, user, count).map(({ place, score }) => {
    const carrying = carriers.get(place) ?? [];
    return {
      ...clusterName(clusters, place),
      share: score / total,
      score,
      carriedBy: carrying.slice(0, count).map((carrier) => ({
        producerId: idAt(sources.producers.ids, carrier.place),
        knownForScore: carrier.score,
      })),
      numCarrying: carrying.length,
    };
  });
}

/** Followed producers by the cluster they are known for, the most firmly affiliated first. */
function carriersOf({ followGraph, knownFor }: UserSources, user: number): Map<number, Ranked[]> {
  const carriers = new Map<number, Ranked[]>();
  for (let i = followGraph.indptr[user]; i < followGraph.indptr[user + 1]; i++) {
    const place = followGraph.indices[i];
    for (let k = knownFor.indptr[place]; k < knownFor.indptr[place + 1]; k++) {
      const cluster = knownFor.indices[k];
      const carrier = { place, score: valueAt(knownFor, k) };
      carriers.set(cluster, [...(carriers.get(cluster) ?? []), carrier]);
    }
  }
  for (const list of carriers.values()) list.sort((a, b) => b.score - a.score || a.place - b.place);
  return carriers;
}

/** score = (user vector · producer embedding) · √followerCount. Nobody is told to follow oneself. */
function recommendationsFor(
  sources: UserSources,
  user: number,
  self: number,
  count: number,
): Recommendation[] {
  const { producers, producerEmbedding, followGraph, userVector } = sources;
  const interest = denseRow(userVector, user);
  const isFollowed = denseRow({ ...followGraph, data: undefined }, user);
  return bestPlaces(count, producerEmbedding.numRows, (producer) =>
    isFollowed[producer] > 0 || producer === self
      ? 0
      : rowDot(producerEmbedding, producer, interest) * Math.sqrt(producers.followerCount[producer]),
  ).map(({ place, score }) => ({
    producerId: idAt(producers.ids, place),
    followerCount: producers.followerCount[place],
    score,
    carriedBy: clustersBehind(sources, place, interest),
  }));
}

/** Where the score of one recommendation comes from. √followerCount falls out of the parts. */
function clustersBehind(
  { clusters, producerEmbedding }: UserSources,
  producer: number,
  interest: Float64Array,
): Recommendation['carriedBy'] {
  const start = producerEmbedding.indptr[producer];
  const total = rowDot(producerEmbedding, producer, interest);
  const part = (i: number) =>
    valueAt(producerEmbedding, start + i) * interest[producerEmbedding.indices[start + i]];
  return bestPlaces(clustersPerRecommendation, rowLength(producerEmbedding, producer), part).map(
    ({ place, score }) => ({
      ...clusterName(clusters, producerEmbedding.indices[start + place]),
      share: score / total,
    }),
  );
}
