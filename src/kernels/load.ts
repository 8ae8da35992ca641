/** The one door to WebAssembly: memory and instances. No Node API, so that it runs at the edge. */
import * as loader from '@assemblyscript/loader';
import { SimClustersError } from '../core/errors.ts';
import type { KernelExports } from './abi.ts';

const PAGE_BYTES = 65536;
/** The ceiling of 32-bit addresses: 4 GiB. */
export const MAX_MEMORY_BYTES = 65536 * PAGE_BYTES;

/** Compiled code with the first free byte of its memory. */
export interface LoadedKernels {
  readonly exports: KernelExports;
  /** First byte that the module's static data leaves free. */
  readonly heapBase: number;
}

/**
 * A memory of fixed size: pages cost nothing until touched, and views never go stale.
 * Where so much address space is refused, half of it is asked for, and so on down to 16 MiB.
 */
export function createMemory(bytes: number, shared: boolean): WebAssembly.Memory {
  for (let pages = Math.ceil(Math.min(bytes, MAX_MEMORY_BYTES) / PAGE_BYTES); ; pages = pages >> 1) {
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: 65536, shared });
    } catch (cause) {
      if (pages > 256) continue;
      throw new SimClustersError('OUT_OF_MEMORY', {
        got: `no room for ${pages * PAGE_BYTES} bytes`,
        expected: 'at least 16 MiB of address space',
        todo: 'Raise the memory limit of the process',
        cause,
      });
    }
  }
}

/** A module of one function that makes a vector: valid only where SIMD is. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/** Does this host run 128-bit SIMD? Compiles nothing. */
export function supportsSimd(): boolean {
  return WebAssembly.validate(SIMD_PROBE);
}

/** Compiles on the spot; a host that forbids it hands in a module compiled beforehand. */
export function compile(source: WebAssembly.Module | Uint8Array<ArrayBuffer>): WebAssembly.Module {
  return source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source);
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): LoadedKernels {
  // Not the loader's own exports: those wrap each function, which costs a microsecond a call. Kernels take numbers alone.
  const exports = loader.instantiateSync(module, { env: { memory, abort } }).instance.exports;
  const { heapBase } = exports as unknown as { heapBase(): number };
  return { exports: exports as unknown as KernelExports, heapBase: heapBase() >>> 0 };
}

/** Only the debug build calls this; release builds trap. */
function abort(_message: number, _file: number, line: number, column: number): never {
  throw new Error(`kernel assertion failed at ${line}:${column}`);
}
