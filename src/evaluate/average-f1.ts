/** Average F1 of communities against true ones; both may overlap and leave vertices out. */
import { communitiesByVertex, type MemberLists, numCommunitiesOf } from '../core/member-lists.ts';

/** All from 0 to 1. */
export interface AverageF1 {
  /** Mean of the two directions. */
  readonly f1: number;
  /** Mean over the true communities of the F1 of the found one that fits best. */
  readonly truthToFound: number;
  /** Mean over the found communities of the F1 of the true one that fits best. */
  readonly foundToTruth: number;
}

/**
 * F1(A, B) = 2 |A ∩ B| / (|A| + |B|); each community counts with its best counterpart, whatever its size, and empty ones
 * are left out. Definition: Yang and Leskovec, "Overlapping community detection at scale", WSDM 2013. Where the truth
 * names a few communities only, the found ones elsewhere have F1 0 and `foundToTruth` says little; tables of "F1 to the
 * truth" give `truthToFound` then (com-DBLP with its top 5,000 communities: .62 and .74 for Leiden with the constant
 * Potts model at resolutions .05 and .2). Cost O(Σ over vertices of found × true memberships).
 */
export function averageF1(found: MemberLists, truth: MemberLists, numVertices: number): AverageF1 {
  const truthToFound = meanOfBest(truth, found, numVertices);
  const foundToTruth = meanOfBest(found, truth, numVertices);
  return { f1: (truthToFound + foundToTruth) / 2, truthToFound, foundToTruth };
}

/** Mean over the communities of `from` of the best F1 among `among`; 0 when there are none. */
function meanOfBest(from: MemberLists, among: MemberLists, numVertices: number): number {
  const candidates = communitiesByVertex(among, numVertices);
  const numShared = new Uint32Array(numCommunitiesOf(among));
  const met: number[] = [];
  let sum = 0;
  let count = 0;
  for (let c = 0; c < numCommunitiesOf(from); c++) {
    const size = from.indptr[c + 1] - from.indptr[c];
    if (size === 0) continue;
    countShared(from, c, candidates, numShared, met);
    let best = 0;
    for (const other of met) {
      const otherSize = among.indptr[other + 1] - among.indptr[other];
      best = Math.max(best, (2 * numShared[other]) / (size + otherSize));
      numShared[other] = 0;
    }
    met.length = 0;
    sum += best;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

/** Counts the members that community c has in common with each candidate; `met` are those with any. */
function countShared(
  from: MemberLists,
  c: number,
  candidates: MemberLists,
  numShared: Uint32Array,
  met: number[],
): void {
  for (let i = from.indptr[c]; i < from.indptr[c + 1]; i++) {
    const v = from.members[i];
    for (let j = candidates.indptr[v]; j < candidates.indptr[v + 1]; j++) {
      if (numShared[candidates.members[j]]++ === 0) met.push(candidates.members[j]);
    }
  }
}
