/** How good communities are: against true ones (average F1, NMI, ARI, omega index), and by their sizes. */
import { type MemberLists, numCommunitiesOf } from '../core/member-lists.ts';
import { type AverageF1, averageF1 } from './average-f1.ts';
import { omegaIndex } from './omega-index.ts';
import { type PartitionAgreement, partitionAgreement } from './partition-agreement.ts';

export { type CommunityStructure, measureStructure } from './community-structure.ts';

export interface TruthAgreement {
  /** Over all members of both sides. */
  readonly averageF1: AverageF1;
  /** Absent when the communities of either side overlap. */
  readonly partition?: PartitionAgreement;
  /** Absent when too many pairs would have to be looked at. */
  readonly omega?: number;
  /** Vertices of the truth, those that NMI, ARI and omega are about. */
  readonly numVertices: number;
}

/**
 * NMI, ARI and omega look at the vertices that have a true community; one without a found community counts as alone in
 * its own. For disjoint communities omega is the ARI.
 * @param numVertices  members are 0..numVertices - 1
 */
export function compareWithTruth(
  found: MemberLists,
  truth: MemberLists,
  numVertices: number,
): TruthAgreement {
  const isVertex = new Uint8Array(numVertices);
  for (const v of truth.members) isVertex[v] = 1;
  const within = restrictedTo(found, isVertex);
  const partition =
    isDisjoint(within, numVertices) && isDisjoint(truth, numVertices)
      ? partitionAgreement(within, truth, numVertices)
      : undefined;
  const omega = partition?.ari ?? omegaIndex(within, truth, isVertex);
  return {
    averageF1: averageF1(found, truth, numVertices),
    ...(partition && { partition }),
    ...(omega !== undefined && { omega }),
    numVertices: isVertex.reduce((sum, is) => sum + is, 0),
  };
}

function restrictedTo({ indptr, members }: MemberLists, isVertex: Uint8Array): MemberLists {
  const kept = new Uint32Array(members.length);
  const ends = new Uint32Array(indptr.length);
  let size = 0;
  for (let c = 0; c < indptr.length - 1; c++) {
    for (let i = indptr[c]; i < indptr[c + 1]; i++) if (isVertex[members[i]] === 1) kept[size++] = members[i];
    ends[c + 1] = size;
  }
  return { indptr: ends, members: kept.subarray(0, size) };
}

function isDisjoint({ members }: MemberLists, numVertices: number): boolean {
  const isSeen = new Uint8Array(numVertices);
  return members.every((v) => isSeen[v]++ === 0);
}

export interface CommunitySizes {
  readonly numCommunities: number;
  readonly numEmpty: number;
  /** Memberships of all vertices together. */
  readonly numMemberships: number;
  /** Vertices with a community. */
  readonly numMembers: number;
  /** Of the non-empty communities; 0 when there are none. */
  readonly minSize: number;
  /** The lower one of two middle ones. */
  readonly medianSize: number;
  readonly meanSize: number;
  readonly maxSize: number;
}

export function summarizeSizes(lists: MemberLists, numVertices: number): CommunitySizes {
  const numCommunities = numCommunitiesOf(lists);
  const sizes = lists.indptr
    .subarray(1)
    .map((end, c) => end - lists.indptr[c])
    .filter((size) => size > 0)
    .sort();
  const isMember = new Uint8Array(numVertices);
  for (const v of lists.members) isMember[v] = 1;
  return {
    numCommunities,
    numEmpty: numCommunities - sizes.length,
    numMemberships: lists.members.length,
    numMembers: isMember.reduce((sum, is) => sum + is, 0),
    minSize: sizes[0] ?? 0,
    medianSize: sizes[(sizes.length - 1) >> 1] ?? 0,
    meanSize: sizes.length === 0 ? 0 : lists.members.length / sizes.length,
    maxSize: sizes[sizes.length - 1] ?? 0,
  };
}
