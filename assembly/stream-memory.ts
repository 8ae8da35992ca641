// Memory of a shard of the streaming state: a region that holds everything, links as offsets from its first byte (0: none), so
// that it can be written to disk and read back to any place.
import { getU32, setU32 } from './access';

/** First bytes of the region. Counts are f64: whole numbers up to 2^53. */
@unmanaged export class StreamShard {
  bytes: u32; // of the region
  heapNext: u32; // first byte never handed out
  heap: u32; // first byte of the blocks
  numUnits: u32; // of 96 bytes, from there to the end of the region
  free: u32; // u32[ORDERS]: heads of the lists of free blocks, by order
  isFree: u32; // bit by unit: a free block begins there
  table: u32; // u32[1 << tableBits]: items by hash, linear probing
  tableBits: u32;
  numItems: u32;
  numEntries: u32; // of all vectors
  sweepAt: u32; // place of the table where the next sweep goes on
  evictionsLeft: u32; // that the row at work may cause
  landmark: f64; // epochs since 1970 that values are scaled to
  usedBytes: f64;
  numApplied: f64;
  numTooOld: f64;
  numExpired: f64; // items dead of age
  numNegligible: f64; // items dead of a negligible value
  numEvicted: f64; // items dead for want of memory
  numRefused: f64; // rows whose item found no memory
  numPruned: f64; // entries that gave way to larger ones of their item
}

/** An item; its id lies behind it when it is short, in a block of its own when not. */
@unmanaged export class StreamItem {
  hash: u32;
  idInfo: u32; // length | kind << 16
  longId: u32; // block of an id of more than 24 bytes
  vector: u32; // 2^vectorBits slots of u32 cluster (0: none) and f64 value; 0: no entries yet
  vectorBits: u32;
  numEntries: u32;
  numFavs: u32;
  numUpdates: u32; // favs since there were enough of them
  longestIsLive: u32; // the vector as it stood at lastMs is the longest so far
  bornMs: f64;
  lastMs: f64;
  sumSquares: f64; // of the values
  longestSquare: f64; // squared length of the longest, undecayed
}

export const ITEM_BYTES: u32 = 96;
export const INLINE_ID: u32 = 72;
const INLINE_ID_BYTES: u32 = 24;
export const MIN_VECTOR_BITS: u32 = 3;
/** The least block. */
const UNIT: u32 = 96;
export const ORDERS: u32 = 26;
/** A cluster and its value lie side by side, for one miss of the cache and not two; so the value is not aligned. */
const SLOT_BYTES: u32 = 12;

// Blocks are 96 * 2^order bytes, at multiples of their size from the first: an item takes one of order 0, a vector of 8 * 2^k places one of
// order k. Two halves of a block that are both free become the block again, so that the deaths of many small items make room for a large
// vector. A free block holds the next and the one before of its list, and its order; a bit for each 96 bytes says where one begins.

/** Order of the least block of so many bytes. */
export function orderOf(bytes: u32): u32 {
  return bytes <= UNIT ? 0 : 32 - clz((bytes - 1) / UNIT);
}

// @ts-ignore: decorator
@inline function blockAt(s: StreamShard, unit: u32): u32 { return s.heap + unit * UNIT; }
// @ts-ignore: decorator
@inline function unitsUsed(s: StreamShard): u32 { return (s.heapNext - s.heap) / UNIT; }
// @ts-ignore: decorator
@inline function isFree(base: usize, s: StreamShard, unit: u32): bool { return (getU32(base + s.isFree, unit >> 5) >> (unit & 31) & 1) != 0; }
// @ts-ignore: decorator
@inline function flip(base: usize, s: StreamShard, unit: u32): void { setU32(base + s.isFree, unit >> 5, getU32(base + s.isFree, unit >> 5) ^ (1 << (unit & 31))); }

function pushFree(base: usize, s: StreamShard, unit: u32, order: u32): void {
  const block = blockAt(s, unit);
  const head = getU32(base + s.free, order);
  setU32(base + block, 0, head);
  setU32(base + block, 1, 0);
  setU32(base + block, 2, order);
  if (head != 0) setU32(base + head, 1, block);
  setU32(base + s.free, order, block);
  flip(base, s, unit);
}

function unlinkFree(base: usize, s: StreamShard, unit: u32, order: u32): void {
  const block = blockAt(s, unit);
  const next = getU32(base + block, 0);
  const before = getU32(base + block, 1);
  if (before != 0) setU32(base + before, 0, next);
  else setU32(base + s.free, order, next);
  if (next != 0) setU32(base + next, 1, before);
  flip(base, s, unit);
}

