// Candidates by posting lists (the items of each cluster, with their scores there), and exact scores of candidates by their vectors.
// A source is a sparse vector; each query scans the lists of some of its clusters.
import { getF32, getF64, getU32, setF32, setU32 } from './access';
import { ln } from './math';
import { keepDots } from './dot-sums';
import { ScanPostingsParams, SLACK } from './scan-params';
import { barBelow, keepLargest, keyCapacity, setKey, storeByScore } from './selection';

// How a candidate's sum of squares n becomes what divides its dot product.
const NORM_ROOT: u32 = 1; // sqrt(n)
const NORM_LOG: u32 = 2; // ln(1 + n); 0 stands for 1

/** dot and n of one item, f32 each, one after the other: dot += score * weight, n += score^2. */
// @ts-ignore: decorator
@inline function addScore(sum: usize, scores: usize, i: u32, weight: f32): void {
  if (ASC_FEATURE_SIMD) {
    const score = v128.load32_splat(scores + ((<usize>i) << 2));
    const product = f32x4.mul(score, f32x4.replace_lane(score, 0, weight));
    v128.store64_lane(sum, f32x4.add(v128.load64_zero(sum), product), 0);
  } else {
    const score = getF32(scores, i);
    store<f32>(sum, load<f32>(sum) + score * weight);
    store<f32>(sum, load<f32>(sum, 4) + score * score, 4);
  }
}

/**
 * Adds the lists of query q to the sums at their items' places, which were zero; lists the items met, and returns how many they are.
 * Quick when much of a large part of the items is met.
 */
// @ts-ignore: decorator
@inline function sumAtPlaces(p: ScanPostingsParams, q: u32, sums: usize, met: usize): u32 {
  const first = getU32(p.firstItems, q);
  const span = getU32(p.endItems, q) - first;
  const lastList = getU32(p.queryStarts, q + 1);
  let numMet: u32 = 0;
  for (let list = getU32(p.queryStarts, q); list < lastList; list++) {
    const weight = getF32(p.listWeights, list);
    const start = getU32(p.listStarts, list);
    const end = start + getU32(p.listLengths, list);
    for (let i = start; i < end; i++) {
      const item = getU32(p.items, i);
      if (item - first >= span) continue;
      const sum = sums + ((<usize>item) << 3);
      setU32(met, numMet, item);
      numMet += u32(load<u64>(sum) == 0);
      addScore(sum, p.scores, i, weight);
    }
  }
  return numMet;
}

/**
 * The same for lists that ascend by item, without the blocks in which no item can pass: where
 *   bound(b) = sum over the lists of weight(l) * (largest score of l in b) <= least.
 * Sums and bounds add in the same order and rounding is monotone, so no item has a larger dot than its block's bound. The bounds
 * are few enough to stay in the cache. `bounds`: f32[numBlocks].
 */
// @ts-ignore: decorator
@inline function sumByBlocks(p: ScanPostingsParams, q: u32, least: f64, sums: usize, met: usize, bounds: usize): u32 {
  memory.fill(bounds, 0, (<usize>p.numBlocks) << 2);
  const firstList = getU32(p.queryStarts, q);
  const lastList = getU32(p.queryStarts, q + 1);
  for (let list = firstList; list < lastList; list++) {
    const weight = getF32(p.listWeights, list);
    const firstRun = getU32(p.listRuns, list);
    const endRun = firstRun + getU32(p.listRunCounts, list);
    for (let run = firstRun; run < endRun; run++) {
      const block = getU32(p.runBlocks, run);
      setF32(bounds, block, getF32(bounds, block) + getF32(p.runMaxima, run) * weight);
    }
  }
  const first = getU32(p.firstItems, q);
  const span = getU32(p.endItems, q) - first;
  let numMet: u32 = 0;
  for (let list = firstList; list < lastList; list++) {
    const weight = getF32(p.listWeights, list);
    const firstRun = getU32(p.listRuns, list);
    const endRun = firstRun + getU32(p.listRunCounts, list);
    for (let run = firstRun; run < endRun; run++) {
      if (<f64>getF32(bounds, getU32(p.runBlocks, run)) <= least) continue;
      const end = getU32(p.runEntries, run + 1);
      for (let i = getU32(p.runEntries, run); i < end; i++) {
        const item = getU32(p.items, i);
        if (item - first >= span) continue;
        const sum = sums + ((<usize>item) << 3);
        setU32(met, numMet, item);
        numMet += u32(load<u64>(sum) == 0);
        addScore(sum, p.scores, i, weight);
      }
    }
  }
  return numMet;
}

