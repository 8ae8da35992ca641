// Candidates by sums of dot alone, f32 each, at their items' places: for queries whose candidates are all divided by the same.
// Reading all sums in order costs less than listing the items that are met, and windows and exclusions are looked at afterwards.
import { getF32, getF64, getU32, setF32, setU32 } from './access';
import { ScanPostingsParams, SLACK } from './scan-params';
import { barBelow, keepLargest, keyCapacity, setKey } from './selection';

/** Sums that are looked at together: a line of the cache. */
const LINE: u32 = 16;
/** One of so many lines is looked at to guess the bar. */
const SAMPLED: u32 = 16;

// @ts-ignore: decorator
@inline function addDot(items: usize, toScore: usize, at: usize, weight: f32, dots: usize): void {
  const dot = dots + ((<usize>load<u32>(items + at)) << 2);
  store<f32>(dot, load<f32>(dot) + load<f32>(items + toScore + at) * weight);
}

/** dots[item] += score * weight for the `count` entries of one list: nothing else is in this loop, so it runs at the pace of the memory. */
function addDots(items: usize, scores: usize, count: u32, weight: f32, dots: usize): void {
  const toScore = scores - items;
  let at = items;
  for (const whole = items + ((<usize>(count & ~3)) << 2); at != whole; at += 16) {
    addDot(at, toScore, 0, weight, dots);
    addDot(at, toScore, 4, weight, dots);
    addDot(at, toScore, 8, weight, dots);
    addDot(at, toScore, 12, weight, dots);
  }
  for (const end = items + ((<usize>count) << 2); at != end; at += 4) addDot(at, toScore, 0, weight, dots);
}

/** The largest f32 that is not above `bound` >= 0. */
// @ts-ignore: decorator
@inline function floorF32(bound: f64): f32 {
  const nearest = <f32>bound;
  return <f64>nearest > bound ? reinterpret<f32>(reinterpret<u32>(nearest) - 1) : nearest;
}

// @ts-ignore: decorator
@inline function lineAt(dots: usize, first: u32): usize { return dots + ((<usize>first) << 2); }

// @ts-ignore: decorator
@inline function largestOfLine(line: usize): f32 {
  let largest: f32 = 0;
  if (ASC_FEATURE_SIMD) {
    const half = f32x4.pmax(v128.load(line), v128.load(line, 16));
    const four = f32x4.pmax(half, f32x4.pmax(v128.load(line, 32), v128.load(line, 48)));
    const two = f32x4.pmax(four, i32x4.shuffle(four, four, 2, 3, 0, 1));
    largest = f32x4.extract_lane(f32x4.pmax(two, i32x4.shuffle(two, two, 1, 0, 3, 2)), 0);
  } else {
    for (let i: u32 = 0; i < LINE; i++) largest = max<f32>(largest, getF32(line, i));
  }
  return largest;
}

/** Bit i: sum i of the line is above the limit. */
// @ts-ignore: decorator
@inline function aboveInLine(line: usize, limit: f32): u32 {
  let above: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const limits = f32x4.splat(limit);
    above = i32x4.bitmask(f32x4.gt(v128.load(line), limits));
    above |= i32x4.bitmask(f32x4.gt(v128.load(line, 16), limits)) << 4;
    above |= i32x4.bitmask(f32x4.gt(v128.load(line, 32), limits)) << 8;
    above |= i32x4.bitmask(f32x4.gt(v128.load(line, 48), limits)) << 12;
  } else {
    for (let i: u32 = 0; i < LINE; i++) above |= u32(getF32(line, i) > limit) << i;
  }
  return above;
}

// A fill so short is a call all the same.
// @ts-ignore: decorator
@inline function clearLine(line: usize): void {
  for (let at: usize = 0; at != <usize>LINE << 2; at += 8) store<u64>(line + at, 0);
}

/** 1 when a sum of the line is above the limits; else 0, and the line is cleared. Written out, so that it is read once. */
// @ts-ignore: decorator
@inline function isAboveOrClear(line: usize, limits: v128): u32 {
  const a = v128.load(line);
  const b = v128.load(line, 16);
  const c = v128.load(line, 32);
  const d = v128.load(line, 48);
  const largest = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  const isAbove = u32(v128.any_true(f32x4.gt(largest, limits)));
  const mask = i32x4.splat(0 - isAbove);
  v128.store(line, v128.and(a, mask));
  v128.store(line, v128.and(b, mask), 16);
  v128.store(line, v128.and(c, mask), 32);
  v128.store(line, v128.and(d, mask), 48);
  return isAbove;
}

