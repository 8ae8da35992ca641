import { normalizeColumns } from '../communities/column-norm.ts';
import { placeDetectionGraph } from '../communities/detection-graph.ts';
import { findCommunities } from '../communities/find-communities.ts';
import { computeKnownFor } from '../communities/known-for.ts';
import { countNonEmptyRows } from '../core/csr.ts';
import { type CommunityParams, communityParams, findOptionsOf } from './community-params.ts';
import { planRenewal, renewalParams, renewalReport } from './renewal.ts';
import { defineStage, idsOf, input, matrixArtifact, matrixOf } from './stage.ts';

/** Below this share of producers with a community something is probably wrong with input or thresholds. */
const LOW_COVERAGE = 0.1;

export const knownFor = defineStage({
  name: 'known-for',
  summary: 'Assign producers to communities by Metropolis-Hastings on the similarity graph',
  reads: ['producerSimilarity'],
  readsIfPresent: ['previousKnownFor'],
  writes: ['knownFor'],
  usesSeed: () => true,
  params: { ...communityParams, ...renewalParams },
  async run(artifacts, params, { kernels, seed, onProgress, log }) {
    const similarity = matrixOf(input(artifacts, 'producerSimilarity'), 'neighborIndex', 'similarity');
    const numWithNeighbors = countNonEmptyRows(similarity.indptr);
    const { wanted, possible } = countCommunities(params, numWithNeighbors);
    const producerIds = idsOf(input(artifacts, 'producerSimilarity'), 'producerId');
    const renewal =
      artifacts.previousKnownFor &&
      planRenewal(artifacts.previousKnownFor, producerIds, similarity, params, possible, { seed, log });
    if (!renewal && possible < wanted && !params.growth)
      log(`${wanted} communities wanted, ${possible} producers have neighbours: k = ${possible}`);
    const isSingle = params.proposal === 'single-or-zero';
    const { found, known } = await kernels.scope(async () => {
      const graph = await placeDetectionGraph(kernels, similarity, params.weightFormat);
      const found = await findCommunities(kernels, graph, () => similarity, {
        ...findOptionsOf(params, renewal?.initial.numCommunities ?? possible),
        ...(renewal && { initial: renewal.initial, stability: isSingle ? params.stability : 0 }),
        seed,
        onProgress,
      });
      const known = await computeKnownFor(kernels, graph.placed, found.memberships);
      return { found, known: params.normalizeColumns ? normalizeColumns(known) : known };
    });
    const share = known.numRows === 0 ? 0 : found.metrics.numAssigned / known.numRows;
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
        numCommunities: found.memberships.numCommunities,
        numProducersWithoutNeighbors: known.numRows - numWithNeighbors,
        ...found.epochs[found.epochs.length - 1],
        ...found.metrics,
        objective: found.objective,
        epochs: found.epochs,
        rounds: found.rounds,
        postProcessing: found.postProcessing,
        ...(renewal && renewalReport(renewal, producerIds, known)),
      },
    };
  },
});

/** How many communities are wanted, as asked or by the size of the graph, and how many there are producers for. */
function countCommunities(
  { numCommunities, producersPerCommunity }: CommunityParams,
  numWithNeighbors: number,
) {
  const wanted = numCommunities || Math.max(1, Math.round(numWithNeighbors / producersPerCommunity));
  return { wanted, possible: Math.min(wanted, Math.max(1, numWithNeighbors)) };
}
