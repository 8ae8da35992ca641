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
// State: membership-rows.ts. Scores: membership-scores.ts. Overlap lists: overlap-lists.ts.
import { getF64, getU32, setF64, setU32 } from './access';
import { ln } from './math';
import {
  candidatesOf, coverOf, gather, insert, lengthOf, maxMetOf, MembershipParams, proposedRowOf, rowOf, scoresOf, setMark,
  slotOf, tableOf, weightsOf,
} from './membership-rows';
import { coverNeighbors, isRow, scoreOne, scoreRow, scoreSubsets } from './membership-scores';
import { ACCEPTED, PROPOSED_EMPTY, PROPOSED_SAME } from './metropolis';
import { moveRow } from './overlap-lists';
import { epochKey, streamOf, uniform } from './rng';
import { drawSoftmax } from './softmax';

const MULTIPLE: u32 = 1;
const FRACTION: u32 = 2;
const FRACTION_AND_CLUSTER: u32 = 3;
const RANDOM: u32 = 4;
/** First draw of the independent proposals; 0 and 1 are those of softmax and acceptance. */
const FIRST_DRAW: u32 = 2;

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
