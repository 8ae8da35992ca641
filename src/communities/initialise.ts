/** Where the sampler starts from. */
import type { Csr } from '../core/csr.ts';
import { permutation, type RandomKey, streamOf, uniform } from '../core/rng.ts';

/** Vertices looked at for each community; the one with the heaviest unclaimed neighbourhood founds it. */
const FOUNDER_TRIES = 8;

/**
 * Random neighbourhoods: founders are drawn in random order; each claims itself and its unclaimed neighbours, until there
 * are `numCommunities`; left-over communities get one random vertex each. sbf takes every vertex drawn; taking the best
 * of a few covers more of the graph and ends at a higher F1 (DECISIONS 9).
 * @returns u32[numVertices]: community, or numCommunities for none. Cost O(edges).
 */
export function randomNeighborhoods(graph: Csr, numCommunities: number, key: RandomKey): Uint32Array {
  const numVertices = graph.numRows;
  const none = numCommunities;
  const assignment = new Uint32Array(numVertices).fill(none);
  const order = permutation(key, 0, numVertices);
  let next = 0;
  for (let community = 0; community < numCommunities; community++) {
    let founder = -1;
    let heaviest = -1;
    for (let tries = 0; tries < FOUNDER_TRIES && next < numVertices; next++) {
      if (assignment[order[next]] !== none) continue;
      const weight = unclaimedWeight(graph, assignment, none, order[next]);
      if (weight > heaviest) {
        heaviest = weight;
        founder = order[next];
      }
      tries++;
    }
    if (founder < 0) founder = Math.floor(uniform(streamOf(key, 1, community), 0) * numVertices);
    else claimNeighbors(graph, assignment, none, founder, community);
    assignment[founder] = community;
  }
  return assignment;
}

function unclaimedWeight(graph: Csr, assignment: Uint32Array, none: number, v: number): number {
  let weight = 0;
  for (let i = graph.indptr[v]; i < graph.indptr[v + 1]; i++) {
    if (assignment[graph.indices[i]] === none) weight += graph.data ? graph.data[i] : 1;
  }
  return weight;
}

function claimNeighbors(
  graph: Csr,
  assignment: Uint32Array,
  none: number,
  v: number,
  community: number,
): void {
  for (let i = graph.indptr[v]; i < graph.indptr[v + 1]; i++) {
    if (assignment[graph.indices[i]] === none) assignment[graph.indices[i]] = community;
  }
}
