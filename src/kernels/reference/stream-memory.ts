/** Twin of assembly/stream-memory.ts: a shard of the streaming state, its blocks and fields. */
import { type Layout, layouts, placeFields } from '../abi.ts';

/** Where each field lies, in elements of its own width. */
function placesOf<L extends Layout>(layout: L): { readonly [field in keyof L]: number } {
  const { offsets } = placeFields(layout);
  const entries = Object.entries(layout).map(([field, type]) => [
    field,
    offsets[field] / (type === 'f64' ? 8 : 4),
  ]);
  return Object.fromEntries(entries) as { readonly [field in keyof L]: number };
}

export const shardField = placesOf(layouts.StreamShard);
export const itemField = placesOf(layouts.StreamItem);

export const ITEM_BYTES = 96;
const INLINE_ID = 72;
const INLINE_ID_BYTES = 24;
export const MIN_VECTOR_BITS = 3;

export const idLength = (info: number) => info & 0xffff;
export const kindOf = (info: number) => info >>> 16;
export const isLongId = (info: number) => idLength(info) > INLINE_ID_BYTES;
const SLOT_BYTES = 12;
export const vectorBytes = (bits: number) => SLOT_BYTES * 2 ** bits;

/** The least block of the heap, in bytes. */
export const UNIT = 96;
export const ORDERS = 26;

/** Order of the least block of so many bytes. */
export function orderOf(bytes: number): number {
  return bytes <= UNIT ? 0 : 32 - Math.clz32(Math.floor((bytes - 1) / UNIT));
}

/** Place of a cluster in a vector of 2^bits places, unless others stand there. */
export const homeOf = (cluster: number, bits: number) => Math.imul(cluster, 0x9e3779b1) >>> (32 - bits);

/** 2^k for whole k; 0 below 2^-1022. */
export function powerOfTwo(k: number): number {
  return k < -1022 ? 0 : 2 ** k;
}

/** Address of slot i of the vector at an address. */
export const slotOf = (vector: number, i: number) => vector + SLOT_BYTES * i;

/** Views of all memory. Addresses and offsets are bytes, as in the kernels. */
export class StreamMemory {
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  /** For what is not aligned. */
  readonly #view: DataView;

