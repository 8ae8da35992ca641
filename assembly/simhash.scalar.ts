// simhash.ts without SIMD, 32 bits at a time: what `npm run bench` builds to see what SIMD is worth. No build that is shipped has it.
import { getF32, getU32, setF32, setU32 } from './access';
import { epochKey, mix, streamOf } from './rng';

@unmanaged class SimhashParams {
  rows: usize;
  indptr: usize;
  indices: usize;
  data: usize;
  innerScale: usize;
  numBits: u32;
  maxRow: u32;
  key0: u32;
  key1: u32;
  sketches: usize;
}

const PLANES: u32 = 32;

// @ts-ignore: decorator
@inline function signsOf(streams: usize, i: u32, word: u32): u32 { return mix(getU32(streams, i) ^ word); }
// @ts-ignore: decorator
@inline function majority(a: u32, b: u32, c: u32): u32 { return (c & (a ^ b)) | (a & ~(a ^ b)); }

/** One word of a row of ones: 32 upright counters, plane i holds bit i of each. */
function countWord(planes: usize, streams: usize, size: u32, word: u32): u32 {
  memory.fill(planes, 0, <usize>PLANES << 2);
  let ones: u32 = 0;
  let twos: u32 = 0;
  let fours: u32 = 0;
  const whole = size & ~7;
  for (let i: u32 = 0; i < whole; i += 8) {
    const a = signsOf(streams, i, word);
    const b = signsOf(streams, i + 1, word);
    const c = signsOf(streams, i + 2, word);
    const d = signsOf(streams, i + 3, word);
    const e = signsOf(streams, i + 4, word);
    const f = signsOf(streams, i + 5, word);
    const g = signsOf(streams, i + 6, word);
    const h = signsOf(streams, i + 7, word);
    const twosA = majority(ones, a, b);
    ones = ones ^ a ^ b;
    const twosB = majority(ones, c, d);
    ones = ones ^ c ^ d;
    const foursA = majority(twos, twosA, twosB);
    twos = twos ^ twosA ^ twosB;
    const twosC = majority(ones, e, f);
    ones = ones ^ e ^ f;
    const twosD = majority(ones, g, h);
    ones = ones ^ g ^ h;
    const foursB = majority(twos, twosC, twosD);
    twos = twos ^ twosC ^ twosD;
    const eights = majority(fours, foursA, foursB);
    fours = fours ^ foursA ^ foursB;
    addPlane(planes, 3, eights);
  }
  setU32(planes, 0, ones);
  setU32(planes, 1, twos);
  setU32(planes, 2, fours);
  for (let i = whole; i < size; i++) addPlane(planes, 0, signsOf(streams, i, word));
  return isAtLeast(planes, (size + 1) >> 1);
}

// @ts-ignore: decorator
@inline function addPlane(planes: usize, level: u32, bits: u32): void {
  let carry = bits;
  for (let at = planes + ((<usize>level) << 2); carry != 0; at += 4) {
    const held = load<u32>(at);
    store<u32>(at, held ^ carry);
    carry &= held;
  }
}

function isAtLeast(planes: usize, limit: u32): u32 {
  let above: u32 = 0;
  let equal: u32 = 0xffffffff;
  for (let i: i32 = PLANES - 1; i >= 0; i--) {
    const held = getU32(planes, i);
    if ((limit >> i) & 1) {
      equal &= held;
    } else {
      above |= equal & held;
      equal &= ~held;
    }
  }
  return above | equal;
}

/** One word of a weighted row: 32 sums in f32, in the order of the row. */
function sumWord(p: SimhashParams, sums: usize, streams: usize, begin: u32, size: u32, word: u32): u32 {
  memory.fill(sums, 0, 128);
  for (let i: u32 = 0; i < size; i++) {
    let weight: f32 = p.data ? getF32(p.data, begin + i) : 1;
    if (p.innerScale) weight *= getF32(p.innerScale, getU32(p.indices, begin + i));
    const signs = signsOf(streams, i, word);
    for (let bit: u32 = 0; bit < 32; bit++) setF32(sums, bit, getF32(sums, bit) + ((signs >> bit) & 1 ? weight : -weight));
  }
  let bits: u32 = 0;
  for (let bit: u32 = 0; bit < 32; bit++) bits |= u32(getF32(sums, bit) >= 0) << bit;
  return bits;
}

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
    const out = p.sketches + ((<usize>item * numWords) << 2);
    for (let w: u32 = 0; w < numWords; w++) {
      const word = mix(w + 0x6a09e667);
      setU32(out, w, isCount ? countWord(scratch, streams, size, word) : sumWord(p, scratch, streams, begin, size, word));
    }
  }
}

export function hammingDistance(a: usize, b: usize, numBytes: u32): u32 {
  let sum: u64 = 0;
  for (let at: u32 = 0; at < numBytes; at += 8) sum += popcnt<u64>(load<u64>(a + at) ^ load<u64>(b + at));
  return <u32>sum;
}

@unmanaged class HammingParams {
  left: usize;
  right: usize;
  sketches: usize;
  numBits: u32;
  distances: usize;
}

export function hammingPairs(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<HammingParams>(params);
  const numBytes = p.numBits >> 3;
  for (let i = lo; i < hi; i++) {
    const a = p.sketches + <usize>getU32(p.left, i) * numBytes;
    const b = p.sketches + <usize>getU32(p.right, i) * numBytes;
    setU32(p.distances, i, hammingDistance(a, b, numBytes));
  }
}
