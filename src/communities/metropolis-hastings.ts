/**
 * Communities by neighbourhood-aware Metropolis-Hastings, at most one per vertex. The step itself and its formulas are
 * in assembly/metropolis.ts; this file runs epochs and says when to stop.
 */
import type { Csr } from '../core/csr.ts';
import { randomKey } from '../core/rng.ts';
import { moveOutcome } from '../kernels/abi.ts';
import type { Arena } from '../kernels/arena.ts';
import type { Step } from '../kernels/job.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { randomNeighborhoods } from './initialise.ts';
import { type CommunityMetrics, measureCommunities } from './metrics.ts';
import { colorPhases, maxDegree, type Phases, shufflePhases } from './phases.ts';

export interface MetropolisHastingsOptions {
  readonly numCommunities: number;
  /** α, the weight of a neighbour in the same community against a stranger outside. */
  readonly wtCoeff: number;
  /** Factor of the likelihood difference in the acceptance test. */
  readonly scaleCoeff: number;
  readonly maxEpochs: number;
  /** Stop when the share of accepted proposals falls below this. */
  readonly eps: number;
  /** Run maxEpochs whatever the share. */
  readonly runAllEpochs: boolean;
  readonly seed: string;
  /** u32[numVertices] to start from; default: random neighbourhoods. */
  readonly initial?: Uint32Array;
  /** Random starts tried for two epochs each; the one with the best F1 goes on. Ignored with `initial`. */
  readonly numStarts: number;
  readonly onProgress?: Progress;
}

export interface EpochReport extends CommunityMetrics {
  readonly epoch: number;
  /** Shares of all vertices. */
  readonly acceptRate: number;
  readonly emptyProposalRate: number;
  readonly sameProposalRate: number;
  readonly seconds: number;
}

export interface Communities {
  /** u32[numVertices]: community 0..numCommunities-1, or numCommunities for none. */
  readonly assignment: Uint32Array;
  readonly numCommunities: number;
  readonly epochs: readonly EpochReport[];
}

/** Epochs after which starts are compared: F1 then foretells the final F1 (correlation .9), the likelihood does not. */
const TRIAL_EPOCHS = 2;

/**
 * @param graph     symmetric, no diagonal, weights > 0; without `data` all neighbours count equally
 * @param measured  the same graph, with the weights that precision and recall are measured by
 */
export async function detectCommunities(
  kernels: Kernels,
  graph: Csr,
  measured: Csr,
  options: MetropolisHastingsOptions,
): Promise<Communities> {
  const { numCommunities, maxEpochs, seed, numStarts, initial, onProgress } = options;
  return kernels.scope(async (arena) => {
    const phases = await colorPhases(kernels, graph);
    // In place once, for all epochs and their metrics.
    const placed = placeGraph(arena, measured);
    const sampler = placeSampler(kernels, { ...placed, data: graph.data && placed.data }, phases, options);
    const trialEpochs = initial || numStarts === 1 ? 0 : Math.min(TRIAL_EPOCHS, maxEpochs);
    const plannedEpochs = trialEpochs * numStarts + maxEpochs - trialEpochs;
    let epochsDone = 0;
    const goOn = (chain: Chain, numEpochs: number) =>
      runEpochs(kernels, placed, sampler, chain, options, numEpochs, () =>
        onProgress?.(++epochsDone / plannedEpochs),
      );

    let best: Chain = {
      seed,
      epochs: [],
      assignment: initial ?? foundCommunities(graph, numCommunities, seed, 0),
    };
    if (trialEpochs > 0) best = await goOn(best, trialEpochs);
    for (let start = 1; start < numStarts && trialEpochs > 0; start++) {
      const assignment = foundCommunities(graph, numCommunities, seed, start);
      const trial = await goOn({ seed: `${seed}/${start}`, epochs: [], assignment }, trialEpochs);
      if (lastF1(trial) > lastF1(best)) best = trial;
    }
    const { assignment, epochs } = await goOn(best, maxEpochs);
    return { assignment, numCommunities, epochs };
  });
}

function placeGraph(arena: Arena, graph: Csr): Csr {
  const { indptr, indices, data } = graph;
  return { ...graph, indptr: arena.put(indptr), indices: arena.put(indices), data: data && arena.put(data) };
}

function foundCommunities(graph: Csr, numCommunities: number, seed: string, start: number): Uint32Array {
  return randomNeighborhoods(graph, numCommunities, randomKey(seed, `initialise ${start}`));
}

