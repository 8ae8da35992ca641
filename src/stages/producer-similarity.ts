import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { columnCounts } from '../graph/follow-graph.ts';
import {
  computeProducerSimilarity,
  similarityTransforms,
  similarityWeightings,
} from '../similarity/producer-similarity.ts';
import { readsFavs, type SimilarityWeighting } from '../similarity/weightings.ts';
import { choice, integer, number } from './params.ts';
import { type Artifacts, defineStage, input, matrixArtifact, matrixOf, matrixReport } from './stage.ts';

export const producerSimilarity = defineStage({
  name: 'producer-similarity',
  summary: 'Find the producers with the most similar followers, exactly',
  reads: ['followGraph', 'producers'],
  readsIfPresent: ['engagementGraph'],
  writes: ['producerSimilarity'],
  ignores: (artifact, { similarityWeighting }) =>
    artifact === 'engagementGraph' && !readsFavs(similarityWeighting),
  params: {
    similarityWeighting: choice(
      'Cosine of followers, of decayed favs or of their logarithms; with consumers and producers both degree-normalised; or common followers over the root of both counts as in sbf',
      similarityWeightings,
      'cosine',
    ),
    similarityTransform: choice(
      'What becomes of a similarity w that is kept: nothing, or 10 · w²',
      similarityTransforms,
      'none',
      { source: 'UpdateKnownForSBFRunner: 10 · w² where weights are squared' },
    ),
    minCommonFollowers: integer('Followers that two producers must have in common', 1, {
      min: 1,
      unit: 'followers',
    }),
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
  async run(artifacts, params, { kernels, memory, onProgress }) {
    const similarity = await computeProducerSimilarity(
      kernels,
      graphOf(artifacts, params.similarityWeighting),
      {
        weighting: params.similarityWeighting,
        transform: params.similarityTransform,
        minCommonFollowers: params.minCommonFollowers,
        numFollowers: columnCounts(matrixOf(input(artifacts, 'followGraph'), 'producerIndex')),
        memory,
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

/** @throws SimClustersError BAD_PARAM for favs when there are none */
function graphOf(artifacts: Artifacts, weighting: SimilarityWeighting): Csr {
  if (!readsFavs(weighting)) return matrixOf(input(artifacts, 'followGraph'), 'producerIndex', 'weight');
  const favs = artifacts.engagementGraph;
  if (favs) return matrixOf(favs, 'producerIndex', 'fav');
  throw new SimClustersError('BAD_PARAM', {
    got: `--similarity-weighting ${weighting} without favs`,
    expected: 'engagements to take favs from',
    todo: 'Give --engagements, or take --similarity-weighting cosine',
  });
}
