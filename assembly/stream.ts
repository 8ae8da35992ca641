// Streaming state: decayed sparse vectors of items.
//   v[item, c] = sum over events (actor, item, t) of N[actor, c] * 0.5^((now - t) / halfLife)
// kept as v * 2^((now - landmark) / halfLife): then an event is an addition and time passes for nothing.
import { getF32, getF64, getU32, setF32, setU32 } from './access';
import { exp } from './math';
import { DEAD_OF_AGE, DEAD_OF_VALUE, findItem, growVector, makeItem, removeItem } from './stream-items';
import {
  clusterOf, findSlot, homeOf, itemAt, kindOf, powerOfTwo, setSlot, setValue, slotOf, StreamItem, StreamShard, valueOf,
} from './stream-memory';
import {
  CAPTURE_LONGEST, CAPTURE_POWER, EPOCH_HALF_LIVES, maxRecordWords, recordsOf, ROW_UNDO, shardOf, StreamParams, UNITS, worthAt, writeRecord,
} from './stream-records';

const LN2: f64 = 0.6931471805599453;
const MAX_ID_BYTES: u32 = 1024;
/** Items that may make room for one row. */
const EVICTIONS_PER_ROW: u32 = 6;
/** Records that one row, or one place of a sweep, may write: two of its own, and one for each item that makes room. */
const RECORDS_PER_ROW: u32 = 2 + EVICTIONS_PER_ROW;
/** Prediction and sum of the length may differ in their last bits. */
const MARGIN: f64 = 1.000000001;
/** Vectors of fewer places lie in a cache line or two. */
const TOUCHED_BITS: u32 = 5;
/** The first update count that is captured. */
const FIRST_POWER: u32 = 8;

// @ts-ignore: decorator
@inline function isFull(p: StreamParams, shard: u32): bool {
  return getU32(p.wordsUsed, shard) + RECORDS_PER_ROW * maxRecordWords(p, MAX_ID_BYTES) > p.recordWords;
}

/**
 * Shards lo..hi: adds the rows whose items are of the shard, in order, from rowsDone on. Stops early when there is no room for
 * records. Scratch: max(topK, clustersPerItem) pairs.
 */
export function applyEvents(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<StreamParams>(params);
  for (let shard = lo; shard < hi; shard++) {
    const base = shardOf(p, shard);
    let row = nextOfShard(p, shard, getU32(p.rowsDone, shard));
    let next = nextOfShard(p, shard, row + 1);
    let second = nextOfShard(p, shard, next + 1);
    let third = nextOfShard(p, shard, second + 1);
    while (row < p.numRows && !isFull(p, shard)) {
      if (third < p.numRows) touchPlace(p, base, scratch, third);
      if (second < p.numRows) touchItem(p, base, scratch, second);
      if (next < p.numRows) touchVector(p, base, scratch, next);
      applyRow(p, base, shard, scratch, row);
      row = next;
      next = second;
      second = third;
      third = nextOfShard(p, shard, third + 1);
    }
    setU32(p.rowsDone, shard, row);
  }
}

/** The first row from `row` on whose item is of the shard; numRows when there is none. */
// @ts-ignore: decorator
@inline function nextOfShard(p: StreamParams, shard: u32, row: u32): u32 {
  while (row < p.numRows && ((getU32(p.hashes, row) >> 20) & (p.numShards - 1)) != shard) row++;
  return min(row, p.numRows);
}

// What a row needs lies at random places, each known from the one before: its place in the table, the item, the vector. Rows to come are
// asked for one step each while others are applied, so that their loads wait for memory meanwhile. Nothing depends on what is loaded;
// it goes to the scratch, so that the loads are not left out.

// @ts-ignore: decorator
@inline function placeOf(p: StreamParams, base: usize, row: u32): usize {
  const s = changetype<StreamShard>(base);
  return base + s.table + ((<usize>(getU32(p.hashes, row) & ((1 << s.tableBits) - 1))) << 2);
}

// @ts-ignore: decorator
@inline function touchPlace(p: StreamParams, base: usize, sink: usize, row: u32): void {
  store<u32>(sink, load<u32>(placeOf(p, base, row)) + getU32(p.interestIndptr, getU32(p.actors, row)));
}

// @ts-ignore: decorator
@inline function touchItem(p: StreamParams, base: usize, sink: usize, row: u32): void {
  const item = itemAt(base, load<u32>(placeOf(p, base, row)));
  const begin = getU32(p.interestIndptr, getU32(p.actors, row));
  store<u32>(sink, item.vector + item.idInfo + getU32(p.interestClusters, begin) + load<u32>(p.interestScores + ((<usize>begin) << 2)));
}

