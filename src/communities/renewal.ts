/**
 * Renewal: the sampler starts on a new similarity graph from the communities of the previous model, so that cluster ids
 * keep their meaning from model to model.
 */
import type { Csr } from '../core/csr.ts';
import { type IdTable, NO_PLACE, placesIn } from '../core/ids.ts';
import type { Memberships } from '../core/memberships.ts';
import type { Neighborhoods } from '../core/neighborhoods.ts';
import { permutation, type RandomKey } from '../core/rng.ts';

/** KnownFor with the ids of its rows. */
export interface IdentifiedKnownFor {
  readonly producerIds: IdTable;
  /** Producers × cluster ids. Ids count from 1: column 0 is empty, the last column is the last id ever given. */
  readonly knownFor: Csr;
}

export interface RenewalOptions {
  /** Ids there shall be at least, in use or not; what is missing is added after the last one. 0: add none. */
  readonly minCommunities: number;
  /** An id without members may be given to a community that has nothing to do with the old one. */
  readonly reuseIds: boolean;
  readonly key: RandomKey;
}

export interface RenewalCounts {
  /** Producers who start in the communities they had. */
  readonly numCarriedOver: number;
  /** Producers with neighbours who had no community, or were not there; some of them found the communities below. */
  readonly numUnassigned: number;
  /** Producers who had a community, are still there, and have no neighbours left. */
  readonly numWithoutNeighbors: number;
  /** Producers of the previous model who are not in the new graph. */
  readonly numLeavers: number;
  /** Producers of the new graph who are not in the previous model. */
  readonly numNewcomers: number;
  /** Ids of the previous model that nobody starts in, unless they are among `reusedIds`. */
  readonly numIdsWithoutMembers: number;
  /** Ids of the previous model given to communities of unassigned producers, ascending. */
  readonly reusedIds: readonly number[];
  /** Ids after the last one, given to communities of unassigned producers, ascending. */
  readonly newIds: readonly number[];
}

export interface Renewal {
  /** Community c is cluster id c + 1, as ever; there are never fewer than in the previous model. */
  readonly initial: Memberships;
  readonly counts: RenewalCounts;
}

/**
 * Where the sampler starts. Only producers with a neighbour in the new graph take part. Those with communities in the
 * previous model start in them. Ids to be filled - those without members, if they may be used again, then new ones -
 * get neighbourhoods of unassigned producers: in random order, each who has an unclaimed unassigned neighbour founds a
 * community of itself and these. When no founder is left, ids stay empty and no further ones are added. All others
 * start without a community and may join that of a neighbour. Cost O(ids' bytes + edges of the unassigned).
 * @param producerIds of the vertices of the graph
 */
export function renewMemberships(
  previous: IdentifiedKnownFor,
  producerIds: IdTable,
  graph: Neighborhoods,
  { minCommunities, reuseIds, key }: RenewalOptions,
): Renewal {
  const { knownFor } = previous;
  const oldRows = placesIn(previous.producerIds, producerIds);
  const numPrevious = Math.max(0, knownFor.numCols - 1);
  const start = carryOver(knownFor, oldRows, graph);
  const numCarriedOver = countVertices(graph, (v) => !start.isFree(v));
  const empty = communitiesWithoutMembers(numPrevious, start.rows);
  const numWanted = Math.max(0, minCommunities - numPrevious);
  const added = Array.from({ length: numWanted }, (_, i) => numPrevious + i);
  const filled = foundAmongUnassigned(graph, start, reuseIds ? [...empty, ...added] : added, key);
  const reusedIds = filled.filter((c) => c < numPrevious).map((c) => c + 1);
  const newIds = filled.filter((c) => c >= numPrevious).map((c) => c + 1);
  const numThere = countVertices(graph, (v) => oldRows[v] !== NO_PLACE);
  const hadCommunity = (v: number) => oldRows[v] !== NO_PLACE && rowLength(knownFor, oldRows[v]) > 0;
  return {
    initial: membershipsOf(start, Math.max(1, numPrevious + newIds.length)),
    counts: {
      numCarriedOver,
      numUnassigned: countVertices(graph, (v) => graph.degree(v) > 0) - numCarriedOver,
      numWithoutNeighbors: countVertices(graph, (v) => graph.degree(v) === 0 && hadCommunity(v)),
      numLeavers: previous.producerIds.size - numThere,
      numNewcomers: producerIds.size - numThere,
      numIdsWithoutMembers: empty.length - reusedIds.length,
      reusedIds,
      newIds,
    },
  };
}

/** Memberships in the making; their number of communities is not settled yet, so NO_PLACE stands for "none". */
interface Start {
  readonly width: number;
  /** u32[numVertices * width] */
  readonly rows: Uint32Array;
  readonly isFree: (v: number) => boolean;
}

function carryOver(knownFor: Csr, oldRows: Uint32Array, graph: Neighborhoods): Start {
  const takesPart = (v: number) => oldRows[v] !== NO_PLACE && graph.degree(v) > 0;
  let width = 1;
  for (let v = 0; v < graph.numVertices; v++) {
    if (takesPart(v)) width = Math.max(width, rowLength(knownFor, oldRows[v]));
  }
  const rows = new Uint32Array(graph.numVertices * width).fill(NO_PLACE);
  for (let v = 0; v < graph.numVertices; v++) {
    if (!takesPart(v)) continue;
    const first = knownFor.indptr[oldRows[v]];
    const length = rowLength(knownFor, oldRows[v]);
    for (let i = 0; i < length; i++) rows[v * width + i] = knownFor.indices[first + i] - 1;
  }
  return { width, rows, isFree: (v) => rows[v * width] === NO_PLACE };
}

function rowLength({ indptr }: Csr, row: number): number {
  return indptr[row + 1] - indptr[row];
}

function communitiesWithoutMembers(numCommunities: number, rows: Uint32Array): number[] {
  const hasMembers = new Uint8Array(numCommunities);
  for (const community of rows) if (community !== NO_PLACE) hasMembers[community] = 1;
  return Array.from(hasMembers.keys()).filter((community) => hasMembers[community] === 0);
}

/**
 * Fills the communities, as far as there are founders, by writing into the rows. A founder without an unclaimed
 * neighbour is passed over: an id spent on one producer alone would mean nothing.
 * @returns the communities that were filled, in the order given
 */
function foundAmongUnassigned(
  graph: Neighborhoods,
  { rows, width, isFree }: Start,
  communities: readonly number[],
  key: RandomKey,
): readonly number[] {
  let numFilled = 0;
  if (communities.length === 0) return [];
  for (const founder of permutation(key, 0, graph.numVertices)) {
    if (!isFree(founder) || graph.degree(founder) === 0) continue;
    const claimed = graph.neighbors(founder).indices.filter(isFree);
    if (claimed.length === 0) continue;
    const community = communities[numFilled++];
    rows[founder * width] = community;
    for (const v of claimed) rows[v * width] = community;
    if (numFilled === communities.length) break;
  }
  return communities.slice(0, numFilled);
}

function membershipsOf({ rows, width }: Start, numCommunities: number): Memberships {
  return {
    numVertices: rows.length / width,
    numCommunities,
    width,
    rows: rows.map((community) => (community === NO_PLACE ? numCommunities : community)),
  };
}

function countVertices({ numVertices }: Neighborhoods, counts: (v: number) => boolean): number {
  let count = 0;
  for (let v = 0; v < numVertices; v++) if (counts(v)) count++;
  return count;
}
