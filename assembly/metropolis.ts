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
import { getF64, getU32, setF64, setU32, weightAt } from './access';
import { exp, ln } from './math';
import { epochKey, streamOf, uniform } from './rng';

/** Candidates whose score is this far below the best are left out of the softmax (e^-40 is below 2^-57). */
const NEGLIGIBLE: f64 = -40;
/** ln U is never below this: uniforms are at least 2^-33. */
const LOWEST_LN: f64 = -23;

// Where one candidate is far ahead, the draw is decided without a single exponential: with at most FEW others, each at
// least AHEAD below, the others weigh less than 29 e^-8 < 0.01 of it, so any u from 0.01 to 0.99 falls on it.
const AHEAD: f64 = 8;
const FEW: u32 = 29;

/** In `recalled`: more than one community around. */
const MANY: u32 = u32.MAX_VALUE;

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
  next: usize; // u32[n] by place: out of proposeMoves, in of applyMoves
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
  stale: usize; // u8[n] by vertex: a neighbour has moved since its neighbourhood was recalled; or 0: nothing is recalled
  recalled: usize; // {community u32, count u32, weight f32}[n] by place: the one community around, "none", or MANY
}

// Scratch: slots {count u32} or, with weights, {count u32, weight f32}[k + 1], all zero between vertices;
// then, from the offset 8 (k + 1), candidates u32[maxDegree + 2], scores f64[maxDegree + 2], weights f64[maxDegree + 2].

// @ts-ignore: decorator
@inline function slotOf<W>(slots: usize, community: u32): usize {
  return slots + ((<usize>community) << (sizeof<W>() == 1 ? 2 : 3));
}

// @ts-ignore: decorator
@inline function candidatesOf(p: MetropolisParams, scratch: usize): usize {
  return scratch + ((<usize>p.numCommunities + 1) << 3);
}

// @ts-ignore: decorator
@inline function scoresOf(p: MetropolisParams, scratch: usize): usize {
  return (candidatesOf(p, scratch) + ((<usize>p.maxDegree + 2) << 2) + 7) & ~7;
}

/**
 * Gathers number and weight of neighbours per community; lists the communities met from `met` on. Returns where the list
 * ends. Walks by addresses: V8 turns each index into a shift and an add.
 */
// @ts-ignore: decorator
@inline function gather<W>(p: MetropolisParams, begin: u32, end: u32, slots: usize, met: usize): usize {
  const assignment = p.assignment;
  const last = p.indices + ((<usize>end) << 2);
  const unit = p.weightUnit;
  let weight = p.data + ((<usize>begin) << (sizeof<W>() == 2 ? 1 : 2));
  for (let neighbor = p.indices + ((<usize>begin) << 2); neighbor != last; neighbor += 4) {
    const community = load<u32>(assignment + (load<u32>(neighbor) << 2));
    const slot = slotOf<W>(slots, community);
    const count = load<u32>(slot);
    store<u32>(met, community);
    met += usize(count == 0) << 2;
    store<u32>(slot, count + 1);
    if (sizeof<W>() > 1) {
      store<f32>(slot, load<f32>(slot, 4) + weightAt<W>(weight, 0, unit), 4);
      weight += sizeof<W>();
    }
  }
  return met;
}

// @ts-ignore: decorator
@inline function scoreOf<W>(slot: usize, size: u32, wtCoeff: f64, meanWeight: f64): f64 {
  const count = load<u32>(slot);
  const weight: f64 = sizeof<W>() == 1 ? <f64>count : <f64>load<f32>(slot, 4);
  return wtCoeff * weight + <f64>(<i32>count - <i32>size) * meanWeight;
}

/**
 * The communities around, as `gather` leaves them. On sparse graphs most vertices have one community around them, or
 * none; that is kept with its count, and taken again as long as no neighbour has moved.
 */
