/** The graph of `simclusters communities`: into memory whole, or onto disk. */
import { tmpdir } from 'node:os';
import { placeDetectionGraph } from '../communities/detection-graph.ts';
import type { DetectionGraph } from '../communities/metropolis-hastings.ts';
import type { WeightFormat } from '../communities/options.ts';
import { streamGraph } from '../communities/streamed-graph.ts';
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';
import type { IdTable } from '../core/ids.ts';
import { openEdgeFile } from '../io/edge-file.ts';
import type { EdgeFormat } from '../io/edge-input.ts';
import { openMetisStream } from '../io/metis-stream.ts';
import { readUndirectedGraph } from '../io/undirected-graph.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { buildCsr } from '../kernels/sparse.ts';

export interface LoadedGraph {
  readonly graph: DetectionGraph;
  /** The graph in memory; absent when it is on disk. */
  readonly whole?: () => Csr;
  /** Absent when ids are the numbers of the vertices, from 1. */
  readonly ids?: IdTable;
  readonly numWithNeighbors: number;
  close(): Promise<void>;
}

export interface LoadOptions {
  readonly file: string;
  readonly format: EdgeFormat;
  /** Bytes of memory at the most; absent: everything in memory. */
  readonly memory?: number;
  /** Folder for edges on disk. */
  readonly spool?: string;
  readonly weightFormat: WeightFormat;
  readonly onProgress: Progress;
  readonly log: (line: string) => void;
}

/** Lies in kernel memory for as long as the scope of the caller. Close it. */
export async function loadGraph(kernels: Kernels, options: LoadOptions): Promise<LoadedGraph> {
  const { memory } = options;
  return memory === undefined ? loadWhole(kernels, options) : loadStreamed(kernels, { ...options, memory });
}

async function loadWhole(
  kernels: Kernels,
  { file, format, weightFormat, onProgress, log }: LoadOptions,
): Promise<LoadedGraph> {
  const edges = await readUndirectedGraph({
    files: [file],
    format,
    onProgress: (read, total) => onProgress(total === 0 ? 0 : read / total),
  });
  const { numVertices, sources, targets, weights, ids, report } = edges;
  if (report.numSelfFollows > 0) log(`${report.numSelfFollows} edges from a vertex to itself left out`);
  const triplets = { rows: sources, cols: targets, data: weights };
  const whole = await buildCsr(kernels, triplets, numVertices, numVertices, 'max');
  return {
    graph: await placeDetectionGraph(kernels, whole, weightFormat),
    whole: () => whole,
    ids,
    numWithNeighbors: countNonEmpty(whole.indptr),
    close: async () => {},
  };
}

/** What Node itself takes, and what a vertex needs in all: its state, its metrics, the start, the outputs. */
const BASE_BYTES = 90e6;
const BYTES_PER_VERTEX = 110;
/** Blocks below this would be mostly seeks. */
const MIN_EDGE_BYTES = 16e6;

async function loadStreamed(
  kernels: Kernels,
  { file, format, memory, spool, weightFormat, onProgress, log }: LoadOptions & { readonly memory: number },
): Promise<LoadedGraph> {
  if (format !== 'auto' && format !== 'metis') throw streamsMetisOnly(format);
  const stream = await openMetisStream(file, {
    onProgress: (read, total) => onProgress(total === 0 ? 0 : (0.7 * read) / total),
  });
  try {
    const edgeBytes = memory - BASE_BYTES - stream.numVertices * BYTES_PER_VERTEX;
    if (edgeBytes < MIN_EDGE_BYTES) throw tooLittleMemory(memory, stream.numVertices);
    const graph = await streamGraph(kernels, stream, {
      openStore: (name) => openEdgeFile(spool ?? tmpdir(), name),
      weightFormat,
      // A third for the blocks: reading in, and the copies on the way, need as much again.
      edgeBytes: Math.min(edgeBytes / 3, 128e6),
      onProgress: (fraction) => onProgress(fraction),
    });
    if (stream.losses.numLoops > 0) log(`${stream.losses.numLoops} edges from a vertex to itself left out`);
    return {
      graph,
      numWithNeighbors: countNonEmpty(graph.placed.indptr),
      close: () => graph.close(),
    };
  } finally {
    await stream.close();
  }
}

function countNonEmpty(indptr: Uint32Array): number {
  let count = 0;
  for (let row = 0; row + 1 < indptr.length; row++) if (indptr[row + 1] > indptr[row]) count++;
  return count;
}

function streamsMetisOnly(format: string): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    got: `--memory with --format ${format}`,
    expected:
      'a METIS file: its lines hold all neighbours of a vertex, so that it can be read piece by piece',
    todo: 'Leave --memory out, or write the graph as METIS',
  });
}

function tooLittleMemory(memory: number, numVertices: number): SimClustersError {
  const least = BASE_BYTES + numVertices * BYTES_PER_VERTEX + MIN_EDGE_BYTES;
  return new SimClustersError('BAD_PARAM', {
    got: `--memory ${formatBytes(memory)}`,
    expected: `at least ${formatBytes(least)} for ${numVertices} vertices: only edges stay on disk`,
    todo: 'Allow more, or take fewer vertices',
  });
}
