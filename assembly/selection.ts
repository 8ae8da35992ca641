// The k best of many (index, score) pairs that come one by one, scores > 0. A pair is one u64: the bits of the score above,
// the complement of the index below. So a larger key is a higher score, or the same score at a lower index, and no two
// keys are equal: whatever the order in which they come, the same k are kept.
//
// Keys are appended without a branch until the buffer is full; then all but the k best are dropped, and the worst of
// these becomes the bar for what comes after.
import { getU32, setU32 } from './access';

// @ts-ignore: decorator
@inline function keyAt(keys: usize, i: u32): u64 { return load<u64>(keys + ((<usize>i) << 3)); }
// @ts-ignore: decorator
@inline function setKeyAt(keys: usize, i: u32, key: u64): void { store<u64>(keys + ((<usize>i) << 3), key); }
// @ts-ignore: decorator
@inline export function setKey(keys: usize, i: u32, index: u32, score: f32): void {
  setKeyAt(keys, i, ((<u64>reinterpret<u32>(score)) << 32) | <u64>(~index));
}

/** Keys a buffer holds: four times those kept costs the fewest moves; more than the columns never come. */
// @ts-ignore: decorator
@inline export function keyCapacity(topK: u32, numCols: u32): u32 {
  return <u32>min<u64>((<u64>topK) << 2, numCols);
}

/** Scores of the keys from..to above the limit, > 0, become it. */
export function limitScores(keys: usize, from: u32, to: u32, limit: f32): void {
  const most = ((<u64>reinterpret<u32>(limit)) << 32) | 0xffffffff;
  for (let i = from; i < to; i++) {
    const key = keyAt(keys, i);
    if (key > most) setKeyAt(keys, i, (most & 0xffffffff00000000) | (key & 0xffffffff));
  }
}

/** Moves the keys of lo..hi that are above the pivot to its front; returns where the others begin. */
// @ts-ignore: decorator
@inline function partition(keys: usize, lo: u32, hi: u32, pivot: u64): u32 {
  let at = lo;
  for (let i = lo; i < hi; i++) {
    const key = keyAt(keys, i);
    setKeyAt(keys, i, keyAt(keys, at));
    setKeyAt(keys, at, key);
    at += u32(key > pivot);
  }
  return at;
}

/** Place of the middle one of the first, the last and the one between. */
// @ts-ignore: decorator
@inline function medianPlace(keys: usize, lo: u32, hi: u32): u32 {
  const middle = (lo + hi) >> 1;
  const a = keyAt(keys, lo);
  const b = keyAt(keys, middle);
  const c = keyAt(keys, hi - 1);
  if (a < b) return b < c ? middle : a < c ? hi - 1 : lo;
  return a < c ? lo : b < c ? hi - 1 : middle;
}

/** Rounds that take a key as pivot; as many end nearly every search. */
const KEY_ROUNDS = 32;

/** Moves the k largest of `size` > k > 0 keys to the front, in no order. Expected cost O(size); never above 96 * size. */
export function keepLargest(keys: usize, size: u32, k: u32): void {
  let lo: u32 = 0;
  let hi = size;
  for (let round = 0; round < KEY_ROUNDS; round++) {
    const place = medianPlace(keys, lo, hi);
    const pivot = keyAt(keys, place);
    setKeyAt(keys, place, keyAt(keys, hi - 1));
    const at = partition(keys, lo, hi - 1, pivot);
    setKeyAt(keys, hi - 1, keyAt(keys, at));
    setKeyAt(keys, at, pivot);
    if (at == k || at + 1 == k) return;
    if (at < k) lo = at + 1;
    else hi = at;
  }
  // Halving the range of values ends after 64 rounds, whatever the keys are.
  let least: u64 = 0;
  let most = u64.MAX_VALUE;
  for (;;) {
    const pivot = least + ((most - least) >> 1);
    const at = partition(keys, lo, hi, pivot);
    if (at == k) return;
    if (at < k) {
      lo = at;
      most = pivot;
    } else {
      hi = at;
      least = pivot + 1;
    }
  }
}

/** What a score must exceed to be as good as the worst of the first `size` keys. */
export function barBelow(keys: usize, size: u32): f32 {
  let worst = u64.MAX_VALUE;
  for (let i: u32 = 0; i < size; i++) worst = min<u64>(worst, keyAt(keys, i));
  return reinterpret<f32>(<u32>(worst >> 32) - 1);
}

// Few keys are sorted by insertion: a pass over 256 counters costs more.
const INSERTION_SIZE: u32 = 32;

