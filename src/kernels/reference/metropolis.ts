/** Twins of assembly/coloring.ts and assembly/metropolis.ts. */
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

export function metropolisTwins(memory: TwinMemory) {
  const colorGraph: Kernel = (params) => {
    const p = memory.block('colorGraph', params);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const colors = memory.u32(p.colors);
    let numColors = 0;
    for (let v = 0; v < p.numVertices; v++) {
      const taken = new Set<number>();
      for (let i = indptr[v]; i < indptr[v + 1]; i++) if (indices[i] < v) taken.add(colors[indices[i]]);
      let color = 0;
      while (taken.has(color)) color++;
      colors[v] = color;
      numColors = Math.max(numColors, color + 1);
    }
    memory.u32(p.numColors)[0] = numColors;
  };

  const proposeMoves: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('proposeMoves', params);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const data = memory.optionalF32(p.data);
    const order = memory.u32(p.order);
    const assignment = memory.u32(p.assignment);
    const sizes = memory.u32(p.sizes);
    const next = memory.u32(p.next);
    const outcomes = memory.u8(p.outcomes);
    const none = p.numCommunities;
    for (let place = lo; place < hi; place++) {
      const v = order[place];
      const current = assignment[v];
      const degree = indptr[v + 1] - indptr[v];
      // Community -> number and weight of neighbours in it, in order of first meeting.
      const met = new Map<number, { count: number; weight: number }>();
      for (let i = indptr[v]; i < indptr[v + 1]; i++) {
        const slot = met.get(assignment[indices[i]]) ?? { count: 0, weight: 0 };
        slot.count++;
        slot.weight = Math.fround(slot.weight + (data ? data[i] : 1));
        met.set(assignment[indices[i]], slot);
      }
      let weight = 0;
      for (const slot of met.values()) weight += slot.weight;
      const meanWeight = degree > 0 ? weight / degree : 0;
      const scoreOf = (community: number): number => {
        const slot = met.get(community) ?? { count: 0, weight: 0 };
        return p.wtCoeff * slot.weight + (slot.count - sizes[community]) * meanWeight;
      };
      const candidates = [none, ...[...met.keys()].filter((c) => c !== none && c !== current)];
      const scores = candidates.map((c) => (c === none ? 0 : scoreOf(c)));
      const stream = streamOf(p, p.epoch, v);
      const best = scores.reduce((a, b) => Math.max(a, b));
      const chosen = scores.length === 1 ? 0 : drawSoftmax(scores, best, uniform(stream, 0));
      const proposal = candidates[chosen];
      const currentScore = current === none ? 0 : scoreOf(current);
      let outcome = chosen === 0 ? moveOutcome.proposedEmpty : 0;
      next[place] = current;
      if (proposal === current) {
        outcome |= moveOutcome.proposedSame;
      } else {
        const gain = p.acceptScale * (scores[chosen] - currentScore);
        if (gain >= 0 || ln(uniform(stream, 1)) < gain) {
          next[place] = proposal;
          outcome |= moveOutcome.accepted;
        }
      }
      outcomes[place] = outcome;
    }
  };

  const applyMoves: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('applyMoves', params);
    const order = memory.u32(p.order);
    const assignment = memory.u32(p.assignment);
    const sizes = memory.u32(p.sizes);
    const next = memory.u32(p.next);
    for (let place = lo; place < hi; place++) {
      sizes[assignment[order[place]]]--;
      sizes[next[place]]++;
      assignment[order[place]] = next[place];
    }
  };

  return { colorGraph, proposeMoves, applyMoves };
}
