/** KnownFor: the community of each producer and how firmly it belongs there. */
import type { Csr } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Communities } from './metropolis-hastings.ts';

/**
 * Affiliation of each member (see affiliationScores in assembly/communities.ts), as the producer × cluster matrix V.
 * Cluster ids count from 1, so V has numCommunities + 1 columns and column 0 stays empty.
 * @returns CSR with at most one entry per row, f32 in [0, 1]
 */
export async function computeKnownFor(
  kernels: Kernels,
  graph: Csr,
  { assignment, numCommunities }: Communities,
): Promise<Csr> {
  const affiliation = await affiliationScores(kernels, graph, assignment, numCommunities);
  const indptr = new Uint32Array(graph.numRows + 1);
  const indices = new Uint32Array(graph.numRows);
  const data = new Float32Array(graph.numRows);
  let out = 0;
  for (let v = 0; v < graph.numRows; v++) {
    if (assignment[v] !== numCommunities) {
      indices[out] = assignment[v] + 1;
      data[out++] = affiliation[v];
    }
    indptr[v + 1] = out;
  }
  return {
    numRows: graph.numRows,
    numCols: numCommunities + 1,
    indptr,
    indices: indices.slice(0, out),
    data: data.slice(0, out),
  };
}

/** f32[n]; 0 for vertices without a community. */
export async function affiliationScores(
  kernels: Kernels,
  graph: Csr,
  assignment: Uint32Array,
  numCommunities: number,
): Promise<Float32Array> {
  return kernels.scope(async (arena) => {
    const sizes = arena.u32(numCommunities + 1);
    sizes.fill(0);
    for (const community of assignment) sizes[community]++;
    const affiliation = arena.f32(graph.numRows);
    const params = kernels.block('affiliationScores', {
      indptr: arena.put(graph.indptr),
      indices: arena.put(graph.indices),
      data: graph.data && arena.put(graph.data),
      assignment: arena.put(assignment),
      numCommunities,
      sizes,
      meanWeight: meanEdgeWeight(graph),
      affiliation,
    });
    await kernels.run([kernels.step('affiliationScores', params, graph.numRows)]);
    return affiliation.slice();
  });
}

function meanEdgeWeight({ data, indices }: Csr): number {
  if (!data || indices.length === 0) return 1;
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i];
  return sum / data.length;
}
