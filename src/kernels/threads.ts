/** A fixed set of worker threads over one shared memory. The host thread only awaits, it never blocks. */
import { Worker } from 'node:worker_threads';
import { SimClustersError } from '../core/errors.ts';
import type { WorkerReport, WorkerStart } from './worker.ts';

// Loaders of TypeScript do not reach worker threads on Node 20: from src/, the built worker is taken.
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/kernels/worker.js' : './worker.js',
  import.meta.url,
);

export class Threads {
  readonly #mailbox: Int32Array;
  readonly #workers: Worker[];
  #onReport: (report: WorkerReport) => void = () => {};

  constructor(numThreads: number, module: WebAssembly.Module, memory: WebAssembly.Memory, mailbox: number) {
    this.#mailbox = new Int32Array(memory.buffer, mailbox, 3 + numThreads);
    this.#workers = Array.from({ length: numThreads }, (_, thread) => {
      const workerData: WorkerStart = { module, memory, mailbox, numThreads, thread };
      const worker = new Worker(workerFile, { workerData });
      worker.on('message', (report: WorkerReport) => this.#onReport(report));
      worker.on('error', (error) => this.#onReport(String(error)));
      worker.unref();
      return worker;
    });
  }

  get numThreads(): number {
    return this.#workers.length;
  }

  /** Runs a job that lies in shared memory; `scratch` holds an address per thread. */
  run(job: Int32Array, scratch: readonly number[]): Promise<void> {
    return new Promise((resolve, reject) => {
      // A ref'd handle keeps the process alive while the workers, which are not, compute.
      const keepAlive = setInterval(() => {}, 1 << 30);
      let pending = this.#workers.length;
      let failure: WorkerReport = null;
      this.#onReport = (report) => {
        failure ??= report;
        if (--pending > 0) return;
        clearInterval(keepAlive);
        failure === null ? resolve() : reject(kernelFailure(failure));
      };
      this.#mailbox.set([job.byteOffset, job.length, ...scratch], 1);
      Atomics.add(this.#mailbox, 0, 1);
      Atomics.notify(this.#mailbox, 0);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function kernelFailure(reason: string): SimClustersError {
  return new SimClustersError('OUT_OF_MEMORY', {
    got: `a kernel thread stopped: ${reason}`,
    expected: 'every thread to finish its share',
    todo: 'Run again with --threads 1 to see whether it is the memory; report the input if it is not',
  });
}
