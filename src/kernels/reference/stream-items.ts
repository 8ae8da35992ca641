/** Twin of assembly/stream-items.ts: items of a shard, found by id, made, grown, removed. */
import {
  ITEM_BYTES,
  idLength,
  isLongId,
  MIN_VECTOR_BITS,
  type StreamMemory,
  sizeClass,
  vectorBytes,
} from './stream-memory.ts';
import { type RecordSubject, type StreamBlock, writeRecord } from './stream-records.ts';

/** The counter of each way to die. */
export type DeathCounter = 'numExpired' | 'numNegligible' | 'numEvicted';
const EVICTION_SAMPLE = 16;
const EVICTION_LIMIT = 4096;
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
    const block = m.takeBlock(base, bytes);
    if (block !== 0) return block;
    const { table, mask } = this.table(base);
    let worst = 0;
    let worstAt = 0;
    let at = m.shard(base, 'sweepAt');
    for (let i = 0, numSeen = 0; i < EVICTION_LIMIT && numSeen < EVICTION_SAMPLE; i++) {
      at = (at + 1) & mask;
      const offset = m.u32[table + at];
      if (offset === 0 || offset === keep || !this.#gives(base, offset, bytes)) continue;
      numSeen++;
      const square = m.itemF64(base, offset, 'sumSquares');
      if (worst !== 0 && square >= m.itemF64(base, worst, 'sumSquares')) continue;
      worst = offset;
      worstAt = at;
    }
    m.setShard(base, 'sweepAt', at);
    if (worst === 0) return 0;
    this.remove(p, { base, shard, place: worstAt, counter: 'numEvicted' });
    return m.takeBlock(base, bytes);
  }

  #gives(base: number, offset: number, bytes: number): boolean {
    const m = this.#m;
    const wanted = sizeClass(bytes);
    const sizes = [ITEM_BYTES];
    if (m.item(base, offset, 'vector') !== 0) sizes.push(vectorBytes(m.item(base, offset, 'vectorBits')));
    if (m.item(base, offset, 'longId') !== 0) sizes.push(idLength(m.item(base, offset, 'idInfo')));
    return sizes.some((size) => sizeClass(size) === wanted);
  }

  growVector(
    p: StreamBlock,
    { base, shard, offset }: RecordSubject,
    negligible: number,
    numFirst: number,
  ): boolean {
    const m = this.#m;
    const old = m.item(base, offset, 'vector');
    const bits = m.item(base, offset, 'vectorBits');
    const kept: { key: number; value: number }[] = [];
    for (let i = 0; old !== 0 && i < 2 ** bits; i++) {
      const key = m.u32[m.clustersOf(base, old) + i];
      const value = m.f64[m.valuesOf(base, old, bits) + i];
      if (key !== 0 && Math.abs(value) >= negligible) kept.push({ key, value });
    }
    const newBits = old === 0 ? bitsFor(numFirst) : kept.length * 2 > 2 ** bits ? bits + 1 : bits;
    const fresh = this.#takeOrEvict(p, base, shard, vectorBytes(newBits), offset);
    if (fresh === 0) return false;
    m.fill(base + fresh, vectorBytes(newBits));
    for (const { key, value } of kept) {
      const clusters = m.clustersOf(base, fresh);
      const at = m.findCluster(clusters, newBits, key);
      m.u32[clusters + at] = key;
      m.f64[m.valuesOf(base, fresh, newBits) + at] = value;
    }
    if (old !== 0) m.giveBlock(base, old, vectorBytes(bits));
    const lost = m.item(base, offset, 'numEntries') - kept.length;
    m.setShard(base, 'numEntries', m.shard(base, 'numEntries') - lost);
    m.setItem(base, offset, 'vector', fresh);
    m.setItem(base, offset, 'vectorBits', newBits);
    m.setItem(base, offset, 'numEntries', kept.length);
    return true;
  }
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
