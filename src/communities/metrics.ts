/**
 * How well communities explain the edges: a pair of vertices is predicted if both share a community, actual if there is
 * an edge.  precision = TP / predicted, recall = TP / actual, F1 their harmonic mean; weighted: summed edge weight, where
 * a predicted pair without an edge weighs the mean edge weight of its two ends. Source: sbf PredictionStat.
 * All exact, except that pairs in overlapping communities are estimated from a sample when there are very many.
 */
import { type Memberships, membersOf } from '../core/memberships.ts';
import { type RandomKey, streamOf, uniform } from '../core/rng.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { meanWeightOfPairs } from './pair-weights.ts';
import { allPhases, type LoadedPhase, type PlacedGraph } from './placed-graph.ts';

export interface CommunityMetrics {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly weightedPrecision: number;
  readonly weightedRecall: number;
  readonly weightedF1: number;
  /** Whether precisions and F1 rest on a sample of pairs. */
  readonly isSampled: boolean;
  readonly numAssigned: number;
  /** Memberships over all vertices. */
  readonly membershipsPerVertex: number;
  /** Assigned vertices none of whose neighbours shares a community. */
  readonly numOrphans: number;
  readonly numNonEmpty: number;
  /** Of the communities that have members; 0 when there are none. */
  readonly minSize: number;
  readonly maxSize: number;
}

/** Pairs within communities up to which they are gone through one by one: about a second. */
const MAX_PAIRS = 3e8;
const NUM_SAMPLED_PAIRS = 1_000_000;

/** Degrees and weights of the vertices: what metrics and affiliation need of the graph besides its edges. */
export interface VertexWeights {
  /** u32[numVertices], f64[numVertices] by vertex; f64[numVertices] by place. In kernel memory. */
  readonly degrees: Uint32Array;
  readonly weightedDegrees: Float64Array;
  readonly meanWeights: Float64Array;
}

/** In kernel memory, for as long as the scope of the caller. */
export async function weighVertices(kernels: Kernels, graph: PlacedGraph): Promise<VertexWeights> {
  const { arena } = kernels;
  const weights = {
    degrees: arena.u32(graph.numVertices),
    weightedDegrees: arena.f64(graph.numVertices),
    meanWeights: arena.f64(graph.numVertices),
  };
  await runOnEdges(kernels, graph, 'vertexWeights', weights);
  return weights;
}

/** Runs a kernel of CommunityParams over all places. */
export async function runOnEdges(
  kernels: Kernels,
  graph: PlacedGraph,
  kernel: 'vertexWeights' | 'edgeStatistics' | 'affiliationScores',
  values: object,
): Promise<void> {
  const { order, indptr, weightUnit } = graph;
  await graph.visit(allPhases(graph), (loaded) =>
    kernels.scope(async () => {
      await kernels.run(
        mergePhases(loaded).map(({ lo, hi, indices, data }) => {
          const block = { ...values, order, indptr, weightUnit, indices, data };
          return { kernel, params: kernels.block(kernel, block as never), lo, hi, chunk: 512 };
        }),
      );
    }),
  );
}

/** Neighbouring phases whose edges lie at the same addresses, as one. */
function mergePhases(loaded: readonly LoadedPhase[]): LoadedPhase[] {
  const merged: LoadedPhase[] = [];
  for (const phase of loaded) {
    const last = merged[merged.length - 1];
    if (last && last.hi === phase.lo && last.indices === phase.indices && last.data === phase.data)
      merged[merged.length - 1] = { ...last, hi: phase.hi };
    else merged.push(phase);
  }
  return merged;
}

/** @param rows the memberships' rows, in kernel memory or not  @param key of the sample, where one is needed */
export async function measureCommunities(
  kernels: Kernels,
  graph: PlacedGraph,
  weights: VertexWeights,
  memberships: Memberships,
  key: RandomKey,
): Promise<CommunityMetrics> {
  const { numCommunities, width, numVertices } = memberships;
  return kernels.scope(async (arena) => {
    const rows = arena.put(memberships.rows);
    const insideCounts = arena.u32(numVertices);
    const insideWeights = arena.f64(numVertices);
    const insideMeans = arena.f64(numVertices);
    const common = { ...weights, rows, width, numCommunities };
    await runOnEdges(kernels, graph, 'edgeStatistics', {
      ...common,
      insideCounts,
      insideWeights,
      insideMeans,
    });
    const { indptr, members } = membersOf(memberships);
    const sizes = Array.from({ length: numCommunities }, (_, c) => indptr[c + 1] - indptr[c]);
    const pairs = await predictedPairs(
      kernels,
      graph,
      memberships,
      sizes,
      { ...common, indptr, members },
      key,
    );

    // Each edge is stored twice, once from either end.
    const truePositives = sum(insideCounts) / 2;
    const trueWeight = sum(insideWeights) / 2;
    // Pairs with an edge weigh what the edge does, not the mean; without weights that is the same.
    const predictedWeight = graph.isWeighted
      ? pairs.weight + trueWeight - sum(insideMeans) / 2
      : pairs.weight;
    const weighted = scores(trueWeight, predictedWeight, sum(weights.weightedDegrees) / 2);
    const nonEmpty = sizes.filter((size) => size > 0);
    return {
      ...scores(truePositives, pairs.count, graph.numEntries / 2),
      weightedPrecision: weighted.precision,
      weightedRecall: weighted.recall,
      weightedF1: weighted.f1,
      isSampled: pairs.isSampled,
      numAssigned: countRows(memberships, () => true),
      membershipsPerVertex: numVertices === 0 ? 0 : members.length / numVertices,
      numOrphans: countRows(memberships, (v) => insideCounts[v] === 0),
      numNonEmpty: nonEmpty.length,
      minSize: nonEmpty.reduce((a, b) => Math.min(a, b), nonEmpty[0] ?? 0),
      maxSize: nonEmpty.reduce((a, b) => Math.max(a, b), 0),
    };
  });
}

