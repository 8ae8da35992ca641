// The state of memberships.ts: parameter block, addresses in scratch, rows of communities, and what is around a vertex.
import { getU32, setU32, weightAt } from './access';

/** Subsets of at most 8 communities. */
export const MAX_SUBSETS: u32 = 256;

@unmanaged export class MembershipParams {
  order: usize; // u32[n]: vertex at each place
  indptr: usize; // u32[n + 1] by place
  indices: usize; // vertices
  data: usize; // edge weights, f32 or u16; or 0: ones
  weightUnit: f32; // what 1 of u16 data is worth; 0: data is f32
  meanWeights: usize; // f64[n] by place; 0: ones
  visits: usize; // u32[n] for moveRowsAtOnce: the places in the order of their visit
  numCommunities: u32; // k; also the mark for "none"
  maxDegree: u32;
  width: u32; // places per row
  rows: usize; // u32[n * width]: communities of each vertex, ascending, padded with k
  sizes: usize; // u32[k + 1]
  overlapHeads: usize; // u32[k + 1]: first slot on the list of a community; a slot is a place in `rows`
  overlapNext: usize; // u32[n * width]
  overlapPrevious: usize; // u32[n * width]; at the head of a list: END
  next: usize; // u32[n * width] by place: out of proposeRows, in of applyRows
  outcomes: usize; // u8[n] by place, out
  key0: u32;
  key1: u32;
  epoch: u32;
  wtCoeff: f64;
  acceptScale: f64;
  excludeSelf: u32;
  proposal: u32; // 0 single, 1 multiple, 2 fraction, 3 fractionAndCluster, 4 random
  maxMemberships: u32; // at most width
}

// Scratch: slots {weight f64, gain f64, count u32, mark u32}[k + 1], zero between vertices;
// candidates u32[maxMet], scores f64[maxMet + 256], weights f64[maxMet + 256], three tables f64[256]; rows u32[width] twice.
// maxMet = maxDegree * width + 2.

// @ts-ignore: decorator
@inline export function slotOf(slots: usize, community: u32): usize { return slots + (<usize>community) * 24; }
// @ts-ignore: decorator
@inline export function maxMetOf(p: MembershipParams): u32 { return p.maxDegree * p.width + 2; }
// @ts-ignore: decorator
@inline export function candidatesOf(p: MembershipParams, scratch: usize): usize {
  return scratch + (<usize>p.numCommunities + 1) * 24;
}
// @ts-ignore: decorator
@inline export function scoresOf(p: MembershipParams, scratch: usize): usize {
  return (candidatesOf(p, scratch) + ((<usize>maxMetOf(p)) << 2) + 7) & ~7;
}
// @ts-ignore: decorator
@inline export function weightsOf(p: MembershipParams, scratch: usize): usize {
  return scoresOf(p, scratch) + ((<usize>(maxMetOf(p) + MAX_SUBSETS)) << 3);
}
// @ts-ignore: decorator
@inline export function tableOf(p: MembershipParams, scratch: usize, table: u32): usize {
  return weightsOf(p, scratch) + ((<usize>(maxMetOf(p) + MAX_SUBSETS + table * MAX_SUBSETS)) << 3);
}
// @ts-ignore: decorator
@inline export function proposedRowOf(p: MembershipParams, scratch: usize): usize { return tableOf(p, scratch, 3); }
// @ts-ignore: decorator
@inline export function coverOf(p: MembershipParams, scratch: usize): usize {
  return tableOf(p, scratch, 3) + ((<usize>p.width) << 2);
}

// @ts-ignore: decorator
@inline export function rowOf(p: MembershipParams, v: u32): usize { return p.rows + ((<usize>v * p.width) << 2); }

export function lengthOf(p: MembershipParams, row: usize): u32 {
  let length: u32 = 0;
  while (length < p.width && getU32(row, length) != p.numCommunities) length++;
  return length;
}

/** Number and weight of neighbours per community; lists the communities met, in order of first meeting. */
export function gather<W>(p: MembershipParams, begin: u32, end: u32, slots: usize, met: usize): u32 {
  let numMet: u32 = 0;
  for (let i = begin; i < end; i++) {
    const row = rowOf(p, getU32(p.indices, i));
    const weight = <f64>weightAt<W>(p.data, i, p.weightUnit);
    for (let j: u32 = 0; j < p.width; j++) {
      const community = getU32(row, j);
      if (community == p.numCommunities) break;
      const slot = slotOf(slots, community);
      const count = load<u32>(slot, 16);
      if (count == 0) setU32(met, numMet++, community);
      store<u32>(slot, count + 1, 16);
      store<f64>(slot, load<f64>(slot) + weight);
    }
  }
  return numMet;
}

// @ts-ignore: decorator
@inline export function markOf(slots: usize, community: u32): u32 { return load<u32>(slotOf(slots, community), 20); }
// @ts-ignore: decorator
@inline export function setMark(slots: usize, community: u32, mark: u32): void {
  store<u32>(slotOf(slots, community), mark, 20);
}

/** The marks of all communities of a vertex, together. */
// @ts-ignore: decorator
@inline export function maskOf(p: MembershipParams, slots: usize, v: u32): u32 {
  const row = rowOf(p, v);
  let mask: u32 = 0;
  for (let j: u32 = 0; j < p.width; j++) {
    const community = getU32(row, j);
    if (community == p.numCommunities) break;
    mask |= markOf(slots, community);
  }
  return mask;
}

/** Puts a community into an ascending row of `length`. */
export function insert(row: usize, length: u32, community: u32): void {
  let j = length;
  for (; j > 0 && getU32(row, j - 1) > community; j--) setU32(row, j, getU32(row, j - 1));
  setU32(row, j, community);
}