// @ts-ignore: decorator
@inline function recallOrGather<W>(p: MetropolisParams, place: u32, v: u32, slots: usize, met: usize): usize {
  if (!p.stale) return gather<W>(p, getU32(p.indptr, place), getU32(p.indptr, place + 1), slots, met);
  const recalled = p.recalled + <usize>place * 12;
  if (!load<u8>(p.stale + v)) {
    const community = load<u32>(recalled);
    if (community == p.numCommunities) return met;
    if (community != MANY) {
      const slot = slotOf<W>(slots, community);
      store<u32>(slot, load<u32>(recalled, 4));
      if (sizeof<W>() > 1) store<f32>(slot, load<f32>(recalled, 8), 4);
      store<u32>(met, community);
      return met + 4;
    }
  }
  // Cleared before it is looked at: with others moving at the same time, a move in between must not go unseen.
  store<u8>(p.stale + v, 0);
  const end = gather<W>(p, getU32(p.indptr, place), getU32(p.indptr, place + 1), slots, met);
  let only = p.numCommunities;
  for (let each = met; each != end && only != MANY; each += 4) {
    const community = load<u32>(each);
    if (community != p.numCommunities) only = only == p.numCommunities ? community : MANY;
  }
  store<u32>(recalled, only);
  if (only != MANY) {
    const slot = slotOf<W>(slots, only);
    store<u32>(recalled, load<u32>(slot), 4);
    if (sizeof<W>() > 1) store<f32>(recalled, load<f32>(slot, 4), 8);
  }
  return end;
}

/** Proposes and decides for the vertex v at `place`: gives its next community and leaves the outcome. State is only read. */
// @ts-ignore: decorator
@inline function decide<W>(p: MetropolisParams, scratch: usize, place: u32, v: u32, current: u32, key: u32): u32 {
  const none = p.numCommunities;
  const candidates = candidatesOf(p, scratch);
  // The first candidate is "none"; communities of neighbours follow in order of first meeting.
  const firstMet = candidates + 4;
  const endMet = recallOrGather<W>(p, place, v, scratch, firstMet);
  if (current == none && (endMet == firstMet || (endMet == firstMet + 4 && load<u32>(firstMet) == none))) {
    // Nobody around has a community: there is nothing to draw.
    clearSlot<W>(slotOf<W>(scratch, none));
    store<u8>(p.outcomes + place, PROPOSED_EMPTY | PROPOSED_SAME);
    return none;
  }
  const scores = scoresOf(p, scratch);
  const meanWeight: f64 = p.meanWeights ? getF64(p.meanWeights, place) : 1;
  const anchor = p.anchors ? getU32(p.anchors, v) : none;
  const anchorBonus = p.anchorCoeff * p.wtCoeff * meanWeight;
  const sizes = p.sizes;
  const wtCoeff = p.wtCoeff;
  let currentScore: f64 = 0;
  let isCurrentMet = current == none;
  if (current != none) {
    const slot = slotOf<W>(scratch, current);
    isCurrentMet = load<u32>(slot) > 0;
    currentScore = scoreOf<W>(slot, getU32(sizes, current), wtCoeff, meanWeight);
    if (p.excludeSelf) currentScore += meanWeight;
    if (current == anchor) currentScore += anchorBonus;
  }
  let candidate = firstMet;
  let scoreOut = scores + 8;
  let best: f64 = 0;
  let second: f64 = -Infinity;
  let leader = candidates;
  for (let met = firstMet; met != endMet; met += 4) {
    const community = load<u32>(met);
    const slot = slotOf<W>(scratch, community);
    if (community != none && community != current) {
      let score = scoreOf<W>(slot, getU32(sizes, community), wtCoeff, meanWeight);
      if (community == anchor) score += anchorBonus;
      // What is negligible for the way there may be all there is for the way back.
      if (p.hastings || score > best + NEGLIGIBLE) {
        store<u32>(candidate, community);
        store<f64>(scoreOut, score);
        if (score > best) {
          second = best;
          best = score;
          leader = candidate;
        } else if (score > second) {
          second = score;
        }
        candidate += 4;
        scoreOut += 8;
      }
    }
    clearSlot<W>(slot);
  }
  const numCandidates = <u32>((candidate - candidates) >> 2);
  setU32(candidates, 0, none);
  setF64(scores, 0, 0);

  const stream = streamOf(key, v);
  let chosen = <u32>((leader - candidates) >> 2);
  if (numCandidates > 1) {
    const u = uniform(stream, 0);
    if (best - second < AHEAD || numCandidates > FEW || u < 0.01 || u > 0.99) {
      const weights = scores + ((<usize>p.maxDegree + 2) << 3);
      chosen = drawSoftmax(scores, weights, numCandidates, best, u);
    }
  }
  const proposal = getU32(candidates, chosen);
  let outcome: u8 = chosen == 0 ? PROPOSED_EMPTY : 0;
  let next = current;
  if (proposal == current) {
    outcome |= PROPOSED_SAME;
  } else {
    let gain = p.acceptScale * (getF64(scores, chosen) - currentScore);
    if (p.hastings && isCurrentMet) gain += hastings(scores, numCandidates, chosen, current != none, currentScore);
    if (gain >= 0 || (gain > LOWEST_LN && ln(uniform(stream, 1)) < gain)) {
      next = proposal;
      outcome |= ACCEPTED;
    }
  }
  store<u8>(p.outcomes + place, outcome);
  return next;
}