  constructor(buffer: ArrayBufferLike) {
    this.#view = new DataView(buffer);
    this.u8 = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer, 0, buffer.byteLength / 4);
    this.f32 = new Float32Array(buffer, 0, buffer.byteLength / 4);
    this.f64 = new Float64Array(buffer, 0, Math.floor(buffer.byteLength / 8));
  }

  shard(base: number, field: keyof typeof shardField): number {
    return this.u32[base / 4 + shardField[field]];
  }

  setShard(base: number, field: keyof typeof shardField, value: number): void {
    this.u32[base / 4 + shardField[field]] = value;
  }

  /** Adds to one of the f64 fields. */
  count(base: number, field: keyof typeof shardField, by = 1): void {
    this.f64[base / 8 + shardField[field]] += by;
  }

  landmark(base: number): number {
    return this.f64[base / 8 + shardField.landmark];
  }

  /** Word of an item's block, counted from the beginning of memory. */
  item(base: number, offset: number, field: keyof typeof itemField): number {
    return this.u32[(base + offset) / 4 + itemField[field]];
  }

  setItem(base: number, offset: number, field: keyof typeof itemField, value: number): void {
    this.u32[(base + offset) / 4 + itemField[field]] = value;
  }

  itemF64(base: number, offset: number, field: keyof typeof itemField): number {
    return this.f64[(base + offset) / 8 + itemField[field]];
  }

  setItemF64(base: number, offset: number, field: keyof typeof itemField, value: number): void {
    this.f64[(base + offset) / 8 + itemField[field]] = value;
  }

  /** Address of the bytes of an item's id. */
  idOf(base: number, offset: number): number {
    const longId = this.item(base, offset, 'longId');
    return base + (longId !== 0 ? longId : offset + INLINE_ID);
  }

  cluster(slot: number): number {
    return this.u32[slot / 4];
  }

  value(slot: number): number {
    return this.#view.getFloat64(slot + 4, true);
  }

  setValue(slot: number, value: number): void {
    this.#view.setFloat64(slot + 4, value, true);
  }

  setSlot(slot: number, cluster: number, value: number): void {
    this.u32[slot / 4] = cluster;
    this.setValue(slot, value);
  }

  /** Slot of a cluster in the vector at an address, or the empty one where it would go. */
  findSlot(vector: number, bits: number, cluster: number): number {
    const mask = 2 ** bits - 1;
    for (let at = homeOf(cluster, bits); ; at = (at + 1) & mask) {
      const key = this.cluster(slotOf(vector, at));
      if (key === cluster || key === 0) return slotOf(vector, at);
    }
  }

  /** Slots that hold an entry, in order. */
  *entries(vector: number, bits: number): Generator<number> {
    for (let at = 0; at < 2 ** bits; at++) {
      const slot = slotOf(vector, at);
      if (this.cluster(slot) !== 0) yield slot;
    }
  }

  takeBlock(base: number, bytes: number): number {
    const order = orderOf(bytes);
    let found = order;
    while (found < ORDERS && this.#freeHead(base, found) === 0) found++;
    if (found === ORDERS) return this.#takeFresh(base, order);
    const block = this.#freeHead(base, found);
    const unit = (block - this.shard(base, 'heap')) / UNIT;
    this.#unlinkFree(base, unit, found);
    while (found > order) {
      found--;
      this.#pushFree(base, unit + 2 ** found, found);
    }
    this.count(base, 'usedBytes', UNIT * 2 ** order);
    return block;
  }

  #takeFresh(base: number, order: number): number {
    const size = 2 ** order;
    let unit = this.#unitsUsed(base);
    const start = Math.ceil(unit / size) * size;
    if (order >= ORDERS || start + size > this.shard(base, 'numUnits')) return 0;
    while (unit < start) {
      const gap = 31 - Math.clz32(unit & -unit);
      this.setShard(base, 'heapNext', this.#blockAt(base, unit + 2 ** gap));
      this.#joinFree(base, unit, gap);
      unit += 2 ** gap;
    }
    this.setShard(base, 'heapNext', this.#blockAt(base, start + size));
    this.count(base, 'usedBytes', UNIT * size);
    return this.#blockAt(base, start);
  }

  giveBlock(base: number, block: number, bytes: number): void {
    const order = orderOf(bytes);
    this.count(base, 'usedBytes', -UNIT * 2 ** order);
    this.#joinFree(base, (block - this.shard(base, 'heap')) / UNIT, order);
  }

  #joinFree(base: number, first: number, least: number): void {
    let unit = first;
    let order = least;
    for (; order + 1 < ORDERS; order++) {
      const other = (unit ^ (2 ** order)) >>> 0;
      const isWhole =
        other < this.#unitsUsed(base) &&
        this.#isFree(base, other) &&
        this.u32[(base + this.#blockAt(base, other)) / 4 + 2] === order;
      if (!isWhole) break;
      this.#unlinkFree(base, other, order);
      unit = Math.min(unit, other);
    }
    this.#pushFree(base, unit, order);
  }

  #unitsUsed(base: number): number {
    return (this.shard(base, 'heapNext') - this.shard(base, 'heap')) / UNIT;
  }

  #blockAt(base: number, unit: number): number {
    return this.shard(base, 'heap') + unit * UNIT;
  }

  #freeHead(base: number, order: number): number {
    return this.u32[(base + this.shard(base, 'free')) / 4 + order];
  }

  #setFreeHead(base: number, order: number, block: number): void {
    this.u32[(base + this.shard(base, 'free')) / 4 + order] = block;
  }

  #isFree(base: number, unit: number): boolean {
    return ((this.u32[(base + this.shard(base, 'isFree')) / 4 + (unit >>> 5)] >>> (unit & 31)) & 1) !== 0;
  }

  #flip(base: number, unit: number): void {
    this.u32[(base + this.shard(base, 'isFree')) / 4 + (unit >>> 5)] ^= 1 << (unit & 31);
  }

  #pushFree(base: number, unit: number, order: number): void {
    const block = this.#blockAt(base, unit);
    const head = this.#freeHead(base, order);
    this.u32.set([head, 0, order], (base + block) / 4);
    if (head !== 0) this.u32[(base + head) / 4 + 1] = block;
    this.#setFreeHead(base, order, block);
    this.#flip(base, unit);
  }

  #unlinkFree(base: number, unit: number, order: number): void {
    const [next, before] = this.u32.subarray((base + this.#blockAt(base, unit)) / 4);
    if (before !== 0) this.u32[(base + before) / 4] = next;
    else this.#setFreeHead(base, order, next);
    if (next !== 0) this.u32[(base + next) / 4 + 1] = before;
    this.#flip(base, unit);
  }

  fill(address: number, bytes: number): void {
    this.u8.fill(0, address, address + bytes);
  }

  putId(base: number, offset: number, id: number, length: number): void {
    this.u8.copyWithin(this.idOf(base, offset), id, id + length);
  }

  hasId(base: number, offset: number, id: number, length: number): boolean {
    const own = this.idOf(base, offset);
    for (let i = 0; i < length; i++) if (this.u8[own + i] !== this.u8[id + i]) return false;
    return true;
  }
}
