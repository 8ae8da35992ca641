// Wedge sampling (Cohen and Lewis 1999; WHIMP, Sharma, Seshadhri and Goel 2017): similar pairs without looking at all wedges.
// A is users x producers; the similarity of p and q is
//   c(p, q) = sum over u of  A[u, p] * A[u, q] * innerScale[u] * scale[p] * scale[q],  at most 1.
// From p, a follower u is drawn with probability ~ A[u, p] * innerScale[u] * L(u), where L(u) = sum over q of A[u, q] * scale[q],
// and from u a producer q with probability A[u, q] * scale[q] / L(u). With samples * sum over q of c(p, q) draws in all, q comes
// up samples * c(p, q) times in the mean, so it is missed with probability e^(-samples * c(p, q)) at the most; and p by q as often.
import { getF32, getF64, getU32, setF32, setF64, setU32 } from './access';
import { epochKey, mix, streamOf } from './rng';
import { hammingDistance } from './simhash';
import { setPair, sortByIndex, storePairs } from './topk';

@unmanaged class WedgeTableParams {
  indptr: usize; // u32[numUsers + 1]
  indices: usize; // producers of each user
  data: usize; // f32, or 0: ones
  scale: usize; // f32[numProducers]
  innerScale: usize; // f32[numUsers], or 0: ones
  maxRow: u32;
  table: usize; // u32[2 * nnz], out: for each place of a row, how often of 2^32 it is kept, and the producer it gives way to
  masses: usize; // f64[numUsers], out: innerScale * L
}

// Scratch: shares f64[maxRow], places u32[maxRow].

/** Users lo..hi: alias tables (Vose 1991) over A[u, q] * scale[q], so that a draw costs the same in rows of any length. */
export function wedgeTables(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<WedgeTableParams>(params);
  const places = scratch + ((<usize>p.maxRow) << 3);
  for (let user = lo; user < hi; user++) {
    const begin = getU32(p.indptr, user);
    const size = getU32(p.indptr, user + 1) - begin;
    const indices = p.indices + ((<usize>begin) << 2);
    const table = p.table + ((<usize>begin) << 3);
    let total: f64 = 0;
    for (let i: u32 = 0; i < size; i++) {
      const weight: f64 = (p.data ? <f64>getF32(p.data, begin + i) : 1.0) * <f64>getF32(p.scale, getU32(indices, i));
      setF64(scratch, i, weight);
      total += weight;
    }
    setF64(p.masses, user, p.innerScale ? total * <f64>getF32(p.innerScale, user) : total);
    fillTable(table, indices, scratch, places, size, total > 0 ? <f64>size / total : 0);
  }
}

/** Places below the mean stand at the front of `places`, the others at its end; either side works as a stack. */
function fillTable(table: usize, indices: usize, shares: usize, places: usize, size: u32, factor: f64): void {
  let numSmall: u32 = 0;
  let firstLarge = size;
  for (let i: u32 = 0; i < size; i++) {
    const share = getF64(shares, i) * factor;
    setF64(shares, i, share);
    if (share < 1) setU32(places, numSmall++, i);
    else setU32(places, --firstLarge, i);
  }
  while (numSmall > 0 && firstLarge < size) {
    const small = getU32(places, --numSmall);
    const large = getU32(places, firstLarge++);
    const share = getF64(shares, small);
    setU32(table, 2 * small, <u32>(share * 4294967296.0));
    setU32(table, 2 * small + 1, getU32(indices, large));
    const rest = getF64(shares, large) - (1 - share);
    setF64(shares, large, rest);
    if (rest < 1) setU32(places, numSmall++, large);
    else setU32(places, --firstLarge, large);
  }
  // What rounding has left over is about 1.
  while (numSmall > 0) keepAlways(table, indices, getU32(places, --numSmall));
  while (firstLarge < size) keepAlways(table, indices, getU32(places, firstLarge++));
}

function keepAlways(table: usize, indices: usize, place: u32): void {
  setU32(table, 2 * place, u32.MAX_VALUE);
  setU32(table, 2 * place + 1, getU32(indices, place));
}