// @ts-ignore: decorator
@inline function clearSlot<W>(slot: usize): void {
  if (sizeof<W>() == 1) store<u32>(slot, 0);
  else store<u64>(slot, 0);
}

/** Index drawn with probability e^score / sum, by inversion of the cumulative sum. Weights: f64[numScores], scratch. */
export function drawSoftmax(scores: usize, weights: usize, numScores: u32, best: f64, u: f64): u32 {
  let total: f64 = 0;
  for (let i: u32 = 0; i < numScores; i++) {
    const difference = getF64(scores, i) - best;
    const weight = difference < NEGLIGIBLE ? 0 : exp(difference);
    setF64(weights, i, weight);
    total += weight;
  }
  let rest = u * total;
  let last: u32 = 0;
  for (let i: u32 = 0; i < numScores; i++) {
    const weight = getF64(weights, i);
    if (weight == 0) continue;
    last = i;
    rest -= weight;
    if (rest < 0) break;
  }
  return last;
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

/**
 * ln of the sum of e^added and e^score over all scores but that at `left`. Relative to the greatest of these very terms:
 * scores of hundreds are common, so relative to any other the sum might vanish.
 */
function lnSumExp(scores: usize, numScores: u32, left: u32, added: f64): f64 {
  let best = added;
  for (let i: u32 = 0; i < numScores; i++) if (i != left) best = max<f64>(best, getF64(scores, i));
  let sum = exp(added - best);
  for (let i: u32 = 0; i < numScores; i++) if (i != left) sum += exp(getF64(scores, i) - best);
  return best + ln(sum);
}

function proposeAll<W>(p: MetropolisParams, scratch: usize, lo: u32, hi: u32): void {
  const key = epochKey(p.key0, p.key1, p.epoch);
  for (let place = lo; place < hi; place++) {
    const v = getU32(p.order, place);
    setU32(p.next, place, decide<W>(p, scratch, place, v, getU32(p.assignment, v), key));
  }
}

/** Places lo..hi: proposes and decides; the state is only read. No two of the places may be neighbours. */
export function proposeMoves(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MetropolisParams>(params);
  if (!p.data) proposeAll<u8>(p, scratch, lo, hi);
  else if (p.weightUnit == 0) proposeAll<f32>(p, scratch, lo, hi);
  else proposeAll<u16>(p, scratch, lo, hi);
}

// @ts-ignore: decorator
@inline function move(p: MetropolisParams, place: u32, v: u32, current: u32, next: u32): void {
  atomic.sub<u32>(p.sizes + ((<usize>current) << 2), 1);
  atomic.add<u32>(p.sizes + ((<usize>next) << 2), 1);
  setU32(p.assignment, v, next);
  if (!p.stale) return;
  const end = getU32(p.indptr, place + 1);
  for (let i = getU32(p.indptr, place); i < end; i++) store<u8>(p.stale + getU32(p.indices, i), 1);
}

/** Places lo..hi: makes the accepted moves. Sizes change by atomic adds, which commute. */
export function applyMoves(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MetropolisParams>(params);
  for (let place = lo; place < hi; place++) {
    // Movers are few, and outcomes lie in a row; assignments do not.
    if (!(load<u8>(p.outcomes + place) & ACCEPTED)) continue;
    const v = getU32(p.order, place);
    move(p, place, v, getU32(p.assignment, v), getU32(p.next, place));
  }
}

function moveAllAtOnce<W>(p: MetropolisParams, scratch: usize, lo: u32, hi: u32): void {
  const key = epochKey(p.key0, p.key1, p.epoch);
  for (let visit = lo; visit < hi; visit++) {
    const place = getU32(p.visits, visit);
    const v = getU32(p.order, place);
    const current = getU32(p.assignment, v);
    const next = decide<W>(p, scratch, place, v, current, key);
    if (next != current) move(p, place, v, current, next);
  }
}

/**
 * Visits lo..hi: proposes, decides and moves, vertex by vertex. Run by one thread it is the serial sampler; run by
 * several at the same time it is Hogwild: they read each other's moves as they happen to come.
 */
export function moveAtOnce(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MetropolisParams>(params);
  if (!p.data) moveAllAtOnce<u8>(p, scratch, lo, hi);
  else if (p.weightUnit == 0) moveAllAtOnce<f32>(p, scratch, lo, hi);
  else moveAllAtOnce<u16>(p, scratch, lo, hi);
}
