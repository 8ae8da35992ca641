/** A kernel thread: sleeps on a word of shared memory, runs its share of each job, tells the host when done. */
import { parentPort, workerData } from 'node:worker_threads';
import { abortJob, shareOfJob } from './job.ts';
import { instantiate } from './load.ts';

export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Byte address of [job number, job address, words of the job, scratch of thread 0, scratch of thread 1, ...]. */
  readonly mailbox: number;
  readonly numThreads: number;
  readonly thread: number;
}

/** `null`: this thread's share is done. A text: it failed, and why. */
export type WorkerReport = string | null;

const { module, memory, mailbox, numThreads, thread } = workerData as WorkerStart;
const { exports } = instantiate(module, memory);
const words = new Int32Array(memory.buffer, mailbox, 3 + numThreads);

for (let jobNumber = 0; ; ) {
  Atomics.wait(words, 0, jobNumber);
  jobNumber = Atomics.load(words, 0);
  const job = new Int32Array(memory.buffer, words[1] >>> 0, words[2]);
  let report: WorkerReport = null;
  try {
    for (const _ of shareOfJob(job, exports, words[3 + thread]));
  } catch (error) {
    report = String(error);
    abortJob(job);
  }
  parentPort?.postMessage(report);
}