@unmanaged class WedgeParams {
  numProducers: u32;
  numUsers: u32;
  indptr: usize; // u32[numProducers + 1]: followers of each producer
  indices: usize;
  data: usize; // f32, or 0: ones
  userIndptr: usize; // u32[numUsers + 1]: the transpose
  userIndices: usize;
  innerScale: usize; // f32[numUsers], or 0: ones
  scale: usize; // f32[numProducers]; 0 = the producer takes no part
  table: usize; // of wedgeTables
  masses: usize; // of wedgeTables
  isExact: usize; // u8[numProducers]: 1 = someone else finds the pairs of this producer
  samples: f64; // expected draws of a pair of similarity 1 from one of its ends
  drawCost: u32; // places of a row that are as quickly read as one is drawn
  key0: u32;
  key1: u32;
  sketches: usize; // or 0: no sketch is asked
  sketchOf: usize; // u32[numProducers]: 1 + number of the producer's sketch, or 0: none
  sketchBytes: u32;
  askFrom: u32; // sketches are asked where both producers have that many followers
  maxDistance: u32; // pairs whose sketches differ in more bits are dropped
  estimates: usize; // f32[bits + 1]: cosine by distance, for similarities that are not verified; 0: all are
  norms: usize; // f32[numProducers]: length of each scaled column; with estimates
  threshold: f32; // kept iff similarity > threshold
  minCommon: u32; // and at least so many followers in common
  units: usize; // u32[numUnits + 1]: producers of each work item
  firstRow: u32; // producer of the first place of the outputs
  slotStarts: usize; // u32[panel + 1]: where the pairs of each row may go
  counts: usize; // u32[panel], out
  slotIndices: usize; // u32[slots], out, ascending within a row
  slotData: usize; // f32[slots], out
  numLooked: usize; // f64[panel], out: wedges drawn or read
  numDistinct: usize; // u32[panel], out: different pairs among them
  numSurvivors: usize; // u32[panel], out: those the sketches let pass
}

// Scratch: marks (f32, or a bit)[numUsers] and seen u8[numProducers], all zero between rows; touched u32[numProducers + 1];
// places and rolls of draws u32[DRAWS] each; pairs of 8 bytes [numProducers].
// Draws wait there for their turn, so that their loads from memory overlap.
const DRAWS: u32 = 256;

// @ts-ignore: decorator
@inline function rowSize(indptr: usize, row: u32): u32 { return getU32(indptr, row + 1) - getU32(indptr, row); }

/** What is marked at the user of entry i of the row: A[u, row], or innerScale[u] where all of A are ones. */
// @ts-ignore: decorator
@inline function weightOf(p: WedgeParams, i: u32): f32 {
  return p.data ? getF32(p.data, i) : getF32(p.innerScale, getU32(p.indices, i));
}

// @ts-ignore: decorator
@inline function isCount(p: WedgeParams): bool { return p.data == 0 && p.innerScale == 0; }

/** 32 random bits of a draw; a second and a third word are made of them. */
// @ts-ignore: decorator
@inline function bitsOf(stream: u32, draw: u32): u32 { return mix(stream + draw * 0x9e3779b9); }

/** Where a draw falls: one in each of the intervals 0..1, 1..2, ... of the row's mass. */
// @ts-ignore: decorator
@inline function placeDraw(bits: u32, draw: u32): f64 { return <f64>draw + <f64>bits * (1.0 / 4294967296.0); }

/** Lists a producer that comes up, once. Returns the new size of the list. */
// @ts-ignore: decorator
@inline function note(other: u32, seen: usize, touched: usize, n: u32): u32 {
  setU32(touched, n, other);
  const before = load<u8>(seen + other);
  store<u8>(seen + other, 1);
  return n + u32(before == 0);
}

/** Takes the draws that wait: at each place the producer that stands there, or the one it gives way to. */
function takeDraws(p: WedgeParams, places: usize, numDraws: u32, seen: usize, touched: usize, numTouched: u32): u32 {
  const rolls = places + (DRAWS << 2);
  let n = numTouched;
  for (let d: u32 = 0; d < numDraws; d++) {
    const place = getU32(places, d);
    const entry = p.table + ((<usize>place) << 3);
    // Both are loaded: a branch that nobody can foresee would wait for memory, and those behind it too.
    const own = getU32(p.userIndices, place);
    n = note(select<u32>(own, load<u32>(entry, 4), getU32(rolls, d) < load<u32>(entry)), seen, touched, n);
  }
  return n;
}

