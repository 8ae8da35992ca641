/** How communities lie in a graph. */
import type { Csr } from '../core/csr.ts';
import { communitiesByVertex, type MemberLists, numCommunitiesOf } from '../core/member-lists.ts';
import { type EdgePrediction, predictEdges } from './edge-prediction.ts';

export interface CommunityStructure {
  /**
   * Q = Σ_c (inside_c / W - (volume_c / W)²), W the summed weighted degrees; a vertex without community is one of its own.
   * Newman and Girvan 2004. Absent when communities overlap, or without edges.
   */
  readonly modularity?: number;
  /**
   * Mean over the non-empty communities of cut / min(volume, W - volume); 0 where that is 0/0.
   * Yang and Leskovec, "Defining and evaluating network communities based on ground-truth", 2012.
   */
  readonly meanConductance: number;
  /** Share of the edge weight whose two ends have a community in common. Fortunato 2010. */
  readonly coverage: number;
  /** Share of the vertices with a community. */
  readonly vertexCoverage: number;
  /** Absent when communities overlap and too many pairs would have to be looked at. */
  readonly edges?: EdgePrediction;
}

/** @param graph  symmetric, no diagonal; no data: every edge is 1. Cost O(edges × memberships). */
export function measureStructure(lists: MemberLists, graph: Csr): CommunityStructure {
  const communities = communitiesByVertex(lists, graph.numRows);
  const degrees = weightedDegrees(graph);
  const total = sum(degrees);
  const numMemberships = degrees.map((_, v) => communities.indptr[v + 1] - communities.indptr[v]);
  const isDisjoint = numMemberships.every((count) => count <= 1);
  const isMember = new Uint8Array(graph.numRows);
  let modularity = 0;
  let conductance = 0;
  let numNonEmpty = 0;
  for (let c = 0; c < numCommunitiesOf(lists); c++) {
    if (lists.indptr[c] === lists.indptr[c + 1]) continue;
    const { inside, volume } = insideAndVolume(lists, c, graph, degrees, isMember);
    numNonEmpty++;
    conductance += conductanceOf(volume - inside, volume, total);
    modularity += inside / total - (volume / total) ** 2;
  }
  degrees.forEach((degree, v) => {
    if (numMemberships[v] === 0) modularity -= (degree / total) ** 2;
  });
  const edges = predictEdges(lists, graph);
  return {
    ...(edges && { edges }),
    ...(isDisjoint && total > 0 && { modularity }),
    meanConductance: numNonEmpty === 0 ? 0 : conductance / numNonEmpty,
    coverage: total === 0 ? 0 : sharedWeight(communities, numCommunitiesOf(lists), graph) / total,
    vertexCoverage:
      graph.numRows === 0 ? 0 : numMemberships.filter((count) => count > 0).length / graph.numRows,
  };
}

function weightedDegrees({ numRows, indptr, data }: Csr): Float64Array {
  const degrees = new Float64Array(numRows);
  for (let v = 0; v < numRows; v++) {
    if (!data) degrees[v] = indptr[v + 1] - indptr[v];
    else for (let i = indptr[v]; i < indptr[v + 1]; i++) degrees[v] += data[i];
  }
  return degrees;
}

/** Edge weight inside community c, each edge from both ends, and the summed degrees of its members. */
function insideAndVolume(
  { indptr, members }: MemberLists,
  c: number,
  graph: Csr,
  degrees: Float64Array,
  isMember: Uint8Array,
): { inside: number; volume: number } {
  const own = members.subarray(indptr[c], indptr[c + 1]);
  for (const v of own) isMember[v] = 1;
  let inside = 0;
  let volume = 0;
  for (const v of own) {
    volume += degrees[v];
    for (let i = graph.indptr[v]; i < graph.indptr[v + 1]; i++) {
      if (isMember[graph.indices[i]] === 1) inside += graph.data ? graph.data[i] : 1;
    }
  }
  for (const v of own) isMember[v] = 0;
  return { inside, volume };
}

function conductanceOf(cut: number, volume: number, total: number): number {
  const smaller = Math.min(volume, total - volume);
  // Rounding may leave a little of either.
  return smaller <= 0 || cut <= 0 ? 0 : Math.min(1, cut / smaller);
}

/** Summed weight of the entries whose row and column have a community in common. */
function sharedWeight(communities: MemberLists, numCommunities: number, graph: Csr): number {
  const lastRow = new Int32Array(numCommunities).fill(-1);
  let shared = 0;
  for (let u = 0; u < graph.numRows; u++) {
    for (let i = communities.indptr[u]; i < communities.indptr[u + 1]; i++)
      lastRow[communities.members[i]] = u;
    for (let i = graph.indptr[u]; i < graph.indptr[u + 1]; i++) {
      const v = graph.indices[i];
      let j = communities.indptr[v];
      while (j < communities.indptr[v + 1] && lastRow[communities.members[j]] !== u) j++;
      if (j < communities.indptr[v + 1]) shared += graph.data ? graph.data[i] : 1;
    }
  }
  return shared;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
