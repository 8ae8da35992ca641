import type { Csr } from '../core/csr.ts';
import { computeProducerEmbedding } from '../embeddings/producer.ts';
import { inverse } from '../graph/producer-norms.ts';
import { integer, number } from './params.ts';
import {
  type Artifact,
  type Artifacts,
  defineStage,
  input,
  matrixArtifact,
  matrixOf,
  matrixReport,
  scalars,
} from './stage.ts';

export const producerEmbeddings = defineStage({
  name: 'producer-embeddings',
  summary: 'Place producers among the clusters by who follows and favs them',
  reads: ['followGraph', 'producers', 'producerNorms', 'interestedIn'],
  readsIfPresent: ['engagementGraph'],
  writes: ['followBasedProducer', 'favBasedProducer'],
  params: {
    minFollowersForEmbedding: integer(
      'Producers need more followers (favers) than this',
      { small: 0, web: 10, twitter: 100 },
      {
        source: 'ProducerEmbeddingsFromInterestedIn: 100',
      },
    ),
    minProducerScore: number(
      'Entries of at least this are kept',
      { small: 0.001, web: 0.01, twitter: 0.01 },
      {
        source: 'ProducerEmbeddingsFromInterestedIn: 0.01',
      },
    ),
    maxClustersPerProducer: integer('Clusters kept per producer', 60, {
      min: 1,
      source: 'ProducerEmbeddingsFromInterestedIn',
    }),
  },
  async run(artifacts, params, { kernels, onProgress }) {
    const norms = input(artifacts, 'producerNorms');
    const options = {
      minFollowersForEmbedding: params.minFollowersForEmbedding,
      minScore: params.minProducerScore,
      topK: params.maxClustersPerProducer,
      onProgress,
    };
    const interest = input(artifacts, 'interestedIn');
    const follow = await computeProducerEmbedding(
      kernels,
      matrixOf(input(artifacts, 'followGraph'), 'producerIndex'),
      matrixOf(interest, 'clusterId', 'followScoreClusterNormalizedOnly'),
      inverse(scalars(norms, 'followerL2Norm')),
      scalars(norms, 'followerCount'),
      options,
    );
    const fav =
      artifacts.engagementGraph &&
      (await computeProducerEmbedding(
        kernels,
        matrixOf(artifacts.engagementGraph, 'producerIndex', 'fav'),
        matrixOf(interest, 'clusterId', 'favScoreClusterNormalizedOnly'),
        inverse(scalars(norms, 'faverL2Norm')),
        scalars(norms, 'faverCount'),
        options,
      ));
    return {
      artifacts: {
        followBasedProducer: embedding(artifacts, follow),
        ...(fav && { favBasedProducer: embedding(artifacts, fav) }),
      },
      report: { ...matrixReport(follow), ...(fav && { numFavEntries: fav.indices.length }) },
    };
  },
});

function embedding(artifacts: Artifacts, matrix: Csr): Artifact {
  const { producerId } = input(artifacts, 'producers').table.columns;
  return matrixArtifact({ name: 'producerId', column: producerId }, matrix, 'clusterId', {
    score: matrix.data as Float32Array,
  });
}
