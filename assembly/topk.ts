// The k best (index, score) pairs. "Better" = higher score, then lower index; so the outcome is the same
// whatever the order in which candidates come. A pair is held as one u64 that is greater for the better pair, for one comparison
// without a branch: the bits of the f32 score, flipped so that they ascend with it, above the complement of the index.
import { getF32, getU32, setF32, setU32 } from './access';

// @ts-ignore: decorator
@inline function keyOf(index: u32, score: f32): u64 {
  // -0 becomes 0: they are equal.
  const bits = reinterpret<u32>(score + 0);
  return (<u64>(bits ^ (<u32>(<i32>bits >> 31) | 0x80000000)) << 32) | ~index;
}
// @ts-ignore: decorator
@inline function keyAt(pairs: usize, i: u32): u64 { return load<u64>(pairs + ((<usize>i) << 3)); }
// @ts-ignore: decorator
@inline function setKey(pairs: usize, i: u32, key: u64): void { store<u64>(pairs + ((<usize>i) << 3), key); }
// @ts-ignore: decorator
@inline export function pairIndex(pairs: usize, i: u32): u32 { return ~load<u32>(pairs + ((<usize>i) << 3)); }
// @ts-ignore: decorator
@inline export function pairScore(pairs: usize, i: u32): f32 {
  const flipped = load<u32>(pairs + ((<usize>i) << 3), 4);
  return reinterpret<f32>(flipped ^ (~<u32>(<i32>flipped >> 31) | 0x80000000));
}
// @ts-ignore: decorator
@inline export function setPair(pairs: usize, i: u32, index: u32, score: f32): void { setKey(pairs, i, keyOf(index, score)); }

/** Heap with the worst pair on top: puts a pair at `place` and sinks it among the first `size` pairs. */
function sinkWorst(pairs: usize, place: u32, size: u32, key: u64): void {
  let at = place;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= size) break;
    let worse = keyAt(pairs, child);
    if (child + 1 < size) {
      const other = keyAt(pairs, child + 1);
      child += <u32>(other < worse);
      worse = other < worse ? other : worse;
    }
    if (worse >= key) break;
    setKey(pairs, at, worse);
    at = child;
  }
  setKey(pairs, at, key);
}

/**
 * Offers a pair to a collection of at most k; returns its new size. Up to k pairs lie unordered; the k-th
 * turns them into a heap, worst on top, and from then on a better pair replaces the worst.
 */
export function offerPair(pairs: usize, size: u32, k: u32, index: u32, score: f32): u32 {
  if (size < k) {
    setPair(pairs, size, index, score);
    if (size + 1 == k) for (let i = k >> 1; i > 0; i--) sinkWorst(pairs, i - 1, k, keyAt(pairs, i - 1));
    return size + 1;
  }
  const key = keyOf(index, score);
  if (keyAt(pairs, 0) < key) sinkWorst(pairs, 0, k, key);
  return size;
}

/** Sorts the first `size` pairs best first (heap sort: no recursion, no extra memory). */
export function sortByScore(pairs: usize, size: u32): void {
  for (let i = size >> 1; i > 0; i--) sinkWorst(pairs, i - 1, size, keyAt(pairs, i - 1));
  for (let last = size; last > 1; last--) {
    const key = keyAt(pairs, last - 1);
    setKey(pairs, last - 1, keyAt(pairs, 0));
    sinkWorst(pairs, 0, last - 1, key);
  }
}

/** Heap with the largest index on top, whose complement is the least. */
function sinkLargestIndex(pairs: usize, place: u32, size: u32, key: u64): void {
  let at = place;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= size) break;
    if (child + 1 < size && <u32>keyAt(pairs, child + 1) < <u32>keyAt(pairs, child)) child++;
    if (<u32>keyAt(pairs, child) >= <u32>key) break;
    setKey(pairs, at, keyAt(pairs, child));
    at = child;
  }
  setKey(pairs, at, key);
}

/** Sorts the first `size` pairs by ascending index. */
export function sortByIndex(pairs: usize, size: u32): void {
  if (size <= 24) {
    for (let i: u32 = 1; i < size; i++) {
      const key = keyAt(pairs, i);
      let at = i;
      for (; at > 0 && <u32>keyAt(pairs, at - 1) < <u32>key; at--) setKey(pairs, at, keyAt(pairs, at - 1));
      setKey(pairs, at, key);
    }
    return;
  }
  for (let i = size >> 1; i > 0; i--) sinkLargestIndex(pairs, i - 1, size, keyAt(pairs, i - 1));
  for (let last = size; last > 1; last--) {
    const key = keyAt(pairs, last - 1);
    setKey(pairs, last - 1, keyAt(pairs, 0));
    sinkLargestIndex(pairs, 0, last - 1, key);
  }
}

/** Writes the pairs as two arrays. */
export function storePairs(pairs: usize, size: u32, indicesOut: usize, dataOut: usize): void {
  for (let i: u32 = 0; i < size; i++) {
    setU32(indicesOut, i, pairIndex(pairs, i));
    setF32(dataOut, i, pairScore(pairs, i));
  }
}

@unmanaged class TopKRowsParams {
  indptr: usize; // u32[numRows + 1]
  indices: usize;
  data: usize; // f32
  threshold: f32; // kept iff score > threshold
  topK: u32;
  counts: usize; // u32[numRows], out
  slotIndices: usize; // u32[numRows * topK], out, best first
  slotData: usize; // f32[numRows * topK], out
}

/**
 * Rows lo..hi: the topK best entries of each row, best first. Once topK entries are in hand, four scores at a time are
 * held against the worst of them and passed over together. Scratch: topK pairs.
 */
export function topKRows(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<TopKRowsParams>(params);
  for (let row = lo; row < hi; row++) {
    const end = getU32(p.indptr, row + 1);
    let size: u32 = 0;
    let i = getU32(p.indptr, row);
    while (i < end) {
      if (ASC_FEATURE_SIMD && size == p.topK && i + 4 <= end) {
        // Not less rather than greater: an equal score may win by its index.
        const worst = f32x4.splat(pairScore(scratch, 0));
        const scores = v128.load(p.data + ((<usize>i) << 2));
        if (!v128.any_true(f32x4.ge(scores, worst))) {
          i += 4;
          continue;
        }
      }
      const score = getF32(p.data, i);
      if (score > p.threshold) size = offerPair(scratch, size, p.topK, getU32(p.indices, i), score);
      i++;
    }
    sortByScore(scratch, size);
    const slot = (<usize>row * p.topK) << 2;
    storePairs(scratch, size, p.slotIndices + slot, p.slotData + slot);
    setU32(p.counts, row, size);
  }
}