/**
 * Samples the row; each producer that comes up is listed once. Users from whom as many draws are wanted as reading all of
 * their row would cost are read. Draws are stratified, which misses a pair no more often than independent draws.
 */
function sampleWedges(p: WedgeParams, row: u32, seen: usize, touched: usize, places: usize, looked: usize): u32 {
  const stream = streamOf(epochKey(p.key0, p.key1, 0), row);
  const factor = p.samples * <f64>getF32(p.scale, row);
  const rolls = places + (DRAWS << 2);
  const end = getU32(p.indptr, row + 1);
  let n: u32 = 0;
  let waiting: u32 = 0;
  let mass: f64 = 0;
  let draw: u32 = 0;
  let numRead: f64 = 0;
  let bits = bitsOf(stream, 0);
  let next = placeDraw(bits, 0);
  for (let i = getU32(p.indptr, row); i < end; i++) {
    const user = getU32(p.indices, i);
    const begin = getU32(p.userIndptr, user);
    const size = getU32(p.userIndptr, user + 1) - begin;
    const share = factor * (p.data ? <f64>getF32(p.data, i) : 1.0) * getF64(p.masses, user);
    if (share * <f64>p.drawCost >= <f64>size) {
      for (let j = begin; j < begin + size; j++) n = note(getU32(p.userIndices, j), seen, touched, n);
      numRead += <f64>size;
      continue;
    }
    mass += share;
    while (next < mass) {
      const chosen = mix(bits ^ 0x5851f42d);
      setU32(places, waiting, begin + <u32>((<u64>chosen * size) >> 32));
      setU32(rolls, waiting, mix(chosen ^ 0x6a09e667));
      if (++waiting == DRAWS) {
        n = takeDraws(p, places, waiting, seen, touched, n);
        waiting = 0;
      }
      bits = bitsOf(stream, ++draw);
      next = placeDraw(bits, draw);
    }
  }
  store<f64>(looked, numRead + <f64>draw);
  return takeDraws(p, places, waiting, seen, touched, n);
}

/** Writes or wipes what the row has at each of its users: a bit of a row of ones, else the weight. */
function markUsers(p: WedgeParams, row: u32, marks: usize, isOn: bool): void {
  const end = getU32(p.indptr, row + 1);
  for (let i = getU32(p.indptr, row); i < end; i++) {
    const user = getU32(p.indices, i);
    if (!isCount(p)) setF32(marks, user, isOn ? weightOf(p, i) : 0);
    else if (isOn) setU32(marks, user >> 5, getU32(marks, user >> 5) | (1 << (user & 31)));
    else setU32(marks, user >> 5, 0);
  }
}

/** c(row, other): what spgemmTopK gives for the pair in either row, to the bit. */
function similarityOf(p: WedgeParams, row: u32, other: u32, marks: usize): f32 {
  const scale = getF32(p.scale, row);
  const otherScale = getF32(p.scale, other);
  if (isCount(p)) return <f32>countCommon(p, row, other, marks) * (scale * otherScale);
  return <f32>(commonWeight(p, other, marks) * (<f64>scale * <f64>otherScale));
}

/** Sum over common followers, in their order. */
function commonWeight(p: WedgeParams, other: u32, marks: usize): f64 {
  const end = getU32(p.indptr, other + 1);
  let sum: f64 = 0;
  for (let i = getU32(p.indptr, other); i < end; i++) {
    const user = getU32(p.indices, i);
    const mark: f64 = getF32(marks, user);
    if (p.data == 0) sum += mark;
    else sum += mark * <f64>getF32(p.data, i) * (p.innerScale ? <f64>getF32(p.innerScale, user) : 1);
  }
  return sum;
}

function countCommon(p: WedgeParams, row: u32, other: u32, marks: usize): u32 {
  if (rowSize(p.indptr, other) > rowSize(p.indptr, row) << 4) return searchCommon(p, row, other);
  const end = getU32(p.indptr, other + 1);
  let count: u32 = 0;
  for (let i = getU32(p.indptr, other); i < end; i++) {
    const user = getU32(p.indices, i);
    count += (getU32(marks, user >> 5) >> (user & 31)) & 1;
  }
  return count;
}

