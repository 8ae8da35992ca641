/** Twin of assembly/stream-items.ts: items of a shard, found by id, made, grown, removed. */
import {
  homeOf,
  ITEM_BYTES,
  idLength,
  isLongId,
  MIN_VECTOR_BITS,
  type StreamMemory,
  slotOf,
  vectorBytes,
} from './stream-memory.ts';
import { type RecordSubject, type StreamBlock, writeRecord } from './stream-records.ts';

/** The counter of each way to die. */
export type DeathCounter = 'numExpired' | 'numNegligible' | 'numEvicted';
const EVICTION_SAMPLE = 16;
const EVICTION_LIMIT = 256;
const CUT_STEPS = 60;
const LARGE_BITS = 8;
const CAPTURE_LONGEST = 2;
const CAPTURE_LATEST = 4;

export class StreamItems {
  readonly #m: StreamMemory;

  constructor(memory: StreamMemory) {
    this.#m = memory;
  }

  /** Word address of the table, and the mask of its places. */
  table(base: number): { table: number; mask: number } {
    return {
      table: (base + this.#m.shard(base, 'table')) / 4,
      mask: 2 ** this.#m.shard(base, 'tableBits') - 1,
    };
  }

  find(base: number, hash: number, info: number, id: number): number {
    const m = this.#m;
    const { table, mask } = this.table(base);
    let at = (hash & mask) >>> 0;
    for (let offset = m.u32[table + at]; offset !== 0; offset = m.u32[table + at]) {
      const isSame = m.item(base, offset, 'hash') === hash && m.item(base, offset, 'idInfo') === info;
      if (isSame && m.hasId(base, offset, id, idLength(info))) break;
      at = (at + 1) & mask;
    }
    return at;
  }

  make(
    p: StreamBlock,
    base: number,
    shard: number,
    key: { hash: number; info: number; id: number },
    bornMs: number,
  ): number {
    const m = this.#m;
    if (m.shard(base, 'numItems') * 2 >= 2 ** m.shard(base, 'tableBits') && !this.#growTable(base)) return 0;
    const length = idLength(key.info);
    const offset = this.#takeOrEvict(p, base, shard, ITEM_BYTES, 0);
    if (offset === 0) return 0;
    const longId = isLongId(key.info) ? this.#takeOrEvict(p, base, shard, length, 0) : 0;
    if (isLongId(key.info) && longId === 0) {
      m.giveBlock(base, offset, ITEM_BYTES);
      return 0;
    }
    m.fill(base + offset, ITEM_BYTES);
    m.setItem(base, offset, 'hash', key.hash);
    m.setItem(base, offset, 'idInfo', key.info);
    m.setItem(base, offset, 'longId', longId);
    m.setItemF64(base, offset, 'bornMs', bornMs);
    m.setItemF64(base, offset, 'lastMs', Number.NEGATIVE_INFINITY);
    m.putId(base, offset, key.id, length);
    m.u32[this.table(base).table + this.find(base, key.hash, key.info, key.id)] = offset;
    m.setShard(base, 'numItems', m.shard(base, 'numItems') + 1);
    return offset;
  }

  #growTable(base: number): boolean {
    const m = this.#m;
    const bits = m.shard(base, 'tableBits');
    const places = 2 ** bits;
    const larger = m.takeBlock(base, 8 * places);
    if (larger === 0) return m.shard(base, 'numItems') < places - Math.floor(places / 8);
    m.fill(base + larger, 8 * places);
    const { table } = this.table(base);
    for (let i = 0; i < places; i++) {
      const offset = m.u32[table + i];
      if (offset === 0) continue;
      let at = (m.item(base, offset, 'hash') & (2 * places - 1)) >>> 0;
      while (m.u32[(base + larger) / 4 + at] !== 0) at = (at + 1) & (2 * places - 1);
      m.u32[(base + larger) / 4 + at] = offset;
    }
    m.giveBlock(base, m.shard(base, 'table'), 4 * places);
    m.setShard(base, 'table', larger);
    m.setShard(base, 'tableBits', bits + 1);
    m.setShard(base, 'sweepAt', 0);
    return true;
  }

  remove(p: StreamBlock, { base, shard, place, counter }: Death): void {
    const m = this.#m;
    const { table } = this.table(base);
    const offset = m.u32[table + place];
    if (m.item(base, offset, 'numUpdates') > 0) this.#capture(p, { base, shard, offset });
    const vector = m.item(base, offset, 'vector');
    if (vector !== 0) m.giveBlock(base, vector, vectorBytes(m.item(base, offset, 'vectorBits')));
    m.setShard(base, 'numEntries', m.shard(base, 'numEntries') - m.item(base, offset, 'numEntries'));
    const longId = m.item(base, offset, 'longId');
    if (longId !== 0) m.giveBlock(base, longId, idLength(m.item(base, offset, 'idInfo')));
    this.#closeGap(base, place);
    m.setShard(base, 'numItems', m.shard(base, 'numItems') - 1);
    m.giveBlock(base, offset, ITEM_BYTES);
    m.count(base, counter);
  }

  #capture(p: StreamBlock, subject: RecordSubject): void {
    const m = this.#m;
    const isLongest = m.item(subject.base, subject.offset, 'longestIsLive') !== 0;
    const timeMs = m.itemF64(subject.base, subject.offset, 'lastMs');
    writeRecord(m, p, subject, { reason: CAPTURE_LATEST | (isLongest ? CAPTURE_LONGEST : 0), timeMs });
  }

