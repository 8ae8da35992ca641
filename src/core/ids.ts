/**
 * Outside ids (strings or 64-bit integers) against dense indices 0..n-1.
 * Ids are kept as UTF-8 bytes and never pass through a double.
 */
import type { StringColumn } from './table.ts';

/** The ids of one kind of thing; the id at place i belongs to index i. */
export interface IdTable {
  readonly size: number;
  /** u32[size + 1] */
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();
/** Where ids that are looked up are encoded, if they are short: a new array for each costs more than the search. */
const shortText = new Uint8Array(192);
// Without this, a byte order mark at the head of an id would be lost.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The id of an index, as text. */
export function idAt(ids: IdTable, index: number): string {
  const [start, end] = [ids.offsets[index], ids.offsets[index + 1]];
  return shortAscii(ids.bytes, start, end) ?? decoder.decode(ids.bytes.subarray(start, end));
}

/** Most ids are a few letters and digits; calling the decoder for them costs five times as much. */
function shortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start > 32) return undefined;
  let text = '';
  for (let i = start; i < end; i++) {
    if (bytes[i] > 127) return undefined;
    text += String.fromCharCode(bytes[i]);
  }
  return text;
}

/** All ids as text. Cost O(bytes); meant for reports and tests, not for hot paths. */
export function idStrings(ids: IdTable): string[] {
  return Array.from({ length: ids.size }, (_, index) => idAt(ids, index));
}

export function idTableFromStrings(strings: readonly string[]): IdTable {
  const encoded = strings.map((text) => encoder.encode(text));
  const offsets = new Uint32Array(strings.length + 1);
  for (let i = 0; i < encoded.length; i++) offsets[i + 1] = offsets[i] + encoded[i].length;
  const bytes = new Uint8Array(offsets[strings.length]);
  for (let i = 0; i < encoded.length; i++) bytes.set(encoded[i], offsets[i]);
  return { size: strings.length, offsets, bytes };
}

export function idColumn(ids: IdTable): StringColumn {
  return { kind: 'string', offsets: ids.offsets, bytes: ids.bytes };
}

export function idTableFromColumn(column: StringColumn): IdTable {
  return { size: column.offsets.length - 1, offsets: column.offsets, bytes: column.bytes };
}

/** What `placesIn` says of an id that is not there. */
export const NO_PLACE = 0xffffffff;

/** u32[ids.size]: index in `known` of each id of `ids`, or NO_PLACE. Cost O(bytes). */
export function placesIn(known: IdTable, ids: IdTable): Uint32Array {
  const index = IdIndex.from(known);
  return Uint32Array.from({ length: ids.size }, (_, i) =>
    index.find(ids.bytes, ids.offsets[i], ids.offsets[i + 1]),
  );
}

/**
 * Gives each distinct id a dense index, in order of first appearance.
 * Open addressing over 32-bit FNV-1a hashes; ids lie end to end in one byte pool, so no JS string is made.
 */
export class IdIndex {
  #size = 0;
  #slots = new Uint32Array(1024);
  #hashes = new Uint32Array(512);
  #offsets = new Uint32Array(513);
  #bytes = new Uint8Array(8192);

  get size(): number {
    return this.#size;
  }

  /** Index of the id `bytes[start..end)`; a new one is added. */
  add(bytes: Uint8Array, start: number, end: number): number {
    return this.#probe(bytes, start, end, hashOf(bytes, start, end), true);
  }

  /** Index of the id `bytes[start..end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return this.#probe(bytes, start, end, hashOf(bytes, start, end), false);
  }

  addText(id: string): number {
    const bytes = encoder.encode(id);
    return this.add(bytes, 0, bytes.length);
  }

  findText(id: string): number {
    if (3 * id.length > shortText.length) {
      const bytes = encoder.encode(id);
      return this.find(bytes, 0, bytes.length);
    }
    return this.find(shortText, 0, encoder.encodeInto(id, shortText).written);
  }

  /** A copy, trimmed to size. */
  toTable(): IdTable {
    const offsets = this.#offsets.slice(0, this.#size + 1);
    return { size: this.#size, offsets, bytes: this.#bytes.slice(0, offsets[this.#size]) };
  }

  static from(table: IdTable): IdIndex {
    const index = new IdIndex();
    for (let i = 0; i < table.size; i++) index.add(table.bytes, table.offsets[i], table.offsets[i + 1]);
    return index;
  }

  #probe(bytes: Uint8Array, start: number, end: number, hash: number, insert: boolean): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let found = this.#slots[slot]; found !== 0; found = this.#slots[slot]) {
      const index = found - 1;
      if (this.#hashes[index] === hash && this.#equals(index, bytes, start, end)) return index;
      slot = (slot + 1) & mask;
    }
    if (!insert) return -1;
    this.#append(bytes, start, end, hash);
    this.#slots[slot] = this.#size;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return this.#size - 1;
  }

  #equals(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#offsets[index];
    if (this.#offsets[index + 1] - from !== end - start) return false;
    for (let i = start, j = from; i < end; i++, j++) if (bytes[i] !== this.#bytes[j]) return false;
    return true;
  }

  #append(bytes: Uint8Array, start: number, end: number, hash: number): void {
    const from = this.#offsets[this.#size];
    const to = from + end - start;
    if (to > this.#bytes.length) this.#bytes = grown(this.#bytes, Math.max(to, this.#bytes.length * 2));
    if (this.#size === this.#hashes.length) {
      this.#hashes = grown(this.#hashes, this.#size * 2);
      this.#offsets = grown(this.#offsets, this.#size * 2 + 1);
    }
    for (let i = start, j = from; i < end; i++, j++) this.#bytes[j] = bytes[i];
    this.#hashes[this.#size] = hash;
    this.#offsets[++this.#size] = to;
  }

  #rehash(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.#size; index++) {
      let slot = this.#hashes[index] & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index + 1;
    }
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  // FNV's low bits are weak for short decimal ids; one avalanche step mends it.
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}

function grown<T extends Uint8Array | Uint32Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (n: number) => T)(length);
  larger.set(array as never);
  return larger;
}
