/** What can be told of a producer: its community, its like, and who follows it. */
import type { Csr } from '../core/csr.ts';
import { idAt } from '../core/ids.ts';
import { bestEntries, type ClusterName, type Clusters, clusterName, type Producers } from './rows.ts';

export interface ProducerPortrait {
  readonly kind: 'producer';
  readonly producerId: string;
  readonly followerCount: number;
  /** Absent when there are no engagements. */
  readonly faverCount?: number;
  /** Absent when the producer is known for no cluster. */
  readonly community?: ClusterName & { readonly knownForScore: number; readonly numProducers: number };
  readonly similar: readonly {
    readonly producerId: string;
    readonly similarity: number;
    readonly followerCount: number;
  }[];
  /** Clusters whose interested consumers follow the producer; cosine. */
  readonly clusters: readonly (ClusterName & { readonly score: number })[];
}

export interface ProducerSources {
  readonly clusters: Clusters;
  readonly producers: Producers;
  readonly faverCount?: Uint32Array;
  /** producers × clusters */
  readonly knownFor: Csr;
  /** producers × producers */
  readonly similarity: Csr;
  /** producers × clusters: followBasedProducer */
  readonly producerEmbedding: Csr;
}

/** At most `count` of each. */
export function producerPortrait(
  sources: ProducerSources,
  producer: number,
  count: number,
): ProducerPortrait {
  const { clusters, producers, similarity, producerEmbedding, faverCount } = sources;
  return {
    kind: 'producer',
    producerId: idAt(producers.ids, producer),
    followerCount: producers.followerCount[producer],
    faverCount: faverCount?.[producer],
    community: communityOf(sources, producer),
    similar: bestEntries(similarity, producer, count).map(({ place, score }) => ({
      producerId: idAt(producers.ids, place),
      similarity: score,
      followerCount: producers.followerCount[place],
    })),
    clusters: bestEntries(producerEmbedding, producer, count).map(({ place, score }) => ({
      ...clusterName(clusters, place),
      score,
    })),
  };
}

function communityOf(
  { clusters, knownFor }: ProducerSources,
  producer: number,
): ProducerPortrait['community'] {
  const [best] = bestEntries(knownFor, producer, 1);
  if (!best) return undefined;
  const { place, score } = best;
  return {
    ...clusterName(clusters, place),
    knownForScore: score,
    numProducers: clusters.numProducers[place],
  };
}
