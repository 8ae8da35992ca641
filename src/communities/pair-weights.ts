/**
 * What pairs of vertices would weigh if each had the mean edge weight of its two ends:
 *   (weighted degree u + weighted degree v) / (degree u + degree v)
 * Over all pairs of a community the sum depends on the degrees and on sums of weighted degrees alone, so no pair need be
 * listed: a community whose degrees add up to D has at most √(2D) different degrees, so pairs of degrees are fewer than
 * edges.
 */

/** Σ over all unordered pairs of members of the mean weight of the two; 0 for two without neighbours. Cost: members + pairs of degrees. */
export function meanWeightOfPairs(
  members: Uint32Array,
  degreeOf: (v: number) => number,
  weightedDegrees: Float64Array,
): number {
  const groups = groupByDegree(members, degreeOf, weightedDegrees);
  let sum = 0;
  groups.forEach((a, i) => {
    if (a.degree > 0) sum += ((a.count - 1) * a.weight) / (2 * a.degree);
    for (const b of groups.slice(i + 1))
      sum += (a.weight * b.count + b.weight * a.count) / (a.degree + b.degree);
  });
  return sum;
}

interface DegreeGroup {
  readonly degree: number;
  /** Members of that degree. */
  count: number;
  /** Sum of their weighted degrees. */
  weight: number;
}

/** Ascending by degree. */
function groupByDegree(
  members: Uint32Array,
  degreeOf: (v: number) => number,
  weightedDegrees: Float64Array,
): DegreeGroup[] {
  const groups = new Map<number, DegreeGroup>();
  for (const v of members) {
    const degree = degreeOf(v);
    const group = groups.get(degree) ?? { degree, count: 0, weight: 0 };
    group.count++;
    group.weight += weightedDegrees[v];
    groups.set(degree, group);
  }
  return [...groups.values()].sort((a, b) => a.degree - b.degree);
}
