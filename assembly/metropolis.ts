// Neighbourhood-aware Metropolis-Hastings over assignments of vertices to communities, at most one per vertex.
//
//   L(v, c) = wtCoeff * TPw + TN * w       TP, TPw  neighbours of v in community c: number and edge weight
//   L(v, 0) = (n - d) * w                  TN = n - size(c) - (d - TP)     d = degree, w = mean edge weight of v
//
// Only differences matter, so (n - d) * w is left out: score(c) = wtCoeff * TPw + (TP - size(c)) * w, score(0) = 0.
// The size of v's own community counts v, as in sbf, unless excludeSelf is set. To the score of v's anchor, the community
// it had in an earlier run, anchorCoeff * wtCoeff * w is added.
// Proposal: one draw from softmax(score) over "none" and the communities of the neighbours, the current one left out.
// Acceptance: ln U < acceptScale * (score(new) - score(old)) + correction. The correction is 0, as in sbf, or Hastings'.
// Several communities per vertex: memberships.ts.
//
// A batch of vertices goes through one small loop after the other: what is around all of them (around.ts), who has
// anything to decide, their draws, their scores, their decisions. Each loop keeps what it needs in registers.
import { getF64, getU32, setF64, setU32 } from './access';
import { movedOf, packAround, packOthers, packWeightedOthers } from './around';
import { Batch, BATCH_EDGES, BATCH_VERTICES, batchIn, Visit, visitAt } from './batch';
import { ln } from './math';
import { epochKey, mix, streamOf, uniform, unit } from './rng';
import { drawSoftmax, lnSumExp, NEGLIGIBLE } from './softmax';

/** ln U is never below this: uniforms are at least 2^-33. */
const LOWEST_LN: f64 = -23;

/**
 * e^-i, rounded up. If all others are at least i below the leader, they weigh at most (number of others) e^-i of it
 * together: a u that far from 0 and from 1 falls on the leader, without a single exponential.
 */
const WEIGHT_BELOW: usize = memory.data<f64>([1, 0.36788, 0.13534, 0.04979, 0.01832, 0.00674, 0.00248, 0.00092, 0.00034]);


export const PROPOSED_EMPTY: u8 = 1;
export const PROPOSED_SAME: u8 = 2;
export const ACCEPTED: u8 = 4;

@unmanaged class MetropolisParams {
  order: usize; // u32[n]: vertex at each place; a phase is a range of places
  indptr: usize; // u32[n + 1] by place
  indices: usize; // vertices
  data: usize; // edge weights, f32 or u16; or 0: ones
  weightUnit: f32; // what 1 of u16 data is worth; 0: data is f32
  meanWeights: usize; // f64[n] by place; 0: ones
  visits: usize; // u32[n] for moveAtOnce: the places in the order of their visit
  numCommunities: u32; // k; also the mark for "none"
  maxDegree: u32;
  assignment: usize; // u32[n]
  sizes: usize; // u32[k + 1]
  next: usize; // u32[n] by place: out of proposeMoves and moveAtOnce, in of applyMoves
  outcomes: usize; // u8[n] by place: PROPOSED_* and ACCEPTED bits, out
  key0: u32;
  key1: u32;
  epoch: u32;
  wtCoeff: f64;
  acceptScale: f64;
  excludeSelf: u32;
  hastings: u32;
  anchors: usize; // u32[n]: a community of each vertex that counts more, or 0
  anchorCoeff: f64; // how much more, in neighbours
}

// @ts-ignore: decorator
@inline function slotOf<W>(slots: usize, community: u32): usize {
  return slots + ((<usize>community) << (sizeof<W>() == 1 ? 2 : 3));
}

// @ts-ignore: decorator
@inline function scoreOf(count: u32, weight: f64, size: u32, wtCoeff: f64, meanWeight: f64): f64 {
  return wtCoeff * weight + <f64>(<i32>count - <i32>size) * meanWeight;
}

