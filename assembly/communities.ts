// Measures over memberships: affiliation of members, edges and pairs explained. Rows of the graph by place, as in
// metropolis.ts; what is measured of a vertex stands at the vertex.
import { getF64, getU32, setF32, setF64, setU32, weightAt } from './access';

@unmanaged class CommunityParams {
  order: usize; // u32[n]: vertex at each place
  indptr: usize; // u32[n + 1] by place
  indices: usize; // vertices
  data: usize; // edge weights, f32 or u16; or 0: ones
  weightUnit: f32; // what 1 of u16 data is worth; 0: data is f32
  width: u32; // communities per vertex at the most
  rows: usize; // u32[n * width]: communities of each vertex, ascending, padded with numCommunities
  numCommunities: u32;
  sizes: usize; // u32[k + 1]
  meanWeight: f64; // mean weight over all edges
  degrees: usize; // u32[n] by vertex: out of vertexWeights
  weightedDegrees: usize; // f64[n] by vertex: out of vertexWeights
  meanWeights: usize; // f64[n] by place: out of vertexWeights
  affiliation: usize; // f32[n * width], out of affiliationScores
  insideCounts: usize; // u32[n], out of edgeStatistics: neighbours that share a community
  insideWeights: usize; // f64[n], out of edgeStatistics: their edge weight
  insideMeans: usize; // f64[n], out of edgeStatistics: the mean weights of the pairs with them; left alone without data
  memberIndptr: usize; // u32[k + 1]: members of each community, ascending
  members: usize;
  pairCounts: usize; // u32[n], out of pairStatistics: vertices u > v that share a community
  pairMeans: usize; // f64[n], out of pairStatistics: the mean weights of the pairs with them
}

/** The lowest community that two vertices share; numCommunities when there is none. */
// @ts-ignore: decorator
@inline function lowestShared(p: CommunityParams, u: u32, v: u32): u32 {
  const none = p.numCommunities;
  if (p.width == 1) {
    const community = getU32(p.rows, u);
    return community == getU32(p.rows, v) ? community : none;
  }
  const a = p.rows + ((<usize>u * p.width) << 2);
  const b = p.rows + ((<usize>v * p.width) << 2);
  let i: u32 = 0;
  let j: u32 = 0;
  while (i < p.width && j < p.width) {
    const left = getU32(a, i);
    const right = getU32(b, j);
    if (left == none || right == none) break;
    if (left == right) return left;
    i += u32(left < right);
    j += u32(right < left);
  }
  return none;
}

function weigh<W>(p: CommunityParams, lo: u32, hi: u32): void {
  for (let place = lo; place < hi; place++) {
    const begin = getU32(p.indptr, place);
    const end = getU32(p.indptr, place + 1);
    let sum: f64 = 0;
    for (let i = begin; i < end; i++) sum += <f64>weightAt<W>(p.data, i, p.weightUnit);
    const v = getU32(p.order, place);
    setU32(p.degrees, v, end - begin);
    setF64(p.weightedDegrees, v, sum);
    setF64(p.meanWeights, place, end > begin ? sum / <f64>(end - begin) : 0);
  }
}

/** Places lo..hi: degree, weighted degree, and mean edge weight of each vertex. */
export function vertexWeights(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<CommunityParams>(params);
  if (!p.data) weigh<u8>(p, lo, hi);
  else if (p.weightUnit == 0) weigh<f32>(p, lo, hi);
  else weigh<u16>(p, lo, hi);
}

/** Affiliation of v with one of its communities; see affiliationScores. */
function affiliate<W>(p: CommunityParams, place: u32, community: u32): f32 {
  const others = getU32(p.sizes, community) - 1;
  if (others == 0) return 1;
  let inside: f64 = 0;
  let weightedDegree: f64 = 0;
  let numInside: u32 = 0;
  const end = getU32(p.indptr, place + 1);
  for (let i = getU32(p.indptr, place); i < end; i++) {
    const weight = <f64>weightAt<W>(p.data, i, p.weightUnit);
    weightedDegree += weight;
    const row = p.rows + ((<usize>getU32(p.indices, i) * p.width) << 2);
    let isInside = false;
    for (let j: u32 = 0; j < p.width; j++) isInside = isInside || getU32(row, j) == community;
    if (!isInside) continue;
    inside += weight;
    numInside++;
  }
  const denominator = weightedDegree + p.meanWeight * <f64>(others - numInside);
  return denominator == 0 ? 0 : <f32>(inside / denominator);
}

