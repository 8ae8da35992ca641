// Metropolis-Hastings over rows of communities: the moves of metropolis.ts where a vertex may belong to several.
//
//   L(v, R) = wtCoeff * TPw + TN * w    TP, TPw  neighbours sharing a community with R: number and edge weight
//   score(R) = wtCoeff * TPw + (TP - P) * w      P = |union of the communities of R|, w = mean edge weight of v
//
// Communities overlap, so P is not the sum of sizes. Only vertices with two communities or more make the difference:
// each community keeps a list of those (the overlap list), and
//   P = sum of sizes - sum over vertices on the lists of (how many of R they are in - 1).
//
// Proposals: single (none or one community of a neighbour, by softmax of score); multiple (the same, and all subsets of
// the greedy cover of the neighbours by at most maxMemberships communities); fraction (each community independently with
// probability w_c / wd); fractionAndCluster (w_c / (wd + w_c / count_c * (size_c - count_c))); random (probability 1/2).
// Weights are summed in f64, which is exact for f32 weights within a factor of 2^20 of each other.
import { getF64, getU32, setF64, setU32, weightAt } from './access';
import { ln } from './math';
import { ACCEPTED, drawSoftmax, PROPOSED_EMPTY, PROPOSED_SAME } from './metropolis';
import { epochKey, streamOf, uniform } from './rng';

const MULTIPLE: u32 = 1;
const FRACTION: u32 = 2;
const FRACTION_AND_CLUSTER: u32 = 3;
const RANDOM: u32 = 4;

/** End of an overlap list, and mark of slots that are on none. */
const END: u32 = u32.MAX_VALUE;
/** Subsets of at most 8 communities. */
const MAX_SUBSETS: u32 = 256;
/** First draw of the independent proposals; 0 and 1 are those of softmax and acceptance. */
const FIRST_DRAW: u32 = 2;

@unmanaged class MembershipParams {
  order: usize; // u32[n]: vertex at each place
  indptr: usize; // u32[n + 1] by place
  indices: usize; // vertices
  data: usize; // edge weights, f32 or u16; or 0: ones
  weightUnit: f32; // what 1 of u16 data is worth; 0: data is f32
  meanWeights: usize; // f64[n] by place; 0: ones
  visits: usize; // u32[n] for moveRowsAtOnce: the places in the order of their visit
  numCommunities: u32; // k; also the mark for "none"
  maxDegree: u32;
  width: u32; // places per row
  rows: usize; // u32[n * width]: communities of each vertex, ascending, padded with k
  sizes: usize; // u32[k + 1]
  overlapHeads: usize; // u32[k + 1]: first slot on the list of a community; a slot is a place in `rows`
  overlapNext: usize; // u32[n * width]
  overlapPrevious: usize; // u32[n * width]; at the head of a list: END
  next: usize; // u32[n * width] by place: out of proposeRows, in of applyRows
  outcomes: usize; // u8[n] by place, out
  key0: u32;
  key1: u32;
  epoch: u32;
  wtCoeff: f64;
  acceptScale: f64;
  excludeSelf: u32;
  proposal: u32; // 0 single, 1 multiple, 2 fraction, 3 fractionAndCluster, 4 random
  maxMemberships: u32; // at most width
}

// Scratch: slots {weight f64, gain f64, count u32, mark u32}[k + 1], zero between vertices;
// candidates u32[maxMet], scores f64[maxMet + 256], weights f64[maxMet + 256], three tables f64[256]; rows u32[width] twice.
// maxMet = maxDegree * width + 2.

// @ts-ignore: decorator
@inline function slotOf(slots: usize, community: u32): usize { return slots + (<usize>community) * 24; }
// @ts-ignore: decorator
@inline function maxMetOf(p: MembershipParams): u32 { return p.maxDegree * p.width + 2; }
// @ts-ignore: decorator
@inline function candidatesOf(p: MembershipParams, scratch: usize): usize {
  return scratch + (<usize>p.numCommunities + 1) * 24;
}
// @ts-ignore: decorator
@inline function scoresOf(p: MembershipParams, scratch: usize): usize {
  return (candidatesOf(p, scratch) + ((<usize>maxMetOf(p)) << 2) + 7) & ~7;
}
// @ts-ignore: decorator
@inline function weightsOf(p: MembershipParams, scratch: usize): usize {
  return scoresOf(p, scratch) + ((<usize>(maxMetOf(p) + MAX_SUBSETS)) << 3);
}
// @ts-ignore: decorator
@inline function tableOf(p: MembershipParams, scratch: usize, table: u32): usize {
  return weightsOf(p, scratch) + ((<usize>(maxMetOf(p) + MAX_SUBSETS + table * MAX_SUBSETS)) << 3);
}
// @ts-ignore: decorator
@inline function proposedRowOf(p: MembershipParams, scratch: usize): usize { return tableOf(p, scratch, 3); }
// @ts-ignore: decorator
@inline function coverOf(p: MembershipParams, scratch: usize): usize {
  return tableOf(p, scratch, 3) + ((<usize>p.width) << 2);
}

