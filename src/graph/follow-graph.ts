/** The follow graph: who follows whom, as a consumers × producers matrix. First step of everything. */
import type { Csr } from '../core/csr.ts';
import type { IdTable } from '../core/ids.ts';
import { INVERSE_LN10, ln } from '../core/math.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { buildCsr } from '../kernels/sparse.ts';

/** Follow edges as a reader gives them: indices into the two id tables, duplicates allowed. */
export interface FollowEdges {
  readonly consumers: Uint32Array;
  readonly producers: Uint32Array;
  readonly weights?: Float32Array;
  readonly consumerIds: IdTable;
  readonly producerIds: IdTable;
}

export interface FollowGraph {
  /** A: numConsumers × numProducers. `data` is absent when follows are binary. */
  readonly matrix: Csr;
  readonly consumerIds: IdTable;
  readonly producerIds: IdTable;
}

/** `binary`: a follow is a follow; `raw`: weights as read; `log`: log10(1 + weight). */
export const edgeWeightings = ['binary', 'raw', 'log'] as const;
export type EdgeWeighting = (typeof edgeWeightings)[number];

/** Duplicate edges become one; the largest weight counts. Cost O(edges). */
export async function buildFollowGraph(
  kernels: Kernels,
  edges: FollowEdges,
  edgeWeights: EdgeWeighting,
): Promise<{ graph: FollowGraph; numDuplicates: number }> {
  const { consumerIds, producerIds } = edges;
  const data = edgeWeights === 'binary' ? undefined : transformWeights(edges.weights, edgeWeights);
  const triplets = { rows: edges.consumers, cols: edges.producers, data };
  const matrix = await buildCsr(kernels, triplets, consumerIds.size, producerIds.size, 'max');
  return {
    graph: { matrix, consumerIds, producerIds },
    numDuplicates: edges.consumers.length - matrix.indices.length,
  };
}

/** Number of stored entries of each column: a producer's distinct followers. */
export function columnCounts(matrix: Csr): Uint32Array {
  const counts = new Uint32Array(matrix.numCols);
  for (let i = 0; i < matrix.indices.length; i++) counts[matrix.indices[i]]++;
  return counts;
}

function transformWeights(weights: Float32Array | undefined, kind: 'raw' | 'log'): Float32Array | undefined {
  return kind === 'raw' ? weights : weights?.map((weight) => ln(1 + weight) * INVERSE_LN10);
}
