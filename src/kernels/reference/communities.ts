/** Twins of assembly/communities.ts. */
import type { Kernel } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

export function communitiesTwins(memory: TwinMemory) {
  /** Neighbours of v: all weight, and number and weight inside v's own community. */
  function neighborhood(kernel: 'affiliationScores' | 'edgeStatistics' | 'pairWeights', params: number) {
    const p = memory.block(kernel, params);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const data = memory.optionalF32(p.data);
    const assignment = memory.u32(p.assignment);
    const measure = (v: number) => {
      let inside = 0;
      let numInside = 0;
      let weightedDegree = 0;
      for (let i = indptr[v]; i < indptr[v + 1]; i++) {
        const weight = data ? data[i] : 1;
        weightedDegree += weight;
        if (assignment[v] === p.numCommunities || assignment[indices[i]] !== assignment[v]) continue;
        inside += weight;
        numInside++;
      }
      return { inside, numInside, weightedDegree };
    };
    return { p, indptr, indices, data, assignment, measure };
  }

  const affiliationScores: Kernel = (params, _scratch, lo, hi) => {
    const { p, assignment, measure } = neighborhood('affiliationScores', params);
    const sizes = memory.u32(p.sizes);
    const affiliation = memory.f32(p.affiliation);
    for (let v = lo; v < hi; v++) {
      if (assignment[v] === p.numCommunities) {
        affiliation[v] = 0;
        continue;
      }
      const { inside, numInside, weightedDegree } = measure(v);
      const others = sizes[assignment[v]] - 1;
      const denominator = weightedDegree + p.meanWeight * (others - numInside);
      affiliation[v] = others === 0 ? 1 : denominator === 0 ? 0 : inside / denominator;
    }
  };

  const edgeStatistics: Kernel = (params, _scratch, lo, hi) => {
    const { p, measure } = neighborhood('edgeStatistics', params);
    const insideCounts = memory.u32(p.insideCounts);
    const insideWeights = memory.f64(p.insideWeights);
    const weightedDegrees = memory.f64(p.weightedDegrees);
    for (let v = lo; v < hi; v++) {
      const { inside, numInside, weightedDegree } = measure(v);
      insideCounts[v] = numInside;
      insideWeights[v] = inside;
      weightedDegrees[v] = weightedDegree;
    }
  };

  const pairWeights: Kernel = (params, _scratch, lo, hi) => {
    const { p, indptr, indices, data, assignment } = neighborhood('pairWeights', params);
    const weightedDegrees = memory.f64(p.weightedDegrees);
    const memberIndptr = memory.u32(p.memberIndptr);
    const members = memory.u32(p.members);
    const out = memory.f64(p.pairWeights);
    const pairMean = (u: number, v: number): number => {
      const degrees = indptr[u + 1] - indptr[u] + indptr[v + 1] - indptr[v];
      return degrees === 0 ? 0 : (weightedDegrees[u] + weightedDegrees[v]) / degrees;
    };
    for (let v = lo; v < hi; v++) {
      const community = assignment[v];
      let sum = 0;
      if (community !== p.numCommunities) {
        for (let m = memberIndptr[community]; m < memberIndptr[community + 1]; m++) {
          if (members[m] > v) sum += pairMean(members[m], v);
        }
        for (let i = indptr[v]; i < indptr[v + 1]; i++) {
          const u = indices[i];
          if (u > v && assignment[u] === community) sum += (data ? data[i] : 1) - pairMean(u, v);
        }
      }
      out[v] = sum;
    }
  };

  return { affiliationScores, edgeStatistics, pairWeights };
}
