/** Twins of assembly/metropolis.ts. */
import { exp, ln } from '../../core/math.ts';
import { streamOf, uniform } from '../../core/rng.ts';
import { type Kernel, moveOutcome } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

const NEGLIGIBLE = -40;

/** Index drawn with probability e^score / sum, by inversion of the cumulative sum. */
export function drawSoftmax(scores: readonly number[], best: number, u: number): number {
  const weights = scores.map((score) => (score - best < NEGLIGIBLE ? 0 : exp(score - best)));
  let rest = u * weights.reduce((sum, weight) => sum + weight, 0);
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    last = i;
    rest -= weights[i];
    if (rest < 0) break;
  }
  return last;
}

/** ln of the sum of e^score. */
function lnSumExp(scores: readonly number[]): number {
  const best = scores.reduce((a, b) => Math.max(a, b));
  return best + ln(scores.reduce((sum, score) => sum + exp(score - best), 0));
}

type MoveKernel = 'proposeMoves' | 'applyMoves' | 'moveAtOnce';

export function metropolisTwins(memory: TwinMemory) {
  function chain(kernel: MoveKernel, params: number) {
    const p = memory.block(kernel, params);
    const order = memory.u32(p.order);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const weightOf = memory.edgeWeights(p.data, p.weightUnit);
    const meanWeights = memory.optionalF64(p.meanWeights);
    const assignment = memory.u32(p.assignment);
    const sizes = memory.u32(p.sizes);
    const anchors = memory.optionalU32(p.anchors);
    const outcomes = memory.u8(p.outcomes);
    const none = p.numCommunities;

    /** Community -> number and weight of neighbours in it, in order of first meeting. */
    const meet = (place: number) => {
      const met = new Map<number, { count: number; weight: number }>();
      for (let i = indptr[place]; i < indptr[place + 1]; i++) {
        const community = assignment[indices[i]];
        const slot = met.get(community) ?? { count: 0, weight: 0 };
        slot.count++;
        slot.weight = Math.fround(slot.weight + weightOf(i));
        met.set(community, slot);
      }
      return met;
    };

    /** Next community of the vertex at `place`; leaves the outcome. */
    const decide = (place: number): number => {
      const v = order[place];
      const current = assignment[v];
      const met = meet(place);
      const meanWeight = meanWeights ? meanWeights[place] : 1;
      const scoreOf = (community: number): number => {
        if (community === none) return 0;
        const { count, weight } = met.get(community) ?? { count: 0, weight: 0 };
        const bonus = anchors?.[v] === community ? p.anchorCoeff * p.wtCoeff * meanWeight : 0;
        // v counts as a member of its community, unless it is left out of the size.
        const own = p.excludeSelf && community === current ? meanWeight : 0;
        return p.wtCoeff * weight + (count - sizes[community]) * meanWeight + own + bonus;
      };
      const candidates = [none, ...[...met.keys()].filter((c) => c !== none && c !== current)];
      const scores = candidates.map(scoreOf);
      const currentScore = scoreOf(current);
      const stream = streamOf(p, p.epoch, v);
      const best = scores.reduce((a, b) => Math.max(a, b));
      const chosen = scores.length === 1 ? 0 : drawSoftmax(scores, best, uniform(stream, 0));
      outcomes[place] = chosen === 0 ? moveOutcome.proposedEmpty : 0;
      if (candidates[chosen] === current) {
        outcomes[place] |= moveOutcome.proposedSame;
        return current;
      }
      let gain = p.acceptScale * (scores[chosen] - currentScore);
      if (p.hastings && (current === none || met.has(current))) {
        // What could be proposed from the new community: all but itself, and the old one.
        const others = scores.filter((_, i) => i === 0 || i !== chosen);
        const back = current === none ? others : [currentScore, ...others];
        gain += currentScore - lnSumExp(back) - (scores[chosen] - lnSumExp(scores));
      }
      if (gain < 0 && ln(uniform(stream, 1)) >= gain) return current;
      outcomes[place] |= moveOutcome.accepted;
      return candidates[chosen];
    };

    const move = (v: number, community: number): void => {
      sizes[assignment[v]]--;
      sizes[community]++;
      assignment[v] = community;
    };

    const isAccepted = (place: number) => (outcomes[place] & moveOutcome.accepted) !== 0;

    return { order, next: memory.u32(p.next), visits: memory.u32(p.visits), decide, isAccepted, move };
  }

  const proposeMoves: Kernel = (params, _scratch, lo, hi) => {
    const { next, decide } = chain('proposeMoves', params);
    for (let place = lo; place < hi; place++) next[place] = decide(place);
  };

  const applyMoves: Kernel = (params, _scratch, lo, hi) => {
    const { order, next, isAccepted, move } = chain('applyMoves', params);
    for (let place = lo; place < hi; place++) if (isAccepted(place)) move(order[place], next[place]);
  };

  const moveAtOnce: Kernel = (params, _scratch, lo, hi) => {
    const { order, next, visits, decide, move } = chain('moveAtOnce', params);
    for (let visit = lo; visit < hi; visit++) {
      const place = visits[visit];
      next[place] = decide(place);
      move(order[place], next[place]);
    }
  };

  return { proposeMoves, applyMoves, moveAtOnce };
}
