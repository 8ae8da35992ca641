// Measures over an assignment of vertices to communities: affiliation of members, edges and pairs explained.
import { getF32, getF64, getU32, setF32, setF64, setU32 } from './access';

@unmanaged class CommunityParams {
  indptr: usize; // u32[n + 1]
  indices: usize;
  data: usize; // f32 edge weights, or 0: ones
  assignment: usize; // u32[n]; numCommunities = none
  numCommunities: u32;
  sizes: usize; // u32[k + 1]
  meanWeight: f64; // mean weight over all edges
  affiliation: usize; // f32[n], out of affiliationScores
  insideCounts: usize; // u32[n], out of edgeStatistics: neighbours in the same community
  insideWeights: usize; // f64[n], out of edgeStatistics: their edge weight
  weightedDegrees: usize; // f64[n], out of edgeStatistics
  memberIndptr: usize; // u32[k + 1]: members of each community, ascending
  members: usize;
  pairWeights: usize; // f64[n], out of pairWeights
}

/**
 * Vertices lo..hi. With S = community of v without v:
 *   affiliation = in / (in + out + missing)    in = weight from v into S; out = all other weight of v;
 *   missing = meanWeight * (members of S that are no neighbours).  1 when S is empty, 0 when unassigned or 0/0.
 */
export function affiliationScores(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<CommunityParams>(params);
  for (let v = lo; v < hi; v++) {
    const community = getU32(p.assignment, v);
    if (community == p.numCommunities) {
      setF32(p.affiliation, v, 0);
      continue;
    }
    const others = getU32(p.sizes, community) - 1;
    let inside: f64 = 0;
    let weightedDegree: f64 = 0;
    let numInside: u32 = 0;
    const end = getU32(p.indptr, v + 1);
    for (let i = getU32(p.indptr, v); i < end; i++) {
      const weight: f64 = p.data ? getF32(p.data, i) : 1;
      weightedDegree += weight;
      if (getU32(p.assignment, getU32(p.indices, i)) != community) continue;
      inside += weight;
      numInside++;
    }
    const denominator = weightedDegree + p.meanWeight * <f64>(others - numInside);
    setF32(p.affiliation, v, others == 0 ? 1 : denominator == 0 ? 0 : <f32>(inside / denominator));
  }
}

/** Vertices lo..hi: neighbours in the same community (number and weight), and weighted degree. */
export function edgeStatistics(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<CommunityParams>(params);
  for (let v = lo; v < hi; v++) {
    const community = getU32(p.assignment, v);
    let count: u32 = 0;
    let inside: f64 = 0;
    let weightedDegree: f64 = 0;
    const end = getU32(p.indptr, v + 1);
    for (let i = getU32(p.indptr, v); i < end; i++) {
      const weight: f64 = p.data ? getF32(p.data, i) : 1;
      weightedDegree += weight;
      if (community == p.numCommunities || getU32(p.assignment, getU32(p.indices, i)) != community) continue;
      count++;
      inside += weight;
    }
    setU32(p.insideCounts, v, count);
    setF64(p.insideWeights, v, inside);
    setF64(p.weightedDegrees, v, weightedDegree);
  }
}

// @ts-ignore: decorator
@inline function pairMean(p: CommunityParams, u: u32, v: u32): f64 {
  const degrees = getU32(p.indptr, u + 1) - getU32(p.indptr, u) + getU32(p.indptr, v + 1) - getU32(p.indptr, v);
  return degrees == 0 ? 0 : (getF64(p.weightedDegrees, u) + getF64(p.weightedDegrees, v)) / <f64>degrees;
}

/**
 * Vertices lo..hi: summed weight of the pairs (v, u), u > v, that share a community: the edge weight where there is
 * an edge, else the mean edge weight of both ends. Cost O(sum of size^2).
 */
export function pairWeights(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<CommunityParams>(params);
  for (let v = lo; v < hi; v++) {
    const community = getU32(p.assignment, v);
    let sum: f64 = 0;
    if (community != p.numCommunities) {
      const last = getU32(p.memberIndptr, community + 1);
      for (let m = getU32(p.memberIndptr, community); m < last; m++) {
        const u = getU32(p.members, m);
        if (u > v) sum += pairMean(p, u, v);
      }
      const end = getU32(p.indptr, v + 1);
      for (let i = getU32(p.indptr, v); i < end; i++) {
        const u = getU32(p.indices, i);
        if (u <= v || getU32(p.assignment, u) != community) continue;
        sum += (p.data ? <f64>getF32(p.data, i) : 1) - pairMean(p, u, v);
      }
    }
    setF64(p.pairWeights, v, sum);
  }
}
