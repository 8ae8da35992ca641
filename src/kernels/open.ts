/** Opens kernels on Node: finds the .wasm files, starts the threads. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { SimClustersError } from '../core/errors.ts';
import { Arena } from './arena.ts';
import { Kernels } from './kernels.ts';
import { compile, createMemory, instantiate, MAX_MEMORY_BYTES } from './load.ts';
import { createReferenceKernels } from './reference/index.ts';
import { Threads } from './threads.ts';

export interface KernelOptions {
  /** Threads that compute. 0 (default): as many as the machine offers this process. */
  readonly numThreads?: number;
  /** `wasm` (default), `debug` (WebAssembly with all checks), or `reference` (the plain-TypeScript twins, one thread). */
  readonly backend?: 'wasm' | 'debug' | 'reference';
  /** Bytes of kernel memory to be used at the most. Default and ceiling: 4 GiB. */
  readonly maxMemoryBytes?: number;
}

/** More than any machine this is for; each thread costs memory and time to start. */
const MAX_THREADS = 64;

function checkThreads(numThreads: number): number {
  if (Number.isInteger(numThreads) && numThreads >= 0 && numThreads <= MAX_THREADS) return numThreads;
  throw new SimClustersError('BAD_PARAM', {
    got: `${numThreads} threads`,
    expected: `a whole number from 0 to ${MAX_THREADS}; 0: as many as the machine offers`,
    todo: 'Leave --threads out, or give such a number',
  });
}

/** Words of the mailbox between host and threads; see worker.ts. */
const mailboxBytes = (numThreads: number) => (3 + numThreads) * 4;

export function openKernels({
  numThreads = 0,
  backend = 'wasm',
  maxMemoryBytes = MAX_MEMORY_BYTES,
}: KernelOptions = {}): Kernels {
  const threads = checkThreads(numThreads) || Math.min(availableParallelism(), MAX_THREADS);
  if (backend === 'reference') {
    const memory = createMemory(maxMemoryBytes, false);
    return new Kernels(new Arena(memory.buffer, 1024), createReferenceKernels(memory.buffer));
  }
  const single = threads === 1 && backend === 'wasm';
  const memory = createMemory(maxMemoryBytes, !single);
  const file = backend === 'debug' ? 'core.debug.wasm' : single ? 'core.wasm' : 'core.threads.wasm';
  // V8 cannot replace running baseline code by optimised code, so a long first call would stay slow to its end.
  setFlagsFromString('--no-liftoff');
  const module = compile(readWasm(file));
  const { exports, heapBase } = instantiate(module, memory);
  const arena = new Arena(memory.buffer, heapBase);
  if (threads === 1) return new Kernels(arena, exports);
  const mailbox = arena.reserve(mailboxBytes(threads));
  return new Kernels(arena, exports, new Threads(threads, module, memory, mailbox));
}

/** The compiled kernels lie in dist/wasm, whether this file runs from dist/ or, under a loader, from src/. */
export function readWasm(file: string): Uint8Array<ArrayBuffer> {
  const folder = import.meta.url.endsWith('.ts') ? '../../dist/wasm/' : '../wasm/';
  return new Uint8Array(readFileSync(new URL(folder + file, import.meta.url)));
}
