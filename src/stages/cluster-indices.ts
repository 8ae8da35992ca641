import { buildClusterIndex } from '../indices/cluster-index.ts';
import type { ArtifactName } from './artifacts.ts';
import { choice, integer, number } from './params.ts';
import {
  type Artifact,
  type Artifacts,
  defineStage,
  input,
  matrixArtifact,
  matrixOf,
  namedClusters,
  type StageContext,
} from './stage.ts';

export const clusterIndices = defineStage({
  name: 'cluster-indices',
  summary: 'List the top producers, items and topics of each cluster',
  reads: ['followBasedProducer'],
  readsIfPresent: ['favBasedProducer', 'tweetEmbedding', 'topicEmbedding'],
  writes: ['clusterToProducers', 'clusterToTweets', 'clusterToTopics'],
  params: {
    clusterProducersFrom: choice(
      'Producer embedding that ranks the producers of a cluster',
      ['follow', 'fav'],
      'follow',
    ),
    maxProducersPerCluster: integer('Producers kept per cluster', 300, {
      min: 1,
      source: 'ProducerEmbeddingsFromInterestedIn',
    }),
    maxTweetsPerCluster: integer('Items kept per cluster', 1600, { min: 1, source: 'summingbird Configs' }),
    clusterTweetThreshold: number('An item is kept iff its score is greater than this', 0.001, {
      source: 'summingbird Configs',
    }),
    maxTopicsPerCluster: integer('Topics kept per cluster', 50, { min: 1 }),
  },
  async run(artifacts, params, context) {
    const producers =
      params.clusterProducersFrom === 'fav' && artifacts.favBasedProducer
        ? 'favBasedProducer'
        : 'followBasedProducer';
    const index = (from: ArtifactName, entity: string, topK: number, threshold: number) =>
      indexOf(context, artifacts, from, entity, topK, threshold);
    const clusterToProducers = await index(producers, 'producerIndex', params.maxProducersPerCluster, 0);
    const clusterToTweets =
      artifacts.tweetEmbedding &&
      (await index('tweetEmbedding', 'itemIndex', params.maxTweetsPerCluster, params.clusterTweetThreshold));
    const clusterToTopics =
      artifacts.topicEmbedding &&
      (await index('topicEmbedding', 'topicIndex', params.maxTopicsPerCluster, 0));
    return {
      artifacts: {
        clusterToProducers,
        ...(clusterToTweets && { clusterToTweets }),
        ...(clusterToTopics && { clusterToTopics }),
      },
      report: { numRows: clusterToProducers.table.numRows - 1, producersRankedBy: producers },
    };
  },
});

async function indexOf(
  { kernels }: StageContext,
  artifacts: Artifacts,
  from: ArtifactName,
  entity: string,
  topK: number,
  threshold: number,
): Promise<Artifact> {
  const index = await buildClusterIndex(
    kernels,
    matrixOf(input(artifacts, from), 'clusterId', 'score'),
    topK,
    threshold,
  );
  return matrixArtifact(namedClusters(index.numRows), index, entity, { score: index.data as Float32Array });
}