/** Vertices with a community for which `test` holds. */
function countRows(
  { rows, width, numCommunities, numVertices }: Memberships,
  test: (v: number) => boolean,
): number {
  let count = 0;
  for (let v = 0; v < numVertices; v++) if (rows[v * width] !== numCommunities && test(v)) count++;
  return count;
}

interface PairSums {
  readonly count: number;
  /** Summed mean weights of the pairs; two vertices without neighbours weigh 0. */
  readonly weight: number;
  readonly isSampled: boolean;
}

interface PairInputs {
  readonly indptr: Uint32Array;
  readonly members: Uint32Array;
  readonly degrees: Uint32Array;
  readonly weightedDegrees: Float64Array;
}

async function predictedPairs(
  kernels: Kernels,
  graph: PlacedGraph,
  memberships: Memberships,
  sizes: readonly number[],
  inputs: PairInputs,
  key: RandomKey,
): Promise<PairSums> {
  const numPairs = sizes.reduce((total, size) => total + numPairsOf(size), 0);
  if (memberships.width === 1) return disjointPairs(graph, numPairs, inputs);
  if (numPairs > MAX_PAIRS) return samplePairs(memberships, sizes, numPairs, inputs, key);
  return kernels.scope(async (arena) => {
    const pairCounts = arena.u32(graph.numVertices);
    const pairMeans = arena.f64(graph.numVertices);
    const { indptr, members, ...rest } = inputs;
    const params = kernels.block('pairStatistics', {
      ...rest,
      memberIndptr: arena.put(indptr),
      members: arena.put(members),
      pairCounts,
      pairMeans,
    });
    await kernels.run([kernels.step('pairStatistics', params, graph.numVertices, 64)]);
    return { count: sum(pairCounts), weight: sum(pairMeans), isSampled: false };
  });
}

function disjointPairs(
  { isWeighted }: PlacedGraph,
  count: number,
  { indptr, members, degrees, weightedDegrees }: PairInputs,
): PairSums {
  let weight = 0;
  for (let c = 0; c + 1 < indptr.length; c++) {
    const own = members.subarray(indptr[c], indptr[c + 1]);
    weight += isWeighted
      ? meanWeightOfPairs(own, (v) => degrees[v], weightedDegrees)
      : numPairsOf(own.length) - numPairsOf(own.filter((v) => degrees[v] === 0).length);
  }
  return { count, weight, isSampled: false };
}

function numPairsOf(size: number): number {
  return (size * (size - 1)) / 2;
}

/**
 * Pairs drawn uniformly from all (community, pair of its members); a pair in s communities is drawn s times as often, so
 * it counts 1 / s.
 */
function samplePairs(
  memberships: Memberships,
  sizes: readonly number[],
  numPairs: number,
  { indptr, members, degrees, weightedDegrees }: PairInputs,
  key: RandomKey,
): PairSums {
  const ends: number[] = [];
  let end = 0;
  for (const size of sizes) {
    end += numPairsOf(size);
    ends.push(end);
  }
  let count = 0;
  let weight = 0;
  for (let draw = 0; draw < NUM_SAMPLED_PAIRS; draw++) {
    const stream = streamOf(key, 0, draw);
    const community = firstAbove(ends, uniform(stream, 0) * numPairs);
    const size = sizes[community];
    const i = Math.floor(uniform(stream, 1) * size);
    const j = Math.floor(uniform(stream, 2) * (size - 1));
    const u = members[indptr[community] + i];
    const v = members[indptr[community] + (j < i ? j : j + 1)];
    const share = 1 / numShared(memberships, u, v);
    const numEdges = degrees[u] + degrees[v];
    count += share;
    if (numEdges > 0) weight += (share * (weightedDegrees[u] + weightedDegrees[v])) / numEdges;
  }
  const perDraw = numPairs / NUM_SAMPLED_PAIRS;
  return {
    count: count * perDraw,
    weight: weight * perDraw,
    isSampled: true,
  };
}

/** Index of the first value greater than x. */
function firstAbove(ascending: readonly number[], x: number): number {
  let lo = 0;
  let hi = ascending.length - 1;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (ascending[middle] > x) hi = middle;
    else lo = middle + 1;
  }
  return lo;
}

function numShared({ rows, width, numCommunities }: Memberships, u: number, v: number): number {
  let count = 0;
  for (let i = u * width; i < (u + 1) * width && rows[i] !== numCommunities; i++)
    for (let j = v * width; j < (v + 1) * width; j++) if (rows[j] === rows[i]) count++;
  return count;
}

function scores(truePositives: number, predicted: number, actual: number) {
  const precision = predicted === 0 ? 0 : truePositives / predicted;
  const recall = actual === 0 ? 0 : truePositives / actual;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1 };
}

function sum(values: Uint32Array | Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