/**
 * Places lo..hi. For each community of v, with S = its members without v:
 *   affiliation = in / (in + out + missing)    in = weight from v into S; out = all other weight of v;
 *   missing = meanWeight * (members of S that are no neighbours).  1 when S is empty, 0 when 0/0 and at padding.
 */
export function affiliationScores(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<CommunityParams>(params);
  for (let place = lo; place < hi; place++) {
    const v = getU32(p.order, place);
    for (let j: u32 = 0; j < p.width; j++) {
      const slot = v * p.width + j;
      const community = getU32(p.rows, slot);
      let score: f32 = 0;
      if (community != p.numCommunities) {
        if (!p.data) score = affiliate<u8>(p, place, community);
        else if (p.weightUnit == 0) score = affiliate<f32>(p, place, community);
        else score = affiliate<u16>(p, place, community);
      }
      setF32(p.affiliation, slot, score);
    }
  }
}

/** Mean edge weight of both ends together: what a pair without an edge is charged. */
// @ts-ignore: decorator
@inline function pairMean(p: CommunityParams, u: u32, v: u32): f64 {
  const degrees = getU32(p.degrees, u) + getU32(p.degrees, v);
  return degrees == 0 ? 0 : (getF64(p.weightedDegrees, u) + getF64(p.weightedDegrees, v)) / <f64>degrees;
}

function explain<W>(p: CommunityParams, lo: u32, hi: u32): void {
  for (let place = lo; place < hi; place++) {
    const v = getU32(p.order, place);
    let count: u32 = 0;
    let inside: f64 = 0;
    let means: f64 = 0;
    if (getU32(p.rows, v * p.width) != p.numCommunities) {
      const end = getU32(p.indptr, place + 1);
      for (let i = getU32(p.indptr, place); i < end; i++) {
        const u = getU32(p.indices, i);
        if (lowestShared(p, u, v) == p.numCommunities) continue;
        count++;
        inside += <f64>weightAt<W>(p.data, i, p.weightUnit);
        if (sizeof<W>() > 1) means += pairMean(p, u, v);
      }
    }
    setU32(p.insideCounts, v, count);
    setF64(p.insideWeights, v, inside);
    if (sizeof<W>() > 1) setF64(p.insideMeans, v, means);
  }
}

/** Places lo..hi: the neighbours that share a community: their number, edge weight and pair means. */
export function edgeStatistics(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<CommunityParams>(params);
  if (!p.data) explain<u8>(p, lo, hi);
  else if (p.weightUnit == 0) explain<f32>(p, lo, hi);
  else explain<u16>(p, lo, hi);
}

/** Vertices lo..hi: the pairs (v, u), u > v, that share a community, each once: number and mean weights. */
export function pairStatistics(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<CommunityParams>(params);
  for (let v = lo; v < hi; v++) {
    let count: u32 = 0;
    let means: f64 = 0;
    for (let j: u32 = 0; j < p.width; j++) {
      const community = getU32(p.rows, v * p.width + j);
      if (community == p.numCommunities) break;
      const last = getU32(p.memberIndptr, community + 1);
      for (let m = getU32(p.memberIndptr, community); m < last; m++) {
        const u = getU32(p.members, m);
        // A pair in several communities is met in each and counted in the lowest.
        if (u <= v || (p.width > 1 && lowestShared(p, u, v) != community)) continue;
        count++;
        means += pairMean(p, u, v);
      }
    }
    setU32(p.pairCounts, v, count);
    setF64(p.pairMeans, v, means);
  }
}
