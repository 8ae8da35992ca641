// SimHash sketches (Charikar 2002): bit t of word w of a row is 1 iff  sum over u of  sign(u, w, t) * weight(u) >= 0,
// where sign(u, w, t) is +1 iff bit t of  mix(streamOf(key, u) ^ mix(w + 0x6a09e667))  is set: no matrix of signs is stored.
// A sum of exactly 0 makes a 1. Two rows at an angle of theta differ in a bit with probability theta / pi.
import { getF32, getU32, setU32 } from './access';
import { epochKey, mix, streamOf } from './rng';

@unmanaged class SimhashParams {
  rows: usize; // u32[numItems]: the rows to sketch
  indptr: usize; // u32[numRows + 1]
  indices: usize;
  data: usize; // f32, or 0: ones
  innerScale: usize; // f32[numCols]: factor of each column, or 0: ones
  numBits: u32; // a multiple of 128
  maxRow: u32; // most entries of a row
  key0: u32;
  key1: u32;
  sketches: usize; // u32[numItems * numBits / 32], out
}

// Scratch: 32 vectors (sums of 128 bits, or the planes of a counter), streams u32[maxRow + 8].
const PLANES: u32 = 32;

// @ts-ignore: decorator
@inline function plane(planes: usize, i: u32): usize { return planes + ((<usize>i) << 4); }

