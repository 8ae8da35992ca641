import { computeKnownFor } from '../communities/known-for.ts';
import { detectCommunities } from '../communities/metropolis-hastings.ts';
import { choice, flag, integer, number } from './params.ts';
import { planRenewal, renewalParams, renewalReport, samplerStart } from './renewal.ts';
import { defineStage, idsOf, input, matrixArtifact, matrixOf } from './stage.ts';

/** Below this share of producers with a community something is probably wrong with input or thresholds. */
const LOW_COVERAGE = 0.1;

export const knownFor = defineStage({
  name: 'known-for',
  summary: 'Assign producers to communities by Metropolis-Hastings on the similarity graph',
  reads: ['producerSimilarity'],
  readsIfPresent: ['previousKnownFor'],
  writes: ['knownFor'],
  usesSeed: true,
  params: {
    numCommunities: integer(
      'Number of communities, k; 0: one per --producers-per-community producers with neighbours',
      0,
    ),
    producersPerCommunity: number(
      'Mean community size when --num-communities is 0',
      { small: 10, web: 100, twitter: 200 },
      {
        min: 1,
        source: 'ClusterHdfsGraphApp: 200',
      },
    ),
    communityWeights: choice(
      'Count similar producers equally, or by their similarity',
      ['unit', 'similarity'],
      {
        small: 'unit',
        web: 'unit',
        twitter: 'similarity',
      },
    ),
    wtCoeff: number(
      'Weight α of a neighbour inside the community against a stranger outside',
      { small: 5, web: 10, twitter: 10 },
      { min: 1e-6, source: 'sbf AlgorithmConfig: 5; UpdateKnownFor20M145K2020: 10' },
    ),
    scaleCoeff: number('Factor of the likelihood difference in the acceptance test', 0.5, {
      source: 'sbf AlgorithmConfig',
    }),
    maxEpochs: integer(
      'Sweeps over all producers at the most',
      { small: 8, web: 5, twitter: 4 },
      {
        min: 1,
        unit: 'epochs',
        source: 'UpdateKnownFor20M145K2020: 3',
      },
    ),
    eps: number('Stop when the share of accepted proposals falls below this', 0.01, {
      max: 1,
      source: 'sbf AlgorithmConfig',
    }),
    runAllEpochs: flag('Run --max-epochs whatever the share of accepted proposals', false),
    numStarts: integer(
      'Random starts tried for two epochs each; the best goes on',
      { small: 2, web: 1, twitter: 1 },
      { min: 1, max: 1000 },
    ),
    ...renewalParams,
  },
  async run(artifacts, params, { kernels, seed, onProgress, log }) {
    const similarity = matrixOf(input(artifacts, 'producerSimilarity'), 'neighborIndex', 'similarity');
    const graph = params.communityWeights === 'unit' ? { ...similarity, data: undefined } : similarity;
    const numWithNeighbors = countNonEmptyRows(similarity.indptr);
    const wanted =
      params.numCommunities || Math.max(1, Math.round(numWithNeighbors / params.producersPerCommunity));
    const possible = Math.min(wanted, Math.max(1, numWithNeighbors));
    const producerIds = idsOf(input(artifacts, 'producerSimilarity'), 'producerId');
    const count = { numWanted: possible, isNumGiven: params.numCommunities > 0 };
    const renewal =
      artifacts.previousKnownFor &&
      planRenewal(artifacts.previousKnownFor, producerIds, similarity, params, count, { seed, log });
    if (!renewal && possible < wanted)
      log(`${wanted} communities wanted, ${possible} producers have neighbours: k = ${possible}`);
    const numCommunities = renewal ? renewal.initial.numCommunities : possible;
    const communities = await detectCommunities(kernels, graph, similarity, {
      ...params,
      numCommunities,
      seed,
      initial: renewal && samplerStart(renewal.initial),
      onProgress,
    });
    const known = await computeKnownFor(kernels, similarity, communities);
    const share = known.numRows === 0 ? 0 : known.indices.length / known.numRows;
    if (share < LOW_COVERAGE) {
      log(
        `only ${(share * 100).toFixed(1)} % of producers have a community: few share enough followers. ` +
          'A lower --min-followers or --similarity-threshold, or --preset small, may help; or this is no follow graph',
      );
    }
    const { producerId } = input(artifacts, 'producerSimilarity').table.columns;
    return {
      artifacts: {
        knownFor: matrixArtifact({ name: 'producerId', column: producerId }, known, 'clusterId', {
          knownForScore: known.data as Float32Array,
        }),
      },
      report: {
        numRows: known.numRows,
        numCommunities,
        numProducersWithoutNeighbors: known.numRows - numWithNeighbors,
        ...communities.epochs[communities.epochs.length - 1],
        epochs: communities.epochs,
        ...(renewal && renewalReport(renewal, producerIds, known)),
      },
    };
  },
});

function countNonEmptyRows(indptr: Uint32Array): number {
  let count = 0;
  for (let row = 0; row + 1 < indptr.length; row++) if (indptr[row + 1] > indptr[row]) count++;
  return count;
}