// @ts-ignore: decorator
@inline function touchVector(p: StreamParams, base: usize, sink: usize, row: u32): void {
  const offset = load<u32>(placeOf(p, base, row));
  if (offset != 0) touchClusters(p, base, sink, itemAt(base, offset), getU32(p.actors, row));
}

function applyRow(p: StreamParams, base: usize, shard: u32, pairs: usize, row: u32): void {
  const s = changetype<StreamShard>(base);
  const timeMs = getF64(p.timesMs, row);
  s.evictionsLeft = EVICTIONS_PER_ROW;
  const offset = itemOfRow(p, base, shard, pairs, row, timeMs);
  if (offset == 0) return;
  const item = itemAt(base, offset);
  const isUndo = (getU32(p.kinds, row) & ROW_UNDO) != 0;
  const isTweet = kindOf(item.idInfo) == 0;
  const epoch = floor(timeMs / (p.halfLifeMs * EPOCH_HALF_LIVES));
  const factor = exp((timeMs / p.halfLifeMs - epoch * EPOCH_HALF_LIVES) * LN2) * UNITS;
  const scale = powerOfTwo(EPOCH_HALF_LIVES * (epoch - s.landmark)) * (isUndo ? -1.0 : 1.0);
  if (item.longestIsLive != 0) captureIfOvertaken(p, base, shard, pairs, offset, row, factor, scale);
  addInterests(p, base, shard, pairs, offset, row, factor, scale);
  s.numApplied++;
  item.numFavs = isUndo ? max<u32>(item.numFavs, 1) - 1 : item.numFavs + 1;
  item.numFavs = max(item.numFavs, getU32(p.numFavs, row));
  if (isUndo) return;
  item.lastMs = max(item.lastMs, timeMs);
  if (isTweet && item.numFavs >= p.minFavs) countUpdate(p, base, shard, pairs, offset);
}

/** The item of a row, made if it is new; 0: too old, or no memory. */
function itemOfRow(p: StreamParams, base: usize, shard: u32, pairs: usize, row: u32, timeMs: f64): u32 {
  const s = changetype<StreamShard>(base);
  const info = getU32(p.idInfos, row);
  const hash = getU32(p.hashes, row);
  const id = p.text + getU32(p.idStarts, row);
  const given = getF64(p.bornMs, row);
  const isKnown = given == given;
  const isTweet = kindOf(info) == 0;
  const offset = getU32(base + s.table, findItem(base, hash, info, id));
  let bornMs = isKnown ? given : timeMs;
  if (offset != 0) {
    // The birth is the first event, in order of time, or what an event says of it.
    bornMs = isKnown ? given : min(itemAt(base, offset).bornMs, timeMs);
    itemAt(base, offset).bornMs = bornMs;
  } else if (isTweet && !isKnown && p.bornByFirstEvent == 0) bornMs = -Infinity;
  if (isTweet && timeMs - bornMs >= p.maxAgeMs) {
    s.numTooOld++;
    return 0;
  }
  if (offset != 0) return offset;
  const made = makeItem(p, base, shard, pairs, hash, info, id, bornMs);
  if (made == 0) s.numRefused++;
  return made;
}

/**
 * Loads where the clusters of the actor should stand in the vector, without a branch that depends on what is there: so the loads
 * wait for memory together, and not each for the one before. The sum goes to the scratch, so that they are not left out.
 */
function touchClusters(p: StreamParams, base: usize, sink: usize, item: StreamItem, actor: u32): void {
  const bits = item.vectorBits;
  if (bits < TOUCHED_BITS) return;
  const vector = base + item.vector;
  const end = getU32(p.interestIndptr, actor + 1);
  let sum: u32 = 0;
  for (let i = getU32(p.interestIndptr, actor); i < end; i++) {
    // The last word: a slot may lie across two lines.
    const slot = slotOf(vector, homeOf(getU32(p.interestClusters, i), bits));
    sum += load<u32>(slot) + load<u32>(slot, 8);
  }
  setU32(sink, 0, sum);
}