/** A run of the sampler: where it is and what it has been through. */
interface Chain {
  readonly assignment: Uint32Array;
  readonly seed: string;
  readonly epochs: readonly EpochReport[];
}

function lastF1({ epochs }: Chain): number {
  const last = epochs[epochs.length - 1];
  return last.weightedF1 ?? last.f1;
}

/** Goes on with a chain until it has `numEpochs` behind it or has settled. */
async function runEpochs(
  kernels: Kernels,
  measured: Csr,
  sampler: Sampler,
  chain: Chain,
  { numCommunities, eps, runAllEpochs }: MetropolisHastingsOptions,
  numEpochs: number,
  onEpoch: () => void,
): Promise<Chain> {
  sampler.load(chain.assignment);
  const epochs = [...chain.epochs];
  const settled = () => !runAllEpochs && epochs.length > 0 && epochs[epochs.length - 1].acceptRate < eps;
  while (epochs.length < numEpochs && !settled()) {
    const epoch = epochs.length + 1;
    const began = performance.now();
    const rates = await runEpoch(kernels, sampler, epoch, chain.seed);
    const seconds = (performance.now() - began) / 1000;
    const metrics = await measureCommunities(kernels, measured, sampler.assignment, numCommunities);
    epochs.push({ epoch, ...metrics, ...rates, seconds });
    onEpoch();
  }
  return { ...chain, assignment: sampler.assignment.slice(), epochs };
}

interface Sampler {
  readonly phases: Phases;
  /** Regions of the arena. */
  readonly assignment: Uint32Array;
  readonly outcomes: Uint8Array;
  readonly scratchBytes: number;
  /** Makes an assignment the current one. */
  readonly load: (assignment: Uint32Array) => void;
  /** Places the parameter block of an epoch. */
  readonly block: (epoch: number, seed: string) => number;
}

function placeSampler(
  kernels: Kernels,
  graph: Csr,
  phases: Phases,
  { numCommunities, wtCoeff, scaleCoeff }: MetropolisHastingsOptions,
): Sampler {
  const { arena } = kernels;
  const assignment = arena.u32(graph.numRows);
  const sizes = arena.u32(numCommunities + 1);
  const outcomes = arena.u8(graph.numRows);
  const degree = maxDegree(graph);
  const values = {
    indptr: arena.put(graph.indptr),
    indices: arena.put(graph.indices),
    data: graph.data && arena.put(graph.data),
    order: arena.put(phases.order),
    numCommunities,
    maxDegree: degree,
    assignment,
    sizes,
    next: arena.u32(graph.numRows),
    outcomes,
    wtCoeff,
    acceptScale: scaleCoeff,
  };
  return {
    phases,
    assignment,
    outcomes,
    // slots of 8 bytes; candidates, scores and weights of 4 + 8 + 8
    scratchBytes: (numCommunities + 1) * 8 + (degree + 2) * 20 + 64,
    load(start) {
      assignment.set(start);
      sizes.fill(0);
      for (const community of start) sizes[community]++;
    },
    block: (epoch, seed) =>
      kernels.block('proposeMoves', { ...values, ...randomKey(seed, 'metropolis-hastings'), epoch }),
  };
}

async function runEpoch(kernels: Kernels, sampler: Sampler, epoch: number, seed: string) {
  const { phases } = sampler;
  await kernels.scope(async () => {
    const params = sampler.block(epoch, seed);
    const steps: Step[] = [];
    for (const phase of shufflePhases(phases, randomKey(seed, 'phases'), epoch)) {
      const lo = phases.starts[phase];
      const hi = phases.starts[phase + 1];
      const chunk = Math.max(16, Math.ceil((hi - lo) / (kernels.numThreads * 8)));
      steps.push(
        { kernel: 'proposeMoves', params, lo, hi, chunk },
        { kernel: 'applyMoves', params, lo, hi, chunk },
      );
    }
    await kernels.run(steps, { scratchBytes: sampler.scratchBytes });
  });
  return outcomeRates(sampler.outcomes);
}

function outcomeRates(outcomes: Uint8Array) {
  let accepted = 0;
  let empty = 0;
  let same = 0;
  for (const outcome of outcomes) {
    if (outcome & moveOutcome.accepted) accepted++;
    if (outcome & moveOutcome.proposedEmpty) empty++;
    if (outcome & moveOutcome.proposedSame) same++;
  }
  const n = Math.max(1, outcomes.length);
  return { acceptRate: accepted / n, emptyProposalRate: empty / n, sameProposalRate: same / n };
}
