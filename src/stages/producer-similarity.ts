import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { formatCount } from '../core/format.ts';
import { isStored } from '../core/stored-csr.ts';
import { columnCounts } from '../graph/follow-graph.ts';
import { findSimilarity, type SimilarityReport, similarityMethods } from '../similarity/find-similarity.ts';
import { similarityTransforms, similarityWeightings } from '../similarity/producer-similarity.ts';
import { readsFavs, type SimilarityWeighting } from '../similarity/weightings.ts';
import type { WhimpReport } from '../similarity/whimp.ts';
import { choice, flag, integer, number } from './params.ts';
import {
  type Artifacts,
  defineStage,
  input,
  matrixArtifact,
  matrixOf,
  matrixReport,
  storedMatrixArtifact,
} from './stage.ts';

export const producerSimilarity = defineStage({
  name: 'producer-similarity',
  summary: 'Find the producers with the most similar followers, exactly or by sampling',
  reads: ['followGraph', 'producers'],
  readsIfPresent: ['engagementGraph'],
  writes: ['producerSimilarity'],
  ignores: (artifact, { similarityWeighting }) =>
    artifact === 'engagementGraph' && !readsFavs(similarityWeighting),
  usesSeed: ({ similarityMethod }) => similarityMethod !== 'exact',
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
      'An edge is kept iff its similarity is greater than this; one that equals it may go either way by its rounding to f32',
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
    similarityMethod: choice(
      'All common followers counted; or pairs sampled (WHIMP), then counted; or whichever is estimated to be quicker',
      similarityMethods,
      'exact',
    ),
    similarityRecall: number('Sampling: share of the pairs at the threshold that are found, at least', 0.95, {
      min: 0.1,
      max: 0.9999,
    }),
    sketchBits: integer('Sampling: bits of a sketch, in steps of 128; 0: what costs least', 0, {
      max: 8192,
      unit: 'bits',
    }),
    verifySimilarities: flag(
      'Sampling: count the common followers of what was found; otherwise sketches tell similarities, roughly, and no recall is promised',
      true,
    ),
    maxUserDegree: integer('Consumers who follow more are left out of similarities; 0: nobody is', 0, {
      unit: 'follows',
    }),
  },
  async run(artifacts, params, { kernels, seed, memory, onProgress, log }) {
    const { similarity, report } = await findSimilarity(
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
        method: params.similarityMethod,
        recall: params.similarityRecall,
        sketchBits: params.sketchBits,
        isVerified: params.verifySimilarities,
        maxUserDegree: params.maxUserDegree,
        seed,
        onProgress,
      },
    );
    for (const line of describe(report)) log(line);
    const { producerId } = input(artifacts, 'producers').table.columns;
    const ids = { name: 'producerId', column: producerId };
    const told = { ...matrixReport(similarity), ...report };
    if (isStored(similarity)) {
      const stored = storedMatrixArtifact(ids, similarity, 'neighborIndex', 'similarity');
      return { artifacts: {}, stored: { producerSimilarity: stored }, report: told };
    }
    const values = { similarity: similarity.data as Float32Array };
    return {
      artifacts: { producerSimilarity: matrixArtifact(ids, similarity, 'neighborIndex', values) },
      report: told,
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

/** What the person who watches should know: the method unless it is the plain one, and what was left out. */
function describe({
  method,
  reason,
  numUserWedges,
  numUsersCut,
  numFollowsCut,
  whimp,
}: SimilarityReport): string[] {
  const lines = [`${method}: ${reason}; ${formatCount(numUserWedges)} wedges`];
  if (numUsersCut > 0)
    lines.push(`${formatCount(numUsersCut)} consumers left out with ${formatCount(numFollowsCut)} follows`);
  if (!whimp) return lines;
  return [...lines, ...describeSampling(whimp)];
}

/** What sampling promises, and what it did. */
export function describeSampling(whimp: WhimpReport): string[] {
  const exactly = `${formatCount(whimp.numExactProducers)} producers done exactly, being cheaper so`;
  if (whimp.numSampledProducers === 0) return [`${exactly}; none is left to sample`];
  const share = ((100 * whimp.numWedgesLooked) / Math.max(1, whimp.numWedges)).toFixed(1);
  const sketches =
    whimp.numSketches === 0
      ? 'no sketches'
      : `${formatCount(whimp.numSketches)} sketches of ${whimp.sketchBits} bits (error ${whimp.sketchError.toFixed(3)}, cut at ${whimp.sketchCut.toFixed(3)})`;
  const promise =
    whimp.expectedRecall === undefined
      ? 'no recall is promised, for similarities are what sketches tell'
      : `recall at the threshold at least ${(100 * whimp.expectedRecall).toFixed(1)} %`;
  return [
    `${promise}: ${whimp.samples.toFixed(1)} draws per unit of similarity, ${sketches}`,
    `${share} % of the exact wedges looked at, ${formatCount(whimp.numPairs)} pairs, ${formatCount(whimp.numSurvivors)} ${whimp.isVerified ? 'counted' : 'estimated'}; ${exactly}`,
  ];
}