/** Common followers when the other row is far longer: each user of this one is searched there, from where the last one stood. */
function searchCommon(p: WedgeParams, row: u32, other: u32): u32 {
  const end = getU32(p.indptr, row + 1);
  const last = getU32(p.indptr, other + 1);
  let at = getU32(p.indptr, other);
  let count: u32 = 0;
  for (let i = getU32(p.indptr, row); i < end; i++) {
    const user = getU32(p.indices, i);
    let high = last;
    while (at < high) {
      const middle = at + ((high - at) >> 1);
      if (getU32(p.indices, middle) < user) at = middle + 1;
      else high = middle;
    }
    if (at == last) break;
    count += u32(getU32(p.indices, at) == user);
  }
  return count;
}

/** Do the two have at least minCommon followers in common? Both rows are walked, until there are as many. */
function hasCommon(p: WedgeParams, row: u32, other: u32): bool {
  let i = getU32(p.indptr, row);
  let j = getU32(p.indptr, other);
  const end = getU32(p.indptr, row + 1);
  const last = getU32(p.indptr, other + 1);
  let count: u32 = 0;
  while (i < end && j < last) {
    const mine = getU32(p.indices, i);
    const theirs = getU32(p.indices, j);
    count += u32(mine == theirs);
    if (count == p.minCommon) return true;
    i += u32(mine <= theirs);
    j += u32(theirs <= mine);
  }
  return false;
}

// @ts-ignore: decorator
@inline function sketchAt(p: WedgeParams, number: u32): usize { return p.sketches + <usize>(number - 1) * p.sketchBytes; }

/**
 * Work units lo..hi: for each producer the pairs above the threshold among those that its draws bring up. A pair is held
 * against the sketches right where it is drawn, unless counting its common followers is as quick.
 */
export function samplePairs(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<WedgeParams>(params);
  const end = getU32(p.units, hi);
  for (let row = getU32(p.units, lo); row < end; row++) sampleRow(p, row, scratch);
}

function sampleRow(p: WedgeParams, row: u32, marks: usize): void {
  const seen = marks + ((<usize>p.numUsers + 31) << 2);
  const touched = seen + ((<usize>p.numProducers + 3) & ~3);
  const places = touched + ((<usize>p.numProducers + 1) << 2);
  const pairs = (places + (DRAWS << 3) + 7) & ~7;
  const place = row - p.firstRow;
  const looked = p.numLooked + ((<usize>place) << 3);
  let size: u32 = 0;
  let numDistinct: u32 = 0;
  let numSurvivors: u32 = 0;
  store<f64>(looked, 0);
  if (getF32(p.scale, row) != 0 && !load<u8>(p.isExact + row)) {
    const numSeen = sampleWedges(p, row, seen, touched, places, looked);
    if (!p.estimates) markUsers(p, row, marks, true);
    const mine = rowSize(p.indptr, row);
    const number = p.sketches ? getU32(p.sketchOf, row) : 0;
    for (let t: u32 = 0; t < numSeen; t++) {
      const other = getU32(touched, t);
      store<u8>(seen + other, 0);
      if (other == row || getF32(p.scale, other) == 0 || load<u8>(p.isExact + other)) continue;
      numDistinct++;
      let distance: u32 = 0;
      if (number && min<u32>(mine, rowSize(p.indptr, other)) >= p.askFrom) {
        distance = hammingDistance(sketchAt(p, number), sketchAt(p, getU32(p.sketchOf, other)), p.sketchBytes);
        if (distance > p.maxDistance) continue;
      }
      numSurvivors++;
      const similarity: f32 = p.estimates
        ? getF32(p.estimates, distance) * getF32(p.norms, row) * getF32(p.norms, other)
        : similarityOf(p, row, other, marks);
      const value: f32 = similarity < 1 ? similarity : 1;
      if (value > p.threshold && (p.minCommon <= 1 || hasCommon(p, row, other))) setPair(pairs, size++, other, value);
    }
    if (!p.estimates) markUsers(p, row, marks, false);
  }
  sortByIndex(pairs, size);
  const slot = (<usize>getU32(p.slotStarts, place)) << 2;
  storePairs(pairs, size, p.slotIndices + slot, p.slotData + slot);
  setU32(p.counts, place, size);
  setU32(p.numDistinct, place, numDistinct);
  setU32(p.numSurvivors, place, numSurvivors);
}
