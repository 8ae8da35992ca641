/** The graph of `simclusters communities`: into memory whole, or onto disk. */
import { tmpdir } from 'node:os';
import { placeDetectionGraph } from '../communities/detection-graph.ts';
import type { DetectionGraph } from '../communities/metropolis-hastings.ts';
import type { WeightFormat } from '../communities/options.ts';
import { streamGraph } from '../communities/streamed-graph.ts';
import { type Csr, countNonEmptyRows } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';
import type { IdTable } from '../core/ids.ts';
import { openEdgeFile } from '../io/edge-file.ts';
import type { BadRowPolicy, EdgeFormat } from '../io/edge-input.ts';
import { graphFormatOf } from '../io/graph-format.ts';
import { decimalTable } from '../io/id-lookup.ts';
import { type MetisStream, openMetisStream } from '../io/metis-stream.ts';
import { readUndirectedGraph } from '../io/undirected-graph.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { buildCsr } from '../kernels/sparse.ts';

export interface LoadedGraph {
  readonly graph: DetectionGraph;
  /** The graph in memory; absent when it is on disk. */
  readonly whole?: () => Csr;
  /** Ids of the vertices as the input has them; in a METIS file their numbers, from 1. */
  readonly ids: () => IdTable;
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
  /** Communities per vertex that there may be. */
  readonly maxMemberships: number;
  readonly badRows?: BadRowPolicy;
  readonly onProgress: Progress;
  readonly log: (line: string) => void;
}

/** Lies in kernel memory for as long as the scope of the caller. Close it. */
export async function loadGraph(kernels: Kernels, given: LoadOptions): Promise<LoadedGraph> {
  const options = { ...given, format: await graphFormatOf(given.file, given.format) };
  const { memory } = options;
  return memory === undefined ? loadWhole(kernels, options) : loadStreamed(kernels, { ...options, memory });
}

async function loadWhole(kernels: Kernels, options: LoadOptions): Promise<LoadedGraph> {
  const { graph: whole, ids } =
    options.format === 'metis'
      ? await readMetisGraph(kernels, options)
      : await readEdgeGraph(kernels, options);
  return {
    graph: await placeDetectionGraph(kernels, whole, options.weightFormat),
    whole: () => whole,
    ids,
    numWithNeighbors: countNonEmptyRows(whole.indptr),
    close: async () => {},
  };
}

interface ReadGraph {
  readonly graph: Csr;
  readonly ids: () => IdTable;
}

async function readEdgeGraph(
  kernels: Kernels,
  { file, format, badRows, onProgress, log }: LoadOptions,
): Promise<ReadGraph> {
  const edges = await readUndirectedGraph({
    files: [file],
    format,
    badRows,
    onProgress: (read, total) => onProgress(total === 0 ? 0 : read / total),
  });
  const { numVertices, sources, targets, weights, ids, report } = edges;
  logLoops(report.numSelfFollows, log);
  const triplets = { rows: sources, cols: targets, data: weights };
  return { graph: await buildCsr(kernels, triplets, numVertices, numVertices, 'max'), ids: () => ids };
}

/** Straight into a matrix, block by block. */
async function readMetisGraph(kernels: Kernels, options: LoadOptions): Promise<ReadGraph> {
  const { file, onProgress, log } = options;
  try {
    const stream = await openMetisStream(file, {
      onProgress: (read, total) => onProgress(total === 0 ? 0 : read / total),
    });
    try {
      const graph = await matrixOf(stream);
      logLoops(stream.losses.numLoops, log);
      return { graph, ids: () => numberedIds(stream.numVertices) };
    } finally {
      await stream.close();
    }
  } catch (error) {
    // The reader of edges takes weights that differ by rounding, and names the line of what it does not take.
    if (file === '-' || !(error instanceof SimClustersError) || error.code !== 'BAD_FILE') throw error;
    return readEdgeGraph(kernels, { ...options, format: 'metis' });
  }
}

