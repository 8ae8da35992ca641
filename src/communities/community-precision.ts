/**
 * Precision of each community: how much of the weight that its pairs of members promise is there.
 *
 *   Σ weight of edges inside / Σ over pairs of members of (weight if there is an edge, else mean weight of the two ends)
 *   mean weight of two ends = (weighted degree u + weighted degree v) / (degree u + degree v)
 *
 * Exact, where sbf draws pairs (and, for a community of one, never stops).
 */
import { type Memberships, membersOf } from '../core/memberships.ts';
import type { Neighborhoods } from '../core/neighborhoods.ts';
import { meanWeightOfPairs } from './pair-weights.ts';

/**
 * @returns f64[numCommunities] in [0, 1]; 0 for fewer than two members and where no member has a neighbour.
 *   Cost: the summed degrees; asks once for each vertex and once for each membership. Memory 12 bytes per vertex.
 */
export function communityPrecision(memberships: Memberships, neighborhoods: Neighborhoods): Float64Array {
  const { indptr, members } = membersOf(memberships);
  const weightedDegrees = sumWeights(neighborhoods);
  const inside = new Uint32Array(neighborhoods.numVertices);
  return Float64Array.from({ length: memberships.numCommunities }, (_, community) => {
    const own = members.subarray(indptr[community], indptr[community + 1]);
    for (const v of own) inside[v] = community + 1;
    const isInside = (v: number) => inside[v] === community + 1;
    return own.length < 2 ? 0 : precisionOf(own, isInside, neighborhoods, weightedDegrees);
  });
}

function precisionOf(
  members: Uint32Array,
  isInside: (v: number) => boolean,
  neighborhoods: Neighborhoods,
  weightedDegrees: Float64Array,
): number {
  const edges = edgesInside(members, isInside, neighborhoods, weightedDegrees);
  const isClique = edges.count === (members.length * (members.length - 1)) / 2;
  // What remains of a difference of nearly equal sums may be below 0 by rounding.
  const missing = isClique
    ? 0
    : Math.max(
        0,
        meanWeightOfPairs(members, (v) => neighborhoods.degree(v), weightedDegrees) - edges.meanWeight,
      );
  const promised = edges.weight + missing;
  return promised === 0 ? 0 : edges.weight / promised;
}

/** Number of edges between members, their weight, and the weight they would have if each had the mean of its ends. */
function edgesInside(
  members: Uint32Array,
  isInside: (v: number) => boolean,
  neighborhoods: Neighborhoods,
  weightedDegrees: Float64Array,
) {
  const edges = { count: 0, weight: 0, meanWeight: 0 };
  for (const v of members) {
    const degree = neighborhoods.degree(v);
    const { indices, weights } = neighborhoods.neighbors(v);
    for (let i = 0; i < indices.length; i++) {
      const u = indices[i];
      if (u > v || !isInside(u)) continue;
      edges.count++;
      edges.weight += weights ? weights[i] : 1;
      edges.meanWeight += (weightedDegrees[u] + weightedDegrees[v]) / (neighborhoods.degree(u) + degree);
    }
  }
  return edges;
}

/** f64[n]: weighted degree of each vertex. */
function sumWeights(neighborhoods: Neighborhoods): Float64Array {
  return Float64Array.from({ length: neighborhoods.numVertices }, (_, v) => {
    if (neighborhoods.degree(v) === 0) return 0;
    const { indices, weights } = neighborhoods.neighbors(v);
    return weights ? weights.reduce((sum, weight) => sum + weight, 0) : indices.length;
  });
}
