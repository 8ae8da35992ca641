/**
 * Communities whose number is found. The objective is the constant Potts model, the likelihood of the sampler with one
 * community per vertex, divided by 1 + α:
 *
 *   Σ over communities of (inside weight − pairCost · pairs inside)     pairCost = mean edge weight / (1 + α)
 *
 * A round has three parts: heat-bath sweeps over the vertices at falling temperature, in which a vertex may found a new
 * community; the same again from single vertices but within the communities found, which breaks each into well-connected
 * parts; and sweeps over the graph of these parts, where whole parts move at once. The refinement between moving and
 * aggregating is the idea of Leiden (Traag, Waltman, van Eck 2019); moves by temperature in place of greedy ones are ours.
 */
import type { Csr } from '../core/csr.ts';
import { type Memberships, singleMemberships } from '../core/memberships.ts';
import { randomKey } from '../core/rng.ts';
import { moveOutcome } from '../kernels/abi.ts';
import type { Step } from '../kernels/job.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { buildCsr } from '../kernels/sparse.ts';
import { colorPhases, shufflePhases } from './phases.ts';
import { type PlacedGraph, placeGraph } from './placed-graph.ts';
import { chunkOf } from './sampler.ts';

export interface GrowthOptions {
  /** α: the only resolution knob. A larger α makes larger, looser communities. */
  readonly wtCoeff: number;
  readonly numRounds: number;
  /** To start from; default: every vertex alone. */
  readonly initial?: Memberships;
  readonly seed: string;
  readonly onProgress?: Progress;
  readonly onRound?: (report: RoundReport) => void;
}

export interface RoundReport {
  readonly round: number;
  /** After the round. */
  readonly objective: number;
  readonly numCommunities: number;
  readonly seconds: number;
}

export interface Growth {
  /** Width 1; ids 0..numCommunities - 1 by first member, or those of `initial` where they live on. Singles belong to none. */
  readonly memberships: Memberships;
  /** The highest of the start, of all rounds, and of a last greedy polish of the best of these. */
  readonly objective: number;
  readonly rounds: readonly RoundReport[];
}

/** Inverse temperatures of the sweeps of a round, in units of 1 / mean edge weight; Infinity is greedy. */
const FIRST_SCHEDULE = [2, 4, 8, Number.POSITIVE_INFINITY];
const LATER_SCHEDULE = [4, 6.5, 10, Number.POSITIVE_INFINITY];
const REFINE_SCHEDULE = [4, Number.POSITIVE_INFINITY];
/** Greedy sweeps over the graph of parts end when fewer than this share of them move. */
const SETTLED = 0.001;
const MAX_COARSE_SWEEPS = 20;

/** Label of each vertex, below numVertices. */
type Labels = Uint32Array;

/** A graph whose vertices stand for several of the original ones. */
interface Level {
  readonly graph: Csr;
  readonly placed: PlacedGraph;
  /** Absent: 1 each. */
  readonly vertexSizes?: Uint32Array;
}

/**
 * Finds communities and their number. The same seed gives the same result on any number of threads.
 * @param graph  symmetric, no diagonal, weights > 0
 * Cost: about 12 sweeps over the edges a round.
 */
export async function growCommunities(
  kernels: Kernels,
  graph: Csr,
  { wtCoeff, numRounds, initial, seed, onProgress, onRound }: GrowthOptions,
): Promise<Growth> {
  return kernels.scope(async () => {
    const meanWeight = meanEdgeWeight(graph);
    const costs: Costs = { pairCost: meanWeight / (1 + wtCoeff), meanWeight };
    const whole = await placeLevel(kernels, graph);
    let labels = initial ? labelsOf(initial) : ownLabels(graph.numRows);
    let best = { labels, ...evaluate(graph, labels, costs) };
    const keepBetter = (found: Labels) => {
      const evaluated = { labels: found, ...evaluate(graph, found, costs) };
      if (evaluated.objective > best.objective) best = evaluated;
      return evaluated;
    };
    const rounds: RoundReport[] = [];
    for (let round = 1; round <= numRounds; round++) {
      const began = performance.now();
      const schedule = round === 1 && !initial ? FIRST_SCHEDULE : LATER_SCHEDULE;
      const keyOf = (part: string) => `${seed}/growth ${round} ${part}`;
      labels = await moveByTemperature(kernels, whole, labels, { schedule, seed: keyOf('vertices') }, costs);
      const refining = { schedule: REFINE_SCHEDULE, seed: keyOf('refine'), within: labels };
      const parts = await moveByTemperature(kernels, whole, ownLabels(graph.numRows), refining, costs);
      labels = await moveParts(kernels, whole, labels, parts, keyOf('parts'), costs);
      const { objective, numCommunities } = keepBetter(labels);
      const report = { round, objective, numCommunities, seconds: (performance.now() - began) / 1000 };
      rounds.push(report);
      onRound?.(report);
      onProgress?.(round / (numRounds + 1));
    }
    const polish = { schedule: greedySweeps(2), seed: `${seed}/growth polish` };
    keepBetter(await moveByTemperature(kernels, whole, best.labels, polish, costs));
    return { memberships: numbered(best.labels, initial), objective: best.objective, rounds };
  });
}

