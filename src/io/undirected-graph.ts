/** Reads an undirected graph from any format that edges come in. */
import type { IdTable } from '../core/ids.ts';
import { badFile } from './bad-rows.ts';
import type { EdgeInput, InputOptions, InputReport } from './edge-input.ts';
import { readEdges } from './edge-reader.ts';
import { IdLookup } from './id-lookup.ts';

/**
 * Edges from both their ends, in no particular order; an edge that the input names more than once stands here as often.
 * Sorted with the largest weight kept they are a symmetric matrix without diagonal.
 */
export interface UndirectedEdges {
  readonly numVertices: number;
  readonly sources: Uint32Array;
  readonly targets: Uint32Array;
  /** > 0; absent when every edge has weight 1. */
  readonly weights?: Float32Array;
  /** Of the vertices. For METIS the numbers from 1 on, in order. */
  readonly ids: IdTable;
  /** `numSelfFollows` counts the loops, which are left out; their vertices stay. */
  readonly report: InputReport;
}

/**
 * Reads one graph.
 *
 * METIS: the variants with one set of vertices; vertex sizes and vertex weights are passed over. Each edge has the weight
 * that the line of its lower vertex says; the other may differ by 1e-5. The number of edges must be that of the header.
 * Other formats: a row is an edge whichever id comes first; ids of both columns are those of one set of vertices, in order
 * of first appearance on the left, then on the right. Rows of the same two ids in either order are one edge. Rows of weight
 * 0 are left out and counted, and so are their ids if they stand nowhere else.
 *
 * Errors: those of `readEdges` (a graph without any edge or loop is EMPTY_INPUT), BAD_FILE for a bipartite METIS file.
 */
export async function readUndirectedGraph(
  options: Omit<InputOptions, 'selfFollows'>,
): Promise<UndirectedEdges> {
  const input = await readEdges({ ...options, selfFollows: 'keep' });
  if (input.report.format === 'metis') return fromMetis(input);
  const { ids, rightIndex } = uniteIds(input.consumerIds, input.producerIds);
  return bothEnds(
    { ...input, producers: input.producers.map((right) => rightIndex[right]) },
    ids,
    (left, right) => left !== right,
  );
}

/** A METIS file names every edge at both its ends already; those from the lower end are taken. */
function fromMetis(input: EdgeInput): UndirectedEdges {
  const { report, consumerIds } = input;
  // One line per vertex; a bipartite file has those of the right side besides.
  if (report.numRows !== consumerIds.size) {
    throw badFile(report.files[0], {
      got: 'a bipartite graph: `left right edges`, and two sets of vertices',
      expected: 'a graph of one set of vertices: `vertices edges [format]`',
      todo: 'give the similarities between the vertices of one side, or write the graph with one set of vertices',
    });
  }
  return bothEnds(input, consumerIds, (left, right) => left < right);
}

function uniteIds(left: IdTable, right: IdTable): { ids: IdTable; rightIndex: Uint32Array } {
  const lookup = new IdLookup();
  for (let i = 0; i < left.size; i++) lookup.add(left.bytes, left.offsets[i], left.offsets[i + 1]);
  const rightIndex = new Uint32Array(right.size);
  for (let i = 0; i < right.size; i++)
    rightIndex[i] = lookup.add(right.bytes, right.offsets[i], right.offsets[i + 1]);
  return { ids: lookup.toTable(), rightIndex };
}

function bothEnds(
  { numEdges, consumers, producers, weights, report }: EdgeInput,
  ids: IdTable,
  isTaken: (left: number, right: number) => boolean,
): UndirectedEdges {
  let numTaken = 0;
  for (let e = 0; e < numEdges; e++) if (isTaken(consumers[e], producers[e])) numTaken++;
  const sources = new Uint32Array(2 * numTaken);
  const targets = new Uint32Array(2 * numTaken);
  const doubled = weights && new Float32Array(2 * numTaken);
  let at = 0;
  for (let e = 0; e < numEdges; e++) {
    if (!isTaken(consumers[e], producers[e])) continue;
    sources[at] = targets[at + 1] = consumers[e];
    targets[at] = sources[at + 1] = producers[e];
    if (doubled && weights) doubled[at] = doubled[at + 1] = weights[e];
    at += 2;
  }
  const edges = { numVertices: ids.size, sources, targets, ids, report };
  return doubled ? { ...edges, weights: doubled } : edges;
}
