/** Twins of assembly/growth.ts. */
import { streamOf, uniform } from '../../core/rng.ts';
import { type Kernel, moveOutcome } from '../abi.ts';
import type { TwinMemory } from './memory.ts';
import { drawSoftmax } from './metropolis.ts';

interface Candidate {
  /** numVertices = a new community */
  readonly community: number;
  readonly score: number;
}

export function growthTwins(memory: TwinMemory) {
  function growth(kernel: 'proposeGrowth' | 'applyGrowth', params: number) {
    const p = memory.block(kernel, params);
    const vertexSizes = memory.optionalU32(p.vertexSizes);
    return {
      p,
      order: memory.u32(p.order),
      sizeOf: (v: number) => (vertexSizes ? vertexSizes[v] : 1),
      assignment: memory.u32(p.assignment),
      sizes: memory.u32(p.sizes),
      next: memory.u32(p.next),
      outcomes: memory.u8(p.outcomes),
    };
  }

  const proposeGrowth: Kernel = (params, _scratch, lo, hi) => {
    const { p, order, sizeOf, assignment, sizes, next, outcomes } = growth('proposeGrowth', params);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const weightOf = memory.edgeWeights(p.data, 0);
    const within = memory.optionalU32(p.within);
    for (let place = lo; place < hi; place++) {
      const v = order[place];
      const current = assignment[v];
      const weights = new Map<number, number>();
      for (let i = indptr[place]; i < indptr[place + 1]; i++) {
        const u = indices[i];
        if (u === v || (within && within[u] !== within[v])) continue;
        weights.set(assignment[u], Math.fround((weights.get(assignment[u]) ?? 0) + weightOf(i)));
      }
      const scoreOf = (community: number): number => {
        const others = sizes[community] - (community === current ? sizeOf(v) : 0);
        return (weights.get(community) ?? 0) - p.pairCost * sizeOf(v) * others;
      };
      const isAlone = sizes[current] === sizeOf(v);
      // In the order in which ties are broken. A vertex that is alone has no other "new".
      const candidates: Candidate[] = [
        { community: current, score: scoreOf(current) },
        ...(isAlone ? [] : [{ community: p.numVertices, score: 0 }]),
        ...[...weights.keys()].filter((c) => c !== current).map((c) => ({ community: c, score: scoreOf(c) })),
      ];
      const chosen =
        p.inverseTemperature === Number.POSITIVE_INFINITY
          ? candidates.reduce((best, candidate) => (candidate.score > best.score ? candidate : best))
          : drawCandidate(candidates, p.inverseTemperature, uniform(streamOf(p, p.epoch, v), 0));
      next[place] = chosen.community;
      outcomes[place] =
        (chosen.community === p.numVertices ? moveOutcome.proposedEmpty : 0) |
        (chosen.community === current ? 0 : moveOutcome.accepted);
    }
  };

  const applyGrowth: Kernel = (params, _scratch, lo, hi) => {
    const { p, order, sizeOf, assignment, sizes, next } = growth('applyGrowth', params);
    const free = memory.u32(p.free);
    const numFree = memory.u32(p.numFree);
    for (let place = lo; place < hi; place++) {
      const v = order[place];
      const current = assignment[v];
      const isNew = next[place] === p.numVertices;
      const isAlone = sizes[current] === sizeOf(v);
      if (next[place] === current || (isNew && isAlone)) continue;
      const community = isNew ? free[--numFree[0]] : next[place];
      if (isAlone) free[numFree[0]++] = current;
      sizes[current] -= sizeOf(v);
      sizes[community] += sizeOf(v);
      assignment[v] = community;
    }
  };

  return { proposeGrowth, applyGrowth };
}

function drawCandidate(candidates: readonly Candidate[], inverseTemperature: number, u: number): Candidate {
  const scores = candidates.map(({ score }) => inverseTemperature * score);
  return candidates[drawSoftmax(scores, Math.max(...scores), u)];
}
