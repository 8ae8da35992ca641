// InterestedIn: what each consumer's followed and faved producers are known for, summed per cluster.
//   followScore(u, c) = sum over followed p of knownFor(p, c)
//   favScore(u, c)    = sum over faved p    of fav(u, p) * knownFor(p, c)
//   logFavScore(u, c) = the same with log10(1 + fav(u, p))
// *ProducerNormalized: each term divided by the L2 norm of the producer's followers (favs).
// A pair (u, c) is kept iff at least `socialProofThreshold` distinct producers carry it.
import { getF32, getU32, setF32, setU32 } from './access';
import { ln } from './math';
import { pairIndex, setPair, sortByIndex } from './topk';

const INVERSE_LN10: f64 = 0.43429448190325182765;

@unmanaged class InterestedInParams {
  followIndptr: usize; // u32[numConsumers + 1]
  followIndices: usize;
  favIndptr: usize; // u32[numConsumers + 1], or 0: no favs
  favIndices: usize;
  favData: usize; // f32: decayed fav sums, > 0
  knownForIndptr: usize; // u32[numProducers + 1]
  knownForClusters: usize;
  knownForScores: usize; // f32
  inverseFollowNorm: usize; // f32[numProducers]: 1 / sqrt(followers)
  inverseFavNorm: usize; // f32[numProducers]: 1 / L2 norm of favs received
  numClusters: u32;
  socialProofThreshold: u32;
  counts: usize; // u32[numConsumers], out of countInterests
  indptrOut: usize; // u32[numConsumers + 1], in of sumInterests
  clustersOut: usize; // u32[nnz], ascending per row
  followScore: usize; // f32[nnz] and so on
  followScoreProducerNormalizedOnly: usize;
  favScore: usize;
  favScoreProducerNormalizedOnly: usize;
  logFavScore: usize;
  numUsersBeingFollowed: usize; // u32[nnz]
  numUsersThatWereFaved: usize; // u32[nnz]
}

// Scratch: one slot of 56 bytes per cluster, all zero between rows; touched clusters as pairs [numClusters + 1].
const FOLLOW: usize = 0;
const FOLLOW_PRODUCER: usize = 8;
const FAV: usize = 16;
const FAV_PRODUCER: usize = 24;
const LOG_FAV: usize = 32;
const FOLLOWED: usize = 40; // u32
const FAVED: usize = 44; // u32
const DISTINCT: usize = 48; // u32
const SLOT: usize = 56;

// @ts-ignore: decorator
@inline function add(at: usize, value: f64): void { store<f64>(at, load<f64>(at) + value); }
// @ts-ignore: decorator
@inline function increment(at: usize): void { store<u32>(at, load<u32>(at) + 1); }

/** Adds one neighbour; returns the new number of touched clusters. */
function addNeighbor(p: InterestedInParams, slots: usize, touched: usize, numTouched: u32, producer: u32, followed: bool, fav: f64): u32 {
  const end = getU32(p.knownForIndptr, producer + 1);
  for (let i = getU32(p.knownForIndptr, producer); i < end; i++) {
    const cluster = getU32(p.knownForClusters, i);
    const knownFor = max<f64>(<f64>getF32(p.knownForScores, i), 0);
    const slot = slots + <usize>cluster * SLOT;
    if (load<u32>(slot + DISTINCT) == 0) setPair(touched, numTouched++, cluster, 0);
    increment(slot + DISTINCT);
    if (followed) {
      increment(slot + FOLLOWED);
      add(slot + FOLLOW, knownFor);
      add(slot + FOLLOW_PRODUCER, <f64>getF32(p.inverseFollowNorm, producer) * knownFor);
    }
    if (fav > 0) {
      increment(slot + FAVED);
      add(slot + FAV, fav * knownFor);
      add(slot + FAV_PRODUCER, fav * <f64>getF32(p.inverseFavNorm, producer) * knownFor);
      add(slot + LOG_FAV, ln(1 + fav) * INVERSE_LN10 * knownFor);
    }
  }
  return numTouched;
}

/** Sums over the union of a consumer's followed and faved producers, ascending; returns the touched clusters' number. */
function sumNeighbors(p: InterestedInParams, slots: usize, touched: usize, row: u32): u32 {
  let follow = getU32(p.followIndptr, row);
  const followEnd = getU32(p.followIndptr, row + 1);
  let fav = p.favIndptr ? getU32(p.favIndptr, row) : 0;
  const favEnd = p.favIndptr ? getU32(p.favIndptr, row + 1) : 0;
  let numTouched: u32 = 0;
  while (follow < followEnd || fav < favEnd) {
    const followed = follow < followEnd ? getU32(p.followIndices, follow) : u32.MAX_VALUE;
    const faved = fav < favEnd ? getU32(p.favIndices, fav) : u32.MAX_VALUE;
    const isFollowed = followed <= faved;
    const favWeight: f64 = faved <= followed ? getF32(p.favData, fav) : 0;
    numTouched = addNeighbor(p, slots, touched, numTouched, min<u32>(followed, faved), isFollowed, favWeight);
    follow += u32(isFollowed);
    fav += u32(faved <= followed);
  }
  return numTouched;
}

