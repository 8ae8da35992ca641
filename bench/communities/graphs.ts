/** Graphs of the bench: planted ones, and published ones where their files are given. */
import type { Csr } from '../../src/core/csr.ts';
import type { MemberLists } from '../../src/core/member-lists.ts';
import { generatePlantedGraph } from '../../src/generate/planted-graph.ts';
import { buildFollowGraph } from '../../src/graph/follow-graph.ts';
import { readEdges } from '../../src/io/edge-reader.ts';
import { IdLookup } from '../../src/io/id-lookup.ts';
import { readMemberLists } from '../../src/io/member-lists.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { buildCsr } from '../../src/kernels/sparse.ts';
import { computeProducerSimilarity } from '../../src/similarity/producer-similarity.ts';

/** Disjoint communities of about 100 vertices, mean degree 50, 30 % of edge ends outside. */
export async function planted(numVertices: number): Promise<Csr> {
  const options = { numVertices, meanSize: 100, density: { internalDegree: 35 }, mixing: 0.3 };
  return (await generatePlantedGraph(options, 'bench')).graph;
}

/** An undirected edge list and its true communities, ids in common. */
export async function readWithTruth(
  file: string,
  truthFile?: string,
): Promise<{ graph: Csr; truth?: MemberLists }> {
  const lookup = new IdLookup();
  const { consumers, producers, consumerIds, producerIds } = await readEdges({
    files: [file],
    format: 'edges',
  });
  const numbersOf = ({ size, bytes, offsets }: typeof consumerIds) =>
    Uint32Array.from({ length: size }, (_, i) => lookup.add(bytes, offsets[i], offsets[i + 1]));
  const left = numbersOf(consumerIds);
  const right = numbersOf(producerIds);
  const truth = truthFile === undefined ? undefined : await readMemberLists(truthFile, lookup);
  const rows = new Uint32Array(consumers.length * 2);
  const cols = new Uint32Array(consumers.length * 2);
  consumers.forEach((consumer, i) => {
    rows[2 * i] = cols[2 * i + 1] = left[consumer];
    cols[2 * i] = rows[2 * i + 1] = right[producers[i]];
  });
  const kernels = openKernels();
  const graph = await buildCsr(kernels, { rows, cols }, lookup.size, lookup.size, 'max');
  await kernels.close();
  return { graph, truth };
}

/** The similarity graph of a follow graph: cosine above .02, the best 100. */
export async function readSimilarity(file: string): Promise<Csr> {
  const kernels = openKernels();
  const { graph } = await buildFollowGraph(
    kernels,
    await readEdges({ files: [file], format: 'lists' }),
    'binary',
  );
  const options = { weighting: 'cosine', threshold: 0.02, topK: 100, minFollowers: 1 } as const;
  const similarity = await computeProducerSimilarity(kernels, graph.matrix, options);
  await kernels.close();
  return similarity;
}
