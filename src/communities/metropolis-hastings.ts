/**
 * Communities by neighbourhood-aware Metropolis-Hastings. The step itself and its formulas are in assembly/; this file
 * chooses where to start, runs epochs and says when to stop.
 */
import { SimClustersError } from '../core/errors.ts';
import type { Memberships } from '../core/memberships.ts';
import type { Neighborhoods } from '../core/neighborhoods.ts';
import { randomKey } from '../core/rng.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { type Initialisation, initialise } from './initialise.ts';
import { type CommunityMetrics, measureCommunities, type VertexWeights, weighVertices } from './metrics.ts';
import type { SamplerOptions } from './options.ts';
import { type PlacedGraph, withoutWeights } from './placed-graph.ts';
import { type EpochRates, placeSampler, type Sampler } from './sampler.ts';

export interface DetectionOptions extends SamplerOptions {
  /** Ignored with `initial`, which brings its own, and by the initialisation "singletons". */
  readonly numCommunities: number;
  /** Sample as if all weights were 1; what is measured keeps them. */
  readonly unitWeights: boolean;
  readonly initialisation: Initialisation;
  /** To start from, in place of an initialisation. */
  readonly initial?: Memberships;
  /** Random starts tried for two epochs each; the one with the best F1 goes on. Ignored with `initial`. */
  readonly numStarts: number;
  readonly maxEpochs: number;
  /** Stop when the share of accepted proposals falls below this. */
  readonly eps: number;
  /** Run maxEpochs whatever the share. */
  readonly runAllEpochs: boolean;
  /** Measure quality after each so many epochs, and after the last. */
  readonly evaluateEvery: number;
  readonly seed: string;
  readonly onProgress?: Progress;
  /** Called after each epoch of the chain that goes on. */
  readonly onEpoch?: (report: EpochReport) => void;
}

export interface EpochReport extends EpochRates, Partial<CommunityMetrics> {
  readonly epoch: number;
  /** Of the sweep, and of measuring after it. */
  readonly seconds: number;
  readonly metricsSeconds: number;
  /** Directed edges the sweep went through in a second. */
  readonly edgesPerSecond: number;
}

export interface Communities {
  readonly memberships: Memberships;
  readonly epochs: readonly EpochReport[];
}

/** The graph as detection needs it: edges for sweeps, and neighbours of single vertices for the start. */
export interface DetectionGraph {
  readonly placed: PlacedGraph;
  readonly neighborhoods: Neighborhoods;
}

/** Epochs after which starts are compared: F1 then foretells the final F1 (correlation .9), the likelihood does not. */
const TRIAL_EPOCHS = 2;
/** The proposal "multiple" weighs all subsets of a cover of the neighbours. */
const MAX_COVER = 8;
/** Pure random proposals draw each community for each vertex, so rows are as wide as there are communities. */
const MAX_PURE_RANDOM = 64;

/** @throws SimClustersError BAD_PARAM for options that do not go together */
export async function detectCommunities(
  kernels: Kernels,
  graph: DetectionGraph,
  options: DetectionOptions,
): Promise<Communities> {
  const { maxEpochs, numStarts, initial, onProgress } = options;
  checkOptions(options, graph.placed.isWhole);
  return kernels.scope(async () => {
    const starts = new Starts(graph, options);
    const first = starts.take(0);
    // Without a start of its own there is nothing to hold on to.
    const stability = initial && options.stability;
    checkStart(first.memberships, { ...options, stability }, graph.placed.numVertices);
    const run = await placeRun(kernels, graph.placed, first.memberships, { ...options, stability });
    const trialEpochs = initial || numStarts === 1 ? 0 : Math.min(TRIAL_EPOCHS, maxEpochs);
    const plannedEpochs = trialEpochs * numStarts + maxEpochs - trialEpochs;
    let epochsDone = 0;
    const onEpoch = () => onProgress?.(++epochsDone / plannedEpochs);

    let best = first;
    if (trialEpochs > 0) best = await run.goOn(best, trialEpochs, onEpoch);
    for (let start = 1; start < numStarts && trialEpochs > 0; start++) {
      const trial = await run.goOn(starts.take(start), trialEpochs, onEpoch);
      if (lastF1(trial) > lastF1(best)) best = trial;
    }
    for (const report of best.epochs) options.onEpoch?.(report);
    const { memberships, epochs } = await run.goOn(best, maxEpochs, (report) => {
      options.onEpoch?.(report);
      onEpoch();
    });
    return { memberships, epochs };
  });
}

function checkOptions(
  { proposal, hastings, update, maxMemberships }: DetectionOptions,
  isWhole: boolean,
): void {
  const isSingle = proposal === 'single-or-zero';
  if (hastings && !isSingle)
    throw badOptions(
      `--hastings with --proposal ${proposal}`,
      '--hastings goes with --proposal single-or-zero',
    );
  if (update === 'hogwild' && !isSingle)
    throw badOptions(
      `--update hogwild with --proposal ${proposal}`,
      'hogwild goes with --proposal single-or-zero',
    );
  if ((update === 'serial' || update === 'hogwild') && !isWhole)
    throw badOptions(
      `--update ${update} with edges on disk`,
      '--memory goes with --update phases or deferred',
    );
  if (proposal === 'multiple' && maxMemberships > MAX_COVER)
    throw badOptions(
      `--proposal multiple with --max-memberships ${maxMemberships}`,
      `at most ${MAX_COVER} communities per vertex: every move weighs all subsets of them`,
    );
}