  #closeGap(base: number, place: number): void {
    const m = this.#m;
    const { table, mask } = this.table(base);
    let gap = place;
    for (let at = (place + 1) & mask; m.u32[table + at] !== 0; at = (at + 1) & mask) {
      const home = m.item(base, m.u32[table + at], 'hash') & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      m.u32[table + gap] = m.u32[table + at];
      gap = at;
    }
    m.u32[table + gap] = 0;
  }

  #takeOrEvict(p: StreamBlock, base: number, shard: number, bytes: number, keep: number): number {
    const m = this.#m;
    let block = m.takeBlock(base, bytes);
    while (block === 0 && m.shard(base, 'evictionsLeft') > 0 && this.#evictOne(p, base, shard, bytes, keep)) {
      m.setShard(base, 'evictionsLeft', m.shard(base, 'evictionsLeft') - 1);
      block = m.takeBlock(base, bytes);
    }
    return block;
  }

  #evictOne(p: StreamBlock, base: number, shard: number, bytes: number, keep: number): boolean {
    const m = this.#m;
    const { table, mask } = this.table(base);
    let least = { square: Number.POSITIVE_INFINITY, place: -1 };
    const bar = keep === 0 ? Number.POSITIVE_INFINITY : m.itemF64(base, keep, 'sumSquares');
    let leastLarge = { square: bar, place: -1 };
    let place = m.shard(base, 'sweepAt');
    for (let i = 0, numSeen = 0; i < EVICTION_LIMIT && numSeen < EVICTION_SAMPLE; i++) {
      place = (place + 1) & mask;
      const offset = m.u32[table + place];
      if (offset === 0 || offset === keep) continue;
      numSeen++;
      const square = m.itemF64(base, offset, 'sumSquares');
      const isLarge =
        m.item(base, offset, 'vector') !== 0 && vectorBytes(m.item(base, offset, 'vectorBits')) >= bytes;
      if (square < least.square) least = { square, place };
      if (isLarge && square < leastLarge.square) leastLarge = { square, place };
    }
    m.setShard(base, 'sweepAt', place);
    const victim = leastLarge.place >= 0 ? leastLarge.place : least.place;
    if (victim >= 0) this.remove(p, { base, shard, place: victim, counter: 'numEvicted' });
    return victim >= 0;
  }

  growVector(p: StreamBlock, subject: RecordSubject, negligible: number, numFirst: number): boolean {
    const m = this.#m;
    const { base, shard, offset } = subject;
    const old = m.item(base, offset, 'vector');
    if (old === 0) return this.#startVector(p, subject, numFirst);
    const bits = m.item(base, offset, 'vectorBits');
    const numKept = this.#countFrom(subject, negligible);
    const isLarger = numKept * 2 > 2 ** bits;
    const fourfold = isLarger && bits < LARGE_BITS ? m.takeBlock(base, vectorBytes(bits + 2)) : 0;
    const newBits = bits + (fourfold !== 0 ? 2 : isLarger ? 1 : 0);
    const fresh = fourfold || this.#takeOrEvict(p, base, shard, vectorBytes(newBits), offset);
    if (fresh === 0) {
      this.#pruneVector(subject);
      return true;
    }
    m.fill(base + fresh, vectorBytes(newBits));
    for (const slot of m.entries(base + old, bits)) {
      if (!(Math.abs(m.value(slot)) >= negligible)) continue;
      m.setSlot(m.findSlot(base + fresh, newBits, m.cluster(slot)), m.cluster(slot), m.value(slot));
    }
    const square = sumSquares(m, base + old, bits, negligible);
    m.giveBlock(base, old, vectorBytes(bits));
    m.setItem(base, offset, 'vector', fresh);
    m.setItem(base, offset, 'vectorBits', newBits);
    this.#setEntries(subject, numKept, square);
    return true;
  }

  #setEntries({ base, offset }: RecordSubject, numEntries: number, square: number): void {
    const m = this.#m;
    const lost = m.item(base, offset, 'numEntries') - numEntries;
    m.setShard(base, 'numEntries', m.shard(base, 'numEntries') - lost);
    m.setItem(base, offset, 'numEntries', numEntries);
    m.setItemF64(base, offset, 'sumSquares', square);
  }

  #startVector(p: StreamBlock, { base, shard, offset }: RecordSubject, numFirst: number): boolean {
    const m = this.#m;
    let bits = bitsFor(numFirst);
    let first = this.#takeOrEvict(p, base, shard, vectorBytes(bits), offset);
    while (first === 0 && bits > MIN_VECTOR_BITS) first = m.takeBlock(base, vectorBytes(--bits));
    if (first === 0) return false;
    m.fill(base + first, vectorBytes(bits));
    m.setItem(base, offset, 'vector', first);
    m.setItem(base, offset, 'vectorBits', bits);
    return true;
  }

  #vectorOf({ base, offset }: RecordSubject): [number, number] {
    return [base + this.#m.item(base, offset, 'vector'), this.#m.item(base, offset, 'vectorBits')];
  }

  #countFrom(subject: RecordSubject, least: number): number {
    const slots = [...this.#m.entries(...this.#vectorOf(subject))];
    return slots.filter((slot) => Math.abs(this.#m.value(slot)) >= least).length;
  }

  #pruneVector(subject: RecordSubject): void {
    const m = this.#m;
    const [vector, bits] = this.#vectorOf(subject);
    const wanted = 2 ** (bits - 1);
    const sizes = [...m.entries(vector, bits)].map((slot) => Math.abs(m.value(slot)));
    let low = 0;
    let high = Math.max(...sizes) * 2 + 1;
    for (let step = 0; step < CUT_STEPS && low < high; step++) {
      const middle = low + (high - low) * 0.5;
      const count = sizes.filter((size) => size >= middle).length;
      if (count >= wanted) low = middle;
      if (count <= wanted) high = middle;
    }
    let numEqual = sizes.filter((size) => size >= low).length - wanted;
    let numEntries = m.item(subject.base, subject.offset, 'numEntries');
    for (let at = 0; at < 2 ** bits; at++) {
      const slot = slotOf(vector, at);
      while (m.cluster(slot) !== 0) {
        const size = Math.abs(m.value(slot));
        if (size >= high || (size >= low && numEqual === 0)) break;
        if (size >= low) numEqual--;
        this.#closeSlot(vector, bits, at);
        m.count(subject.base, 'numPruned');
        numEntries--;
      }
    }
    this.#setEntries(subject, numEntries, sumSquares(m, vector, bits, 0));
  }

  #closeSlot(vector: number, bits: number, place: number): void {
    const m = this.#m;
    const mask = 2 ** bits - 1;
    let gap = place;
    for (let at = (place + 1) & mask; m.cluster(slotOf(vector, at)) !== 0; at = (at + 1) & mask) {
      const cluster = m.cluster(slotOf(vector, at));
      if (((at - homeOf(cluster, bits)) & mask) < ((at - gap) & mask)) continue;
      m.setSlot(slotOf(vector, gap), cluster, m.value(slotOf(vector, at)));
      gap = at;
    }
    m.setSlot(slotOf(vector, gap), 0, 0);
  }
}

/** Of the values of at least that size, in the order of their slots. */
function sumSquares(m: StreamMemory, vector: number, bits: number, least: number): number {
  let sum = 0;
  for (const slot of m.entries(vector, bits)) {
    const value = m.value(slot);
    if (Math.abs(value) >= least) sum += value * value;
  }
  return sum;
}

/** Bits of a vector that has room for so many entries. */
function bitsFor(numEntries: number): number {
  let bits = MIN_VECTOR_BITS;
  while (numEntries * 4 > 3 * 2 ** bits) bits++;
  return bits;
}

interface Death {
  readonly base: number;
  readonly shard: number;
  /** Place of the item in the table. */
  readonly place: number;
  readonly counter: DeathCounter;
}
