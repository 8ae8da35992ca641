// Items of a shard: found by id, made, grown, removed.
import { getU32, setU32 } from './access';
import { captureItem, StreamParams } from './stream-records';
import {
  clusterOf, findSlot, giveBlock, homeOf, idLength, idOf, INLINE_ID, isLongId, ITEM_BYTES, itemAt, MIN_VECTOR_BITS, setSlot, slotOf,
  StreamItem, StreamShard, takeBlock, valueOf, vectorBytes,
} from './stream-memory';

/** Why an item dies, as its counter. */
export const DEAD_OF_AGE: u32 = 0;
export const DEAD_OF_VALUE: u32 = 1;
export const DEAD_OF_MEMORY: u32 = 2;
/** Places of the table looked at for the item to be given up. */
const EVICTION_SAMPLE: u32 = 16;
const EVICTION_LIMIT: u32 = 256;
/** Vectors of 2^LARGE_BITS places and more grow twofold. */
const LARGE_BITS: u32 = 8;
/** Halvings of the range in which the cut of a vector is looked for. */
const CUT_STEPS: u32 = 60;

/** Place of the item in the table, or of the gap where it would go. */
export function findItem(base: usize, hash: u32, info: u32, id: usize): u32 {
  const s = changetype<StreamShard>(base);
  const mask = (1 << s.tableBits) - 1;
  let at = hash & mask;
  for (let offset = getU32(base + s.table, at); offset != 0; offset = getU32(base + s.table, at)) {
    const item = itemAt(base, offset);
    if (item.hash == hash && item.idInfo == info && sameBytes(idOf(base, offset), id, idLength(info))) break;
    at = (at + 1) & mask;
  }
  return at;
}