// @ts-ignore: decorator
@inline function rowOf(p: MembershipParams, v: u32): usize { return p.rows + ((<usize>v * p.width) << 2); }

function lengthOf(p: MembershipParams, row: usize): u32 {
  let length: u32 = 0;
  while (length < p.width && getU32(row, length) != p.numCommunities) length++;
  return length;
}

/** Number and weight of neighbours per community; lists the communities met, in order of first meeting. */
function gather<W>(p: MembershipParams, begin: u32, end: u32, slots: usize, met: usize): u32 {
  let numMet: u32 = 0;
  for (let i = begin; i < end; i++) {
    const row = rowOf(p, getU32(p.indices, i));
    const weight = <f64>weightAt<W>(p.data, i, p.weightUnit);
    for (let j: u32 = 0; j < p.width; j++) {
      const community = getU32(row, j);
      if (community == p.numCommunities) break;
      const slot = slotOf(slots, community);
      const count = load<u32>(slot, 16);
      if (count == 0) setU32(met, numMet++, community);
      store<u32>(slot, count + 1, 16);
      store<f64>(slot, load<f64>(slot) + weight);
    }
  }
  return numMet;
}

// @ts-ignore: decorator
@inline function markOf(slots: usize, community: u32): u32 { return load<u32>(slotOf(slots, community), 20); }
// @ts-ignore: decorator
@inline function setMark(slots: usize, community: u32, mark: u32): void {
  store<u32>(slotOf(slots, community), mark, 20);
}

