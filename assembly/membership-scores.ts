// Scores of rows of communities, by the formulas of memberships.ts: one row, one community, all subsets of a cover.
import { getF64, getU32, setF64, weightAt } from './access';
import {
  insert, MAX_SUBSETS, maskOf, markOf, maxMetOf, MembershipParams, rowOf, scoresOf, setMark, slotOf, tableOf, weightsOf,
} from './membership-rows';
import { END } from './overlap-lists';

/** Members of the union of these communities. */
function unionSize(p: MembershipParams, slots: usize, row: usize, length: u32): u32 {
  let size: u32 = 0;
  for (let j: u32 = 0; j < length; j++) {
    size += getU32(p.sizes, getU32(row, j));
    setMark(slots, getU32(row, j), 1);
  }
  for (let j: u32 = 0; j < length && length > 1; j++) {
    const community = getU32(row, j);
    for (let slot = getU32(p.overlapHeads, community); slot != END; slot = getU32(p.overlapNext, slot)) {
      // How many of the communities this vertex is in; it counts when met on the list of the first of them.
      const its = rowOf(p, slot / p.width);
      let first = p.numCommunities;
      let shared: u32 = 0;
      for (let i: u32 = 0; i < p.width && getU32(its, i) != p.numCommunities; i++) {
        if (!markOf(slots, getU32(its, i))) continue;
        if (shared++ == 0) first = getU32(its, i);
      }
      if (first == community) size -= shared - 1;
    }
  }
  for (let j: u32 = 0; j < length; j++) setMark(slots, getU32(row, j), 0);
  return size;
}

/** score(R) by one pass over the neighbours. */
export function scoreRow<W>(p: MembershipParams, slots: usize, place: u32, row: usize, length: u32, mean: f64): f64 {
  if (length == 0) return 0;
  for (let j: u32 = 0; j < length; j++) setMark(slots, getU32(row, j), 1);
  let count: u32 = 0;
  let weight: f64 = 0;
  const end = getU32(p.indptr, place + 1);
  for (let i = getU32(p.indptr, place); i < end; i++) {
    if (!maskOf(p, slots, getU32(p.indices, i))) continue;
    count++;
    weight += <f64>weightAt<W>(p.data, i, p.weightUnit);
  }
  for (let j: u32 = 0; j < length; j++) setMark(slots, getU32(row, j), 0);
  return p.wtCoeff * weight + (<f64>count - <f64>unionSize(p, slots, row, length)) * mean;
}

// @ts-ignore: decorator
@inline export function scoreOne(p: MembershipParams, slots: usize, community: u32, mean: f64): f64 {
  const slot = slotOf(slots, community);
  return p.wtCoeff * load<f64>(slot) + (<f64>load<u32>(slot, 16) - <f64>getU32(p.sizes, community)) * mean;
}
/**
 * Greedy cover: first the community of the heaviest neighbours, then again and again the one that adds most weight of
 * neighbours in none of those taken; ties go to the lower id. Ascending into `cover`; bit j of a mark = cover[j].
 */
export function coverNeighbors<W>(p: MembershipParams, slots: usize, place: u32, met: usize, numMet: u32, cover: usize): u32 {
  const end = getU32(p.indptr, place + 1);
  let length: u32 = 0;
  while (length < min<u32>(p.maxMemberships, numMet)) {
    for (let m: u32 = 0; m < numMet; m++) store<f64>(slotOf(slots, getU32(met, m)), 0, 8);
    for (let i = getU32(p.indptr, place); i < end; i++) {
      const u = getU32(p.indices, i);
      if (maskOf(p, slots, u)) continue;
      const row = rowOf(p, u);
      const weight = <f64>weightAt<W>(p.data, i, p.weightUnit);
      for (let j: u32 = 0; j < p.width && getU32(row, j) != p.numCommunities; j++) {
        const slot = slotOf(slots, getU32(row, j));
        store<f64>(slot, load<f64>(slot, 8) + weight, 8);
      }
    }
    let best = p.numCommunities;
    let bestGain: f64 = 0;
    for (let m: u32 = 0; m < numMet; m++) {
      const community = getU32(met, m);
      const gain = load<f64>(slotOf(slots, community), 8);
      if (gain > bestGain || (gain == bestGain && gain > 0 && community < best)) {
        best = community;
        bestGain = gain;
      }
    }
    if (bestGain == 0) break;
    insert(cover, length++, best);
    setMark(slots, best, 1);
  }
  for (let j: u32 = 0; j < length; j++) setMark(slots, getU32(cover, j), 1 << j);
  return length;
}

