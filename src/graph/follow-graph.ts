/** The follow graph: who follows whom, as a consumers × producers matrix. First step of everything. */
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import type { IdTable } from '../core/ids.ts';
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

export interface FollowGraphOptions {
  /** Producers with fewer distinct followers are left out, with their edges. */
  readonly minFollowers: number;
  /** `binary`: a follow is a follow; `raw`: weights as read; `log`: log10(1 + weight). */
  readonly edgeWeights: 'binary' | 'raw' | 'log';
}

export interface FollowGraphReport {
  readonly numDuplicates: number;
  readonly numProducersBelowMinFollowers: number;
}

/**
 * Duplicate edges become one; the largest weight counts.
 * @throws SimClustersError EMPTY_INPUT when no producer has enough followers
 */
export async function buildFollowGraph(
  kernels: Kernels,
  edges: FollowEdges,
  { minFollowers, edgeWeights }: FollowGraphOptions,
): Promise<{ graph: FollowGraph; report: FollowGraphReport }> {
  const data = edgeWeights === 'binary' ? undefined : transformWeights(edges.weights, edgeWeights);
  const triplets = { rows: edges.consumers, cols: edges.producers, data };
  const full = await buildCsr(kernels, triplets, edges.consumerIds.size, edges.producerIds.size, 'max');
  const numDuplicates = edges.consumers.length - full.indices.length;
  const kept = producersToKeep(full, minFollowers);
  const numProducersBelowMinFollowers = full.numCols - kept.length;
  if (kept.length === 0) throw nobodyLeft(full, minFollowers);
  const matrix = numProducersBelowMinFollowers === 0 ? full : selectColumns(full, kept);
  const producerIds = numProducersBelowMinFollowers === 0 ? edges.producerIds : selectIds(edges.producerIds, kept);
  return {
    graph: { matrix, consumerIds: edges.consumerIds, producerIds },
    report: { numDuplicates, numProducersBelowMinFollowers },
  };
}

/** Number of stored entries of each column: a producer's distinct followers. */
export function columnCounts(matrix: Csr): Uint32Array {
  const counts = new Uint32Array(matrix.numCols);
  for (let i = 0; i < matrix.indices.length; i++) counts[matrix.indices[i]]++;
  return counts;
}

function transformWeights(weights: Float32Array | undefined, kind: 'raw' | 'log'): Float32Array | undefined {
  return kind === 'raw' ? weights : weights?.map((weight) => Math.log10(1 + weight));
}

/** Producers with enough followers, ascending. */
function producersToKeep(matrix: Csr, minFollowers: number): Uint32Array {
  const counts = columnCounts(matrix);
  return Uint32Array.from(counts.keys()).filter((producer) => counts[producer] >= Math.max(1, minFollowers));
}

/** The matrix of the given columns (ascending), renumbered from 0. */
function selectColumns(matrix: Csr, columns: Uint32Array): Csr {
  const newIndex = new Uint32Array(matrix.numCols);
  for (let i = 0; i < columns.length; i++) newIndex[columns[i]] = i + 1;
  const indptr = new Uint32Array(matrix.numRows + 1);
  const indices = new Uint32Array(matrix.indices.length);
  const data = matrix.data && new Float32Array(matrix.indices.length);
  let out = 0;
  for (let row = 0; row < matrix.numRows; row++) {
    for (let i = matrix.indptr[row]; i < matrix.indptr[row + 1]; i++) {
      const column = newIndex[matrix.indices[i]];
      if (column === 0) continue;
      indices[out] = column - 1;
      if (data && matrix.data) data[out] = matrix.data[i];
      out++;
    }
    indptr[row + 1] = out;
  }
  return { numRows: matrix.numRows, numCols: columns.length, indptr, indices: indices.slice(0, out), data: data?.slice(0, out) };
}

function selectIds(ids: IdTable, kept: Uint32Array): IdTable {
  const offsets = new Uint32Array(kept.length + 1);
  kept.forEach((index, i) => {
    offsets[i + 1] = offsets[i] + ids.offsets[index + 1] - ids.offsets[index];
  });
  const bytes = new Uint8Array(offsets[kept.length]);
  kept.forEach((index, i) => {
    bytes.set(ids.bytes.subarray(ids.offsets[index], ids.offsets[index + 1]), offsets[i]);
  });
  return { size: kept.length, offsets, bytes };
}

function nobodyLeft(matrix: Csr, minFollowers: number): SimClustersError {
  return new SimClustersError('EMPTY_INPUT', {
    got: `none of ${matrix.numCols} producers has ${minFollowers} followers or more`,
    expected: 'at least one producer to work on',
    todo: 'Lower --min-followers',
  });
}
