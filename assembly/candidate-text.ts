// Candidates as JSON text: what an answer over HTTP is made of, apart from its head.
import { getF32, getU32, setU32 } from './access';
import { isPlainDecimal, writeDecimal } from './decimal';

@unmanaged class WriteCandidatesParams {
  idStarts: usize; // u32[ids + 1]
  idBytes: usize; // u8, UTF-8, and 16 more
  rowOf: usize; // u32, row of ids of each item; none: an item is its row
  items: usize; // u32
  scores: usize; // f32
  text: usize; // u8[room], out
  room: u32;
  progress: usize; // u32[2], out: candidates written so far, bytes of text
}

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
/** Bytes of `,{"id":"`, `","score":`, the longest decimal and `}`. */
const BYTES_BESIDE_ID: usize = 8 + 10 + 15 + 1;
/** An escaped byte takes so many. */
const ESCAPED_BYTES: usize = 6;
/** Bytes of an id that are looked at together. */
const LANES: u32 = 16;

// @ts-ignore: decorator
@inline function hexDigit(value: u32): u8 { return <u8>(value < 10 ? 48 + value : 87 + value); }

/** Writes a byte of a string as JSON.stringify does; returns the end. */
function writeByte(at: usize, byte: u8): usize {
  if (byte >= 32 && byte != QUOTE && byte != BACKSLASH) {
    store<u8>(at, byte);
    return at + 1;
  }
  let letter = byte;
  if (byte == 8) letter = 0x62;
  else if (byte == 9) letter = 0x74;
  else if (byte == 10) letter = 0x6e;
  else if (byte == 12) letter = 0x66;
  else if (byte == 13) letter = 0x72;
  store<u8>(at, BACKSLASH);
  store<u8>(at, letter, 1);
  if (letter >= 32) return at + 2;
  store<u32>(at, 0x3030755c); // \u00
  store<u8>(at, hexDigit(byte >> 4), 4);
  store<u8>(at, hexDigit(byte & 15), 5);
  return at + 6;
}

/** Mask of the bytes that need an escape. */
// @ts-ignore: decorator
@inline function escapesIn(bytes: v128): u32 {
  const quotes = i8x16.eq(bytes, i8x16.splat(QUOTE));
  const backslashes = i8x16.eq(bytes, i8x16.splat(BACKSLASH));
  return <u32>i8x16.bitmask(v128.or(v128.or(quotes, backslashes), i8x16.lt_u(bytes, i8x16.splat(32))));
}

/** Writes a string; returns the end. There is room for 16 bytes more. */
// @ts-ignore: decorator
@inline function writeString(at: usize, bytes: usize, length: u32): usize {
  let from = bytes;
  let left = length;
  if (ASC_FEATURE_SIMD) {
    while (left != 0) {
      const some = v128.load(from);
      const count = min<u32>(left, LANES);
      if (escapesIn(some) & ((1 << count) - 1)) break;
      v128.store(at, some);
      at += count;
      from += count;
      left -= count;
    }
  }
  for (; left != 0; left--, from++) at = writeByte(at, load<u8>(from));
  return at;
}

// @ts-ignore: decorator
@inline function clearLanes(at: usize): void {
  store<u64>(at, 0);
  store<u64>(at, 0, 8);
}

/**
 * Candidates lo..hi, in one call: `,{"id":…,"score":…}` for each, ids escaped as JSON.stringify does, scores as decimal.ts writes them.
 * Stops before one that may not fit into what is left of the text, or whose score decimal.ts does not write.
 * Scratch: 8 bytes for each candidate. Cost O(bytes of text).
 */
export function writeCandidates(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<WriteCandidatesParams>(params);
  // Ids of candidates lie far apart: looked up in a loop that does nothing else, they are waited for together.
  let touched: u32 = 0;
  for (let i = lo; i < hi; i++) {
    const item = getU32(p.items, i);
    const row = p.rowOf ? getU32(p.rowOf, item) : item;
    const start = getU32(p.idStarts, row);
    setU32(scratch, (i - lo) << 1, start);
    setU32(scratch, ((i - lo) << 1) + 1, getU32(p.idStarts, row + 1) - start);
    touched += load<u8>(p.idBytes + start);
  }
  // Of no use to anybody, but what is read for nothing is not read.
  setU32(p.progress, 1, touched);
  const end = p.text + p.room;
  let at = p.text;
  let i = lo;
  for (; i < hi; i++) {
    const length = getU32(scratch, ((i - lo) << 1) + 1);
    const score = getF32(p.scores, i);
    if (<u64>at + BYTES_BESIDE_ID + LANES + <u64>length * ESCAPED_BYTES > end || !isPlainDecimal(score)) break;
    store<u64>(at, 0x223a226469227b2c); // ,{"id":"
    at = writeString(at + 8, p.idBytes + getU32(scratch, (i - lo) << 1), length);
    store<u64>(at, 0x65726f6373222c22); // ","score
    store<u16>(at, 0x3a22, 8); // ":
    at = writeDecimal(at + 10, score);
    store<u8>(at++, 0x7d); // }
  }
  // Of the last id more was copied than it has.
  if (i != lo) clearLanes(at);
  setU32(p.progress, 0, i);
  setU32(p.progress, 1, <u32>(at - p.text));
}
