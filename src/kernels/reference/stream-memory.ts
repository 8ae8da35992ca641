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
export const vectorBytes = (bits: number) => 12 * 2 ** bits;

export function sizeClass(bytes: number): number {
  const bits = 32 - Math.clz32(Math.max(bytes, 16) - 1);
  return bytes <= 3 * 2 ** (bits - 2) ? 2 * bits - 1 : 2 * bits;
}

function classBytes(sizeOf: number): number {
  const bits = (sizeOf + 1) >> 1;
  return sizeOf & 1 ? 3 * 2 ** (bits - 2) : 2 ** bits;
}

/** 2^k for whole k; 0 below 2^-1022. */
export function powerOfTwo(k: number): number {
  return k < -1022 ? 0 : 2 ** k;
}

/** Views of all memory. Addresses and offsets are bytes, as in the kernels. */
export class StreamMemory {
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;

  constructor(buffer: ArrayBufferLike) {
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

  /** First element of the clusters of a vector, in words. */
  clustersOf(base: number, vector: number): number {
    return (base + vector) / 4;
  }

  /** First element of the values of a vector, in doubles. */
  valuesOf(base: number, vector: number, bits: number): number {
    return (base + vector + 4 * 2 ** bits) / 8;
  }

  findCluster(clusters: number, bits: number, cluster: number): number {
    const { u32 } = this;
    const mask = 2 ** bits - 1;
    let at = Math.imul(cluster, 0x9e3779b1) >>> (32 - bits);
    let key = u32[clusters + at];
    while (key !== cluster && key !== 0) {
      at = (at + 1) & mask;
      key = u32[clusters + at];
    }
    return at;
  }

  takeBlock(base: number, bytes: number): number {
    const { u32 } = this;
    const size = classBytes(sizeClass(bytes));
    const free = (base + this.shard(base, 'free')) / 4 + sizeClass(bytes);
    let block = u32[free];
    if (block !== 0) u32[free] = u32[(base + block) / 4];
    else {
      block = this.shard(base, 'heapNext');
      if (size > this.shard(base, 'bytes') - block) return 0;
      this.setShard(base, 'heapNext', block + size);
    }
    this.count(base, 'usedBytes', size);
    return block;
  }

  giveBlock(base: number, block: number, bytes: number): void {
    const free = (base + this.shard(base, 'free')) / 4 + sizeClass(bytes);
    this.u32[(base + block) / 4] = this.u32[free];
    this.u32[free] = block;
    this.count(base, 'usedBytes', -classBytes(sizeClass(bytes)));
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
