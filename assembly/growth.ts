// Communities whose number is found: heat-bath moves over the constant Potts model, on a graph or on an aggregate of one.
//
//   objective = sum over communities of (inside weight - pairCost * pairs inside)
//   score(v, c) = weight(v, c) - pairCost * s_v * (S_c - [v in c] s_v)      s_v vertices that v stands for, S_c those of c
//   score(v, new) = 0
//
// Next community: one draw from softmax(inverseTemperature * score) over "new", the own community and those of the
// neighbours, which leaves e^(inverseTemperature * objective) invariant: no acceptance test is needed. At infinite
// inverseTemperature the best is taken; ties stay, else go to the first met.
import { getF32, getF64, getU32, setF32, setF64, setU32 } from './access';
import { ACCEPTED, PROPOSED_EMPTY } from './metropolis';
import { epochKey, streamOf, uniform } from './rng';
import { drawSoftmax } from './softmax';

@unmanaged class GrowthParams {
  order: usize; // u32[n]: vertex at each place
  indptr: usize; // u32[n + 1] by place
  indices: usize; // vertices; an entry of v itself is skipped
  data: usize; // f32 edge weights, or 0: ones
  vertexSizes: usize; // u32[n]: s, or 0: ones
  within: usize; // u32[n]: a vertex may only join neighbours of equal value here; or 0
  numVertices: u32; // n; also the mark for "new" in `next`
  maxDegree: u32;
  assignment: usize; // u32[n]: community, below n
  sizes: usize; // u32[n]: S
  next: usize; // u32[n] by place: out of proposeGrowth, in of applyGrowth
  outcomes: usize; // u8[n] by place: PROPOSED_EMPTY for "new", ACCEPTED for a move, out
  free: usize; // u32[n]: stack of ids without members
  numFree: usize; // u32[1]
  key0: u32;
  key1: u32;
  epoch: u32;
  pairCost: f64;
  inverseTemperature: f64;
}

// Scratch: weights per community f32[n], zero between vertices; candidates u32[maxDegree + 2];
// scores f64[maxDegree + 2]; weights f64[maxDegree + 2].

// @ts-ignore: decorator
@inline function sizeOf(p: GrowthParams, v: u32): u32 { return p.vertexSizes ? getU32(p.vertexSizes, v) : 1; }

/** Weight of neighbours per community; lists the communities met. */
// @ts-ignore: decorator
@inline function gather(p: GrowthParams, v: u32, begin: u32, end: u32, slots: usize, met: usize): u32 {
  const indices = p.indices;
  const assignment = p.assignment;
  const data = p.data;
  const within = p.within;
  let numMet: u32 = 0;
  for (let i = begin; i < end; i++) {
    const u = getU32(indices, i);
    if (u == v || (within && getU32(within, u) != getU32(within, v))) continue;
    const community = getU32(assignment, u);
    const weight = getF32(slots, community);
    setU32(met, numMet, community);
    numMet += u32(weight == 0);
    setF32(slots, community, weight + (data ? getF32(data, i) : <f32>1));
  }
  return numMet;
}

/** The candidate with the highest score; the current one (candidate 0) wins ties, then the first. */
function bestOf(scores: usize, numScores: u32): u32 {
  let best: u32 = 0;
  for (let i: u32 = 1; i < numScores; i++) if (getF64(scores, i) > getF64(scores, best)) best = i;
  return best;
}

/** Places lo..hi: draws the next community; the state is only read. No two of the places may be neighbours. */
export function proposeGrowth(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<GrowthParams>(params);
  const key = epochKey(p.key0, p.key1, p.epoch);
  const isGreedy = p.inverseTemperature == Infinity;
  const slots = scratch;
  const candidates = slots + ((<usize>p.numVertices) << 2);
  const scores = (candidates + ((<usize>p.maxDegree + 2) << 2) + 7) & ~7;
  const weights = scores + ((<usize>p.maxDegree + 2) << 3);
  for (let place = lo; place < hi; place++) {
    const v = getU32(p.order, place);
    const current = getU32(p.assignment, v);
    const size = sizeOf(p, v);
    const cost = p.pairCost * <f64>size;
    const numMet = gather(p, v, getU32(p.indptr, place), getU32(p.indptr, place + 1), slots, candidates + 8);
    // Candidate 0 is the current community, candidate 1 a new one.
    const stayScore = <f64>getF32(slots, current) - cost * <f64>(getU32(p.sizes, current) - size);
    setF64(scores, 0, stayScore);
    setF64(scores, 1, 0);
    let best = max<f64>(stayScore, 0);
    let numCandidates: u32 = 2;
    for (let m: u32 = 2; m < numMet + 2; m++) {
      const community = getU32(candidates, m);
      const weight = getF32(slots, community);
      setF32(slots, community, 0);
      if (community == current) continue;
      const score = <f64>weight - cost * <f64>getU32(p.sizes, community);
      setU32(candidates, numCandidates, community);
      setF64(scores, numCandidates, score);
      best = max<f64>(best, score);
      numCandidates++;
    }
    const isAlone = getU32(p.sizes, current) == size;
    let chosen: u32;
    if (isGreedy) {
      chosen = bestOf(scores, numCandidates);
    } else {
      // Alone, "new" is where it is already: it must not count twice.
      if (isAlone) setF64(scores, 1, -Infinity);
      const scale = p.inverseTemperature;
      for (let i: u32 = 0; i < numCandidates; i++) setF64(scores, i, scale * getF64(scores, i));
      chosen = drawSoftmax(scores, weights, numCandidates, scale * best, uniform(streamOf(key, v), 0));
    }
    let next = current;
    if (chosen == 1 && !isAlone) next = p.numVertices;
    if (chosen > 1) next = getU32(candidates, chosen);
    setU32(p.next, place, next);
    store<u8>(p.outcomes + place, (next == p.numVertices ? PROPOSED_EMPTY : 0) | (next != current ? ACCEPTED : 0));
  }
}

/** Places lo..hi, in one call: makes the moves; "new" takes a free id, an id without members becomes free. */
export function applyGrowth(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<GrowthParams>(params);
  let numFree = getU32(p.numFree, 0);
  for (let place = lo; place < hi; place++) {
    const v = getU32(p.order, place);
    const current = getU32(p.assignment, v);
    let next = getU32(p.next, place);
    if (next == current) continue;
    const size = sizeOf(p, v);
    const left = getU32(p.sizes, current) - size;
    if (next == p.numVertices) {
      // The others have left within this phase: it is alone already.
      if (left == 0) continue;
      next = getU32(p.free, --numFree);
    }
    setU32(p.sizes, current, left);
    if (left == 0) setU32(p.free, numFree++, current);
    setU32(p.sizes, next, getU32(p.sizes, next) + size);
    setU32(p.assignment, v, next);
  }
  setU32(p.numFree, 0, numFree);
}
