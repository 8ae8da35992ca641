/**
 * Starts from the best part of the neighbourhoods of random founders: the founder, then its neighbours by edge weight
 * descending, lower id first among equals, cut where conductance is least.
 *
 * sbf leaves the founder out of its own neighbourhood. It is in here, as the first: the founder is what holds its
 * neighbours together, and an isolated founder would leave a community empty that no move of one vertex can fill again.
 */
import { type Memberships, singleMemberships } from '../../core/memberships.ts';
import type { Neighborhoods } from '../../core/neighborhoods.ts';
import { permutation, type RandomKey } from '../../core/rng.ts';
import { ConductanceSweep } from './conductance.ts';
import { MembershipSlots } from './membership-slots.ts';

/**
 * As many distinct random founders as there are communities. Neighbourhoods overlap; a vertex in more than
 * `maxMemberships` of them keeps those whose founders it has the heaviest edges to (its own one before all), the lower
 * community among equals.
 * @returns width maxMemberships. With more communities than vertices, the last ones are empty. Cost: the summed degrees
 *   of the founders' neighbours, and one pass over a weighted graph.
 */
export function bestNeighborhoods(
  neighborhoods: Neighborhoods,
  numCommunities: number,
  key: RandomKey,
  maxMemberships: number,
): Memberships {
  const { numVertices } = neighborhoods;
  const sweep = new ConductanceSweep(neighborhoods);
  const slots = new MembershipSlots(numVertices, numCommunities, maxMemberships);
  permutation(key, 0, numVertices)
    .subarray(0, numCommunities)
    .forEach((founder, community) => {
      const { vertices, weights } = neighborhoodOf(neighborhoods, founder);
      const size = sweep.bestPrefix(vertices);
      for (let i = 0; i < size; i++) slots.add(vertices[i], community, weights[i]);
    });
  return slots.memberships();
}

/**
 * The same with founders and neighbours that no community has taken yet, so that no vertex is in two. Once all vertices
 * are taken, the remaining communities are empty.
 * @returns width 1. Cost as above.
 */
export function nonOverlappingNeighborhoods(
  neighborhoods: Neighborhoods,
  numCommunities: number,
  key: RandomKey,
): Memberships {
  const sweep = new ConductanceSweep(neighborhoods);
  const assignment = new Uint32Array(neighborhoods.numVertices).fill(numCommunities);
  const isFree = (v: number) => assignment[v] === numCommunities;
  let community = 0;
  for (const founder of permutation(key, 0, neighborhoods.numVertices)) {
    if (community === numCommunities) break;
    if (!isFree(founder)) continue;
    const vertices = neighborhoodOf(neighborhoods, founder).vertices.filter(isFree);
    for (const v of vertices.subarray(0, sweep.bestPrefix(vertices))) assignment[v] = community;
    community++;
  }
  return singleMemberships(numCommunities, assignment);
}

/** A founder, infinitely close to itself, and its neighbours, the closest first. */
function neighborhoodOf(
  neighborhoods: Neighborhoods,
  founder: number,
): { vertices: Uint32Array; weights: Float32Array } {
  const { indices, weights } = neighborhoods.neighbors(founder);
  const order = Uint32Array.from(indices.keys());
  if (weights) order.sort((a, b) => weights[b] - weights[a] || a - b);
  const vertices = new Uint32Array(order.length + 1);
  const sorted = new Float32Array(order.length + 1);
  vertices[0] = founder;
  sorted[0] = Number.POSITIVE_INFINITY;
  order.forEach((place, i) => {
    vertices[i + 1] = indices[place];
    sorted[i + 1] = weights ? weights[place] : 1;
  });
  return { vertices, weights: sorted };
}
