/**
 * PlacedGraph: the graph as a sweep reads it, rows in the order of the phases, in kernel memory. The edges may lie there
 * whole, or be brought there phase by phase (streamed-graph.ts).
 */
import type { Csr } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { permuteRows } from '../kernels/sparse.ts';
import type { WeightFormat } from './options.ts';
import { maxDegree, type Phases } from './phases.ts';

/** A phase whose edges are in memory. */
export interface LoadedPhase {
  readonly lo: number;
  readonly hi: number;
  /** See Phases. */
  readonly isSmall: boolean;
  /** Addresses of entry 0 of the whole graph, as it were; data 0: all weights are 1. */
  readonly indices: number;
  readonly data: number;
}

export interface PlacedGraph {
  readonly numVertices: number;
  /** Directed: each edge is stored from both its ends. */
  readonly numEntries: number;
  readonly maxDegree: number;
  readonly phases: Phases;
  /** In kernel memory: u32[numVertices], and u32[numVertices + 1] by place. */
  readonly order: Uint32Array;
  readonly indptr: Uint32Array;
  readonly isWeighted: boolean;
  /** What 1 of a weight is worth when weights are 16-bit; 0: weights are f32. */
  readonly weightUnit: number;
  /** All edges are in memory at the same time. */
  readonly isWhole: boolean;
  /**
   * Brings the edges of these phases into memory, in this order, and calls `body` for as many at a time as fit.
   * @param needsWeights  false: the data address may be 0 though the graph is weighted
   */
  visit(
    phases: Iterable<number>,
    body: (loaded: readonly LoadedPhase[]) => Promise<void>,
    needsWeights?: boolean,
  ): Promise<void>;
}

/** Copies the graph into kernel memory, for as long as the scope it is called in. Cost O(edges). */
export async function placeGraph(
  kernels: Kernels,
  graph: Csr,
  phases: Phases,
  weightFormat: WeightFormat = 'float32',
): Promise<PlacedGraph> {
  const { arena } = kernels;
  const order = arena.put(phases.order);
  const weightUnit = graph.data && weightFormat === 'fixed16' ? fixedUnit(largestWeight(graph.data)) : 0;
  const rows = await permuteRows(kernels, graph, order, weightUnit);
  const whole: LoadedPhase = {
    lo: 0,
    hi: graph.numRows,
    isSmall: false,
    indices: rows.indices.byteOffset,
    data: rows.data?.byteOffset ?? 0,
  };
  return {
    numVertices: graph.numRows,
    numEntries: rows.indices.length,
    maxDegree: maxDegree(graph.indptr),
    phases,
    order,
    indptr: rows.indptr,
    isWeighted: graph.data !== undefined,
    weightUnit,
    isWhole: true,
    async visit(visited, body) {
      const loaded: LoadedPhase[] = [];
      for (const phase of visited)
        loaded.push({
          ...whole,
          lo: phases.starts[phase],
          hi: phases.starts[phase + 1],
          isSmall: phases.isSmall[phase],
        });
      if (loaded.length > 0) await body(loaded);
    },
  };
}

/** The same graph with every weight 1. */
export function withoutWeights(graph: PlacedGraph): PlacedGraph {
  return {
    ...graph,
    isWeighted: false,
    weightUnit: 0,
    visit: (phases, body) =>
      graph.visit(phases, (loaded) => body(loaded.map((phase) => ({ ...phase, data: 0 }))), false),
  };
}

export function allPhases({ phases }: PlacedGraph): Iterable<number> {
  return Array.from({ length: phases.starts.length - 1 }, (_, phase) => phase);
}

/** The unit of 16-bit weights: the largest weight is 65535 units. */
export function fixedUnit(maxWeight: number): number {
  // Of the smallest weights there are, a unit is one.
  return Math.fround(maxWeight / 65535) || 2 ** -149;
}

/** A weight in whole units, at least 1; as permuteRows in assembly/csr.ts rounds. */
export function fixedMultiple(weight: number, unit: number): number {
  return Math.max(1, Math.floor(weight / unit + 0.5));
}

export function largestWeight(weights: Float32Array): number {
  return weights.reduce((max, weight) => Math.max(max, weight), 0);
}