async function matrixOf(stream: MetisStream): Promise<Csr> {
  const { numVertices, numEdges, isWeighted } = stream;
  const indptr = new Uint32Array(numVertices + 1);
  const indices = new Uint32Array(2 * numEdges);
  const data = isWeighted ? new Float32Array(2 * numEdges) : undefined;
  let count = 0;
  for await (const block of stream.blocks()) {
    for (let i = 1; i < block.indptr.length; i++) indptr[block.firstVertex + i] = count + block.indptr[i];
    // More entries than the header says is an error that the stream finds at its end.
    const room = Math.max(0, indices.length - count);
    indices.set(block.indices.subarray(0, room), Math.min(count, indices.length));
    if (block.weights) data?.set(block.weights.subarray(0, room), Math.min(count, indices.length));
    count += block.indices.length;
  }
  return {
    numRows: numVertices,
    numCols: numVertices,
    indptr,
    indices: indices.subarray(0, count),
    data: data?.subarray(0, count),
  };
}

function numberedIds(numVertices: number): IdTable {
  return decimalTable(
    Uint32Array.from({ length: numVertices }, (_, v) => v + 1),
    numVertices,
  );
}

function logLoops(count: number, log: (line: string) => void): void {
  if (count > 0) log(`${count} edges from a vertex to itself left out`);
}

/** What Node itself takes, and what a vertex needs in all: its state, its metrics, the start, the outputs. */
const BASE_BYTES = 130e6;
const BYTES_PER_VERTEX = 110;
/** Each further place in the rows of memberships: the row, the next one, links of the overlap lists, copies. */
const BYTES_PER_PLACE = 36;
/** Blocks below this would be mostly seeks. */
const MIN_EDGE_BYTES = 16e6;

async function loadStreamed(
  kernels: Kernels,
  {
    file,
    format,
    memory,
    spool,
    weightFormat,
    maxMemberships,
    onProgress,
    log,
  }: LoadOptions & { readonly memory: number },
): Promise<LoadedGraph> {
  if (format !== 'metis') throw streamsMetisOnly(file);
  const stream = await openMetisStream(file, {
    onProgress: (read, total) => onProgress(total === 0 ? 0 : (0.7 * read) / total),
  });
  try {
    const fixedBytes =
      BASE_BYTES + stream.numVertices * (BYTES_PER_VERTEX + (maxMemberships - 1) * BYTES_PER_PLACE);
    const edgeBytes = memory - fixedBytes;
    if (edgeBytes < MIN_EDGE_BYTES)
      throw tooLittleMemory(memory, fixedBytes + MIN_EDGE_BYTES, stream.numVertices);
    const graph = await streamGraph(kernels, stream, {
      openStore: (name) => openEdgeFile(spool ?? tmpdir(), name),
      weightFormat,
      // A third for the blocks: reading in, and the copies on the way, need as much again.
      edgeBytes: Math.min(edgeBytes / 3, 128e6),
      onProgress: (fraction) => onProgress(fraction),
    });
    logLoops(stream.losses.numLoops, log);
    return {
      graph,
      ids: () => numberedIds(stream.numVertices),
      numWithNeighbors: countNonEmptyRows(graph.placed.indptr),
      close: () => graph.close(),
    };
  } finally {
    await stream.close();
  }
}

function streamsMetisOnly(file: string): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    file,
    got: 'another format than METIS, with --memory',
    expected:
      'a METIS file: its lines hold all neighbours of a vertex, so that it can be read piece by piece',
    todo: 'Leave --memory out, or write the graph as METIS',
  });
}

function tooLittleMemory(memory: number, least: number, numVertices: number): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    got: `--memory of ${memory.toLocaleString('en-US')} bytes`,
    expected: `at least ${formatBytes(least)} for ${numVertices} vertices: only edges stay on disk`,
    todo: 'Allow more, or take fewer vertices',
  });
}
