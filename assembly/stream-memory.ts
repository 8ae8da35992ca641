// Memory of a shard of the streaming state: a region that holds everything, links as offsets from its first byte (0: none), so
// that it can be written to disk and read back to any place. Blocks come in sizes 2^n and 1.5 * 2^n and go back to lists of free
// blocks of their size.
import { getU32, setU32 } from './access';

/** First bytes of the region. Counts are f64: whole numbers up to 2^53. */
@unmanaged export class StreamShard {
  bytes: u32; // of the region
  heapNext: u32; // first byte never handed out
  free: u32; // u32[64]: heads of the lists of free blocks, by size class
  table: u32; // u32[1 << tableBits]: items by hash, linear probing
  tableBits: u32;
  numItems: u32;
  numEntries: u32; // of all vectors
  sweepAt: u32; // place of the table where the next sweep goes on
  landmark: f64; // epochs since 1970 that values are scaled to
  usedBytes: f64;
  numApplied: f64;
  numTooOld: f64;
  numExpired: f64; // items dead of age
  numNegligible: f64; // items dead of a negligible value
  numEvicted: f64; // items dead for want of memory
  numRefused: f64; // rows and entries that found no memory
}

/** An item; its id lies behind it when it is short, in a block of its own when not. */
@unmanaged export class StreamItem {
  hash: u32;
  idInfo: u32; // length | kind << 16
  longId: u32; // block of an id of more than 24 bytes
  vector: u32; // u32[capacity] clusters (0: none), then f64[capacity] values; 0: no entries yet
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

/** Sizes 16, 24, 32, 48, ...: even classes are powers of two. */
export function sizeClass(bytes: u32): u32 {
  const bits = 32 - clz(max<u32>(bytes, 16) - 1);
  return bytes <= (3 << (bits - 2)) ? 2 * bits - 1 : 2 * bits;
}

function classBytes(sizeOf: u32): u32 {
  const bits = (sizeOf + 1) >> 1;
  return sizeOf & 1 ? 3 << (bits - 2) : 1 << bits;
}

/** A block of at least so many bytes, not cleared; 0 when there is none. */
export function takeBlock(base: usize, bytes: u32): u32 {
  const s = changetype<StreamShard>(base);
  const sizeOf = sizeClass(bytes);
  const size = classBytes(sizeOf);
  const head = getU32(base + s.free, sizeOf);
  if (head != 0) {
    setU32(base + s.free, sizeOf, load<u32>(base + head));
  } else {
    if (size > s.bytes - s.heapNext) return 0;
    s.heapNext += size;
  }
  s.usedBytes += <f64>size;
  return head != 0 ? head : s.heapNext - size;
}

export function giveBlock(base: usize, block: u32, bytes: u32): void {
  const s = changetype<StreamShard>(base);
  const sizeOf = sizeClass(bytes);
  store<u32>(base + block, getU32(base + s.free, sizeOf));
  setU32(base + s.free, sizeOf, block);
  s.usedBytes -= <f64>classBytes(sizeOf);
}

// @ts-ignore: decorator
@inline export function vectorBytes(bits: u32): u32 { return 12 << bits; }
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

/** Place of a cluster in a vector, or of the gap where it would go. */
export function findCluster(clusters: usize, bits: u32, cluster: u32): u32 {
  const mask = (1 << bits) - 1;
  let at = homeOf(cluster, bits);
  let key = getU32(clusters, at);
  while (key != cluster && key != 0) {
    at = (at + 1) & mask;
    key = getU32(clusters, at);
  }
  return at;
}

/** 2^k for whole k; 0 below 2^-1022. */
export function powerOfTwo(k: f64): f64 {
  if (k < -1022) return 0;
  if (k > 1023) return Infinity;
  return reinterpret<f64>((<i64>k + 1023) << 52);
}
