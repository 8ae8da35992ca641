/** Agreement of two partitions: normalised mutual information and the adjusted Rand index. */
import { ln } from '../core/math.ts';
import { communitiesByVertex, type MemberLists, numCommunitiesOf } from '../core/member-lists.ts';

export interface PartitionAgreement {
  /**
   * Normalised mutual information, 2 I(found, truth) / (H(found) + H(truth)), from 0 to 1; 1 when both entropies are 0.
   * Danon et al., "Comparing community structure identification", J. Stat. Mech. 2005.
   */
  readonly nmi: number;
  /**
   * Adjusted Rand index, at most 1; 0 is what chance gives.
   * Hubert and Arabie, "Comparing partitions", J. of Classification 1985.
   */
  readonly ari: number;
}

/** Of counts n_i of vertices. */
interface Sums {
  /** Σ n_i ln n_i */
  information: number;
  /** Σ n_i (n_i - 1) / 2 */
  pairs: number;
}

/**
 * @param truth  a partition of some vertices; the others do not count
 * @param found  disjoint communities of these vertices; a vertex without one counts as a community of its own
 * Cost O(vertices).
 */
export function partitionAgreement(
  found: MemberLists,
  truth: MemberLists,
  numVertices: number,
): PartitionAgreement {
  const n = truth.members.length;
  // Of sums over communities, a community of one vertex adds 0 to both.
  const common = sumsOfCommon(found, truth, numVertices);
  const ofFound = sumsOfSizes(found);
  const ofTruth = sumsOfSizes(truth);
  return {
    nmi: normalised(common.information, ofFound.information, ofTruth.information, n),
    ari: adjusted(common.pairs, ofFound.pairs, ofTruth.pairs, (n * (n - 1)) / 2),
  };
}

/** With X = Σ x ln x:  H = ln n - X / n,  I = ln n + (X_common - X_found - X_truth) / n. */
function normalised(common: number, found: number, truth: number, n: number): number {
  if (n === 0) return 1;
  const entropies = 2 * ln(n) - (found + truth) / n;
  if (entropies <= 0) return 1;
  const information = ln(n) + (common - found - truth) / n;
  return Math.min(1, Math.max(0, (2 * information) / entropies));
}

function adjusted(common: number, found: number, truth: number, numPairs: number): number {
  const expected = numPairs === 0 ? 0 : (found * truth) / numPairs;
  const most = (found + truth) / 2;
  // Only when both put all vertices together, or both none.
  return most === expected ? 1 : (common - expected) / (most - expected);
}

function sumsOfSizes({ indptr }: MemberLists): Sums {
  const sums = { information: 0, pairs: 0 };
  for (let c = 0; c < indptr.length - 1; c++) addCount(sums, indptr[c + 1] - indptr[c]);
  return sums;
}

function sumsOfCommon(found: MemberLists, truth: MemberLists, numVertices: number): Sums {
  const foundOf = communitiesByVertex(found, numVertices);
  const counts = new Uint32Array(numCommunitiesOf(found));
  const met: number[] = [];
  const sums = { information: 0, pairs: 0 };
  for (let c = 0; c < numCommunitiesOf(truth); c++) {
    for (let i = truth.indptr[c]; i < truth.indptr[c + 1]; i++) {
      const v = truth.members[i];
      if (foundOf.indptr[v] === foundOf.indptr[v + 1]) continue;
      const community = foundOf.members[foundOf.indptr[v]];
      if (counts[community]++ === 0) met.push(community);
    }
    for (const community of met) {
      addCount(sums, counts[community]);
      counts[community] = 0;
    }
    met.length = 0;
  }
  return sums;
}

function addCount(sums: Sums, count: number): void {
  if (count < 2) return;
  sums.information += count * ln(count);
  sums.pairs += (count * (count - 1)) / 2;
}