function sameBytes(a: usize, b: usize, length: u32): bool {
  let i: u32 = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  for (; i < length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** A new item without entries; 0 when there is no memory. */
export function makeItem(p: StreamParams, base: usize, shard: u32, pairs: usize, hash: u32, info: u32, id: usize, bornMs: f64): u32 {
  const s = changetype<StreamShard>(base);
  if (s.numItems * 2 >= 1 << s.tableBits && !growTable(base)) return 0;
  const length = idLength(info);
  const offset = takeOrEvict(p, base, shard, pairs, ITEM_BYTES, 0);
  if (offset == 0) return 0;
  const longId = isLongId(info) ? takeOrEvict(p, base, shard, pairs, length, 0) : 0;
  if (isLongId(info) && longId == 0) {
    giveBlock(base, offset, ITEM_BYTES);
    return 0;
  }
  memory.fill(base + offset, 0, ITEM_BYTES);
  const item = itemAt(base, offset);
  item.hash = hash;
  item.idInfo = info;
  item.longId = longId;
  item.bornMs = bornMs;
  item.lastMs = -Infinity;
  memory.copy(base + (longId != 0 ? longId : offset + INLINE_ID), id, length);
  // Evictions may have moved the gap.
  setU32(base + s.table, findItem(base, hash, info, id), offset);
  s.numItems++;
  return offset;
}

/** Twice as many places; where there is no memory, the table fills up to seven eighths. */
function growTable(base: usize): bool {
  const s = changetype<StreamShard>(base);
  const old = s.table;
  const places: u32 = 1 << s.tableBits;
  const larger = takeBlock(base, 8 << s.tableBits);
  if (larger == 0) return s.numItems < places - (places >> 3);
  memory.fill(base + larger, 0, 8 << s.tableBits);
  const mask = 2 * places - 1;
  for (let i: u32 = 0; i < places; i++) {
    const offset = getU32(base + old, i);
    if (offset == 0) continue;
    let at = itemAt(base, offset).hash & mask;
    while (getU32(base + larger, at) != 0) at = (at + 1) & mask;
    setU32(base + larger, at, offset);
  }
  giveBlock(base, old, 4 << s.tableBits);
  s.table = larger;
  s.tableBits++;
  s.sweepAt = 0;
  return true;
}

/**
 * Removes the item at a place of the table. Items behind it that could not stand at their place move up, so that the place may
 * hold another item afterwards.
 */
export function removeItem(p: StreamParams, base: usize, shard: u32, pairs: usize, place: u32, reason: u32): void {
  const s = changetype<StreamShard>(base);
  const offset = getU32(base + s.table, place);
  const item = itemAt(base, offset);
  if (item.numUpdates > 0) captureItem(p, base, shard, pairs, offset);
  if (item.vector != 0) giveBlock(base, item.vector, vectorBytes(item.vectorBits));
  s.numEntries -= item.numEntries;
  if (item.longId != 0) giveBlock(base, item.longId, idLength(item.idInfo));
  closeGap(base, place);
  s.numItems--;
  giveBlock(base, offset, ITEM_BYTES);
  if (reason == DEAD_OF_AGE) s.numExpired++;
  else if (reason == DEAD_OF_VALUE) s.numNegligible++;
  else s.numEvicted++;
}

function closeGap(base: usize, place: u32): void {
  const s = changetype<StreamShard>(base);
  const table = base + s.table;
  const mask = (1 << s.tableBits) - 1;
  let gap = place;
  let at = place;
  for (;;) {
    at = (at + 1) & mask;
    const offset = getU32(table, at);
    if (offset == 0) break;
    const home = itemAt(base, offset).hash & mask;
    // May it stand at the gap? Yes unless its home lies behind the gap, counted around.
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    setU32(table, gap, offset);
    gap = at;
  }
  setU32(table, gap, 0);
}

/**
 * A block; while there is none, the least valuable of a few items at a time is given up for it, and free neighbours join. `keep`: not
 * that one. A row may have only so many given up for it.
 */
function takeOrEvict(p: StreamParams, base: usize, shard: u32, pairs: usize, bytes: u32, keep: u32): u32 {
  const s = changetype<StreamShard>(base);
  let block = takeBlock(base, bytes);
  while (block == 0 && s.evictionsLeft > 0 && evictOne(p, base, shard, pairs, bytes, keep)) {
    s.evictionsLeft--;
    block = takeBlock(base, bytes);
  }
  return block;
}

/**
 * Gives up the least valuable of those looked at whose vector is as large as what is wanted, if there is one less valuable than `keep`; else
 * the least valuable of all. False: none but `keep` stands at the places that were looked at.
 */
function evictOne(p: StreamParams, base: usize, shard: u32, pairs: usize, bytes: u32, keep: u32): bool {
  const s = changetype<StreamShard>(base);
  const mask: u32 = (1 << s.tableBits) - 1;
  let least = Infinity;
  let leastAt: u32 = mask + 1;
  let leastLarge = keep != 0 ? itemAt(base, keep).sumSquares : Infinity;
  let leastLargeAt: u32 = mask + 1;
  let numSeen: u32 = 0;
  for (let i: u32 = 0; i < EVICTION_LIMIT && numSeen < EVICTION_SAMPLE; i++) {
    s.sweepAt = (s.sweepAt + 1) & mask;
    const offset = getU32(base + s.table, s.sweepAt);
    if (offset == 0 || offset == keep) continue;
    numSeen++;
    const item = itemAt(base, offset);
    if (item.sumSquares < least) {
      least = item.sumSquares;
      leastAt = s.sweepAt;
    }
    if (item.sumSquares < leastLarge && item.vector != 0 && vectorBytes(item.vectorBits) >= bytes) {
      leastLarge = item.sumSquares;
      leastLargeAt = s.sweepAt;
    }
  }
  const victimAt = leastLargeAt <= mask ? leastLargeAt : leastAt;
  if (victimAt > mask) return false;
  removeItem(p, base, shard, pairs, victimAt, DEAD_OF_MEMORY);
  return true;
}

/**
 * Room in the vector for one more entry, in a new one for numFirst; what is negligible goes first. Small ones grow fourfold if a block
 * is free: copying twice costs more than the places that stay empty for a while. Where there is no memory for a larger
 * one, the smaller half of its own entries makes room. False: not even a first vector found memory.
 */
export function growVector(
  p: StreamParams, base: usize, shard: u32, pairs: usize, offset: u32, negligible: f64, numFirst: u32,
): bool {
  const item = itemAt(base, offset);
  if (item.vector == 0) return startVector(p, base, shard, pairs, offset, numFirst);
  const capacity: u32 = 1 << item.vectorBits;
  const numKept = countFrom(base, item, negligible);
  let newBits = item.vectorBits + u32(numKept * 2 > capacity);
  let fresh: u32 = 0;
  if (newBits > item.vectorBits && item.vectorBits < LARGE_BITS) {
    fresh = takeBlock(base, vectorBytes(newBits + 1));
    newBits += u32(fresh != 0);
  }
  if (fresh == 0) fresh = takeOrEvict(p, base, shard, pairs, vectorBytes(newBits), offset);
  if (fresh == 0) {
    pruneVector(base, item);
    return true;
  }
  const old = item.vector;
  const bits = item.vectorBits;
  memory.fill(base + fresh, 0, vectorBytes(newBits));
  item.sumSquares = 0;
  for (let i: u32 = 0; i < capacity; i++) {
    const slot = slotOf(base + old, i);
    const value = valueOf(slot);
    if (clusterOf(slot) == 0 || !(abs(value) >= negligible)) continue;
    setSlot(findSlot(base + fresh, newBits, clusterOf(slot)), clusterOf(slot), value);
    item.sumSquares += value * value;
  }
  giveBlock(base, old, vectorBytes(bits));
  changetype<StreamShard>(base).numEntries -= item.numEntries - numKept;
  item.vector = fresh;
  item.vectorBits = newBits;
  item.numEntries = numKept;
  return true;
}

/** As large as the first row wants it, or as there is memory for. */
function startVector(p: StreamParams, base: usize, shard: u32, pairs: usize, offset: u32, numFirst: u32): bool {
  let bits = MIN_VECTOR_BITS;
  while (numFirst * 4 > (3 << bits)) bits++;
  let first = takeOrEvict(p, base, shard, pairs, vectorBytes(bits), offset);
  while (first == 0 && bits > MIN_VECTOR_BITS) first = takeBlock(base, vectorBytes(--bits));
  if (first == 0) return false;
  memory.fill(base + first, 0, vectorBytes(bits));
  const item = itemAt(base, offset);
  item.vector = first;
  item.vectorBits = bits;
  return true;
}

/** Entries of at least that absolute value. */
function countFrom(base: usize, item: StreamItem, least: f64): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < 1 << item.vectorBits; i++) {
    const slot = slotOf(base + item.vector, i);
    count += u32(clusterOf(slot) != 0) & u32(abs(valueOf(slot)) >= least);
  }
  return count;
}

