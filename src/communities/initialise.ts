/** Where the sampler starts from. */
import { type Memberships, singleMemberships } from '../core/memberships.ts';
import type { Neighborhoods } from '../core/neighborhoods.ts';
import { type RandomKey, streamOf, uniform } from '../core/rng.ts';
import { bestNeighborhoods, nonOverlappingNeighborhoods } from './initialise/best-neighborhoods.ts';
import { randomNeighborhoods } from './initialise/random-neighborhoods.ts';

export const initialisations = [
  'random-neighborhoods',
  'best-neighborhoods',
  'non-overlapping-neighborhoods',
  'random',
  'singletons',
] as const;

export type Initialisation = (typeof initialisations)[number];

/**
 * The start of that name. The same key gives the same start.
 * @param numCommunities at least 1; any number, also above that of the vertices. Singletons ignore it: they are as many as
 *   vertices.
 * @param maxMemberships communities per vertex at the most; only best neighbourhoods give more than one
 */
export function initialise(
  name: Initialisation,
  neighborhoods: Neighborhoods,
  numCommunities: number,
  key: RandomKey,
  maxMemberships = 1,
): Memberships {
  switch (name) {
    case 'random-neighborhoods':
      return randomNeighborhoods(neighborhoods, numCommunities, key);
    case 'best-neighborhoods':
      return bestNeighborhoods(neighborhoods, numCommunities, key, maxMemberships);
    case 'non-overlapping-neighborhoods':
      return nonOverlappingNeighborhoods(neighborhoods, numCommunities, key);
    case 'random':
      return randomCommunities(neighborhoods.numVertices, numCommunities, key);
    case 'singletons':
      return singletons(neighborhoods.numVertices);
  }
}

/** Each vertex in one community drawn uniformly. Width 1. */
export function randomCommunities(numVertices: number, numCommunities: number, key: RandomKey): Memberships {
  const draw = (v: number) => Math.floor(uniform(streamOf(key, 0, v), 0) * numCommunities);
  return singleMemberships(
    numCommunities,
    Uint32Array.from({ length: numVertices }, (_, v) => draw(v)),
  );
}

/** Vertex v in community v. Width 1. */
export function singletons(numVertices: number): Memberships {
  return singleMemberships(
    numVertices,
    Uint32Array.from({ length: numVertices }, (_, v) => v),
  );
}