/** The marks of all communities of a vertex, together. */
// @ts-ignore: decorator
@inline function maskOf(p: MembershipParams, slots: usize, v: u32): u32 {
  const row = rowOf(p, v);
  let mask: u32 = 0;
  for (let j: u32 = 0; j < p.width; j++) {
    const community = getU32(row, j);
    if (community == p.numCommunities) break;
    mask |= markOf(slots, community);
  }
  return mask;
}

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
function scoreRow<W>(p: MembershipParams, slots: usize, place: u32, row: usize, length: u32, mean: f64): f64 {
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
@inline function scoreOne(p: MembershipParams, slots: usize, community: u32, mean: f64): f64 {
  const slot = slotOf(slots, community);
  return p.wtCoeff * load<f64>(slot) + (<f64>load<u32>(slot, 16) - <f64>getU32(p.sizes, community)) * mean;
}

/** Puts a community into an ascending row of `length`. */
function insert(row: usize, length: u32, community: u32): void {
  let j = length;
  for (; j > 0 && getU32(row, j - 1) > community; j--) setU32(row, j, getU32(row, j - 1));
  setU32(row, j, community);
}

/**
 * Greedy cover: first the community of the heaviest neighbours, then again and again the one that adds most weight of
 * neighbours in none of those taken; ties go to the lower id. Ascending into `cover`; bit j of a mark = cover[j].
 */
function coverNeighbors<W>(p: MembershipParams, slots: usize, place: u32, met: usize, numMet: u32, cover: usize): u32 {
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
function scoreSubsets<W>(p: MembershipParams, scratch: usize, place: u32, cover: usize, length: u32, mean: f64): void {
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
function isRow(cover: usize, set: u32, length: u32, row: usize, rowLength: u32): bool {
  if (<u32>popcnt<u32>(set) != rowLength) return false;
  for (let j: u32 = 0, at: u32 = 0; j < length; j++) {
    if ((set & (1 << j)) && getU32(cover, j) != getU32(row, at++)) return false;
  }
  return true;
}

/** Draws "none", a single community or a subset of the cover by softmax; fills the proposed row. Gives its score. */
function proposeBySoftmax<W>(
  p: MembershipParams, scratch: usize, place: u32, row: usize, length: u32, numMet: u32, mean: f64, u: f64,
): f64 {
  const met = candidatesOf(p, scratch);
  const scores = scoresOf(p, scratch);
  const proposed = proposedRowOf(p, scratch);
  const cover = coverOf(p, scratch);
  let numCandidates: u32 = 1;
  let best: f64 = 0;
  setF64(scores, 0, 0);
  let coverLength: u32 = 0;
  if (p.proposal == MULTIPLE) {
    coverLength = coverNeighbors<W>(p, scratch, place, met, numMet, cover);
    scoreSubsets<W>(p, scratch, place, cover, coverLength, mean);
    for (let j: u32 = 0; j < coverLength; j++) setMark(scratch, getU32(cover, j), 0);
  }
  for (let m: u32 = 0; m < numMet; m++) {
    const community = getU32(met, m);
    if (length == 1 && community == getU32(row, 0)) continue;
    const score = scoreOne(p, scratch, community, mean);
    // Candidates are a prefix of `met` with the current community taken out.
    setU32(met, numCandidates - 1, community);
    setF64(scores, numCandidates++, score);
    best = max<f64>(best, score);
  }
  const numSingles = numCandidates;
  // Subsets of two or more follow; their sets stand in the candidates' place after the singles.
  const subsetScores = scores + ((<usize>maxMetOf(p)) << 3);
  const sets = tableOf(p, scratch, 0);
  for (let set: u32 = 0; set < (1 << coverLength); set++) {
    if (popcnt<u32>(set) < 2 || isRow(cover, set, coverLength, row, length)) continue;
    const score = getF64(subsetScores, set);
    setF64(sets, numCandidates - numSingles, <f64>set);
    setF64(scores, numCandidates++, score);
    best = max<f64>(best, score);
  }
  const chosen: u32 = numCandidates == 1 ? 0 : drawSoftmax(scores, weightsOf(p, scratch), numCandidates, best, u);
  for (let j: u32 = 0; j < p.width; j++) setU32(proposed, j, p.numCommunities);
  if (chosen >= numSingles) {
    const set = <u32>getF64(sets, chosen - numSingles);
    for (let j: u32 = 0, at: u32 = 0; j < coverLength; j++) if (set & (1 << j)) setU32(proposed, at++, getU32(cover, j));
  } else if (chosen > 0) {
    setU32(proposed, 0, getU32(met, chosen - 1));
  }
  return getF64(scores, chosen);
}

/** Probability with which the independent proposals take a community. */
// @ts-ignore: decorator
@inline function probabilityOf(p: MembershipParams, slots: usize, community: u32, weightedDegree: f64): f64 {
  if (p.proposal == RANDOM) return 0.5;
  const slot = slotOf(slots, community);
  const weight = load<f64>(slot);
  if (p.proposal == FRACTION) return weight / weightedDegree;
  const count = <f64>load<u32>(slot, 16);
  return weight / (weightedDegree + (weight / count) * (<f64>getU32(p.sizes, community) - count));
}

/** Takes each community by a draw of its own; of more than maxMemberships the heaviest stay, of equals the lower ids. */
function proposeIndependently(p: MembershipParams, scratch: usize, numMet: u32, weightedDegree: f64, stream: u32): void {
  const met = candidatesOf(p, scratch);
  const proposed = proposedRowOf(p, scratch);
  const numDrawn = p.proposal == RANDOM ? p.numCommunities : numMet;
  let length: u32 = 0;
  for (let m: u32 = 0; m < numDrawn; m++) {
    const community = p.proposal == RANDOM ? m : getU32(met, m);
    if (uniform(stream, FIRST_DRAW + community) >= probabilityOf(p, scratch, community, weightedDegree)) continue;
    if (length == p.maxMemberships) {
      let lightest: u32 = 0;
      for (let j: u32 = 1; j < length; j++) {
        const isLighter = load<f64>(slotOf(scratch, getU32(proposed, j))) <= load<f64>(slotOf(scratch, getU32(proposed, lightest)));
        if (isLighter) lightest = j;
      }
      const held = getU32(proposed, lightest);
      const heldWeight = load<f64>(slotOf(scratch, held));
      const weight = load<f64>(slotOf(scratch, community));
      if (weight < heldWeight || (weight == heldWeight && community > held)) continue;
      for (let j = lightest; j + 1 < length; j++) setU32(proposed, j, getU32(proposed, j + 1));
      length--;
    }
    insert(proposed, length++, community);
  }
  for (let j = length; j < p.width; j++) setU32(proposed, j, p.numCommunities);
}

/** Proposes and decides for the vertex at `place`; its next row goes to `next`. Gives whether it differs. */
function decideRow<W>(p: MembershipParams, scratch: usize, place: u32, key: u32): bool {
  const v = getU32(p.order, place);
  const row = rowOf(p, v);
  const next = p.next + ((<usize>place * p.width) << 2);
  const length = lengthOf(p, row);
  const begin = getU32(p.indptr, place);
  const end = getU32(p.indptr, place + 1);
  const mean: f64 = p.meanWeights ? getF64(p.meanWeights, place) : 1;
  const met = candidatesOf(p, scratch);
  const proposed = proposedRowOf(p, scratch);
  const stream = streamOf(key, v);
  // The singles are compacted in place, so what was met is kept for clearing by walking the neighbours again.
  const numMet = gather<W>(p, begin, end, scratch, met);
  let currentScore = length == 1 ? scoreOne(p, scratch, getU32(row, 0), mean) : scoreRow<W>(p, scratch, place, row, length, mean);
  if (p.excludeSelf && length > 0) currentScore += mean;
  let score: f64;
  if (p.proposal >= FRACTION) {
    proposeIndependently(p, scratch, numMet, mean * <f64>(end - begin), stream);
    score = scoreRow<W>(p, scratch, place, proposed, lengthOf(p, proposed), mean);
  } else {
    score = proposeBySoftmax<W>(p, scratch, place, row, length, numMet, mean, uniform(stream, 0));
  }
  for (let i = begin; i < end; i++) {
    const its = rowOf(p, getU32(p.indices, i));
    for (let j: u32 = 0; j < p.width && getU32(its, j) != p.numCommunities; j++) {
      memory.fill(slotOf(scratch, getU32(its, j)), 0, 24);
    }
  }
  let isSame = true;
  for (let j: u32 = 0; j < p.width; j++) isSame = isSame && getU32(row, j) == getU32(proposed, j);
  let outcome: u8 = getU32(proposed, 0) == p.numCommunities ? PROPOSED_EMPTY : 0;
  let isAccepted = false;
  if (isSame) {
    outcome |= PROPOSED_SAME;
  } else {
    const gain = p.acceptScale * (score - currentScore);
    isAccepted = gain >= 0 || ln(uniform(stream, 1)) < gain;
    if (isAccepted) outcome |= ACCEPTED;
  }
  memory.copy(next, isAccepted ? proposed : row, (<usize>p.width) << 2);
  store<u8>(p.outcomes + place, outcome);
  return isAccepted;
}

function unlink(p: MembershipParams, community: u32, slot: u32): void {
  const after = getU32(p.overlapNext, slot);
  const before = getU32(p.overlapPrevious, slot);
  if (before == END) setU32(p.overlapHeads, community, after);
  else setU32(p.overlapNext, before, after);
  if (after != END) setU32(p.overlapPrevious, after, before);
}

function link(p: MembershipParams, community: u32, slot: u32): void {
  const head = getU32(p.overlapHeads, community);
  setU32(p.overlapNext, slot, head);
  setU32(p.overlapPrevious, slot, END);
  if (head != END) setU32(p.overlapPrevious, head, slot);
  setU32(p.overlapHeads, community, slot);
}

/** Replaces the row of the vertex at `place` by its next one; keeps sizes and overlap lists true. */
function moveRow(p: MembershipParams, place: u32): void {
  const v = getU32(p.order, place);
  const row = rowOf(p, v);
  const next = p.next + ((<usize>place * p.width) << 2);
  const firstSlot = v * p.width;
  const oldLength = lengthOf(p, row);
  for (let j: u32 = 0; j < oldLength; j++) {
    const community = getU32(row, j);
    setU32(p.sizes, community, getU32(p.sizes, community) - 1);
    if (oldLength > 1) unlink(p, community, firstSlot + j);
  }
  memory.copy(row, next, (<usize>p.width) << 2);
  const newLength = lengthOf(p, row);
  for (let j: u32 = 0; j < newLength; j++) {
    const community = getU32(row, j);
    setU32(p.sizes, community, getU32(p.sizes, community) + 1);
    if (newLength > 1) link(p, community, firstSlot + j);
  }
}

function proposeAll<W>(p: MembershipParams, scratch: usize, lo: u32, hi: u32): void {
  const key = epochKey(p.key0, p.key1, p.epoch);
  for (let place = lo; place < hi; place++) decideRow<W>(p, scratch, place, key);
}

/** Places lo..hi: proposes and decides; the state is only read. No two of the places may be neighbours. */
export function proposeRows(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MembershipParams>(params);
  if (!p.data) proposeAll<u8>(p, scratch, lo, hi);
  else if (p.weightUnit == 0) proposeAll<f32>(p, scratch, lo, hi);
  else proposeAll<u16>(p, scratch, lo, hi);
}

/** Places lo..hi, in one call: makes the accepted moves. */
export function applyRows(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MembershipParams>(params);
  for (let place = lo; place < hi; place++) {
    if (load<u8>(p.outcomes + place) & ACCEPTED) moveRow(p, place);
  }
}

/** Visits lo..hi, in one call: proposes, decides and moves, vertex by vertex. */
export function moveRowsAtOnce(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MembershipParams>(params);
  const key = epochKey(p.key0, p.key1, p.epoch);
  for (let visit = lo; visit < hi; visit++) {
    const place = getU32(p.visits, visit);
    let isAccepted: bool;
    if (!p.data) isAccepted = decideRow<u8>(p, scratch, place, key);
    else if (p.weightUnit == 0) isAccepted = decideRow<f32>(p, scratch, place, key);
    else isAccepted = decideRow<u16>(p, scratch, place, key);
    if (isAccepted) moveRow(p, place);
  }
}
