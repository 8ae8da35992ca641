/** Twins of assembly/communities.ts. */
import type { Kernel } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

type CommunityKernel = 'vertexWeights' | 'affiliationScores' | 'edgeStatistics' | 'pairStatistics';

export function communitiesTwins(memory: TwinMemory) {
  function measured(kernel: CommunityKernel, params: number) {
    const p = memory.block(kernel, params);
    const order = memory.u32(p.order);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const weightOf = memory.edgeWeights(p.data, p.weightUnit);
    const rows = memory.u32(p.rows);
    const degrees = memory.u32(p.degrees);
    const weightedDegrees = memory.f64(p.weightedDegrees);
    const communitiesOf = (v: number): number[] =>
      [...rows.subarray(v * p.width, (v + 1) * p.width)].filter(
        (community) => community !== p.numCommunities,
      );
    return {
      p,
      order,
      rows,
      degrees,
      weightedDegrees,
      communitiesOf,
      /** Neighbours of the vertex at `place`, and the weights of the edges to them. */
      neighborsOf: (place: number) =>
        Array.from({ length: indptr[place + 1] - indptr[place] }, (_, i) => ({
          u: indices[indptr[place] + i],
          weight: weightOf(indptr[place] + i),
        })),
      /** Mean edge weight of both ends together. */
      pairMean: (u: number, v: number): number => {
        const numEdges = degrees[u] + degrees[v];
        return numEdges === 0 ? 0 : (weightedDegrees[u] + weightedDegrees[v]) / numEdges;
      },
    };
  }

  const vertexWeights: Kernel = (params, _scratch, lo, hi) => {
    const { p, order, degrees, weightedDegrees, neighborsOf } = measured('vertexWeights', params);
    const meanWeights = memory.f64(p.meanWeights);
    for (let place = lo; place < hi; place++) {
      const neighbors = neighborsOf(place);
      const total = sum(neighbors.map(({ weight }) => weight));
      degrees[order[place]] = neighbors.length;
      weightedDegrees[order[place]] = total;
      meanWeights[place] = neighbors.length === 0 ? 0 : total / neighbors.length;
    }
  };

  const affiliationScores: Kernel = (params, _scratch, lo, hi) => {
    const { p, order, communitiesOf, neighborsOf } = measured('affiliationScores', params);
    const sizes = memory.u32(p.sizes);
    const affiliation = memory.f32(p.affiliation);
    for (let place = lo; place < hi; place++) {
      const v = order[place];
      const neighbors = neighborsOf(place);
      const weightedDegree = sum(neighbors.map(({ weight }) => weight));
      affiliation.fill(0, v * p.width, (v + 1) * p.width);
      communitiesOf(v).forEach((community, j) => {
        const members = neighbors.filter(({ u }) => communitiesOf(u).includes(community));
        const inside = sum(members.map(({ weight }) => weight));
        const others = sizes[community] - 1;
        const denominator = weightedDegree + p.meanWeight * (others - members.length);
        const score = denominator === 0 ? 0 : inside / denominator;
        affiliation[v * p.width + j] = others === 0 ? 1 : score;
      });
    }
  };

  const edgeStatistics: Kernel = (params, _scratch, lo, hi) => {
    const { p, order, communitiesOf, neighborsOf, pairMean } = measured('edgeStatistics', params);
    const insideCounts = memory.u32(p.insideCounts);
    const insideWeights = memory.f64(p.insideWeights);
    const insideMeans = memory.f64(p.insideMeans);
    for (let place = lo; place < hi; place++) {
      const v = order[place];
      const own = communitiesOf(v);
      const inside = neighborsOf(place).filter(({ u }) => communitiesOf(u).some((c) => own.includes(c)));
      insideCounts[v] = inside.length;
      insideWeights[v] = sum(inside.map(({ weight }) => weight));
      if (p.data !== 0) insideMeans[v] = sum(inside.map(({ u }) => pairMean(u, v)));
    }
  };

  const pairStatistics: Kernel = (params, _scratch, lo, hi) => {
    const { p, communitiesOf, pairMean } = measured('pairStatistics', params);
    const memberIndptr = memory.u32(p.memberIndptr);
    const members = memory.u32(p.members);
    const pairCounts = memory.u32(p.pairCounts);
    const pairMeans = memory.f64(p.pairMeans);
    for (let v = lo; v < hi; v++) {
      // A set keeps the order in which its elements came: that of the sum.
      const partners = new Set<number>();
      for (const community of communitiesOf(v))
        for (const u of members.subarray(memberIndptr[community], memberIndptr[community + 1]))
          if (u > v) partners.add(u);
      pairCounts[v] = partners.size;
      pairMeans[v] = sum([...partners].map((u) => pairMean(u, v)));
    }
  };

  return { vertexWeights, affiliationScores, edgeStatistics, pairStatistics };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