/** The start decides how many communities there are (singletons: as many as vertices) and how many a vertex may have. */
function checkStart(
  start: Memberships,
  { proposal, hastings, update, stability }: DetectionOptions,
  numExpected: number,
): void {
  const { width, numCommunities } = start;
  demandFitting(start, numExpected);
  if (stability && (width > 1 || proposal !== 'single-or-zero'))
    throw badOptions(
      `--stability ${stability} with several communities per vertex`,
      '--stability goes with one community per vertex',
    );
  const option = hastings ? '--hastings' : '--update hogwild';
  if (width > 1 && (hastings || update === 'hogwild'))
    throw badOptions(
      `${option} from a start with up to ${width} communities per vertex`,
      `${option} goes with one community per vertex: --max-memberships 1, or another --initialisation`,
    );
  if (proposal === 'pure-random' && numCommunities > MAX_PURE_RANDOM)
    throw badOptions(
      `--proposal pure-random with ${numCommunities} communities`,
      `at most ${MAX_PURE_RANDOM} communities: every move draws each of them`,
    );
}

/** @throws SimClustersError SHAPE_MISMATCH for a start that is not one for so many vertices */
export function demandFitting(
  { rows, width, numVertices, numCommunities }: Memberships,
  numExpected: number,
): void {
  const isFitting =
    numVertices === numExpected &&
    rows.length === numVertices * width &&
    rows.every((community) => community <= numCommunities);
  if (isFitting) return;
  throw new SimClustersError('SHAPE_MISMATCH', {
    got: `a start of ${rows.length} places for ${numVertices} vertices and ${numCommunities} communities`,
    expected: `one for the ${numExpected} vertices of the graph, with communities below ${numCommunities}`,
    todo: 'Give the start that belongs to this graph',
  });
}

function badOptions(got: string, expected: string): SimClustersError {
  return new SimClustersError('BAD_PARAM', { got, expected, todo: 'Leave one of the two out' });
}

/** A run of the sampler: where it is and what it has been through. */
interface Chain {
  readonly memberships: Memberships;
  readonly seed: string;
  readonly epochs: readonly EpochReport[];
}

/** The chains that are tried, by number. */
class Starts {
  readonly #graph: DetectionGraph;
  readonly #options: DetectionOptions;

  constructor(graph: DetectionGraph, options: DetectionOptions) {
    this.#graph = graph;
    this.#options = options;
  }

  take(start: number): Chain {
    const { initial, initialisation, numCommunities, maxMemberships, seed, unitWeights } = this.#options;
    const { neighborhoods } = this.#graph;
    return {
      seed: start === 0 ? seed : `${seed}/${start}`,
      epochs: [],
      memberships:
        initial ??
        initialise(
          initialisation,
          unitWeights ? unweighted(neighborhoods) : neighborhoods,
          numCommunities,
          randomKey(seed, `initialise ${start}`),
          maxMemberships,
        ),
    };
  }
}

function unweighted(graph: Neighborhoods): Neighborhoods {
  return {
    numVertices: graph.numVertices,
    degree: (v) => graph.degree(v),
    neighbors: (v) => ({ indices: graph.neighbors(v).indices }),
  };
}

function lastF1({ epochs }: Chain): number {
  const last = epochs[epochs.length - 1];
  return last.weightedF1 ?? 0;
}

interface Run {
  /** Goes on with a chain until it has `numEpochs` behind it or has settled. */
  goOn(chain: Chain, numEpochs: number, onEpoch: (report: EpochReport) => void): Promise<Chain>;
}

async function placeRun(
  kernels: Kernels,
  graph: PlacedGraph,
  start: Memberships,
  options: DetectionOptions,
): Promise<Run> {
  const sampled = options.unitWeights ? withoutWeights(graph) : graph;
  const weights = await weighVertices(kernels, graph);
  const width = widthOf(start, options);
  const sampler = placeSampler(kernels, sampled, start.numCommunities, width, options, weights.meanWeights);
  return {
    goOn: (chain, numEpochs, onEpoch) =>
      runEpochs(kernels, graph, weights, sampler, chain, options, numEpochs, onEpoch),
  };
}

/** Places per row of memberships. */
function widthOf(
  { width, numCommunities }: Memberships,
  { proposal, maxMemberships }: DetectionOptions,
): number {
  if (proposal === 'single-or-zero') return width;
  return Math.max(width, proposal === 'pure-random' ? numCommunities : maxMemberships);
}

async function runEpochs(
  kernels: Kernels,
  graph: PlacedGraph,
  weights: VertexWeights,
  sampler: Sampler,
  chain: Chain,
  { eps, runAllEpochs, evaluateEvery }: DetectionOptions,
  numEpochs: number,
  onEpoch: (report: EpochReport) => void,
): Promise<Chain> {
  sampler.load(chain.memberships);
  const epochs = [...chain.epochs];
  const settled = () => !runAllEpochs && epochs.length > 0 && epochs[epochs.length - 1].acceptRate < eps;
  while (epochs.length < numEpochs && !settled()) {
    const epoch = epochs.length + 1;
    const began = performance.now();
    const rates = await sampler.runEpoch(epoch, chain.seed);
    const swept = performance.now();
    const isLast = epoch === numEpochs || (!runAllEpochs && rates.acceptRate < eps);
    const metrics =
      isLast || epoch % evaluateEvery === 0
        ? await measureCommunities(
            kernels,
            graph,
            weights,
            sampler.current(),
            randomKey(chain.seed, `pairs ${epoch}`),
          )
        : {};
    const seconds = (swept - began) / 1000;
    const report = {
      epoch,
      ...metrics,
      ...rates,
      seconds,
      metricsSeconds: (performance.now() - swept) / 1000,
      edgesPerSecond: Math.round(graph.numEntries / Math.max(seconds, 1e-9)),
    };
    epochs.push(report);
    onEpoch(report);
  }
  return { ...chain, memberships: sampler.memberships(), epochs };
}
