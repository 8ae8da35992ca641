// Parameters of the streaming kernels, and the records in which items leave the state: to be kept (captures) or to be read.
import { getU32, setF64, setU32 } from './access';
import { exp } from './math';
import { barBelow, keepLargest, setKey, storeByScore } from './selection';
import { clusterOf, idLength, idOf, itemAt, slotOf, StreamShard, valueOf } from './stream-memory';

@unmanaged export class StreamParams {
  shards: usize; // u8[numShards * shardBytes]: the regions
  shardBytes: u32;
  numShards: u32; // a power of two
  numRows: u32;
  timesMs: usize; // f64[numRows], those of an order may differ from time
  actors: usize; // u32[numRows], rows of the interests
  kinds: usize; // u32[numRows]: ROW_UNDO, ROW_CAPTURES
  hashes: usize; // u32[numRows], of the item
  idInfos: usize; // u32[numRows]: length | kind << 16
  idStarts: usize; // u32[numRows], in text
  bornMs: usize; // f64[numRows], of the item; NaN: not known
  numFavs: usize; // u32[numRows], of the item, as the event says; 0: not known
  text: usize; // u8[]
  interestIndptr: usize; // u32[numActors + 1]
  interestClusters: usize; // u32[]
  interestScores: usize; // f32[]
  rowsDone: usize; // u32[numShards]: where each shard goes on; numRows when it is done
  records: usize; // u32[numShards * recordWords]
  recordWords: u32; // room for records of each shard
  wordsUsed: usize; // u32[numShards], in and out
  clustersPerItem: u32; // of a record
  minFavs: u32; // from which on a fav counts as an update
  bornByFirstEvent: u32; // where a birth is not known; else such rows are too old
  halfLifeMs: f64;
  maxAgeMs: f64; // of items of kind 0, Infinity: no limit
  threshold: f64; // least decayed value that is read
  negligible: f64; // an item whose values are all below dies
  nowMs: f64; // watermark (sweeps), time of reading (exports)
  sweepShare: u32; // a sweep looks at 1/sweepShare of the table
  shift: f64; // epochs by which a rebase moves the landmark
  kindMask: u32; // bits of the kinds that are read
  youngerMs: f64; // age of the items that are read, at the most
  counts: usize; // u32[numShards * numClusters]: entries of each cluster; then where each shard goes on
  numClusters: u32; // columns of counts: highest cluster + 1
  itemNumbers: usize; // u32[]: numbers of the items by place of the table, shard after shard
  itemStarts: usize; // u32[numShards]: where a shard begins in itemNumbers
  itemsOut: usize; // u32[]: item of each entry, by cluster
  scoresOut: usize; // f32[]
}

/** A row takes away what a fav at its time gave. */
export const ROW_UNDO: u32 = 1;
/** Half-lives of an epoch: the landmark moves by whole epochs, an exact power of two. */
export const EPOCH_HALF_LIVES: f64 = 8;
/** Values are whole numbers of 2^-34 at the beginning of the epoch of their event, so that adding them up is exact. */
export const UNITS: f64 = 17179869184;
const LN2: f64 = 0.6931471805599453;

/** What a record is for: bits, so that one may stand for several. */
export const CAPTURE_POWER: u32 = 1;
export const CAPTURE_LONGEST: u32 = 2;
export const CAPTURE_LATEST: u32 = 4;
/** Keys held for each that is kept. */
const BUFFERED: u32 = 4;
/** Words before the id: size, reason | kind << 8, id length, updates, favs, clusters, lastMs (2), bornMs (2), tag, 0. */
const HEADER_WORDS: u32 = 12;

// @ts-ignore: decorator
@inline export function shardOf(p: StreamParams, shard: u32): usize { return p.shards + <usize>shard * p.shardBytes; }
// @ts-ignore: decorator
@inline export function recordsOf(p: StreamParams, shard: u32): usize { return p.records + ((<usize>shard * p.recordWords) << 2); }

/** What a value of 1 unit is worth at a time: 0.5^((t - landmark) / halfLife) / 2^34. */
export function worthAt(s: StreamShard, p: StreamParams, timeMs: f64): f64 {
  return exp((s.landmark * EPOCH_HALF_LIVES - timeMs / p.halfLifeMs) * LN2) / UNITS;
}

/** Most words that a record takes. */
export function maxRecordWords(p: StreamParams, idBytes: u32): u32 {
  return HEADER_WORDS + ((idBytes + 3) >> 2) + 2 * p.clustersPerItem + 1;
}

/** Writes a record of the best clusters of an item, decayed to a time, best first. `keys`: scratch for BUFFERED times clustersPerItem keys, and one. */
export function writeRecord(
  p: StreamParams, base: usize, shard: u32, keys: usize, offset: u32, reason: u32, timeMs: f64, threshold: f64, tag: u32,
): void {
  const item = itemAt(base, offset);
  const worth = worthAt(changetype<StreamShard>(base), p, timeMs);
  const topK = p.clustersPerItem;
  const capacity = topK * BUFFERED;
  let size: u32 = 0;
  let bar: f32 = 0;
  const places: u32 = item.vector != 0 ? 1 << item.vectorBits : 0;
  for (let i: u32 = 0; i < places; i++) {
    const slot = slotOf(base + item.vector, i);
    const score = <f32>(valueOf(slot) * worth);
    setKey(keys, size, clusterOf(slot), score);
    // Empty slots hold 0, which passes no bar.
    size += u32(score > bar) & u32(<f64>score >= threshold);
    if (size < capacity) continue;
    keepLargest(keys, size, topK);
    size = topK;
    bar = barBelow(keys, size);
  }
  if (size > topK) {
    keepLargest(keys, size, topK);
    size = topK;
  }
  const used = getU32(p.wordsUsed, shard);
  const at: usize = recordsOf(p, shard) + (used << 2);
  const idBytes = idLength(item.idInfo);
  const idWords = (idBytes + 3) >> 2;
  const words = (HEADER_WORDS + idWords + 2 * size + 1) & ~1;
  setU32(at, 0, words);
  setU32(at, 1, reason | (item.idInfo >> 16) << 8);
  setU32(at, 2, idBytes);
  setU32(at, 3, item.numUpdates);
  setU32(at, 4, item.numFavs);
  setU32(at, 5, size);
  setF64(at, 3, timeMs);
  setF64(at, 4, item.bornMs);
  setU32(at, 10, tag);
  setU32(at, 11, 0);
  memory.copy(at + (HEADER_WORDS << 2), idOf(base, offset), idBytes);
  const clusters = at + ((HEADER_WORDS + idWords) << 2);
  storeByScore(keys, size, clusters, clusters + (<usize>size << 2));
  setU32(p.wordsUsed, shard, used + words);
}

/** What is left to be kept of an item that dies: its latest embedding, and the longest if that is what it is. */
export function captureItem(p: StreamParams, base: usize, shard: u32, keys: usize, offset: u32): void {
  const item = itemAt(base, offset);
  const reason = CAPTURE_LATEST | (item.longestIsLive != 0 ? CAPTURE_LONGEST : 0);
  writeRecord(p, base, shard, keys, offset, reason, item.lastMs, 0, 0);
}