/**
 * Writes indices and scores of the first `size` keys by ascending index. Radix sort by the bytes that indices below
 * numCols have. `spare`: room for `size` keys, then 256 counters.
 */
export function storeByIndex(keys: usize, size: u32, numCols: u32, spare: usize, indicesOut: usize, dataOut: usize): void {
  let source = keys;
  if (size <= INSERTION_SIZE) {
    for (let i: u32 = 1; i < size; i++) {
      const key = keyAt(keys, i);
      let at = i;
      for (; at > 0 && <u32>keyAt(keys, at - 1) < <u32>key; at--) setKeyAt(keys, at, keyAt(keys, at - 1));
      setKeyAt(keys, at, key);
    }
  } else {
    const counts = spare + ((<usize>size) << 3);
    let target = spare;
    for (let shift: u32 = 0; shift < 32 && (numCols - 1) >> shift != 0; shift += 8) {
      memory.fill(counts, 0, 1024);
      for (let i: u32 = 0; i < size; i++) {
        const digit = (~(<u32>keyAt(source, i)) >> shift) & 255;
        setU32(counts, digit, getU32(counts, digit) + 1);
      }
      let total: u32 = 0;
      for (let digit: u32 = 0; digit < 256; digit++) {
        const count = getU32(counts, digit);
        setU32(counts, digit, total);
        total += count;
      }
      for (let i: u32 = 0; i < size; i++) {
        const key = keyAt(source, i);
        const digit = (~(<u32>key) >> shift) & 255;
        const place = getU32(counts, digit);
        setU32(counts, digit, place + 1);
        setKeyAt(target, place, key);
      }
      const swap = source;
      source = target;
      target = swap;
    }
  }
  for (let i: u32 = 0; i < size; i++) {
    const key = keyAt(source, i);
    setU32(indicesOut, i, ~(<u32>key));
    setU32(dataOut, i, <u32>(key >> 32));
  }
}

/** Heap with the least key on top: sinks `key` from `place` among the first `size` keys. */
function sinkLeast(keys: usize, place: u32, size: u32, key: u64): void {
  let at = place;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= size) break;
    if (child + 1 < size && keyAt(keys, child + 1) < keyAt(keys, child)) child++;
    if (keyAt(keys, child) >= key) break;
    setKeyAt(keys, at, keyAt(keys, child));
    at = child;
  }
  setKeyAt(keys, at, key);
}

function heapSort(keys: usize, size: u32): void {
  for (let i = size >> 1; i > 0; i--) sinkLeast(keys, i - 1, size, keyAt(keys, i - 1));
  for (let last = size - 1; last > 0; last--) {
    const key = keyAt(keys, last);
    setKeyAt(keys, last, keyAt(keys, 0));
    sinkLeast(keys, 0, last, key);
  }
}

/** Keys that are cheaper to insert than to part. */
const FEW_KEYS: u32 = 12;

/** Sorts lo..hi, largest first, by parting without a branch; after so many rounds in vain by a heap. */
function sortKeys(keys: usize, lo: u32, hi: u32, rounds: u32): void {
  let from = lo;
  while (hi - from > FEW_KEYS) {
    if (rounds-- == 0) return heapSort(keys + ((<usize>from) << 3), hi - from);
    const place = medianPlace(keys, from, hi);
    const pivot = keyAt(keys, place);
    setKeyAt(keys, place, keyAt(keys, hi - 1));
    const at = partition(keys, from, hi - 1, pivot);
    setKeyAt(keys, hi - 1, keyAt(keys, at));
    setKeyAt(keys, at, pivot);
    sortKeys(keys, from, at, rounds);
    from = at + 1;
  }
  for (let i = from + 1; i < hi; i++) {
    const key = keyAt(keys, i);
    let at = i;
    for (; at > from && keyAt(keys, at - 1) < key; at--) setKeyAt(keys, at, keyAt(keys, at - 1));
    setKeyAt(keys, at, key);
  }
}

/** Writes indices and scores of the first `size` keys, best first. Cost O(size log size). */
export function storeByScore(keys: usize, size: u32, indicesOut: usize, dataOut: usize): void {
  if (size > 1) sortKeys(keys, 0, size, 2 * (32 - clz<u32>(size)));
  for (let i: u32 = 0; i < size; i++) {
    const key = keyAt(keys, i);
    setU32(indicesOut, i, ~(<u32>key));
    setU32(dataOut, i, <u32>(key >> 32));
  }
}