/** The same, the sums in the order in which items are met: a few thousand of them stay in the cache however many items there are. */
// @ts-ignore: decorator
@inline function sumByTable(p: ScanPostingsParams, q: u32, table: usize, sums: usize, met: usize): u32 {
  const first = getU32(p.firstItems, q);
  const span = getU32(p.endItems, q) - first;
  const lastList = getU32(p.queryStarts, q + 1);
  const shift = 32 - p.tableBits;
  const mask = (1 << p.tableBits) - 1;
  memory.fill(table, 0, (<usize>4) << p.tableBits);
  let numMet: u32 = 0;
  for (let list = getU32(p.queryStarts, q); list < lastList; list++) {
    const weight = getF32(p.listWeights, list);
    const start = getU32(p.listStarts, list);
    const end = start + getU32(p.listLengths, list);
    for (let i = start; i < end; i++) {
      const item = getU32(p.items, i);
      if (item - first >= span) continue;
      // The table holds 1 + the number of the item among those met; 0: nothing.
      let place = (item * 0x9e3779b1) >> shift;
      let entry = getU32(table, place);
      while (entry != 0 && getU32(met, entry - 1) != item) {
        place = (place + 1) & mask;
        entry = getU32(table, place);
      }
      if (entry == 0) {
        setU32(met, numMet, item);
        store<u64>(sums + ((<usize>numMet) << 3), 0);
        entry = ++numMet;
        setU32(table, place, entry);
      }
      addScore(sums + ((<usize>(entry - 1)) << 3), p.scores, i, weight);
    }
  }
  return numMet;
}

/** The keys of query q by sums of both dot and n, of the items met. */
function keepSums(p: ScanPostingsParams, q: u32, table: usize, sums: usize, bounds: usize, met: usize, keys: usize): u32 {
  const capacity = keyCapacity(p.topK, p.numItems);
  const excluded = getU32(p.excluded, q);
  const sourceNorm = getF64(p.sourceNorms, q);
  let bar = p.threshold;
  let least = <f64>bar * sourceNorm * SLACK;
  const numMet = p.tableBits ? sumByTable(p, q, table, sums, met)
    : p.numBlocks ? sumByBlocks(p, q, least, sums, met, bounds)
    : sumAtPlaces(p, q, sums, met);
  let size: u32 = 0;
  for (let i: u32 = 0; i < numMet; i++) {
    const item = getU32(met, i);
    const sum = sums + ((<usize>(p.tableBits ? i : item)) << 3);
    const dot = <f64>load<f32>(sum);
    let n = <f64>load<f32>(sum, 4);
    if (!p.tableBits) store<u64>(sum, 0);
    if (p.norms) {
      const norm = <f64>getF32(p.norms, item);
      n = norm * norm;
    }
    let divisor = sourceNorm;
    if (p.candidateNorm == NORM_ROOT) {
      // dot / (sourceNorm * sqrt(n)) <= bar, without the root and the quotient.
      if (dot * dot <= least * least * n) continue;
      divisor *= sqrt(n);
    } else if (p.candidateNorm == NORM_LOG) {
      divisor *= ln(1.0 + n);
    } else if (dot <= least) {
      continue;
    }
    const score = <f32>(dot / divisor);
    if (!(score > bar) || item == excluded || !(divisor > 0)) continue;
    setKey(keys, size++, item, score);
    if (size == capacity && capacity > p.topK) {
      keepLargest(keys, size, p.topK);
      size = p.topK;
      bar = max<f32>(bar, barBelow(keys, size));
      least = <f64>bar * sourceNorm * SLACK;
    }
  }
  return size;
}

/**
 * Queries lo..hi: the topK best items of
 *   score(i) = sum over the lists of score(l, i) * weight(l) / (sourceNorm * f(n(i)))
 *   n(i) = sum over the lists of score(l, i)^2, or norm(i)^2 where norms are given
 * with f(n) = 1, sqrt(n) or ln(1 + n). Sums of a query in f32, in the order of its lists; quotients in f64.
 * Blocks go with candidateNorm 0 and without a table; they change nothing but the time.
 * Scratch: without a table 8 numItems bytes, at least 64, zero before and after, and 4 numBlocks; with one 16 m, where m = 2^(tableBits - 1),
 * and 64. Then 4 numItems or 4 m, rounded up to 8, and 8 min(4 topK, numItems). Cost O(entries scanned + items met), and with f(n) = 1 without a table and
 * blocks O(entries scanned + numItems / 16).
 */
