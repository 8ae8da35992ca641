/**
 * Kernels: the engine that pure code computes with. Owns the memory, places parameter blocks, runs steps on one thread
 * or many. Which backend runs (WebAssembly with threads, WebAssembly on this thread, the TypeScript twins) changes the
 * speed and no bit of the result.
 */

import {
  type BlockValues,
  type KernelExports,
  type KernelName,
  kernelTable,
  type LayoutOf,
  layouts,
  placeFields,
  writeBlock,
} from './abi.ts';
import type { Arena } from './arena.ts';
import { itemsTaken, jobWords, type Step, shareOfJob, writeJob } from './job.ts';

/** Runs jobs on other threads. Implemented by threads.ts; absent at the edge. */
export interface JobRunner {
  readonly numThreads: number;
  run(job: Int32Array, scratch: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

export type Progress = (fraction: number) => void;

export interface RunOptions {
  /** Bytes of scratch each thread gets, zeroed. */
  readonly scratchBytes?: number;
  readonly onProgress?: Progress;
}

/** How long a computation on the host's own thread may keep the event loop waiting. */
const SLICE_MS = 25;
const PROGRESS_EVERY_MS = 100;

export class Kernels {
  readonly arena: Arena;
  readonly #exports: KernelExports;
  readonly #runner: JobRunner | undefined;

  constructor(arena: Arena, exports: KernelExports, runner?: JobRunner) {
    this.arena = arena;
    this.#exports = exports;
    this.#runner = runner;
  }

  get numThreads(): number {
    return this.#runner?.numThreads ?? 1;
  }

  async close(): Promise<void> {
    await this.#runner?.close();
  }

  /**
   * Runs `body` and gives back all arena regions it took. What it returns must not lie in the arena (copy with `slice`).
   */
  async scope<T>(body: (arena: Arena) => Promise<T>): Promise<T> {
    const mark = this.arena.mark();
    try {
      return await body(this.arena);
    } finally {
      this.arena.release(mark);
    }
  }

  /** Places a parameter block and gives its address. */
  block<K extends KernelName>(kernel: K, values: BlockValues<LayoutOf<K>>): number {
    const layout = layouts[kernelTable[kernel].layout];
    const address = this.arena.reserve(placeFields(layout).size);
    writeBlock(this.arena.view, address, layout, values as never);
    return address;
  }

  /** A step over items 0..count; `chunk` defaults to what gives each thread about 64 helpings. */
  step(kernel: KernelName, params: number, count: number, chunk?: number): Step {
    const fair = Math.max(1, Math.min(4096, Math.ceil(count / (this.numThreads * 64))));
    return { kernel, params, lo: 0, hi: count, chunk: chunk ?? fair };
  }

  /** Runs the steps in order, each after all items of the one before. */
  async run(steps: readonly Step[], { scratchBytes = 0, onProgress }: RunOptions = {}): Promise<void> {
    await this.scope(async (arena) => {
      const words = jobWords(steps.length);
      const job = new Int32Array(arena.buffer, arena.reserve(words * 4), words);
      const scratch = Array.from({ length: this.numThreads }, () => {
        const region = arena.u8(scratchBytes);
        region.fill(0);
        return region.byteOffset;
      });
      writeJob(job, steps);
      const numItems = steps.reduce((sum, { lo, hi }) => sum + hi - lo, 0);
      const report = () => onProgress?.(numItems === 0 ? 1 : itemsTaken(job) / numItems);
      const timer = onProgress && setInterval(report, PROGRESS_EVERY_MS);
      try {
        if (this.#runner) await this.#runner.run(job, scratch);
        else await this.#runHere(job, scratch[0]);
      } finally {
        clearInterval(timer);
      }
    });
  }

  /**
   * Runs one kernel over lo..hi on this thread, now. For calls that are over before anyone would miss the event loop.
   * `scratch` is the caller's: an address of as many bytes as the kernel wants, zero where it wants zeros.
   */
  call(kernel: KernelName, params: number, scratch: number, lo: number, hi: number): void {
    this.#exports[kernel](params, scratch, lo, hi);
  }

  async #runHere(job: Int32Array, scratch: number): Promise<void> {
    let sliceEnd = performance.now() + SLICE_MS;
    for (const _ of shareOfJob(job, this.#exports, scratch)) {
      if (performance.now() < sliceEnd) continue;
      await new Promise<void>((resume) => setTimeout(resume, 0));
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
}