/** table[S] = sum of table[M] over all M that are subsets of S. */
function sumSubsets(table: usize, numBits: u32): void {
  for (let bit: u32 = 0; bit < numBits; bit++) {
    for (let set: u32 = 0; set < (1 << numBits); set++) {
      if (set & (1 << bit)) setF64(table, set, getF64(table, set) + getF64(table, set ^ (1 << bit)));
    }
  }
}

/**
 * Scores of all subsets S of the cover (those of fewer than two communities too):
 *   TP(S) = d - neighbours whose mask lies outside S = all - subsetSum[complement of S], likewise TPw and the overlap.
 */
export function scoreSubsets<W>(p: MembershipParams, scratch: usize, place: u32, cover: usize, length: u32, mean: f64): void {
  const numSets: u32 = 1 << length;
  const all = numSets - 1;
  const counts = tableOf(p, scratch, 0);
  const weights = tableOf(p, scratch, 1);
  const overlaps = tableOf(p, scratch, 2);
  memory.fill(counts, 0, (<usize>MAX_SUBSETS * 3) << 3);
  const end = getU32(p.indptr, place + 1);
  for (let i = getU32(p.indptr, place); i < end; i++) {
    const mask = maskOf(p, scratch, getU32(p.indices, i));
    setF64(counts, mask, getF64(counts, mask) + 1);
    setF64(weights, mask, getF64(weights, mask) + <f64>weightAt<W>(p.data, i, p.weightUnit));
  }
  for (let j: u32 = 0; j < length; j++) {
    const community = getU32(cover, j);
    for (let slot = getU32(p.overlapHeads, community); slot != END; slot = getU32(p.overlapNext, slot)) {
      const mask = maskOf(p, scratch, slot / p.width);
      // Met once for each community of its mask; counted when it is the lowest.
      if ((mask & (1 << j)) && (mask & ((1 << j) - 1)) == 0) setF64(overlaps, mask, getF64(overlaps, mask) + 1);
    }
  }
  const gains = weightsOf(p, scratch);
  for (let j: u32 = 0; j < length; j++) {
    // Vertices of the list of community j: all masks with bit j.
    let listed: f64 = 0;
    for (let mask: u32 = 0; mask < numSets; mask++) if (mask & (1 << j)) listed += getF64(overlaps, mask);
    setF64(gains, j, <f64>getU32(p.sizes, getU32(cover, j)) - listed);
  }
  sumSubsets(counts, length);
  sumSubsets(weights, length);
  sumSubsets(overlaps, length);
  const scores = scoresOf(p, scratch) + ((<usize>maxMetOf(p)) << 3);
  for (let set: u32 = 0; set < numSets; set++) {
    const outside = all ^ set;
    // Members on no overlap list, and those on the lists once each.
    let size = getF64(overlaps, all) - getF64(overlaps, outside);
    for (let j: u32 = 0; j < length; j++) if (set & (1 << j)) size += getF64(gains, j);
    const count = getF64(counts, all) - getF64(counts, outside);
    const weight = getF64(weights, all) - getF64(weights, outside);
    setF64(scores, set, p.wtCoeff * weight + (count - size) * mean);
  }
}

/** Whether the set, as bits of the cover, is the row. */
export function isRow(cover: usize, set: u32, length: u32, row: usize, rowLength: u32): bool {
  if (<u32>popcnt<u32>(set) != rowLength) return false;
  for (let j: u32 = 0, at: u32 = 0; j < length; j++) {
    if ((set & (1 << j)) && getU32(cover, j) != getU32(row, at++)) return false;
  }
  return true;
}
