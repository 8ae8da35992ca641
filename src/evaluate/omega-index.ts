/** The omega index: the adjusted Rand index for communities that overlap. */
import { communitiesByVertex, type MemberLists } from '../core/member-lists.ts';

/** Pairs inside communities up to which they are counted. */
const maxPairs = 2e9;

/**
 * Two vertices agree when found and truth put them together in equally many communities:
 *   omega = (observed - expected) / (1 - expected),   observed = agreeing pairs / pairs,
 *   expected = Σ_j found pairs together in j · true pairs together in j / pairs².
 * At most 1; 0 is what chance gives. Exact: only pairs that are together somewhere are looked at, the others are counted
 * by subtraction. Definition: Collins and Dent, "Omega", Multivariate Behavioral Research 1988.
 * @param isVertex  u8[n]: 1 for the vertices whose pairs count; no others are members
 * @returns undefined with more than 2·10^9 pairs inside communities. Cost O(those pairs).
 */
export function omegaIndex(found: MemberLists, truth: MemberLists, isVertex: Uint8Array): number | undefined {
  if (numPairsInside(found) + numPairsInside(truth) > maxPairs) return undefined;
  const numVertices = isVertex.reduce((sum, is) => sum + is, 0);
  const numPairs = (numVertices * (numVertices - 1)) / 2;
  if (numPairs === 0) return 1;
  const { together, numAgreeing } = countPairs(found, truth, isVertex.length, numPairs);
  const [ofFound, ofTruth] = together;
  const expected = ofFound.reduce(
    (sum, count, j) => sum + (count / numPairs) * ((ofTruth[j] ?? 0) / numPairs),
    0,
  );
  return expected === 1 ? 1 : (numAgreeing / numPairs - expected) / (1 - expected);
}

function numPairsInside({ indptr }: MemberLists): number {
  let pairs = 0;
  for (let c = 0; c < indptr.length - 1; c++) {
    const size = indptr[c + 1] - indptr[c];
    pairs += (size * (size - 1)) / 2;
  }
  return pairs;
}

interface PairCounts {
  /** Of found and of truth: at j, the pairs that are together in j communities. */
  readonly together: readonly [number[], number[]];
  readonly numAgreeing: number;
}

function countPairs(
  found: MemberLists,
  truth: MemberLists,
  numVertices: number,
  numPairs: number,
): PairCounts {
  const sides = [new LaterMates(found, numVertices), new LaterMates(truth, numVertices)] as const;
  const together: [number[], number[]] = [[0], [0]];
  const met: number[] = [];
  let numMet = 0;
  let numAgreeing = 0;
  for (let u = 0; u < numVertices; u++) {
    met.length = 0;
    sides[0].count(u, met, sides[1].counts);
    sides[1].count(u, met, sides[0].counts);
    for (const v of met) {
      const inFound = sides[0].take(v);
      const inTruth = sides[1].take(v);
      together[0][inFound] = (together[0][inFound] ?? 0) + 1;
      together[1][inTruth] = (together[1][inTruth] ?? 0) + 1;
      if (inFound === inTruth) numAgreeing++;
    }
    numMet += met.length;
  }
  const numApart = numPairs - numMet;
  together[0][0] += numApart;
  together[1][0] += numApart;
  return { together, numAgreeing: numAgreeing + numApart };
}

/** For one vertex after the other, ascending: how many communities it shares with each vertex after it. */
class LaterMates {
  readonly counts: Uint32Array;
  readonly #lists: MemberLists;
  readonly #communities: MemberLists;
  /** Per community: the place after the last vertex that was asked for. */
  readonly #next: Uint32Array;

  constructor(lists: MemberLists, numVertices: number) {
    this.counts = new Uint32Array(numVertices);
    this.#lists = lists;
    this.#communities = communitiesByVertex(lists, numVertices);
    this.#next = lists.indptr.slice(0, -1);
  }

  /** Adds to `met` those that neither this side nor the other, by its counts, has met. */
  count(u: number, met: number[], otherCounts: Uint32Array): void {
    const { counts } = this;
    const { indptr, members } = this.#lists;
    const communities = this.#communities;
    for (let i = communities.indptr[u]; i < communities.indptr[u + 1]; i++) {
      const community = communities.members[i];
      for (let at = ++this.#next[community]; at < indptr[community + 1]; at++) {
        const v = members[at];
        if (counts[v]++ === 0 && otherCounts[v] === 0) met.push(v);
      }
    }
  }

  /** The count of v, which is 0 from now on. */
  take(v: number): number {
    const count = this.counts[v];
    this.counts[v] = 0;
    return count;
  }
}
