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
}
