/**
 * How well communities explain the edges: a pair of vertices is predicted if both share a community, actual if there is
 * an edge.  precision = TP / predicted, recall = TP / actual, F1 their harmonic mean; weighted: summed edge weight, where
 * a predicted pair without an edge weighs the mean edge weight of its two ends. All exact. Source: sbf PredictionStat.
 */
import type { Csr } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { sortByKey } from '../kernels/sparse.ts';

export interface CommunityMetrics {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Absent when the communities are too large for exact pair sums. */
  readonly weightedPrecision?: number;
  readonly weightedRecall: number;
  readonly weightedF1?: number;
  readonly numAssigned: number;
  /** Assigned vertices none of whose neighbours shares the community. */
  readonly numOrphans: number;
  readonly numNonEmpty: number;
  readonly maxSize: number;
}

/** Pairs within communities up to which weighted precision is computed exactly. */
const MAX_PAIRS = 2e9;

/** @param assignment u32[n], numCommunities = none */
export async function measureCommunities(
  kernels: Kernels,
  graph: Csr,
  assignment: Uint32Array,
  numCommunities: number,
): Promise<CommunityMetrics> {
  return kernels.scope(async (arena) => {
    const n = graph.numRows;
    const members = await sortByKey(kernels, arena, numCommunities + 1, {
      keys: assignment,
      values: Uint32Array.from(assignment.keys()),
    });
    const insideCounts = arena.u32(n);
    const insideWeights = arena.f64(n);
    const weightedDegrees = arena.f64(n);
    const pairWeights = arena.f64(n);
    const params = kernels.block('edgeStatistics', {
      indptr: arena.put(graph.indptr),
      indices: arena.put(graph.indices),
      data: graph.data && arena.put(graph.data),
      assignment: arena.put(assignment),
      numCommunities,
      insideCounts,
      insideWeights,
      weightedDegrees,
      memberIndptr: members.indptr,
      members: members.values,
      pairWeights,
    });
    const sizes = communitySizes(members.indptr, numCommunities);
    const numPairs = sizes.reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);
    const steps = [kernels.step('edgeStatistics', params, n)];
    if (numPairs <= MAX_PAIRS) steps.push(kernels.step('pairWeights', params, n, 64));
    await kernels.run(steps);

    // Each edge is stored twice, once from either end.
    const truePositives = sum(insideCounts) / 2;
    const trueWeight = sum(insideWeights) / 2;
    const unweighted = scores(truePositives, numPairs, graph.indices.length / 2);
    const weighted = scores(
      trueWeight,
      numPairs <= MAX_PAIRS ? sum(pairWeights) : Number.NaN,
      sum(weightedDegrees) / 2,
    );
    return {
      ...unweighted,
      weightedPrecision: finite(weighted.precision),
      weightedRecall: weighted.recall,
      weightedF1: finite(weighted.f1),
      numAssigned: n - (members.indptr[numCommunities + 1] - members.indptr[numCommunities]),
      numOrphans: assignment.reduce(
        (count, c, v) => count + (c !== numCommunities && insideCounts[v] === 0 ? 1 : 0),
        0,
      ),
      numNonEmpty: sizes.filter((size) => size > 0).length,
      maxSize: sizes.reduce((a, b) => Math.max(a, b), 0),
    };
  });
}

function communitySizes(memberIndptr: Uint32Array, numCommunities: number): number[] {
  return Array.from({ length: numCommunities }, (_, c) => memberIndptr[c + 1] - memberIndptr[c]);
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

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
