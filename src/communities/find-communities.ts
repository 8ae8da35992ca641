/** Communities of a graph, from the start to the last clean-up: what the stage known-for and the command communities run. */
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import type { Memberships } from '../core/memberships.ts';
import { randomKey } from '../core/rng.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { growCommunities, type RoundReport } from './growth.ts';
import { type CommunityMetrics, measureCommunities, weighVertices } from './metrics.ts';
import {
  type DetectionGraph,
  type DetectionOptions,
  demandFitting,
  detectCommunities,
  type EpochReport,
} from './metropolis-hastings.ts';
import { type PostProcessingOptions, type PostProcessingReport, postProcess } from './post-process.ts';

export interface FindOptions extends DetectionOptions {
  /** Find the number of communities; see growth.ts. Then maxEpochs counts rounds, and options of the sampler do not apply. */
  readonly growth: boolean;
  readonly postProcessing: PostProcessingOptions;
  readonly onRound?: (report: RoundReport) => void;
}

export interface FoundCommunities {
  readonly memberships: Memberships;
  /** Of the memberships as given back. */
  readonly metrics: CommunityMetrics;
  readonly epochs: readonly EpochReport[];
  readonly rounds: readonly RoundReport[];
  /** Of the constant Potts model, before post-processing; only with growth. */
  readonly objective?: number;
  readonly postProcessing: PostProcessingReport;
}

/**
 * @param graph  lies in kernel memory
 * @param whole  the same graph in memory; needed for growth
 * @throws SimClustersError BAD_PARAM
 */
export async function findCommunities(
  kernels: Kernels,
  graph: DetectionGraph,
  whole: (() => Csr) | undefined,
  options: FindOptions,
): Promise<FoundCommunities> {
  const found = options.growth
    ? await grow(kernels, whole, options)
    : { ...(await detectCommunities(kernels, graph, options)), rounds: [] };
  const { memberships, report } = postProcess(found.memberships, graph.neighborhoods, options.postProcessing);
  const metrics = await kernels.scope(async () => {
    const weights = await weighVertices(kernels, graph.placed);
    const key = randomKey(options.seed, 'pairs of the result');
    return measureCommunities(kernels, graph.placed, weights, memberships, key);
  });
  return { ...found, memberships, metrics, postProcessing: report };
}

async function grow(kernels: Kernels, whole: (() => Csr) | undefined, options: FindOptions) {
  if (!whole) {
    throw new SimClustersError('BAD_PARAM', {
      got: '--growth with edges on disk',
      expected: 'the graph in memory: growth aggregates it',
      todo: 'Leave --memory out, or give --num-communities in place of --growth',
    });
  }
  const graph = whole();
  if (options.initial) {
    demandFitting(options.initial, graph.numRows);
    if (options.initial.width > 1)
      throw new SimClustersError('BAD_PARAM', {
        got: `--growth from a start with up to ${options.initial.width} communities per vertex`,
        expected: 'at most one community per vertex',
        todo: 'Leave --growth out, or give another start',
      });
  }
  const { wtCoeff, maxEpochs, initial, seed, onProgress, onRound, unitWeights } = options;
  const sampled = unitWeights ? { ...graph, data: undefined } : graph;
  const grown = await growCommunities(kernels, sampled, {
    wtCoeff,
    numRounds: maxEpochs,
    initial,
    seed,
    onProgress,
    onRound,
  });
  return { ...grown, epochs: [] };
}
