// Items of a shard: found by id, made, grown, removed.
import { getF64, getU32, setF64, setU32 } from './access';
import { captureItem, StreamParams } from './stream-records';
import {
  findCluster, giveBlock, idLength, idOf, INLINE_ID, isLongId, ITEM_BYTES, itemAt, MIN_VECTOR_BITS, sizeClass, StreamShard, takeBlock,
  vectorBytes,
} from './stream-memory';

/** Why an item dies, as its counter. */
export const DEAD_OF_AGE: u32 = 0;
export const DEAD_OF_VALUE: u32 = 1;
export const DEAD_OF_MEMORY: u32 = 2;
/** Places of the table looked at for the item to be given up. */
const EVICTION_SAMPLE: u32 = 16;
const EVICTION_LIMIT: u32 = 4096;

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

/** A block; when there is none, the least valuable of a few items that have such a block is given up for it. `keep`: not that one. */
function takeOrEvict(p: StreamParams, base: usize, shard: u32, pairs: usize, bytes: u32, keep: u32): u32 {
  const block = takeBlock(base, bytes);
  if (block != 0) return block;
  const s = changetype<StreamShard>(base);
  const mask = (1 << s.tableBits) - 1;
  let worst: u32 = 0;
  let worstAt: u32 = 0;
  let numSeen: u32 = 0;
  for (let i: u32 = 0; i < EVICTION_LIMIT && numSeen < EVICTION_SAMPLE; i++) {
    s.sweepAt = (s.sweepAt + 1) & mask;
    const offset = getU32(base + s.table, s.sweepAt);
    if (offset == 0 || offset == keep || !gives(base, offset, bytes)) continue;
    numSeen++;
    if (worst != 0 && itemAt(base, offset).sumSquares >= itemAt(base, worst).sumSquares) continue;
    worst = offset;
    worstAt = s.sweepAt;
  }
  if (worst == 0) return 0;
  removeItem(p, base, shard, pairs, worstAt, DEAD_OF_MEMORY);
  return takeBlock(base, bytes);
}

/** Whether the death of an item would free a block of that many bytes. */
function gives(base: usize, offset: u32, bytes: u32): bool {
  const item = itemAt(base, offset);
  const wanted = sizeClass(bytes);
  if (wanted == sizeClass(ITEM_BYTES)) return true;
  if (item.vector != 0 && sizeClass(vectorBytes(item.vectorBits)) == wanted) return true;
  return item.longId != 0 && sizeClass(idLength(item.idInfo)) == wanted;
}

/** Room in the vector for one more entry, in a new one for numFirst; what is negligible goes first. False: no memory. */
export function growVector(
  p: StreamParams, base: usize, shard: u32, pairs: usize, offset: u32, negligible: f64, numFirst: u32,
): bool {
  const s = changetype<StreamShard>(base);
  const item = itemAt(base, offset);
  if (item.vector == 0) {
    let firstBits = MIN_VECTOR_BITS;
    while (numFirst * 4 > (3 << firstBits)) firstBits++;
    const first = takeOrEvict(p, base, shard, pairs, vectorBytes(firstBits), offset);
    if (first == 0) return false;
    memory.fill(base + first, 0, vectorBytes(firstBits));
    item.vector = first;
    item.vectorBits = firstBits;
    return true;
  }
  const old = item.vector;
  const bits = item.vectorBits;
  const capacity: u32 = 1 << bits;
  let numKept: u32 = 0;
  for (let i: u32 = 0; i < capacity; i++) {
    if (getU32(base + old, i) != 0 && isKept(base, old, bits, i, negligible)) numKept++;
  }
  const newBits = numKept * 2 > capacity ? bits + 1 : bits;
  const fresh = takeOrEvict(p, base, shard, pairs, vectorBytes(newBits), offset);
  if (fresh == 0) return false;
  memory.fill(base + fresh, 0, vectorBytes(newBits));
  for (let i: u32 = 0; i < capacity; i++) {
    const key = getU32(base + old, i);
    if (key == 0 || !isKept(base, old, bits, i, negligible)) continue;
    const at = findCluster(base + fresh, newBits, key);
    setU32(base + fresh, at, key);
    setF64(base + fresh + (4 << newBits), at, getF64(base + old + (4 << bits), i));
  }
  giveBlock(base, old, vectorBytes(bits));
  s.numEntries -= item.numEntries - numKept;
  item.vector = fresh;
  item.vectorBits = newBits;
  item.numEntries = numKept;
  return true;
}

function isKept(base: usize, vector: u32, bits: u32, i: u32, negligible: f64): bool {
  return abs(getF64(base + vector + (4 << bits), i)) >= negligible;
}
