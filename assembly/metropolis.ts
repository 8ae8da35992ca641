// Neighbourhood-aware Metropolis-Hastings over assignments of vertices to communities, at most one per vertex.
//
//   L(v, c) = wtCoeff * TPw + TN * w       TP, TPw  neighbours of v in community c: number and edge weight
//   L(v, 0) = (n - d) * w                  TN = n - size(c) - (d - TP)     d = degree, w = mean edge weight of v
//
// Only differences matter, so (n - d) * w is left out: score(c) = wtCoeff * TPw + (TP - size(c)) * w, score(0) = 0.
// Proposal: one draw from softmax(score) over "none" and the communities of the neighbours, the current one left out.
// Acceptance: ln U < acceptScale * (score(new) - score(old)). No Hastings correction, as in the original.
import { getF32, getF64, getU32, setF64, setU32 } from './access';
import { exp, ln } from './math';
import { streamOf, uniform } from './rng';

/** Candidates whose score is this far below the best are left out of the softmax (e^-40 is below 2^-57). */
const NEGLIGIBLE: f64 = -40;

export const PROPOSED_EMPTY: u8 = 1;
export const PROPOSED_SAME: u8 = 2;
export const ACCEPTED: u8 = 4;

@unmanaged class MetropolisParams {
  indptr: usize; // u32[n + 1]
  indices: usize;
  data: usize; // f32 edge weights, or 0: ones
  order: usize; // u32[n]: vertex visited at each place; a phase is a range of places
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
}

// Scratch: slots {count u32, weight f32}[k + 1], all zero between vertices; candidates u32[maxDegree + 2];
// scores f64[maxDegree + 2]; weights f64[maxDegree + 2].

// @ts-ignore: decorator
@inline function slotOf(slots: usize, community: u32): usize { return slots + ((<usize>community) << 3); }

/** Gathers number and weight of neighbours per community; lists the communities met. Returns how many. */
// @ts-ignore: decorator
@inline function gather(p: MetropolisParams, begin: u32, end: u32, slots: usize, met: usize): u32 {
  let numMet: u32 = 0;
  for (let i = begin; i < end; i++) {
    const community = getU32(p.assignment, getU32(p.indices, i));
    const slot = slotOf(slots, community);
    const count = load<u32>(slot);
    setU32(met, numMet, community);
    numMet += u32(count == 0);
    store<u32>(slot, count + 1);
    store<f32>(slot, load<f32>(slot, 4) + (p.data ? getF32(p.data, i) : <f32>1), 4);
  }
  return numMet;
}

// @ts-ignore: decorator
@inline function scoreOf(p: MetropolisParams, slots: usize, community: u32, meanWeight: f64): f64 {
  const slot = slotOf(slots, community);
  const surplus = <f64>load<u32>(slot) - <f64>getU32(p.sizes, community);
  return p.wtCoeff * <f64>load<f32>(slot, 4) + surplus * meanWeight;
}

/** Places lo..hi of `order`: proposes and decides; the state is only read. No two of the places may be neighbours. */
export function proposeMoves(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MetropolisParams>(params);
  const none = p.numCommunities;
  const slots = scratch;
  const candidates = slots + ((<usize>none + 1) << 3);
  const scores = (candidates + ((<usize>p.maxDegree + 2) << 2) + 7) & ~7;
  const weights = scores + ((<usize>p.maxDegree + 2) << 3);
  for (let place = lo; place < hi; place++) {
    const v = getU32(p.order, place);
    const current = getU32(p.assignment, v);
    const begin = getU32(p.indptr, v);
    const end = getU32(p.indptr, v + 1);
    // The first candidate is "none"; communities of neighbours follow in order of first meeting.
    setU32(candidates, 0, none);
    const numMet = gather(p, begin, end, slots, candidates + 4);
    let weight: f64 = 0;
    for (let m: u32 = 1; m <= numMet; m++) weight += <f64>load<f32>(slotOf(slots, getU32(candidates, m)), 4);
    const meanWeight = end > begin ? weight / <f64>(end - begin) : 0;

    const currentScore = current == none ? 0 : scoreOf(p, slots, current, meanWeight);
    let numCandidates: u32 = 1;
    let best: f64 = 0;
    setF64(scores, 0, 0);
    for (let m: u32 = 1; m <= numMet; m++) {
      const community = getU32(candidates, m);
      if (community == none || community == current) continue;
      const score = scoreOf(p, slots, community, meanWeight);
      setU32(candidates, numCandidates, community);
      setF64(scores, numCandidates, score);
      best = max<f64>(best, score);
      numCandidates++;
    }
    clearSlots(p, begin, end, slots);

    const stream = streamOf(p.key0, p.key1, p.epoch, v);
    const chosen = drawSoftmax(scores, weights, numCandidates, best, uniform(stream, 0));
    const proposal = getU32(candidates, chosen);
    let outcome: u8 = chosen == 0 ? PROPOSED_EMPTY : 0;
    let next = current;
    if (proposal == current) {
      outcome |= PROPOSED_SAME;
    } else {
      const gain = p.acceptScale * (getF64(scores, chosen) - currentScore);
      if (gain >= 0 || ln(uniform(stream, 1)) < gain) {
        next = proposal;
        outcome |= ACCEPTED;
      }
    }
    setU32(p.next, place, next);
    store<u8>(p.outcomes + place, outcome);
  }
}

// The list of communities met has been overwritten by candidates, so the neighbours are walked again.
// @ts-ignore: decorator
@inline function clearSlots(p: MetropolisParams, begin: u32, end: u32, slots: usize): void {
  for (let i = begin; i < end; i++) store<u64>(slotOf(slots, getU32(p.assignment, getU32(p.indices, i))), 0);
}

/** Index drawn with probability e^score / sum, by inversion of the cumulative sum. Weights: f64[numScores], scratch. */
function drawSoftmax(scores: usize, weights: usize, numScores: u32, best: f64, u: f64): u32 {
  if (numScores == 1) return 0;
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

/** Places lo..hi of `order`: makes the accepted moves. Sizes change by atomic adds, which commute. */
export function applyMoves(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MetropolisParams>(params);
  for (let place = lo; place < hi; place++) {
    const v = getU32(p.order, place);
    const next = getU32(p.next, place);
    const current = getU32(p.assignment, v);
    if (next == current) continue;
    atomic.sub<u32>(p.sizes + ((<usize>current) << 2), 1);
    atomic.add<u32>(p.sizes + ((<usize>next) << 2), 1);
    setU32(p.assignment, v, next);
  }
}
