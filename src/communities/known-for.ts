/** KnownFor: the communities of each producer and how firmly it belongs there. */
import type { Csr } from '../core/csr.ts';
import { communitiesOf, type Memberships } from '../core/memberships.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { runOnEdges } from './metrics.ts';
import type { PlacedGraph } from './placed-graph.ts';

/**
 * Affiliation of each member (see affiliationScores in assembly/communities.ts), as the producer × cluster matrix V.
 * Cluster ids count from 1, so V has numCommunities + 1 columns and column 0 stays empty.
 * @returns CSR, clusters ascending, f32 in [0, 1]
 */
export async function computeKnownFor(
  kernels: Kernels,
  graph: PlacedGraph,
  memberships: Memberships,
): Promise<Csr> {
  const { numVertices, numCommunities, width } = memberships;
  const affiliation = await affiliationScores(kernels, graph, memberships);
  const indptr = new Uint32Array(numVertices + 1);
  const indices = new Uint32Array(numVertices * width);
  const data = new Float32Array(numVertices * width);
  let out = 0;
  for (let v = 0; v < numVertices; v++) {
    communitiesOf(memberships, v).forEach((community, j) => {
      indices[out] = community + 1;
      data[out++] = affiliation[v * width + j];
    });
    indptr[v + 1] = out;
  }
  return {
    numRows: numVertices,
    numCols: numCommunities + 1,
    indptr,
    indices: indices.slice(0, out),
    data: data.slice(0, out),
  };
}

/** f32[numVertices * width] beside the rows; 0 at padding. */
export async function affiliationScores(
  kernels: Kernels,
  graph: PlacedGraph,
  { rows, width, numVertices, numCommunities }: Memberships,
): Promise<Float32Array> {
  return kernels.scope(async (arena) => {
    const sizes = arena.u32(numCommunities + 1);
    sizes.fill(0);
    for (const community of rows) sizes[community]++;
    const affiliation = arena.f32(numVertices * width);
    await runOnEdges(kernels, graph, 'affiliationScores', {
      rows: arena.put(rows),
      width,
      numCommunities,
      sizes,
      meanWeight: await meanEdgeWeight(kernels, graph),
      affiliation,
    });
    return affiliation.slice();
  });
}

/** Mean weight over all edges; 1 for a graph without. */
async function meanEdgeWeight(kernels: Kernels, graph: PlacedGraph): Promise<number> {
  if (!graph.isWeighted || graph.numEntries === 0) return 1;
  return kernels.scope(async (arena) => {
    const weightedDegrees = arena.f64(graph.numVertices);
    await runOnEdges(kernels, graph, 'vertexWeights', {
      degrees: arena.u32(graph.numVertices),
      weightedDegrees,
      meanWeights: arena.f64(graph.numVertices),
    });
    return weightedDegrees.reduce((sum, weight) => sum + weight, 0) / graph.numEntries;
  });
}
