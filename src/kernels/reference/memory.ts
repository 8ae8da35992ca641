/** How the twins see memory: an array that starts at an address, and parameter blocks as plain numbers. */
import {
  type BlockNumbers,
  type KernelName,
  kernelTable,
  type LayoutOf,
  layouts,
  readBlock,
} from '../abi.ts';

export class TwinMemory {
  readonly #buffer: ArrayBufferLike;
  readonly #view: DataView;

  constructor(buffer: ArrayBufferLike) {
    this.#buffer = buffer;
    this.#view = new DataView(buffer);
  }

  block<K extends KernelName>(kernel: K, address: number): BlockNumbers<LayoutOf<K>> {
    return readBlock(this.#view, address >>> 0, layouts[kernelTable[kernel].layout]) as BlockNumbers<
      LayoutOf<K>
    >;
  }

  u8(address: number): Uint8Array {
    return new Uint8Array(this.#buffer, address);
  }

  u16(address: number): Uint16Array {
    return new Uint16Array(this.#buffer, address);
  }

  u32(address: number): Uint32Array {
    return new Uint32Array(this.#buffer, address);
  }

  f32(address: number): Float32Array {
    return new Float32Array(this.#buffer, address);
  }

  f64(address: number): Float64Array {
    return new Float64Array(this.#buffer, address);
  }

  /** `undefined` for address 0, which means "none". */
  optionalU32(address: number): Uint32Array | undefined {
    return address === 0 ? undefined : this.u32(address);
  }

  optionalF32(address: number): Float32Array | undefined {
    return address === 0 ? undefined : this.f32(address);
  }

  optionalF64(address: number): Float64Array | undefined {
    return address === 0 ? undefined : this.f64(address);
  }

  /** Weight of each stored edge: f32 data as it is (unit 0), u16 data in units, 1 without data. */
  edgeWeights(data: number, unit: number): (i: number) => number {
    if (data === 0) return () => 1;
    if (unit === 0) {
      const weights = this.f32(data);
      return (i) => weights[i];
    }
    const multiples = this.u16(data);
    return (i) => Math.fround(multiples[i] * unit);
  }
}