interface Costs {
  readonly pairCost: number;
  readonly meanWeight: number;
}

interface Sweeps {
  /** Inverse temperature of each sweep, times the mean edge weight. */
  readonly schedule: readonly number[];
  readonly seed: string;
  /** Vertices may only join neighbours with the same label here. */
  readonly within?: Labels;
}

function greedySweeps(count: number): number[] {
  return new Array<number>(count).fill(Number.POSITIVE_INFINITY);
}

async function placeLevel(kernels: Kernels, graph: Csr, vertexSizes?: Uint32Array): Promise<Level> {
  const placed = await placeGraph(kernels, graph, await colorPhases(kernels, graph));
  return { graph, placed, vertexSizes: vertexSizes && kernels.arena.put(vertexSizes) };
}

/** Sweeps over the vertices of a level; ends early when greedy sweeps hardly move anything. Gives new labels. */
async function moveByTemperature(
  kernels: Kernels,
  { placed, vertexSizes }: Level,
  start: Labels,
  { schedule, seed, within }: Sweeps,
  { pairCost, meanWeight }: Costs,
): Promise<Labels> {
  const n = start.length;
  return kernels.scope(async (arena) => {
    const assignment = arena.put(start.slice());
    const sizes = arena.u32(n);
    const free = arena.u32(n);
    const numFree = arena.u32(1);
    numFree[0] = countSizes(assignment, vertexSizes, sizes, free);
    const outcomes = arena.u8(n);
    const values = {
      order: placed.order,
      indptr: placed.indptr,
      vertexSizes,
      within: within && arena.put(within),
      numVertices: n,
      maxDegree: placed.maxDegree,
      assignment,
      sizes,
      next: arena.u32(n),
      outcomes,
      free,
      numFree,
      pairCost,
      ...randomKey(seed, 'moves'),
    };
    const chunk = chunkOf(placed);
    const scratchBytes = n * 4 + (placed.maxDegree + 2) * 20 + 64;
    for (let sweep = 0; sweep < schedule.length; sweep++) {
      const inverseTemperature = schedule[sweep] / meanWeight;
      const phases = shufflePhases(placed.phases, randomKey(seed, 'phases'), sweep);
      await placed.visit(phases, (loaded) =>
        kernels.scope(async () => {
          const { indices, data } = loaded[0];
          const block = { ...values, indices, data, epoch: sweep, inverseTemperature };
          const params = kernels.block('proposeGrowth', block);
          const steps = loaded.flatMap(({ lo, hi, isSmall }): Step[] => [
            { kernel: 'proposeGrowth', params, lo, hi, chunk, isSerial: isSmall },
            { kernel: 'applyGrowth', params, lo, hi, chunk: 1024, isSerial: true },
          ]);
          await kernels.run(steps, { scratchBytes });
        }),
      );
      if (inverseTemperature === Number.POSITIVE_INFINITY && countMoves(outcomes) < SETTLED * n) break;
    }
    return assignment.slice();
  });
}

/** Fills sizes and the stack of labels without members; gives how many these are. */
function countSizes(
  labels: Labels,
  vertexSizes: Uint32Array | undefined,
  sizes: Uint32Array,
  free: Uint32Array,
): number {
  sizes.fill(0);
  labels.forEach((label, v) => {
    sizes[label] += vertexSizes ? vertexSizes[v] : 1;
  });
  let numFree = 0;
  for (let label = sizes.length - 1; label >= 0; label--) if (sizes[label] === 0) free[numFree++] = label;
  return numFree;
}

function countMoves(outcomes: Uint8Array): number {
  let count = 0;
  for (let place = 0; place < outcomes.length; place++)
    count += (outcomes[place] & moveOutcome.accepted) >> 2;
  return count;
}

/** Moves whole parts between communities, greedily, until hardly any moves. */
async function moveParts(
  kernels: Kernels,
  { graph }: Level,
  labels: Labels,
  parts: Labels,
  seed: string,
  costs: Costs,
): Promise<Labels> {
  const { partOf, numParts } = numberParts(parts);
  return kernels.scope(async () => {
    const vertexSizes = new Uint32Array(numParts);
    for (const part of partOf) vertexSizes[part]++;
    const coarse = await placeLevel(kernels, await aggregate(kernels, graph, partOf, numParts), vertexSizes);
    const schedule = greedySweeps(MAX_COARSE_SWEEPS);
    const start = coarseLabels(labels, partOf, numParts);
    const moved = await moveByTemperature(kernels, coarse, start, { schedule, seed }, costs);
    return partOf.map((part) => moved[part]);
  });
}

/** Parts numbered by their first vertex. */
function numberParts(parts: Labels): { partOf: Uint32Array; numParts: number } {
  const none = 0xffffffff;
  const numbers = new Uint32Array(parts.length).fill(none);
  let numParts = 0;
  const partOf = parts.map((label) => {
    if (numbers[label] === none) numbers[label] = numParts++;
    return numbers[label];
  });
  return { partOf, numParts };
}

