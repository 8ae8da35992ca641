/** The omega index: the adjusted Rand index for communities that overlap. */
import { communitiesByVertex, type MemberLists } from '../core/member-lists.ts';

/** Pairs inside communities up to which they are counted. */
const maxPairs = 5e8;

/**
 * Two vertices agree when found and truth put them together in equally many communities:
 *   omega = (observed - expected) / (1 - expected),   observed = agreeing pairs / pairs,
 *   expected = Σ_j found pairs together in j · true pairs together in j / pairs².
 * At most 1; 0 is what chance gives. Exact: only pairs that are together somewhere are looked at, the others are counted
 * by subtraction. Definition: Collins and Dent, "Omega", Multivariate Behavioral Research 1988.
 * @param isVertex  u8[n]: 1 for the vertices whose pairs count; no others are members
 * @returns undefined with more than 5·10^8 pairs inside communities. Cost O(those pairs).
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
  readonly together: readonly [Float64Array, Float64Array];
  readonly numAgreeing: number;
}

function countPairs(
  found: MemberLists,
  truth: MemberLists,
  numVertices: number,
  numPairs: number,
): PairCounts {
  const [left, right] = [new LaterMates(found, numVertices), new LaterMates(truth, numVertices)];
  const together = [new Float64Array(left.most + 1), new Float64Array(right.most + 1)] as const;
  const met = new Uint32Array(numVertices);
  let numApart = numPairs;
  let numAgreeing = 0;
  for (let u = 0; u < numVertices; u++) {
    const numMet = right.count(u, met, left.count(u, met, 0, right.counts), left.counts);
    numApart -= numMet;
    for (let i = 0; i < numMet; i++) {
      const inFound = left.counts[met[i]];
      const inTruth = right.counts[met[i]];
      left.counts[met[i]] = 0;
      right.counts[met[i]] = 0;
      together[0][inFound]++;
      together[1][inTruth]++;
      if (inFound === inTruth) numAgreeing++;
    }
  }
  together[0][0] += numApart;
  together[1][0] += numApart;
  return { together: [together[0], together[1]], numAgreeing: numAgreeing + numApart };
}

/** For one vertex after the other, ascending: how many communities it shares with each vertex after it. */
class LaterMates {
  readonly counts: Uint32Array;
  /** Most communities of a vertex. */
  readonly most: number;
  readonly #lists: MemberLists;
  readonly #communities: MemberLists;
  /** Per community: the place of the last vertex that was asked for. */
  readonly #last: Int32Array;

  constructor(lists: MemberLists, numVertices: number) {
    this.counts = new Uint32Array(numVertices);
    this.#lists = lists;
    this.#communities = communitiesByVertex(lists, numVertices);
    this.#last = Int32Array.from(lists.indptr.subarray(0, -1), (start) => start - 1);
    const { indptr } = this.#communities;
    this.most = this.counts.reduce((most, _, v) => Math.max(most, indptr[v + 1] - indptr[v]), 0);
  }

  /**
   * Adds to `met[numBefore..]` those that neither this side nor the other, by its counts, has met.
   * @returns how many are in `met`
   */
  count(u: number, met: Uint32Array, numBefore: number, otherCounts: Uint32Array): number {
    const { counts } = this;
    let numMet = numBefore;
    const { indptr, members } = this.#lists;
    const communities = this.#communities;
    for (let i = communities.indptr[u]; i < communities.indptr[u + 1]; i++) {
      const end = indptr[communities.members[i] + 1];
      for (let at = ++this.#last[communities.members[i]] + 1; at < end; at++) {
        const v = members[at];
        if (counts[v]++ === 0 && otherCounts[v] === 0) met[numMet++] = v;
      }
    }
    return numMet;
  }
}
