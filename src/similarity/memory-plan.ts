/** How an allowance of memory is shared out in the similarity computation. */
import { type Csr, nnz } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';
import { spgemmScratchBytes } from '../kernels/spgemm.ts';

/** The program itself, its threads, and reading and writing of files. */
const BASE_BYTES = 100e6;
/** Below this, panels would be mostly overhead. */
const MIN_PANEL_BYTES = 4e6;
/** More gains nothing. */
const MAX_PANEL_BYTES = 2 ** 29;

/**
 * Bytes that rows being computed, and later being merged, may take. What else there is: the graph and its transpose, each
 * outside of kernel memory and within; the threads' working memory; norms and counts per producer.
 * @throws SimClustersError OUT_OF_MEMORY when nothing is left
 */
export function panelBytes(graph: Csr, topK: number, numThreads: number, allowedBytes: number): number {
  const entryBytes = graph.data ? 8 : 4;
  const graphBytes = nnz(graph) * entryBytes * 4 + (graph.numRows + graph.numCols) * 16;
  const scratchBytes = spgemmScratchBytes(graph.numCols, Math.min(topK, graph.numCols)) * numThreads;
  const taken = BASE_BYTES + graphBytes + scratchBytes + graph.numCols * 64;
  // A third: what is merged lies beside what is read for it.
  const bytes = Math.floor((allowedBytes - taken) / 3);
  if (bytes >= MIN_PANEL_BYTES) return Math.min(bytes, MAX_PANEL_BYTES);
  throw new SimClustersError('OUT_OF_MEMORY', {
    got: `--memory ${formatBytes(allowedBytes)} for ${nnz(graph)} edges`,
    expected: `at least ${formatBytes(taken + 3 * MIN_PANEL_BYTES)}: the graph and its transpose stay in memory`,
    todo: 'Allow more, or take fewer edges',
  });
}