/** Lists the visits of the places lo..hi; returns their number. Whoever has nothing to decide is done with. */
function listVisits(p: MetropolisParams, batch: Batch, lo: u32, hi: u32): u32 {
  const none = p.numCommunities;
  const order = p.order;
  const indptr = p.indptr;
  const assignment = p.assignment;
  const next = p.next;
  const outcomes = p.outcomes;
  const groups = batch.groups;
  const visits = batch.visits;
  const streams = batch.streams;
  const begin = getU32(indptr, lo);
  let from: u32 = 0;
  let num: u32 = 0;
  for (let place = lo; place < hi; place++) {
    const v = getU32(order, place);
    const current = getU32(assignment, v);
    const to = movedOf(groups, getU32(indptr, place + 1) - begin);
    const visit = visitAt(visits, num);
    visit.place = place;
    visit.current = current;
    visit.around = from;
    visit.numAround = to - from;
    setU32(streams, num, v);
    // Nobody around has a community, nor has the vertex: there is nothing to draw.
    setU32(next, place, none);
    store<u8>(outcomes + place, PROPOSED_EMPTY | PROPOSED_SAME);
    num += u32(to != from) | u32(current != none);
    from = to;
  }
  return num;
}

/** `mix` of four at a time. */
// @ts-ignore: decorator
@inline function mixFour(values: v128): v128 {
  let x = v128.xor(values, i32x4.shr_u(values, 16));
  x = i32x4.mul(x, i32x4.splat(0x7feb352d));
  x = v128.xor(x, i32x4.shr_u(x, 15));
  x = i32x4.mul(x, i32x4.splat(0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** The stream of each vertex in its place, and the first draw from it. */
function drawFirst(batch: Batch, num: u32, key: u32): void {
  const streams = batch.streams;
  const draws = batch.draws;
  const first = mix(0x6a09e667);
  if (ASC_FEATURE_SIMD) {
    const keys = i32x4.splat(key);
    const firsts = i32x4.splat(first);
    for (let i: u32 = 0; i < num; i += 4) {
      const stream = mixFour(i32x4.add(v128.load(streams + ((<usize>i) << 2)), keys));
      v128.store(streams + ((<usize>i) << 2), stream);
      v128.store(draws + ((<usize>i) << 2), mixFour(v128.xor(stream, firsts)));
    }
  } else {
    for (let i: u32 = 0; i < num; i++) {
      const stream = streamOf(key, getU32(streams, i));
      setU32(streams, i, stream);
      setU32(draws, i, mix(stream ^ first));
    }
  }
}

/**
 * Number and weight of each of the communities from..end in its slot; lists them, in order of first meeting, from `met`
 * on. Returns where the list ends.
 */
// @ts-ignore: decorator
@inline function countCommunities<W>(from: usize, end: usize, weights: usize, slots: usize, met: usize): usize {
  let weight = weights;
  for (let each = from; each != end; each += 4) {
    const community = load<u32>(each);
    const slot = slotOf<W>(slots, community);
    const count = load<u32>(slot);
    store<u32>(met, community);
    met += usize(count == 0) << 2;
    store<u32>(slot, count + 1);
    if (sizeof<W>() > 1) {
      store<f32>(slot, load<f32>(slot, 4) + load<f32>(weight), 4);
      weight += 4;
    }
  }
  return met;
}

// V8 makes a branch of max<f64>, and one instruction of its vector form.
// @ts-ignore: decorator
@inline function higher(a: f64, b: f64): f64 {
  return ASC_FEATURE_SIMD ? f64x2.extract_lane(f64x2.pmax(f64x2.splat(a), f64x2.splat(b)), 0) : max<f64>(a, b);
}
// @ts-ignore: decorator
@inline function lower(a: f64, b: f64): f64 {
  return ASC_FEATURE_SIMD ? f64x2.extract_lane(f64x2.pmin(f64x2.splat(a), f64x2.splat(b)), 0) : min<f64>(a, b);
}

/**
 * Scores "none" and the communities around a vertex but its own, which stand at `met`..`endMet` with their counts in the
 * slots; leaves the candidates worth a draw from `met` on. Returns where they end.
 */
// @ts-ignore: decorator
@inline function scoreCommunities<W>(
  p: MetropolisParams, slots: usize, visit: Visit, met: usize, endMet: usize, scores: usize, meanWeight: f64, anchor: u32,
): usize {
  const sizes = p.sizes;
  const wtCoeff = p.wtCoeff;
  const anchorBonus = p.anchorCoeff * wtCoeff * meanWeight;
  // What is negligible for the way there may be all there is for the way back.
  const negligible: f64 = p.hastings ? -Infinity : NEGLIGIBLE;
  let best: f64 = 0;
  let second: f64 = -Infinity;
  let leader = met - 4;
  let candidate = met;
  for (let each = met; each != endMet; each += 4) {
    const community = load<u32>(each);
    const slot = slotOf<W>(slots, community);
    const count = load<u32>(slot);
    const weight: f64 = sizeof<W>() == 1 ? <f64>count : <f64>load<f32>(slot, 4);
    clearSlot<W>(slot);
    let score = scoreOf(count, weight, getU32(sizes, community), wtCoeff, meanWeight);
    if (community == anchor) score += anchorBonus;
    store<u32>(candidate, community);
    store<f64>(scores, score);
    const isKept = usize(score > best + negligible);
    leader = select<usize>(candidate, leader, score > best);
    second = higher(second, lower(best, score));
    best = higher(best, score);
    candidate += isKept << 2;
    scores += isKept << 3;
  }
  visit.best = best;
  visit.second = second;
  visit.leader = <u32>((leader - met + 4) >> 2);
  return candidate;
}

// @ts-ignore: decorator
@inline function clearSlot<W>(slot: usize): void {
  if (sizeof<W>() == 1) store<u32>(slot, 0);
  else store<u64>(slot, 0);
}

/** Candidates and scores of all visits. */
function scoreVisits<W>(p: MetropolisParams, batch: Batch, num: u32): void {
  const none = p.numCommunities;
  const slots = batch.slots;
  let candidate = batch.candidates;
  let score = batch.scores;
  for (let i: u32 = 0; i < num; i++) {
    const visit = visitAt(batch.visits, i);
    const current = visit.current;
    const numAround = visit.numAround;
    const meanWeight: f64 = p.meanWeights ? getF64(p.meanWeights, visit.place) : 1;
    const anchor = p.anchors ? getU32(p.anchors, getU32(p.order, visit.place)) : none;
    let from = batch.around + ((<usize>visit.around) << 2);
    let weights = batch.aroundWeights + ((<usize>visit.around) << 2);
    let numOthers = numAround;
    let currentScore: f64 = 0;
    if (current != none) {
      const others = batch.others;
      numOthers = sizeof<W>() == 1
        ? packOthers(from, numAround, current, others)
        : packWeightedOthers(from, weights, numAround, current, others, batch.otherWeights, batch.weights);
      const numOwn = numAround - numOthers;
      const ownWeight: f64 = sizeof<W>() == 1 ? <f64>numOwn : <f64>load<f32>(batch.weights);
      currentScore = scoreOf(numOwn, ownWeight, getU32(p.sizes, current), p.wtCoeff, meanWeight);
      if (p.excludeSelf) currentScore += meanWeight;
      if (current == anchor) currentScore += p.anchorCoeff * p.wtCoeff * meanWeight;
      from = others;
      weights = batch.otherWeights;
    }
    visit.currentScore = currentScore;
    visit.isCurrentMet = u32(current == none) | u32(numOthers < numAround);
    visit.candidates = <u32>((candidate - batch.candidates) >> 2);
    // The first candidate is "none".
    store<u32>(candidate, none);
    store<f64>(score, 0);
    const met = candidate + 4;
    const endMet = countCommunities<W>(from, from + ((<usize>numOthers) << 2), weights, slots, met);
    const end = scoreCommunities<W>(p, slots, visit, met, endMet, score + 8, meanWeight, anchor);
    visit.numCandidates = <u32>((end - candidate) >> 2);
    score += (end - candidate) << 1;
    candidate = end;
  }
}

/** Draws, decides and leaves the outcome and the next community of each visit. */
function decideVisits(p: MetropolisParams, batch: Batch, num: u32): void {
  const none = p.numCommunities;
  for (let i: u32 = 0; i < num; i++) {
    const visit = visitAt(batch.visits, i);
    const scores = batch.scores + ((<usize>visit.candidates) << 3);
    const numCandidates = visit.numCandidates;
    let chosen = visit.leader;
    if (numCandidates > 1) {
      const u = unit(getU32(batch.draws, i));
      const lead = min<i32>(<i32>(visit.best - visit.second), 8);
      const share = <f64>(numCandidates - 1) * getF64(WEIGHT_BELOW, lead);
      if (u <= share || u >= 1 - share)
        chosen = drawSoftmax(scores, batch.weights, numCandidates, visit.best, u);
    }
    const proposal = getU32(batch.candidates, visit.candidates + chosen);
    const current = visit.current;
    let next = current;
    let outcome: u8 = chosen == 0 ? PROPOSED_EMPTY : 0;
    if (proposal == current) {
      outcome |= PROPOSED_SAME;
    } else {
      const currentScore = visit.currentScore;
      let gain = p.acceptScale * (getF64(scores, chosen) - currentScore);
      if (p.hastings && visit.isCurrentMet)
        gain += hastings(scores, numCandidates, chosen, current != none, currentScore);
      if (gain >= 0 || (gain > LOWEST_LN && ln(uniform(getU32(batch.streams, i), 1)) < gain)) {
        next = proposal;
        outcome |= ACCEPTED;
      }
    }
    setU32(p.next, visit.place, next);
    store<u8>(p.outcomes + visit.place, outcome);
  }
}

/** Proposes and decides for the places lo..hi, which fit a batch: leaves outcomes and next communities. */
function decideBatch<W>(p: MetropolisParams, batch: Batch, lo: u32, hi: u32, key: u32): void {
  const begin = getU32(p.indptr, lo);
  const count = getU32(p.indptr, hi) - begin;
  packAround<W>(
    p.indices, p.data, p.weightUnit, begin, count, p.assignment, p.numCommunities,
    batch.around, batch.aroundWeights, batch.groups,
  );
  const num = listVisits(p, batch, lo, hi);
  drawFirst(batch, num, key);
  scoreVisits<W>(p, batch, num);
  decideVisits(p, batch, num);
}

/**
 * ln q(new -> old) - ln q(old -> new) for the softmax proposal:
 *   q(old -> new) = e^score(new) / T    T  = sum of e^score over all candidates
 *   q(new -> old) = e^score(old) / T'   T' = the same with the old community in place of the new one; "none" stays
 */
function hastings(scores: usize, numScores: u32, chosen: u32, isOldAdded: bool, oldScore: f64): f64 {
  const lnForward = lnSumExp(scores, numScores, numScores, -Infinity);
  const lnBackward = lnSumExp(scores, numScores, chosen == 0 ? numScores : chosen, isOldAdded ? oldScore : -Infinity);
  return oldScore - lnBackward - (getF64(scores, chosen) - lnForward);
}

function proposeAll<W>(p: MetropolisParams, batch: Batch, lo: u32, hi: u32): void {
  const key = epochKey(p.key0, p.key1, p.epoch);
  for (let first = lo; first < hi; ) {
    const most = getU32(p.indptr, first) + BATCH_EDGES;
    const limit = min<u32>(hi, first + BATCH_VERTICES);
    let end = first + 1;
    while (end < limit && getU32(p.indptr, end + 1) <= most) end++;
    decideBatch<W>(p, batch, first, end, key);
    first = end;
  }
}

/** Places lo..hi: proposes and decides; the state is only read. No two of the places may be neighbours. */
export function proposeMoves(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MetropolisParams>(params);
  const batch = batchIn(scratch, p.numCommunities, p.maxDegree);
  if (!p.data) proposeAll<u8>(p, batch, lo, hi);
  else if (p.weightUnit == 0) proposeAll<f32>(p, batch, lo, hi);
  else proposeAll<u16>(p, batch, lo, hi);
}

/** Makes the move of the vertex at `place`, if one was accepted. */
// @ts-ignore: decorator
@inline function move(p: MetropolisParams, place: u32): void {
  // Movers are few, and outcomes lie in a row; assignments do not.
  if (!(load<u8>(p.outcomes + place) & ACCEPTED)) return;
  const v = getU32(p.order, place);
  const next = getU32(p.next, place);
  atomic.sub<u32>(p.sizes + ((<usize>getU32(p.assignment, v)) << 2), 1);
  atomic.add<u32>(p.sizes + ((<usize>next) << 2), 1);
  setU32(p.assignment, v, next);
}

/** Places lo..hi: makes the accepted moves. Sizes change by atomic adds, which commute. */
export function applyMoves(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MetropolisParams>(params);
  for (let place = lo; place < hi; place++) move(p, place);
}

function moveAllAtOnce<W>(p: MetropolisParams, batch: Batch, lo: u32, hi: u32): void {
  const key = epochKey(p.key0, p.key1, p.epoch);
  for (let visit = lo; visit < hi; visit++) {
    const place = getU32(p.visits, visit);
    decideBatch<W>(p, batch, place, place + 1, key);
    move(p, place);
  }
}

/**
 * Visits lo..hi: proposes, decides and moves, vertex by vertex. Run by one thread it is the serial sampler; run by
 * several at the same time it is Hogwild: they read each other's moves as they happen to come.
 */
export function moveAtOnce(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MetropolisParams>(params);
  const batch = batchIn(scratch, p.numCommunities, p.maxDegree);
  if (!p.data) moveAllAtOnce<u8>(p, batch, lo, hi);
  else if (p.weightUnit == 0) moveAllAtOnce<f32>(p, batch, lo, hi);
  else moveAllAtOnce<u16>(p, batch, lo, hi);
}
