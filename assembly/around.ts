// The communities around vertices: those of their neighbours, without the neighbours that have none, vertex after vertex.
// With vector instructions four neighbours are looked at together: a mask of those to leave out names the shuffle that moves the others to the
// front, so that nothing is branched upon: what a neighbour belongs to is as good as random, and a branch would be
// foretold wrongly every other time.
import { getF32, getU32, setF32, setU32, weightAt } from './access';

/** SHUFFLES[mask]: bytes of the words that are not in the mask, in order, then anything. */
const SHUFFLES: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0,
  4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0,
  4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0,
  8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
], 16);

/** Words that may be written beyond the last one that counts. */
export const SPARE_WORDS: u32 = 4;

// @ts-ignore: decorator
@inline function shuffleOf(leftOut: u32): v128 { return v128.load(SHUFFLES + ((<usize>leftOut) << 4)); }

// @ts-ignore: decorator
@inline function communityAt(assignment: usize, index: usize): u32 {
  return load<u32>(assignment + (load<u32>(index) << 2));
}

/** Weights of four stored edges; W as in weightAt. */
// @ts-ignore: decorator
@inline function weightsAt<W>(data: usize, i: u32, unit: f32): v128 {
  if (sizeof<W>() == 2)
    return f32x4.mul(f32x4.convert_i32x4_u(v128.load16x4_u(data + ((<usize>i) << 1))), f32x4.splat(unit));
  return v128.load(data + ((<usize>i) << 2));
}

/**
 * Of the stored edges begin..begin + count: moves the communities of their ends, without `none`, to `around`, and their
 * weights to `weights`. Four edges make a group; groups[g] becomes {number moved before it} << 4 | mask of those left out.
 */
export function packAround<W>(
  indices: usize, data: usize, unit: f32, begin: u32, count: u32, assignment: usize, none: u32,
  around: usize, weights: usize, groups: usize,
): void {
  const whole = ASC_FEATURE_SIMD ? count & ~3 : 0;
  let index = indices + ((<usize>begin) << 2);
  let moved: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    // First all are fetched, so that nothing else waits for memory; then they are packed where they lie.
    for (let to = around; to != around + ((<usize>whole) << 2); to += 16, index += 16) {
      store<u32>(to, communityAt(assignment, index));
      store<u32>(to, communityAt(assignment, index + 4), 4);
      store<u32>(to, communityAt(assignment, index + 8), 8);
      store<u32>(to, communityAt(assignment, index + 12), 12);
    }
    const nobody = i32x4.splat(none);
    for (let i: u32 = 0; i != whole; i += 4) {
      const four = v128.load(around + ((<usize>i) << 2));
      const leftOut = <u32>i32x4.bitmask(i32x4.eq(four, nobody));
      const to = (<usize>moved) << 2;
      v128.store(around + to, i8x16.swizzle(four, shuffleOf(leftOut)));
      if (sizeof<W>() > 1) v128.store(weights + to, i8x16.swizzle(weightsAt<W>(data, begin + i, unit), shuffleOf(leftOut)));
      store<u32>(groups + i, (moved << 4) | leftOut);
      moved += 4 - <u32>popcnt(leftOut);
    }
  }
  let group = moved << 4;
  for (let i = whole; i != count; i++, index += 4) {
    const community = communityAt(assignment, index);
    setU32(around, moved, community);
    if (sizeof<W>() > 1) setF32(weights, moved, weightAt<W>(data, begin + i, unit));
    if ((i & 3) == 0) group = moved << 4;
    group |= u32(community == none) << (i & 3);
    setU32(groups, i >> 2, group);
    moved += u32(community != none);
  }
  if ((count & 3) == 0) setU32(groups, count >> 2, moved << 4);
}

/** How many of the first `count` edges were moved. */
// @ts-ignore: decorator
@inline export function movedOf(groups: usize, count: u32): u32 {
  const group = getU32(groups, count >> 2);
  const rest = count & 3;
  return (group >> 4) + rest - <u32>popcnt(group & ((1 << rest) - 1));
}

/** Of `count` communities from `around` on: moves those that are not `own` to `others`; returns their number. */
export function packOthers(around: usize, count: u32, own: u32, others: usize): u32 {
  let moved: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const mine = i32x4.splat(own);
    for (let i: u32 = 0; i < count; i += 4) {
      const four = v128.load(around + ((<usize>i) << 2));
      const leftOut = <u32>i32x4.bitmask(i32x4.eq(four, mine)) | beyond(count - i);
      v128.store(others + ((<usize>moved) << 2), i8x16.swizzle(four, shuffleOf(leftOut)));
      moved += 4 - <u32>popcnt(leftOut);
    }
  } else {
    for (let i: u32 = 0; i < count; i++) {
      const community = getU32(around, i);
      setU32(others, moved, community);
      moved += u32(community != own);
    }
  }
  return moved;
}

/** As packOthers, with their weights; the sum of the weights of `own`, in order, is left at `ownWeight`. */
export function packWeightedOthers(
  around: usize, weights: usize, count: u32, own: u32, others: usize, otherWeights: usize, ownWeight: usize,
): u32 {
  let moved: u32 = 0;
  let sum: f32 = 0;
  if (ASC_FEATURE_SIMD) {
    const mine = i32x4.splat(own);
    for (let i: u32 = 0; i < count; i += 4) {
      const four = v128.load(around + ((<usize>i) << 2));
      const values = v128.load(weights + ((<usize>i) << 2));
      const isOwn = i32x4.eq(four, mine);
      const past = beyond(count - i);
      const leftOut = <u32>i32x4.bitmask(isOwn) | past;
      const to = (<usize>moved) << 2;
      v128.store(others + to, i8x16.swizzle(four, shuffleOf(leftOut)));
      v128.store(otherWeights + to, i8x16.swizzle(values, shuffleOf(leftOut)));
      moved += 4 - <u32>popcnt(leftOut);
      // In order, lane by lane: adding the zero of a lane that is not own changes no sum. Past the end anything may stand.
      const owned = v128.and(values, isOwn);
      sum += f32x4.extract_lane(owned, 0);
      if (past < 14) sum += f32x4.extract_lane(owned, 1);
      if (past < 12) sum += f32x4.extract_lane(owned, 2);
      if (past < 8) sum += f32x4.extract_lane(owned, 3);
    }
  } else {
    for (let i: u32 = 0; i < count; i++) {
      const community = getU32(around, i);
      const weight = getF32(weights, i);
      setU32(others, moved, community);
      setF32(otherWeights, moved, weight);
      moved += u32(community != own);
      sum += community == own ? weight : 0;
    }
  }
  store<f32>(ownWeight, sum);
  return moved;
}

/** Mask of the words beyond the first `count` of four. */
// @ts-ignore: decorator
@inline function beyond(count: u32): u32 { return count < 4 ? (15 << count) & 15 : 0; }
