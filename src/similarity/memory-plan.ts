/** How an allowance of memory is shared out in the similarity computation. */
import { type Csr, nnz } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';
import { samplingScratchBytes } from '../kernels/similarity.ts';
import { spgemmScratchBytes } from '../kernels/spgemm.ts';

/** The program itself, its threads, and reading and writing of files. */
const BASE_BYTES = 100e6;
/** Below this, panels would be mostly overhead. */
const MIN_PANEL_BYTES = 4e6;
/** More gains nothing. */
const MAX_PANEL_BYTES = 2 ** 29;
/** Per consumer: mass, and what the plan of the draws keeps. */
const WHIMP_CONSUMER_BYTES = 40;
/** Per producer: the plan's counts, the sampler's, and their places. */
const WHIMP_PRODUCER_BYTES = 80;
/** Per follow: its place of an alias table. */
const TABLE_ENTRY_BYTES = 8;

/** Working memory of the threads in the exact product. */
export function exactBytes(graph: Csr, topK: number, numThreads: number): number {
  return spgemmScratchBytes(graph.numCols, Math.min(topK, graph.numCols)) * numThreads;
}

/** Tables, sketches and working memory of WHIMP, and the rows that are multiplied. */
export function whimpBytes(
  graph: Csr,
  numThreads: number,
  sketchBytes: number,
  numMultiplied: number,
): number {
  const tables = nnz(graph) * TABLE_ENTRY_BYTES + graph.numRows * WHIMP_CONSUMER_BYTES;
  const perThread =
    samplingScratchBytes(graph.numCols, graph.numRows) + spgemmScratchBytes(graph.numCols, graph.numCols);
  const rows = graph.numCols * WHIMP_PRODUCER_BYTES + numMultiplied * (graph.data ? 8 : 4) * 2;
  return tables + rows + sketchBytes + perThread * numThreads;
}

/**
 * Bytes that rows being computed, and later being merged, may take. What else there is: the graph and its transpose, each
 * outside of kernel memory and within; what the method needs; norms and counts per producer.
 * @throws SimClustersError OUT_OF_MEMORY when nothing is left
 */
export function panelBytes(graph: Csr, methodBytes: number, allowedBytes: number): number {
  const entryBytes = graph.data ? 8 : 4;
  const graphBytes = nnz(graph) * entryBytes * 4 + (graph.numRows + graph.numCols) * 16;
  const taken = BASE_BYTES + graphBytes + methodBytes + graph.numCols * 64;
  // A third: rows lie in kernel memory and outside; what is merged lies beside what is read for it.
  const bytes = Math.floor((allowedBytes - taken) / 3);
  if (bytes >= MIN_PANEL_BYTES) return Math.min(bytes, MAX_PANEL_BYTES);
  throw new SimClustersError('OUT_OF_MEMORY', {
    got: `--memory ${formatBytes(allowedBytes)} for ${nnz(graph)} edges`,
    // Rounded up, so that what is asked for is enough.
    expected: `at least ${Math.ceil((taken + 3 * MIN_PANEL_BYTES) / 2 ** 20)} MiB: the graph and its transpose stay in memory`,
    todo: 'Allow more, or take fewer edges; --similarity-method exact takes less than whimp',
  });
}