/** `mix` of four words. */
// @ts-ignore: decorator
@inline function mix4(value: v128): v128 {
  let x = value;
  x = v128.xor(x, i32x4.shr_u(x, 16));
  x = i32x4.mul(x, i32x4.splat(0x7feb352d));
  x = v128.xor(x, i32x4.shr_u(x, 15));
  x = i32x4.mul(x, i32x4.splat(0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** 128 signs of one column. */
// @ts-ignore: decorator
@inline function signsOf(streams: usize, i: u32, words: v128): v128 {
  return mix4(v128.xor(v128.load32_splat(streams + ((<usize>i) << 2)), words));
}

// @ts-ignore: decorator
@inline function majority(a: v128, b: v128, c: v128): v128 {
  return v128.bitselect(c, a, v128.xor(a, b));
}

// @ts-ignore: decorator
@inline function xor3(a: v128, b: v128, c: v128): v128 { return v128.xor(v128.xor(a, b), c); }

/**
 * One block of a row of ones. 128 counters stand upright: plane i holds bit i of each. Eight sign vectors at a time go
 * through carry-save adders, so that a vector costs five operations instead of 32 additions.
 */
function countBlock(planes: usize, streams: usize, size: u32, words: v128): v128 {
  memory.fill(planes, 0, <usize>PLANES << 4);
  let ones = i32x4.splat(0);
  let twos = i32x4.splat(0);
  let fours = i32x4.splat(0);
  const whole = size & ~7;
  for (let i: u32 = 0; i < whole; i += 8) {
    const a = signsOf(streams, i, words);
    const b = signsOf(streams, i + 1, words);
    const c = signsOf(streams, i + 2, words);
    const d = signsOf(streams, i + 3, words);
    const e = signsOf(streams, i + 4, words);
    const f = signsOf(streams, i + 5, words);
    const g = signsOf(streams, i + 6, words);
    const h = signsOf(streams, i + 7, words);
    const twosA = majority(ones, a, b);
    ones = xor3(ones, a, b);
    const twosB = majority(ones, c, d);
    ones = xor3(ones, c, d);
    const foursA = majority(twos, twosA, twosB);
    twos = xor3(twos, twosA, twosB);
    const twosC = majority(ones, e, f);
    ones = xor3(ones, e, f);
    const twosD = majority(ones, g, h);
    ones = xor3(ones, g, h);
    const foursB = majority(twos, twosC, twosD);
    twos = xor3(twos, twosC, twosD);
    const eights = majority(fours, foursA, foursB);
    fours = xor3(fours, foursA, foursB);
    addPlane(planes, 3, eights);
  }
  v128.store(planes, ones);
  v128.store(planes, twos, 16);
  v128.store(planes, fours, 32);
  for (let i = whole; i < size; i++) addPlane(planes, 0, signsOf(streams, i, words));
  return isAtLeast(planes, (size + 1) >> 1);
}

/** Adds 2^level to the counters whose bit is set. */
// @ts-ignore: decorator
@inline function addPlane(planes: usize, level: u32, bits: v128): void {
  let carry = bits;
  for (let at = plane(planes, level); v128.any_true(carry); at += 16) {
    const held = v128.load(at);
    v128.store(at, v128.xor(held, carry));
    carry = v128.and(held, carry);
  }
}

/** Which counters are at least `limit`. */
function isAtLeast(planes: usize, limit: u32): v128 {
  let above = i32x4.splat(0);
  let equal = i32x4.splat(-1);
  for (let i: i32 = PLANES - 1; i >= 0; i--) {
    const held = v128.load(plane(planes, i));
    if ((limit >> i) & 1) {
      equal = v128.and(equal, held);
    } else {
      above = v128.or(above, v128.and(equal, held));
      equal = v128.andnot(equal, held);
    }
  }
  return v128.or(above, equal);
}

/** One block of a weighted row: 128 sums in f32, in the order of the row. */
function sumBlock(p: SimhashParams, sums: usize, streams: usize, begin: u32, size: u32, words: v128): v128 {
  const signBit = i32x4.splat(0x80000000);
  memory.fill(sums, 0, 512);
  for (let i: u32 = 0; i < size; i++) {
    let weight: f32 = p.data ? getF32(p.data, begin + i) : 1;
    if (p.innerScale) weight *= getF32(p.innerScale, getU32(p.indices, begin + i));
    const value = f32x4.splat(weight);
    let minus = v128.not(signsOf(streams, i, words));
    for (let at = sums + 496; ; at -= 16) {
      v128.store(at, f32x4.add(v128.load(at), v128.xor(value, v128.and(minus, signBit))));
      if (at == sums) break;
      minus = i32x4.shl(minus, 1);
    }
  }
  let bits = i32x4.splat(0);
  for (let at = sums + 496; ; at -= 16) {
    const isPlus = f32x4.ge(v128.load(at), f32x4.splat(0));
    bits = v128.or(i32x4.shl(bits, 1), i32x4.shr_u(isPlus, 31));
    if (at == sums) break;
  }
  return bits;
}

/** Items lo..hi: the sketch of each row. */
export function simhashRows(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<SimhashParams>(params);
  const key = epochKey(p.key0, p.key1, 0);
  const streams = scratch + 512;
  const isCount = p.data == 0 && p.innerScale == 0;
  const numWords = p.numBits >> 5;
  for (let item = lo; item < hi; item++) {
    const row = getU32(p.rows, item);
    const begin = getU32(p.indptr, row);
    const size = getU32(p.indptr, row + 1) - begin;
    for (let i: u32 = 0; i < size; i++) setU32(streams, i, streamOf(key, getU32(p.indices, begin + i)));
    let out = p.sketches + ((<usize>item * numWords) << 2);
    for (let w: u32 = 0; w < numWords; w += 4) {
      const words = mix4(i32x4.add(i32x4.splat(w + 0x6a09e667), i32x4(0, 1, 2, 3)));
      v128.store(out, isCount ? countBlock(scratch, streams, size, words) : sumBlock(p, scratch, streams, begin, size, words));
      out += 16;
    }
  }
}

/** Bits in which two sketches differ; `numBytes` is a multiple of 16. */
export function hammingDistance(a: usize, b: usize, numBytes: u32): u32 {
  let sum = i32x4.splat(0);
  const end = a + numBytes;
  const toB = b - a;
  let at = a;
  while (at < end) {
    // A byte holds at most 8 for each vector, so 31 of them fit before it runs over.
    const stop = min<usize>(end, at + 31 * 16);
    let bytes = i8x16.splat(0);
    for (; at < stop; at += 16) bytes = i8x16.add(bytes, i8x16.popcnt(v128.xor(v128.load(at), v128.load(at + toB))));
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
  }
  return i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
}

@unmanaged class HammingParams {
  left: usize; // u32[numPairs]: a sketch each
  right: usize;
  sketches: usize;
  numBits: u32;
  distances: usize; // u32[numPairs], out
}

/** Pairs lo..hi: the number of bits in which their sketches differ. */
export function hammingPairs(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<HammingParams>(params);
  const numBytes = p.numBits >> 3;
  for (let i = lo; i < hi; i++) {
    const a = p.sketches + <usize>getU32(p.left, i) * numBytes;
    const b = p.sketches + <usize>getU32(p.right, i) * numBytes;
    setU32(p.distances, i, hammingDistance(a, b, numBytes));
  }
}
