import { computeProducerSimilarity, similarityWeightings } from '../similarity/producer-similarity.ts';
import { choice, integer, number } from './params.ts';
import { defineStage, input, matrixArtifact, matrixOf, matrixReport } from './stage.ts';

export const producerSimilarity = defineStage({
  name: 'producer-similarity',
  summary: 'Find the producers with the most similar followers, exactly',
  reads: ['followGraph', 'producers'],
  writes: ['producerSimilarity'],
  params: {
    similarityWeighting: choice(
      'Cosine of followers, or with consumers and producers both degree-normalised',
      similarityWeightings,
      'cosine',
    ),
    similarityThreshold: number(
      'An edge is kept iff its similarity is greater than this',
      { small: 0, web: 0.02, twitter: 0.05 },
      { max: 1 },
    ),
    similarityTopK: integer(
      'Neighbours each producer keeps',
      { small: 8, web: 100, twitter: 400 },
      {
        min: 1,
        source: 'UpdateKnownFor20M145K2020: 400',
      },
    ),
    minFollowers: integer(
      'Producers with fewer followers get no community',
      { small: 2, web: 10, twitter: 400 },
      {
        unit: 'followers',
        source: 'UpdateKnownFor20M145K2020: 400',
      },
    ),
  },
  async run(artifacts, params, { kernels, onProgress }) {
    const similarity = await computeProducerSimilarity(
      kernels,
      matrixOf(input(artifacts, 'followGraph'), 'producerIndex', 'weight'),
      {
        weighting: params.similarityWeighting,
        threshold: params.similarityThreshold,
        topK: params.similarityTopK,
        minFollowers: params.minFollowers,
        onProgress,
      },
    );
    const { producerId } = input(artifacts, 'producers').table.columns;
    return {
      artifacts: {
        producerSimilarity: matrixArtifact(
          { name: 'producerId', column: producerId },
          similarity,
          'neighborIndex',
          {
            similarity: similarity.data as Float32Array,
          },
        ),
      },
      report: matrixReport(similarity),
    };
  },
});
