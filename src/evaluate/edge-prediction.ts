/** Communities as a prediction of the edges: two vertices are said to be joined iff they have a community in common. */
import type { Csr } from '../core/csr.ts';
import { communitiesByVertex, type MemberLists, numCommunitiesOf } from '../core/member-lists.ts';

export interface EdgePrediction {
  /** Of the pairs with a community in common, so many are edges; 0 without such pairs. */
  readonly precision: number;
  /** Of the edges, so many have a community in common at their ends; 0 without edges. */
  readonly recall: number;
  /** Harmonic mean of the two. */
  readonly f1: number;
}

/** Pairs of members, over all communities, beyond which they are not looked at one by one. */
const MAX_PAIRS = 4e9;

/**
 * Exact, unweighted. Source: reference engine, PredictionStat.
 * @param graph  symmetric, no diagonal
 * Cost O(edges · memberships); where communities overlap, also the pairs of members of each. @returns undefined where those are too many
 */
export function predictEdges(lists: MemberLists, graph: Csr): EdgePrediction | undefined {
  const byVertex = communitiesByVertex(lists, graph.numRows);
  const numPairs = distinctPairs(lists, byVertex);
  if (numPairs === undefined) return undefined;
  const isMine = new Uint8Array(numCommunitiesOf(lists));
  let numInside = 0;
  for (let v = 0; v < graph.numRows; v++) {
    const own = byVertex.members.subarray(byVertex.indptr[v], byVertex.indptr[v + 1]);
    for (const c of own) isMine[c] = 1;
    for (let i = graph.indptr[v]; i < graph.indptr[v + 1]; i++) {
      const other = graph.indices[i];
      if (other > v && sharesOne(byVertex, other, isMine)) numInside++;
    }
    for (const c of own) isMine[c] = 0;
  }
  const numEdges = graph.indices.length / 2;
  const precision = numPairs === 0 ? 0 : numInside / numPairs;
  const recall = numEdges === 0 ? 0 : numInside / numEdges;
  const f1 = numInside === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1 };
}

function sharesOne({ indptr, members }: MemberLists, v: number, isMine: Uint8Array): boolean {
  for (let i = indptr[v]; i < indptr[v + 1]; i++) if (isMine[members[i]] === 1) return true;
  return false;
}

/** Unordered pairs of vertices with a community in common. */
function distinctPairs(lists: MemberLists, byVertex: MemberLists): number | undefined {
  let numPairs = 0;
  for (let c = 0; c < numCommunitiesOf(lists); c++) {
    const size = lists.indptr[c + 1] - lists.indptr[c];
    numPairs += (size * (size - 1)) / 2;
  }
  const numVertices = byVertex.indptr.length - 1;
  const isDisjoint = byVertex.members.length === new Set(lists.members).size;
  if (isDisjoint) return numPairs;
  if (numPairs > MAX_PAIRS) return undefined;
  const metAt = new Uint32Array(numVertices);
  numPairs = 0;
  for (let v = 0; v < numVertices; v++) {
    for (let i = byVertex.indptr[v]; i < byVertex.indptr[v + 1]; i++) {
      const c = byVertex.members[i];
      for (let j = lists.indptr[c]; j < lists.indptr[c + 1]; j++) {
        const other = lists.members[j];
        if (other <= v || metAt[other] === v + 1) continue;
        metAt[other] = v + 1;
        numPairs++;
      }
    }
  }
  return numPairs;
}