export function scanPostings(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<ScanPostingsParams>(params);
  const most = p.tableBits ? <u32>1 << (p.tableBits - 1) : p.numItems;
  const sums = p.tableBits ? scratch + ((<usize>most) << 3) : scratch;
  // A line of sums of dot alone may be longer than all sums.
  const bounds = sums + max<usize>((<usize>most) << 3, 64);
  const met = bounds + ((<usize>(p.numBlocks + 1) >> 1) << 3);
  const keys = met + ((<usize>(most + 1) >> 1) << 3);
  const isDotAtPlaces = p.candidateNorm == 0 && !p.tableBits && !p.numBlocks;
  for (let q = lo; q < hi; q++) {
    let size = isDotAtPlaces ? keepDots(p, q, sums, met, keys) : keepSums(p, q, scratch, sums, bounds, met, keys);
    if (size > p.topK) keepLargest(keys, size, p.topK);
    size = min<u32>(size, p.topK);
    const slot = (<usize>q * p.topK) << 2;
    storeByScore(keys, size, p.slotItems + slot, p.slotScores + slot);
    setU32(p.counts, q, size);
  }
}

@unmanaged class RescoreItemsParams {
  numClusters: u32;
  vectorStarts: usize; // u32[numItems + 1], rows of the items' vectors
  vectorClusters: usize; // u32
  vectorScores: usize; // f32
  sourceStarts: usize; // u32[numQueries + 1]: entries of the source of each query
  sourceClusters: usize; // u32, unique within a source
  sourceScores: usize; // f32
  sourceNorms: usize; // f64[numQueries], > 0
  maxCandidates: u32;
  candidateCounts: usize; // u32[numQueries]
  candidates: usize; // u32[numQueries * maxCandidates]
  candidateNorm: u32; // as in ScanPostingsParams
  threshold: f32; // kept iff score > threshold >= 0
  topK: u32; // > 0
  counts: usize; // u32[numQueries], out
  slotItems: usize; // u32[numQueries * topK], out, best first; ties to the lower item
  slotScores: usize; // f32[numQueries * topK], out
}

/**
 * Queries lo..hi: the topK best of the candidates by their whole vectors v,
 *   score(i) = sum over clusters of v(c) * source(c) / (sourceNorm * f(sum over clusters of v(c)^2))
 * with f as above. Sums in f64, in stored order of v. Scratch: 4 numClusters bytes, rounded up to 8,
 * zero before and after; then 8 maxCandidates.
 * Cost O(entries of the candidates and of the source).
 */
export function rescoreItems(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<RescoreItemsParams>(params);
  const keys = scratch + ((<usize>(p.numClusters + 1) >> 1) << 3);
  for (let q = lo; q < hi; q++) {
    const sourceStart = getU32(p.sourceStarts, q);
    const sourceEnd = getU32(p.sourceStarts, q + 1);
    for (let i = sourceStart; i < sourceEnd; i++) setF32(scratch, getU32(p.sourceClusters, i), getF32(p.sourceScores, i));
    const candidates = p.candidates + ((<usize>q * p.maxCandidates) << 2);
    const numCandidates = getU32(p.candidateCounts, q);
    let size: u32 = 0;
    for (let c: u32 = 0; c < numCandidates; c++) {
      const item = getU32(candidates, c);
      const end = getU32(p.vectorStarts, item + 1);
      let dot: f64 = 0;
      let n: f64 = 0;
      for (let i = getU32(p.vectorStarts, item); i < end; i++) {
        const value = <f64>getF32(p.vectorScores, i);
        dot += value * <f64>getF32(scratch, getU32(p.vectorClusters, i));
        n += value * value;
      }
      let divisor = getF64(p.sourceNorms, q);
      if (p.candidateNorm == NORM_ROOT) divisor *= sqrt(n);
      else if (p.candidateNorm == NORM_LOG) divisor *= ln(1.0 + n);
      const score = <f32>(dot / divisor);
      if (score > p.threshold && divisor > 0) setKey(keys, size++, item, score);
    }
    for (let i = sourceStart; i < sourceEnd; i++) setU32(scratch, getU32(p.sourceClusters, i), 0);
    if (size > p.topK) keepLargest(keys, size, p.topK);
    size = min<u32>(size, p.topK);
    const slot = (<usize>q * p.topK) << 2;
    storeByScore(keys, size, p.slotItems + slot, p.slotScores + slot);
    setU32(p.counts, q, size);
  }
}