/** value += round(N * factor) * scale, cluster by cluster. */
function addInterests(p: StreamParams, base: usize, shard: u32, pairs: usize, offset: u32, row: u32, factor: f64, scale: f64): void {
  const s = changetype<StreamShard>(base);
  const item = itemAt(base, offset);
  const actor = getU32(p.actors, row);
  const end = getU32(p.interestIndptr, actor + 1);
  let sumSquares = item.sumSquares;
  let vector = base + item.vector;
  let bits = item.vectorBits;
  const begin = getU32(p.interestIndptr, actor);
  for (let i = begin; i < end; i++) {
    const cluster = getU32(p.interestClusters, i);
    const added = floor(<f64>getF32(p.interestScores, i) * factor + 0.5) * scale;
    let slot: usize = bits == 0 ? 0 : findSlot(vector, bits, cluster);
    if (bits == 0 || clusterOf(slot) == 0) {
      if ((item.numEntries + 1) * 4 > (3 << bits) || bits == 0) {
        const negligible = p.negligible / worthAt(s, p, getF64(p.timesMs, row));
        item.sumSquares = sumSquares;
        if (!growVector(p, base, shard, pairs, offset, negligible, end - begin)) {
          s.numRefused++;
          break;
        }
        sumSquares = item.sumSquares;
        vector = base + item.vector;
        bits = item.vectorBits;
        slot = findSlot(vector, bits, cluster);
      }
      setSlot(slot, cluster, 0);
      item.numEntries++;
      s.numEntries++;
    }
    const before = valueOf(slot);
    setValue(slot, before + added);
    sumSquares += added * (before + (before + added));
  }
  item.sumSquares = sumSquares;
}

/** Keeps the embedding as it stood when it was longest, if this row makes it shorter than that. */
function captureIfOvertaken(
  p: StreamParams, base: usize, shard: u32, pairs: usize, offset: u32, row: u32, factor: f64, scale: f64,
): void {
  const item = itemAt(base, offset);
  const worth = worthAt(changetype<StreamShard>(base), p, max(item.lastMs, getF64(p.timesMs, row)));
  const bar = item.longestSquare * MARGIN / (worth * worth);
  const actor = getU32(p.actors, row);
  const begin = getU32(p.interestIndptr, actor);
  const end = getU32(p.interestIndptr, actor + 1);
  let after = item.sumSquares;
  for (let i = begin; i < end; i++) {
    const added = floor(<f64>getF32(p.interestScores, i) * factor + 0.5) * scale;
    after += added * added;
  }
  // What is there can only add to this, unless the row takes away.
  if (scale > 0 && after > bar) return;
  for (let i = begin; i < end; i++) {
    const slot = findSlot(base + item.vector, item.vectorBits, getU32(p.interestClusters, i));
    if (clusterOf(slot) == 0) continue;
    after += 2 * valueOf(slot) * (floor(<f64>getF32(p.interestScores, i) * factor + 0.5) * scale);
  }
  if (scale > 0 && after > bar) return;
  writeRecord(p, base, shard, pairs, offset, CAPTURE_LONGEST, item.lastMs, 0, 0);
  item.longestIsLive = 0;
}

/** A fav of an item with enough of them: counts, notes the longest, keeps the embedding at powers of two. */
function countUpdate(p: StreamParams, base: usize, shard: u32, pairs: usize, offset: u32): void {
  const item = itemAt(base, offset);
  item.numUpdates++;
  const worth = worthAt(changetype<StreamShard>(base), p, item.lastMs);
  const square = item.sumSquares * worth * worth;
  if (square > item.longestSquare) {
    item.longestSquare = square;
    item.longestIsLive = 1;
  }
  if (item.numUpdates >= FIRST_POWER && popcnt(item.numUpdates) == 1)
    writeRecord(p, base, shard, pairs, offset, CAPTURE_POWER, item.lastMs, 0, 0);
}

/**
 * Shards lo..hi: looks at rowsDone more places of the table, counting it down to 0: items too old or negligible at nowMs die.
 * Stops early when there is no room for records.
 */
export function sweepItems(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<StreamParams>(params);
  for (let shard = lo; shard < hi; shard++) {
    const base = shardOf(p, shard);
    const s = changetype<StreamShard>(base);
    const mask = (1 << s.tableBits) - 1;
    const worth = worthAt(s, p, p.nowMs);
    let left = getU32(p.rowsDone, shard);
    for (; left > 0 && !isFull(p, shard); left--) {
      sweepPlace(p, base, shard, scratch, worth);
      s.sweepAt = (s.sweepAt + 1) & mask;
    }
    setU32(p.rowsDone, shard, left);
  }
}

function sweepPlace(p: StreamParams, base: usize, shard: u32, pairs: usize, worth: f64): void {
  const s = changetype<StreamShard>(base);
  const offset = getU32(base + s.table, s.sweepAt);
  if (offset == 0) return;
  const item = itemAt(base, offset);
  const age = p.nowMs - item.bornMs;
  if (kindOf(item.idInfo) == 0 && age >= p.maxAgeMs) {
    removeItem(p, base, shard, pairs, s.sweepAt, DEAD_OF_AGE);
  } else if (item.sumSquares * worth * worth < p.negligible * p.negligible) {
    removeItem(p, base, shard, pairs, s.sweepAt, DEAD_OF_VALUE);
  }
}

