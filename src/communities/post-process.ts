/**
 * What is done to communities after the last epoch: split into connected components, dissolve the small, renumber.
 *
 * sbf drops communities that were single vertices before it splits, keeps those that splitting makes single, and looks
 * at the least size after splitting only if it is above 2. Here one rule holds for all: first split, then dissolve what is
 * smaller than the least size, wherever it comes from.
 */
import { type Memberships, membersOf } from '../core/memberships.ts';
import type { Neighborhoods } from '../core/neighborhoods.ts';
import { connectedComponents, type Parts, wholeCommunities } from './post-process/parts.ts';

export interface PostProcessingOptions {
  /** Split each community into the connected components of the subgraph it induces. */
  readonly splitComponents: boolean;
  /** When splitting, ignore edges whose ends have no common neighbour in the community. */
  readonly removeWeakLinks: boolean;
  /** Communities of fewer members are dissolved: 1 dissolves none. */
  readonly minCommunitySize: number;
  /**
   * true: communities that are left are numbered from 0 without gaps, in order of the community they come from, then of
   * their smallest member. false: the largest component (of equals the one of the smallest member) keeps the id of its
   * community, the others are numbered on from numCommunities in that order; ids of dissolved communities stay empty.
   */
  readonly renumber: boolean;
}

export interface PostProcessingReport {
  /** Communities with members, before. */
  readonly numCommunitiesBefore: number;
  /** Communities of more than one component. */
  readonly numSplit: number;
  /** Communities dissolved for their size, components counted one by one. */
  readonly numDissolved: number;
  /** Communities with members, after. */
  readonly numCommunitiesAfter: number;
  /** Vertices that belonged to a community before and belong to none after. */
  readonly numUnassigned: number;
}

/** Id of a part that is dissolved. */
const DISSOLVED = 0xffffffff;

/**
 * Every community that comes out is a subset of one that went in; a second time changes nothing.
 * @returns memberships of the same width. Deterministic. Cost: see ComponentFinder; memory O(numVertices * width)
 */
export function postProcess(
  memberships: Memberships,
  neighborhoods: Neighborhoods,
  { splitComponents, removeWeakLinks, minCommunitySize, renumber }: PostProcessingOptions,
): { memberships: Memberships; report: PostProcessingReport } {
  if (!splitComponents && !renumber && minCommunitySize <= 1) return untouched(memberships);
  const parts = splitComponents
    ? connectedComponents(memberships, neighborhoods, removeWeakLinks)
    : wholeCommunities(memberships);
  const numbering = renumber
    ? numberFromZero(parts, minCommunitySize)
    : numberOn(parts, minCommunitySize, memberships.numCommunities);
  const after = membershipsOf(parts, numbering, memberships);
  return { memberships: after, report: reportOn(parts, numbering.ids, memberships, after) };
}

/** What it would come to, without the work. */
function untouched(memberships: Memberships) {
  const { indptr } = membersOf(memberships);
  const count = countWhere(memberships.numCommunities, (c) => indptr[c + 1] > indptr[c]);
  const report = {
    numCommunitiesBefore: count,
    numSplit: 0,
    numDissolved: 0,
    numCommunitiesAfter: count,
    numUnassigned: 0,
  };
  return { memberships, report };
}

interface Numbering {
  /** u32[number of parts]: new community of each, or DISSOLVED. */
  readonly ids: Uint32Array;
  readonly numCommunities: number;
}

function numberFromZero({ sizes }: Parts, minSize: number): Numbering {
  let numCommunities = 0;
  const ids = Uint32Array.from(sizes, (size) => (size < minSize ? DISSOLVED : numCommunities++));
  return { ids, numCommunities };
}

function numberOn({ communities, sizes }: Parts, minSize: number, numBefore: number): Numbering {
  const largest = new Map<number, number>();
  communities.forEach((community, part) => {
    const best = largest.get(community);
    if (best === undefined || sizes[part] > sizes[best]) largest.set(community, part);
  });
  let numCommunities = numBefore;
  const ids = Uint32Array.from(communities, (community, part) => {
    if (sizes[part] < minSize) return DISSOLVED;
    return largest.get(community) === part ? community : numCommunities++;
  });
  return { ids, numCommunities };
}

function membershipsOf(
  { vertices, parts }: Parts,
  { ids, numCommunities }: Numbering,
  { numVertices, width }: Memberships,
): Memberships {
  const rows = new Uint32Array(numVertices * width).fill(numCommunities);
  parts.forEach((part, i) => {
    if (ids[part] !== DISSOLVED) insert(rows, vertices[i] * width, numCommunities, ids[part]);
  });
  return { numVertices, numCommunities, width, rows };
}

/** Puts a community into the ascending row at `begin`, which has room: a vertex is in no more parts than communities. */
function insert(rows: Uint32Array, begin: number, none: number, community: number): void {
  let slot = begin;
  while (rows[slot] !== none) slot++;
  for (; slot > begin && rows[slot - 1] > community; slot--) rows[slot] = rows[slot - 1];
  rows[slot] = community;
}

function reportOn(
  { communities }: Parts,
  ids: Uint32Array,
  before: Memberships,
  after: Memberships,
): PostProcessingReport {
  const isFirstOf = (part: number) => communities[part] !== communities[part - 1];
  const isSplit = (part: number) => isFirstOf(part) && communities[part] === communities[part + 1];
  const numDissolved = ids.reduce((count, id) => count + (id === DISSOLVED ? 1 : 0), 0);
  return {
    numCommunitiesBefore: countWhere(communities.length, isFirstOf),
    numSplit: countWhere(communities.length, isSplit),
    numDissolved,
    numCommunitiesAfter: communities.length - numDissolved,
    numUnassigned: countWhere(before.numVertices, (v) => isAssigned(before, v) && !isAssigned(after, v)),
  };
}

function isAssigned({ rows, width, numCommunities }: Memberships, v: number): boolean {
  return rows[v * width] !== numCommunities;
}

function countWhere(length: number, holds: (i: number) => boolean): number {
  let count = 0;
  for (let i = 0; i < length; i++) if (holds(i)) count++;
  return count;
}