/** Leaves the larger entries, half as many as there are places; of equal ones those in later places. */
function pruneVector(base: usize, item: StreamItem): void {
  const s = changetype<StreamShard>(base);
  const wanted: u32 = 1 << (item.vectorBits - 1);
  // At least `wanted` entries are from `low` on, at most as many from `high` on.
  let low: f64 = 0;
  let high = largestValue(base, item) * 2 + 1;
  for (let step: u32 = 0; step < CUT_STEPS && low < high; step++) {
    const middle = low + (high - low) * 0.5;
    const count = countFrom(base, item, middle);
    if (count >= wanted) low = middle;
    if (count <= wanted) high = middle;
  }
  let numEqual = countFrom(base, item, low) - wanted;
  for (let i: u32 = 0; i < 1 << item.vectorBits; i++) {
    const slot = slotOf(base + item.vector, i);
    // What moves up into the place is looked at, too.
    while (clusterOf(slot) != 0) {
      const size = abs(valueOf(slot));
      if (size >= high || (size >= low && numEqual == 0)) break;
      if (size >= low) numEqual--;
      closeSlot(base + item.vector, item.vectorBits, i);
      item.numEntries--;
      s.numEntries--;
      s.numPruned++;
    }
  }
  item.sumSquares = 0;
  for (let i: u32 = 0; i < 1 << item.vectorBits; i++) {
    const slot = slotOf(base + item.vector, i);
    if (clusterOf(slot) != 0) item.sumSquares += valueOf(slot) * valueOf(slot);
  }
}

function largestValue(base: usize, item: StreamItem): f64 {
  let largest: f64 = 0;
  for (let i: u32 = 0; i < 1 << item.vectorBits; i++) {
    const slot = slotOf(base + item.vector, i);
    if (clusterOf(slot) != 0) largest = max(largest, abs(valueOf(slot)));
  }
  return largest;
}

/** Empties a slot; entries behind it that could not stand at their place move up. */
function closeSlot(vector: usize, bits: u32, place: u32): void {
  const mask = (1 << bits) - 1;
  let gap = place;
  let at = place;
  for (;;) {
    at = (at + 1) & mask;
    const slot = slotOf(vector, at);
    const cluster = clusterOf(slot);
    if (cluster == 0) break;
    if (((at - homeOf(cluster, bits)) & mask) < ((at - gap) & mask)) continue;
    setSlot(slotOf(vector, gap), cluster, valueOf(slot));
    gap = at;
  }
  setSlot(slotOf(vector, gap), 0, 0);
}
