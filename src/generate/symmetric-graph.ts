/** Builds an undirected graph from edges that come one by one, without ever holding a list of them. */
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';

/** Told the share that is done, 0 to 1; may take its time, so that others get theirs. */
export type GenerateProgress = (fraction: number) => void | Promise<void>;

export type EmitEdge = (u: number, v: number) => void;

/** Edges in parts. A part is asked for twice and must emit the same edges each time. */
export interface EdgeSource {
  readonly numParts: number;
  /** About how many edges there are; for progress. */
  readonly numExpected: number;
  /** Emits each edge from one end only, u ≠ v. The same edge may come again. */
  emitPart(part: number, emit: EmitEdge): void;
}

const partsPerReport = 1024;
/** Entries that the row pointers of a Csr can count. */
const maxEntries = 2 ** 32 - 1;

/**
 * Every edge at both its ends, rows ascending; an edge emitted k times is there k times (see `mergeRepeats`).
 * Two passes over the source: count, then place. Cost O(edges log degree); memory: the result.
 */
export async function symmetricGraph(
  numVertices: number,
  source: EdgeSource,
  onProgress?: GenerateProgress,
): Promise<Csr> {
  const report = (from: number) => onProgress && ((fraction: number) => onProgress(from + fraction * 0.4));
  const degrees = new Uint32Array(numVertices);
  await walk(source, report(0), (u, v) => {
    degrees[u]++;
    degrees[v]++;
  });
  const indptr = rowPointers(degrees);
  const indices = new Uint32Array(indptr[numVertices]);
  const next = indptr.slice(0, numVertices);
  await walk(source, report(0.4), (u, v) => {
    indices[next[u]++] = v;
    indices[next[v]++] = u;
  });
  for (let v = 0; v < numVertices; v++) indices.subarray(indptr[v], indptr[v + 1]).sort();
  await onProgress?.(1);
  return { numRows: numVertices, numCols: numVertices, indptr, indices };
}

async function walk(
  source: EdgeSource,
  onProgress: GenerateProgress | undefined,
  emit: EmitEdge,
): Promise<void> {
  let numEmitted = 0;
  const counted: EmitEdge = (u, v) => {
    numEmitted++;
    emit(u, v);
  };
  for (let part = 0; part < source.numParts; part++) {
    source.emitPart(part, counted);
    if (part % partsPerReport === 0 && onProgress)
      await onProgress(Math.min(1, numEmitted / Math.max(1, source.numExpected)));
  }
}

function rowPointers(degrees: Uint32Array): Uint32Array {
  const indptr = new Uint32Array(degrees.length + 1);
  let total = 0;
  degrees.forEach((degree, v) => {
    total += degree;
    indptr[v + 1] = total;
  });
  if (total <= maxEntries) return indptr;
  throw new SimClustersError('BAD_PARAM', {
    got: `a graph of ${total / 2} edges`,
    expected: `at most ${Math.floor(maxEntries / 2)} edges`,
    todo: 'Lower the number of vertices or the degree',
  });
}

/**
 * Makes repeats in a row one entry, in place: the arrays of `graph` are used up. Cost O(entries).
 * @param weightOf  weight of the edge {u, v}, u < v, that stands `numRepeats` times in its rows; absent: no weights
 */
export function mergeRepeats(
  graph: Csr,
  weightOf?: (u: number, v: number, numRepeats: number) => number,
): Csr {
  const { numRows, indptr, indices } = graph;
  const data = weightOf && new Float32Array(indices.length);
  // Place of the weight that row u has for the next larger row: those come asking in ascending order.
  const next = new Uint32Array(weightOf ? numRows : 0);
  let size = 0;
  for (let u = 0, at = 0; u < numRows; u++) {
    const end = indptr[u + 1];
    if (data) next[u] = size;
    while (at < end) {
      const v = indices[at];
      const first = at;
      while (at < end && indices[at] === v) at++;
      if (data && weightOf) {
        data[size] = v < u ? data[next[v]++] : weightOf(u, v, at - first);
        if (v < u) next[u] = size + 1;
      }
      indices[size++] = v;
    }
    indptr[u + 1] = size;
  }
  return { ...graph, indices: indices.subarray(0, size), ...(data && { data: data.subarray(0, size) }) };
}