/** Label of each part: the first part of the community it lies in. */
function coarseLabels(labels: Labels, partOf: Uint32Array, numParts: number): Labels {
  const none = 0xffffffff;
  const firstPart = new Uint32Array(labels.length).fill(none);
  const coarse = new Uint32Array(numParts);
  labels.forEach((label, v) => {
    if (firstPart[label] === none) firstPart[label] = partOf[v];
    coarse[partOf[v]] = firstPart[label];
  });
  return coarse;
}

/** The graph of parts: weight between two parts = summed weight of the edges between them. Edges inside are left out. */
async function aggregate(kernels: Kernels, graph: Csr, partOf: Uint32Array, numParts: number): Promise<Csr> {
  const numEntries = graph.indices.length;
  const rows = new Uint32Array(numEntries);
  const cols = new Uint32Array(numEntries);
  const data = new Float32Array(numEntries);
  let count = 0;
  for (let v = 0; v < graph.numRows; v++) {
    const part = partOf[v];
    for (let i = graph.indptr[v]; i < graph.indptr[v + 1]; i++) {
      const other = partOf[graph.indices[i]];
      if (other === part) continue;
      rows[count] = part;
      cols[count] = other;
      data[count++] = graph.data ? graph.data[i] : 1;
    }
  }
  const between = {
    rows: rows.subarray(0, count),
    cols: cols.subarray(0, count),
    data: data.subarray(0, count),
  };
  return buildCsr(kernels, between, numParts, numParts, 'sum');
}

function evaluate(
  graph: Csr,
  labels: Labels,
  { pairCost }: Costs,
): { objective: number; numCommunities: number } {
  const sizes = new Uint32Array(graph.numRows);
  let inside = 0;
  for (let v = 0; v < graph.numRows; v++) {
    sizes[labels[v]]++;
    for (let i = graph.indptr[v]; i < graph.indptr[v + 1]; i++)
      if (labels[graph.indices[i]] === labels[v]) inside += graph.data ? graph.data[i] : 1;
  }
  let pairs = 0;
  let numCommunities = 0;
  for (const size of sizes) {
    pairs += (size * (size - 1)) / 2;
    if (size > 1) numCommunities++;
  }
  return { objective: inside / 2 - pairCost * pairs, numCommunities };
}

function meanEdgeWeight({ data }: Csr): number {
  if (!data || data.length === 0) return 1;
  let sum = 0;
  for (const weight of data) sum += weight;
  return sum / data.length;
}

/** Every vertex a community of its own. */
function ownLabels(numVertices: number): Labels {
  return Uint32Array.from({ length: numVertices }, (_, v) => v);
}

/** Vertices without a community get labels of their own; a label is the first vertex of its community. */
function labelsOf({ rows, width, numVertices, numCommunities }: Memberships): Labels {
  const none = 0xffffffff;
  const first = new Uint32Array(numCommunities).fill(none);
  return Uint32Array.from({ length: numVertices }, (_, v) => {
    const community = rows[v * width];
    if (community === numCommunities) return v;
    if (first[community] === none) first[community] = v;
    return first[community];
  });
}

/** Communities of two or more, numbered by their first vertex; where there was a start, those keep their ids that go on. */
function numbered(labels: Labels, initial: Memberships | undefined): Memberships {
  const sizes = new Uint32Array(labels.length);
  for (const label of labels) sizes[label]++;
  const none = 0xffffffff;
  const ids = initial ? inheritIds(labels, sizes, initial) : new Uint32Array(labels.length).fill(none);
  let numCommunities = initial?.numCommunities ?? 0;
  for (const label of labels) {
    if (sizes[label] > 1 && ids[label] === none) ids[label] = numCommunities++;
  }
  return singleMemberships(
    numCommunities,
    labels.map((label) => (sizes[label] > 1 ? ids[label] : numCommunities)),
  );
}

/**
 * Which label goes on as which community of the start: pairs by the number of members in common, most first (ties: lower
 * id, then earlier label), each label and each id once.
 */
function inheritIds(labels: Labels, sizes: Uint32Array, initial: Memberships): Uint32Array {
  const { rows, width, numCommunities } = initial;
  const common = new Map<number, number>();
  labels.forEach((label, v) => {
    const id = rows[v * width];
    if (id === numCommunities || sizes[label] < 2) return;
    const pair = id * labels.length + label;
    common.set(pair, (common.get(pair) ?? 0) + 1);
  });
  const none = 0xffffffff;
  const ids = new Uint32Array(labels.length).fill(none);
  const isTaken = new Uint8Array(numCommunities);
  for (const [pair] of [...common].sort(([p, a], [q, b]) => b - a || p - q)) {
    const id = Math.floor(pair / labels.length);
    const label = pair % labels.length;
    if (isTaken[id] || ids[label] !== none) continue;
    ids[label] = id;
    isTaken[id] = 1;
  }
  return ids;
}
