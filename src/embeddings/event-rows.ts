/** Events on their way into the streaming state: typed arrays in kernel memory, ids as bytes. */
import type { Arena } from '../kernels/arena.ts';

/** What an item is. Tweets are numbered 0; all others are trends. */
export const itemKinds = ['tweet', 'hashtag', 'phrase', 'namedEntity', 'topic'] as const;
export type ItemKind = (typeof itemKinds)[number];

export const MAX_ID_BYTES = 1024;
const UNDO = 1;

/** What is known of an event besides its item. */
export interface RowFacts {
  readonly timeMs: number;
  /** Row of the interests. */
  readonly actor: number;
  /** Takes away what a fav at `timeMs` gave. */
  readonly isUndo?: boolean;
  /** Birth of the item; NaN where it is not known. */
  readonly bornMs?: number;
  /** Favs of the item, as counted elsewhere; 0 where that is not known. */
  readonly numFavs?: number;
}

export class EventRows {
  readonly timesMs: Float64Array;
  readonly actors: Uint32Array;
  readonly kinds: Uint32Array;
  readonly hashes: Uint32Array;
  readonly idInfos: Uint32Array;
  readonly idStarts: Uint32Array;
  readonly bornMs: Float64Array;
  readonly numFavs: Uint32Array;
  readonly text: Uint8Array;
  size = 0;
  #textUsed = 0;

  constructor(arena: Arena, capacity: number, textBytes = capacity * 32 + MAX_ID_BYTES) {
    this.timesMs = arena.f64(capacity);
    this.actors = arena.u32(capacity);
    this.kinds = arena.u32(capacity);
    this.hashes = arena.u32(capacity);
    this.idInfos = arena.u32(capacity);
    this.idStarts = arena.u32(capacity);
    this.bornMs = arena.f64(capacity);
    this.numFavs = arena.u32(capacity);
    this.text = arena.u8(textBytes);
  }

  get capacity(): number {
    return this.actors.length;
  }

  /** Whether another row, with an id of any length, has room. */
  get hasRoom(): boolean {
    return this.size < this.actors.length && this.#textUsed + MAX_ID_BYTES <= this.text.length;
  }

  clear(): void {
    this.size = 0;
    this.#textUsed = 0;
  }

  /** Adds a row whose item has the id `bytes[start..end)`, of 1 to 1,024 bytes. `kind`: place in `itemKinds`. */
  add(bytes: Uint8Array, start: number, end: number, kind: number, facts: RowFacts): void {
    const row = this.size++;
    const { text } = this;
    const from = this.#textUsed;
    let hash = 0x811c9dc5 ^ kind;
    let to = from;
    for (let i = start; i < end; i++) {
      const byte = bytes[i];
      text[to++] = byte;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    this.#textUsed = to;
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    this.hashes[row] = hash ^ (hash >>> 13);
    this.idInfos[row] = (end - start) | (kind << 16);
    this.idStarts[row] = from;
    this.timesMs[row] = facts.timeMs;
    this.actors[row] = facts.actor;
    this.kinds[row] = facts.isUndo === true ? UNDO : 0;
    this.bornMs[row] = facts.bornMs ?? Number.NaN;
    this.numFavs[row] = facts.numFavs ?? 0;
  }

  /** Fields of the parameter block. */
  get block() {
    const { timesMs, actors, kinds, hashes, idInfos, idStarts, bornMs, numFavs, text } = this;
    return { numRows: this.size, timesMs, actors, kinds, hashes, idInfos, idStarts, bornMs, numFavs, text };
  }
}
