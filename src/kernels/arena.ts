/**
 * Hands out 64-byte aligned regions of kernel memory. A region is a typed array; its `byteOffset` is the address.
 * Regions live until the mark they were taken after is released; nothing is freed one by one.
 */
import { SimClustersError } from '../core/errors.ts';

const ALIGNMENT = 64;

type Bytes = Uint32Array | Float32Array | Float64Array | Uint8Array | Uint16Array | Int32Array;

export class Arena {
  readonly buffer: ArrayBufferLike;
  readonly view: DataView;
  readonly #limit: number;
  #next: number;
  #peak = 0;

  /** @param first first free byte  @param limit bytes that may be used, counted from 0 */
  constructor(buffer: ArrayBufferLike, first: number, limit = buffer.byteLength) {
    this.buffer = buffer;
    this.view = new DataView(buffer);
    this.#next = align(first);
    this.#limit = Math.min(limit, buffer.byteLength);
  }

  /** Highest number of bytes in use so far. */
  get peakBytes(): number {
    return this.#peak;
  }

  get freeBytes(): number {
    return this.#limit - this.#next;
  }

  mark(): number {
    return this.#next;
  }

  release(mark: number): void {
    this.#next = mark;
  }

  /** @throws SimClustersError OUT_OF_MEMORY */
  reserve(bytes: number): number {
    const address = this.#next;
    if (address + bytes > this.#limit) throw this.#full(bytes);
    this.#next = align(address + bytes);
    this.#peak = Math.max(this.#peak, this.#next);
    return address;
  }

  u32(length: number): Uint32Array {
    return new Uint32Array(this.buffer, this.reserve(length * 4), length);
  }

  f32(length: number): Float32Array {
    return new Float32Array(this.buffer, this.reserve(length * 4), length);
  }

  f64(length: number): Float64Array {
    return new Float64Array(this.buffer, this.reserve(length * 8), length);
  }

  u16(length: number): Uint16Array {
    return new Uint16Array(this.buffer, this.reserve(length * 2), length);
  }

  u8(length: number): Uint8Array {
    return new Uint8Array(this.buffer, this.reserve(length), length);
  }

  /** A copy of the array in kernel memory; the array itself when it lies there already. */
  put<T extends Bytes>(array: T): T {
    if (array.buffer === this.buffer) return array;
    const type = array.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => T;
    const copy = new type(this.buffer, this.reserve(array.byteLength), array.length);
    copy.set(array as never);
    return copy;
  }

  #full(bytes: number): SimClustersError {
    return new SimClustersError('OUT_OF_MEMORY', {
      got: `${mebibytes(bytes)} more wanted, ${mebibytes(this.freeBytes)} of ${mebibytes(this.#limit)} free`,
      expected: 'the working set of one stage to fit',
      todo: 'Lower --similarity-top-k or --num-communities, or take fewer edges (a higher --min-followers)',
    });
  }
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