/** Consumers lo..hi: counts[u] = number of clusters with enough social proof. */
export function countInterests(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<InterestedInParams>(params);
  const touched = scratch + <usize>p.numClusters * SLOT;
  for (let row = lo; row < hi; row++) {
    const numTouched = sumNeighbors(p, scratch, touched, row);
    let count: u32 = 0;
    for (let t: u32 = 0; t < numTouched; t++) {
      const slot = scratch + <usize>pairIndex(touched, t) * SLOT;
      count += u32(load<u32>(slot + DISTINCT) >= p.socialProofThreshold);
      memory.fill(slot, 0, SLOT);
    }
    setU32(p.counts, row, count);
  }
}

/** Consumers lo..hi: the scores of the clusters counted before. */
export function sumInterests(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<InterestedInParams>(params);
  const touched = scratch + <usize>p.numClusters * SLOT;
  for (let row = lo; row < hi; row++) {
    const numTouched = sumNeighbors(p, scratch, touched, row);
    sortByIndex(touched, numTouched);
    let out = getU32(p.indptrOut, row);
    for (let t: u32 = 0; t < numTouched; t++) {
      const cluster = pairIndex(touched, t);
      const slot = scratch + <usize>cluster * SLOT;
      if (load<u32>(slot + DISTINCT) >= p.socialProofThreshold) {
        setU32(p.clustersOut, out, cluster);
        setF32(p.followScore, out, <f32>load<f64>(slot + FOLLOW));
        setF32(p.followScoreProducerNormalizedOnly, out, <f32>load<f64>(slot + FOLLOW_PRODUCER));
        setF32(p.favScore, out, <f32>load<f64>(slot + FAV));
        setF32(p.favScoreProducerNormalizedOnly, out, <f32>load<f64>(slot + FAV_PRODUCER));
        setF32(p.logFavScore, out, <f32>load<f64>(slot + LOG_FAV));
        setU32(p.numUsersBeingFollowed, out, load<u32>(slot + FOLLOWED));
        setU32(p.numUsersThatWereFaved, out, load<u32>(slot + FAVED));
        out++;
      }
      memory.fill(slot, 0, SLOT);
    }
  }
}

@unmanaged class CutInterestsParams {
  indptr: usize; // u32[numConsumers + 1]
  favScore: usize; // f32[nnz]: the five keys, in order of rank; ties go to the lower place (= lower cluster)
  logFavScore: usize;
  followScore: usize;
  logFavScoreClusterNormalizedOnly: usize;
  followScoreProducerNormalizedOnly: usize;
  maxClustersPerUser: u32;
  indptrOut: usize; // u32[numConsumers + 1]
  placesOut: usize; // u32[kept]: places of the kept entries, ascending per row, out
}

/** Is entry a ranked after entry b? */
function ranksAfter(p: CutInterestsParams, a: u32, b: u32): bool {
  let difference = getF32(p.favScore, a) - getF32(p.favScore, b);
  if (difference == 0) difference = getF32(p.logFavScore, a) - getF32(p.logFavScore, b);
  if (difference == 0) difference = getF32(p.followScore, a) - getF32(p.followScore, b);
  if (difference == 0) difference = getF32(p.logFavScoreClusterNormalizedOnly, a) - getF32(p.logFavScoreClusterNormalizedOnly, b);
  if (difference == 0) difference = getF32(p.followScoreProducerNormalizedOnly, a) - getF32(p.followScoreProducerNormalizedOnly, b);
  return difference == 0 ? a > b : difference < 0;
}

/** Sinks `entry` from `at` in a heap of `size` places with the entry ranked last on top. */
function sinkLast(p: CutInterestsParams, heap: usize, from: u32, size: u32, entry: u32): void {
  let at = from;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= size) break;
    if (child + 1 < size && ranksAfter(p, getU32(heap, child + 1), getU32(heap, child))) child++;
    if (!ranksAfter(p, getU32(heap, child), entry)) break;
    setU32(heap, at, getU32(heap, child));
    at = child;
  }
  setU32(heap, at, entry);
}

/** Consumers lo..hi: places of the entries that survive the cut, ascending. Scratch: u32[maxClustersPerUser] + pairs. */
export function cutInterests(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<CutInterestsParams>(params);
  const limit = p.maxClustersPerUser;
  const pairs = (scratch + ((<usize>limit) << 2) + 7) & ~7;
  for (let row = lo; row < hi; row++) {
    const begin = getU32(p.indptr, row);
    const end = getU32(p.indptr, row + 1);
    const out = getU32(p.indptrOut, row);
    if (end - begin <= limit) {
      for (let i = begin; i < end; i++) setU32(p.placesOut, out + (i - begin), i);
      continue;
    }
    for (let i: u32 = 0; i < limit; i++) setU32(scratch, i, begin + i);
    for (let i = limit >> 1; i > 0; i--) sinkLast(p, scratch, i - 1, limit, getU32(scratch, i - 1));
    for (let i = begin + limit; i < end; i++) {
      if (ranksAfter(p, getU32(scratch, 0), i)) sinkLast(p, scratch, 0, limit, i);
    }
    for (let i: u32 = 0; i < limit; i++) setPair(pairs, i, getU32(scratch, i), 0);
    sortByIndex(pairs, limit);
    for (let i: u32 = 0; i < limit; i++) setU32(p.placesOut, out + i, pairIndex(pairs, i));
  }
}