/** Lists the lines of from..end that have a sum above the limit, and clears the others; returns their number. No branch, for few lines are listed. */
function listLines(dots: usize, from: u32, end: u32, limit: f32, lines: usize): u32 {
  let num: u32 = 0;
  for (let first = from; first < end; first += LINE) {
    const line = lineAt(dots, first);
    setU32(lines, num, first);
    if (ASC_FEATURE_SIMD) num += isAboveOrClear(line, f32x4.splat(limit));
    else if (aboveInLine(line, limit)) num++;
    else clearLine(line);
  }
  return num;
}

/**
 * Keys of the items whose score is above the bar; all sums are zero afterwards. Whenever there are as many keys as fit, only the topK best stay,
 * and the worst of them becomes the bar. Returns how many there are. `lines`: u32[numItems / 16 + 1].
 */
function keepAbove(p: ScanPostingsParams, q: u32, dots: usize, lines: usize, keys: usize, least: f32): u32 {
  const sourceNorm = getF64(p.sourceNorms, q);
  const first = getU32(p.firstItems, q);
  const end = getU32(p.endItems, q);
  const topK = p.topK;
  const capacity = keyCapacity(topK, p.numItems);
  let bar = least;
  let limit = floorF32(<f64>bar * sourceNorm * SLACK);
  let size: u32 = 0;
  const numLines = listLines(dots, first & ~(LINE - 1), end, limit, lines);
  for (let i: u32 = 0; i < numLines; i++) {
    const start = getU32(lines, i);
    const line = lineAt(dots, start);
    for (let above = aboveInLine(line, limit); above != 0; above &= above - 1) {
      const item = start + ctz<u32>(above);
      const score = <f32>(<f64>getF32(dots, item) / sourceNorm);
      if (item < first || item >= end || !(score > bar)) continue;
      setKey(keys, size++, item, score);
      if (size == capacity && capacity > topK) {
        keepLargest(keys, size, topK);
        size = topK;
        bar = max<f32>(bar, barBelow(keys, size));
        limit = floorF32(<f64>bar * sourceNorm * SLACK);
      }
    }
    clearLine(line);
  }
  return size;
}

/**
 * A bar that about twice topK items pass, by the largest sums of a sample of the lines; the threshold when the sample has too few.
 * `keys`: u64[numItems / 256 + 1].
 */
function guessBar(p: ScanPostingsParams, q: u32, dots: usize, keys: usize): f32 {
  const first = getU32(p.firstItems, q);
  const end = getU32(p.endItems, q);
  if (end - first < p.topK << 2) return p.threshold;
  const kept = (p.topK << 1) / SAMPLED + 4;
  let size: u32 = 0;
  for (let start = first & ~(LINE - 1); start < end; start += LINE * SAMPLED) {
    const largest = largestOfLine(lineAt(dots, start));
    setKey(keys, size, start, largest);
    size += u32(largest > 0);
  }
  if (size <= kept) return p.threshold;
  keepLargest(keys, size, kept);
  return max<f32>(p.threshold, <f32>(<f64>barBelow(keys, kept) / getF64(p.sourceNorms, q)));
}

/** Sums of the lists of query q, but for the item that is left out. */
function sumDots(p: ScanPostingsParams, q: u32, dots: usize): void {
  const lastList = getU32(p.queryStarts, q + 1);
  for (let list = getU32(p.queryStarts, q); list < lastList; list++) {
    const start = (<usize>getU32(p.listStarts, list)) << 2;
    addDots(p.items + start, p.scores + start, getU32(p.listLengths, list), getF32(p.listWeights, list), dots);
  }
  const excluded = getU32(p.excluded, q);
  if (excluded < p.numItems) setF32(dots, excluded, 0);
}

/** Clears what lies outside of the lines that hold the items of query q. */
function clearOutside(p: ScanPostingsParams, q: u32, dots: usize): void {
  const first = getU32(p.firstItems, q) & ~(LINE - 1);
  const end = min<u32>((getU32(p.endItems, q) + LINE - 1) & ~(LINE - 1), p.numItems);
  if (first > 0) memory.fill(dots, 0, (<usize>first) << 2);
  if (end < p.numItems) memory.fill(lineAt(dots, end), 0, (<usize>(p.numItems - end)) << 2);
}

/**
 * The keys of query q; returns how many: topK and more, or all there are. `dots`: f32, 16 for each line of numItems, zero before and
 * after. `spare`: 4 numItems bytes, at least 8, for the sample and then for the lines.
 */
export function keepDots(p: ScanPostingsParams, q: u32, dots: usize, spare: usize, keys: usize): u32 {
  sumDots(p, q, dots);
  const guess = guessBar(p, q, dots, spare);
  let size = keepAbove(p, q, dots, spare, keys, guess);
  // Too few passed, and the sums are gone: rare enough to make them again.
  if (size < p.topK && guess > p.threshold) {
    sumDots(p, q, dots);
    size = keepAbove(p, q, dots, spare, keys, p.threshold);
  }
  clearOutside(p, q, dots);
  return size;
}