/** A block of at least so many bytes, not cleared: the half of a larger one where need be; 0 when there is none. */
export function takeBlock(base: usize, bytes: u32): u32 {
  const s = changetype<StreamShard>(base);
  const order = orderOf(bytes);
  let found = order;
  while (found < ORDERS && getU32(base + s.free, found) == 0) found++;
  if (found == ORDERS) return takeFresh(base, s, order);
  const block = getU32(base + s.free, found);
  const unit = (block - s.heap) / UNIT;
  unlinkFree(base, s, unit, found);
  while (found > order) {
    found--;
    pushFree(base, s, unit + (1 << found), found);
  }
  s.usedBytes += <f64>(UNIT << order);
  return block;
}

/** A block that was never handed out; what is skipped, for blocks lie at multiples of their size, is free. */
function takeFresh(base: usize, s: StreamShard, order: u32): u32 {
  let unit = unitsUsed(s);
  const start = (unit + (1 << order) - 1) >> order << order;
  if (order >= ORDERS || start + (1 << order) > s.numUnits) return 0;
  while (unit < start) {
    const gap = <u32>ctz(unit);
    s.heapNext = blockAt(s, unit + (1 << gap));
    joinFree(base, s, unit, gap);
    unit += 1 << gap;
  }
  s.heapNext = blockAt(s, start + (1 << order));
  s.usedBytes += <f64>(UNIT << order);
  return blockAt(s, start);
}

export function giveBlock(base: usize, block: u32, bytes: u32): void {
  const s = changetype<StreamShard>(base);
  const order = orderOf(bytes);
  s.usedBytes -= <f64>(UNIT << order);
  joinFree(base, s, (block - s.heap) / UNIT, order);
}

/** Makes a block free, with the other half of what it is half of, if that is free, and so on. */
function joinFree(base: usize, s: StreamShard, first: u32, least: u32): void {
  let unit = first;
  let order = least;
  const end = unitsUsed(s);
  for (; order + 1 < ORDERS; order++) {
    const other = unit ^ (1 << order);
    if (other >= end || !isFree(base, s, other) || getU32(base + blockAt(s, other), 2) != order) break;
    unlinkFree(base, s, other, order);
    unit &= ~(1 << order);
  }
  pushFree(base, s, unit, order);
}

// @ts-ignore: decorator
@inline export function vectorBytes(bits: u32): u32 { return SLOT_BYTES << bits; }
/** Slot i of the vector at an address. */
// @ts-ignore: decorator
@inline export function slotOf(vector: usize, i: u32): usize { return vector + i * SLOT_BYTES; }
// @ts-ignore: decorator
@inline export function clusterOf(slot: usize): u32 { return load<u32>(slot); }
// @ts-ignore: decorator
@inline export function valueOf(slot: usize): f64 { return load<f64>(slot, 4); }
// @ts-ignore: decorator
@inline export function setSlot(slot: usize, cluster: u32, value: f64): void {
  store<u32>(slot, cluster);
  store<f64>(slot, value, 4);
}
// @ts-ignore: decorator
@inline export function setValue(slot: usize, value: f64): void { store<f64>(slot, value, 4); }
// @ts-ignore: decorator
@inline export function itemAt(base: usize, offset: u32): StreamItem { return changetype<StreamItem>(base + offset); }
// @ts-ignore: decorator
@inline export function kindOf(info: u32): u32 { return info >> 16; }
// @ts-ignore: decorator
@inline export function idLength(info: u32): u32 { return info & 0xffff; }
// @ts-ignore: decorator
@inline export function isLongId(info: u32): bool { return idLength(info) > INLINE_ID_BYTES; }
/** Address of the bytes of an item's id. */
export function idOf(base: usize, offset: u32): usize {
  const item = itemAt(base, offset);
  return base + (item.longId != 0 ? item.longId : offset + INLINE_ID);
}

/** Place of a cluster in a vector of 2^bits places, unless others stand there. */
// @ts-ignore: decorator
@inline export function homeOf(cluster: u32, bits: u32): u32 { return (cluster * 0x9e3779b1) >>> (32 - bits); }

/** Slot of a cluster in the vector at an address, or the empty one where it would go. */
// @ts-ignore: decorator
@inline export function findSlot(vector: usize, bits: u32, cluster: u32): usize {
  const mask = (1 << bits) - 1;
  let at = homeOf(cluster, bits);
  let slot = slotOf(vector, at);
  let key = clusterOf(slot);
  while (key != cluster && key != 0) {
    at = (at + 1) & mask;
    slot = slotOf(vector, at);
    key = clusterOf(slot);
  }
  return slot;
}

/** 2^k for whole k; 0 below 2^-1022. */
export function powerOfTwo(k: f64): f64 {
  if (k < -1022) return 0;
  if (k > 1023) return Infinity;
  return reinterpret<f64>((<i64>k + 1023) << 52);
}