/** Shards lo..hi: moves the landmark on by `shift` epochs: every value times 2^(-8 shift), which loses no bit. */
export function rebaseItems(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<StreamParams>(params);
  const scale = powerOfTwo(-EPOCH_HALF_LIVES * p.shift);
  for (let shard = lo; shard < hi; shard++) {
    const base = shardOf(p, shard);
    const s = changetype<StreamShard>(base);
    for (let place: u32 = 0; place < 1 << s.tableBits; place++) {
      const offset = getU32(base + s.table, place);
      if (offset != 0) rebaseItem(base, itemAt(base, offset), scale);
    }
    s.landmark += p.shift;
  }
}

function rebaseItem(base: usize, item: StreamItem, scale: f64): void {
  item.sumSquares *= scale * scale;
  if (item.vector == 0) return;
  for (let i: u32 = 0; i < 1 << item.vectorBits; i++) {
    const slot = slotOf(base + item.vector, i);
    if (clusterOf(slot) != 0) setValue(slot, valueOf(slot) * scale);
  }
}

/**
 * Shards lo..hi: records of the items at the places of the table from rowsDone on, decayed to nowMs, clusters of at least
 * `threshold`; as many as there is room for. The tag of a record is its place.
 */
export function exportItems(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<StreamParams>(params);
  for (let shard = lo; shard < hi; shard++) {
    const base = shardOf(p, shard);
    const s = changetype<StreamShard>(base);
    let place = getU32(p.rowsDone, shard);
    for (; place < 1 << s.tableBits && !isFull(p, shard); place++) {
      const offset = getU32(base + s.table, place);
      if (offset != 0 && isRead(p, offset, base)) writeRecord(p, base, shard, scratch, offset, 0, p.nowMs, p.threshold, place);
    }
    setU32(p.rowsDone, shard, place);
  }
}

/** Items too old at the time of reading are not read, whether they have been swept or not. */
function isRead(p: StreamParams, offset: u32, base: usize): bool {
  const item = itemAt(base, offset);
  return kindOf(item.idInfo) != 0 || p.nowMs - item.bornMs < p.maxAgeMs;
}

/** Shards lo..hi: records of the rows' items that are there, from rowsDone on. The tag of a record is its row. */
export function readItems(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<StreamParams>(params);
  for (let shard = lo; shard < hi; shard++) {
    const base = shardOf(p, shard);
    const s = changetype<StreamShard>(base);
    let row = getU32(p.rowsDone, shard);
    for (; row < p.numRows && !isFull(p, shard); row++) {
      const hash = getU32(p.hashes, row);
      if (((hash >> 20) & (p.numShards - 1)) != shard) continue;
      const place = findItem(base, hash, getU32(p.idInfos, row), p.text + getU32(p.idStarts, row));
      const offset = getU32(base + s.table, place);
      if (offset != 0 && isRead(p, offset, base)) writeRecord(p, base, shard, scratch, offset, 0, p.nowMs, p.threshold, row);
    }
    setU32(p.rowsDone, shard, row);
  }
}

/**
 * Shards lo..hi: how many entries of at least `threshold` at nowMs each cluster has, of items of the kinds in kindMask that are
 * younger than youngerMs. `counts` is zero before.
 */
export function countEntries(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<StreamParams>(params);
  for (let shard = lo; shard < hi; shard++) scanEntries(p, shardOf(p, shard), shard, false);
}

/** Shards lo..hi: puts those entries where `counts` says, which is then moved on; items by their numbers. */
export function scatterEntries(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<StreamParams>(params);
  for (let shard = lo; shard < hi; shard++) scanEntries(p, shardOf(p, shard), shard, true);
}

function scanEntries(p: StreamParams, base: usize, shard: u32, isScatter: bool): void {
  const s = changetype<StreamShard>(base);
  const counts = p.counts + ((<usize>shard * p.numClusters) << 2);
  const numbers = p.itemNumbers + ((<usize>getU32(p.itemStarts, shard)) << 2);
  const worth = worthAt(s, p, p.nowMs);
  for (let place: u32 = 0; place < 1 << s.tableBits; place++) {
    const offset = getU32(base + s.table, place);
    if (offset == 0) continue;
    const item = itemAt(base, offset);
    if ((p.kindMask >> kindOf(item.idInfo) & 1) == 0 || p.nowMs - item.bornMs >= p.youngerMs || item.vector == 0) continue;
    for (let i: u32 = 0; i < 1 << item.vectorBits; i++) {
      const slot = slotOf(base + item.vector, i);
      const cluster = clusterOf(slot);
      if (cluster == 0) continue;
      const score = <f32>(valueOf(slot) * worth);
      if (<f64>score < p.threshold) continue;
      const at = getU32(counts, cluster);
      setU32(counts, cluster, at + 1);
      if (!isScatter) continue;
      setU32(p.itemsOut, at, getU32(numbers, place));
      setF32(p.scoresOut, at, score);
    }
  }
}
