/**
 * A job: steps run one after the other, each step a range of work items cut into chunks that threads take from an
 * atomic counter. The job lies in shared memory, so every thread reads the same words:
 *
 *   [aborted, steps completed, numSteps]  then per step
 *   [kernel, params, lo, hi, chunk, next chunk, chunks done, steps of the serial run]
 *
 * A step is complete when all its chunks are done, and then the next one begins, whether every thread was there or not:
 * a thread that has lost its core is waited for only if it holds a chunk. Steps marked serial that follow one another
 * are a run: one thread does it all, and nobody waits in between.
 */
import { type KernelExports, type KernelName, kernelNames } from './abi.ts';

export interface Step {
  readonly kernel: KernelName;
  /** Address of the parameter block. */
  readonly params: number;
  /** Work items lo..hi. */
  readonly lo: number;
  readonly hi: number;
  /** Work items per call: small enough to balance, large enough to hide the call. */
  readonly chunk: number;
  /** Too small to share: a single thread does all of it. */
  readonly isSerial?: boolean;
}

const ABORTED = 0;
const COMPLETED = 1;
const NUM_STEPS = 2;
const HEADER_WORDS = 8;
const STEP_WORDS = 8;
const NEXT_CHUNK = 5;
const CHUNKS_DONE = 6;
/** At the first step of a serial run: how many steps it has. At parallel steps: 0. */
const RUN_STEPS = 7;
/** About 10 microseconds of looking before a thread goes to sleep; a sleep costs 25. */
const SPINS = 30_000;

export function jobWords(numSteps: number): number {
  return HEADER_WORDS + numSteps * STEP_WORDS;
}

export function writeJob(job: Int32Array, steps: readonly Step[]): void {
  job.fill(0, 0, HEADER_WORDS);
  job[NUM_STEPS] = steps.length;
  steps.forEach((step, i) => {
    job.set(
      [kernelNames.indexOf(step.kernel), step.params, step.lo, step.hi, step.chunk, 0, 0, runSteps(steps, i)],
      HEADER_WORDS + i * STEP_WORDS,
    );
  });
}

function runSteps(steps: readonly Step[], first: number): number {
  if (!steps[first].isSerial || steps[first - 1]?.isSerial) return 0;
  let end = first;
  while (steps[end]?.isSerial) end++;
  return end - first;
}

/** Work items handed out so far, over all steps. */
export function itemsTaken(job: Int32Array): number {
  let taken = 0;
  for (let i = 0; i < job[NUM_STEPS]; i++) {
    const at = HEADER_WORDS + i * STEP_WORDS;
    taken += Math.min(Atomics.load(job, at + NEXT_CHUNK) * job[at + 4], job[at + 3] - job[at + 2]);
  }
  return taken;
}

export function abortJob(job: Int32Array): void {
  Atomics.store(job, ABORTED, 1);
  complete(job, job[NUM_STEPS]);
}

/**
 * Runs this thread's share of a job, to the end. A generator: it yields after each call of a kernel, so that a host
 * with a single thread can look after its event loop in between.
 */
export function* shareOfJob(job: Int32Array, kernels: KernelExports, scratch: number): Generator<void> {
  for (let i = 0; i < job[NUM_STEPS]; ) {
    const first = HEADER_WORDS + i * STEP_WORDS;
    const runSteps = job[first + RUN_STEPS];
    const end = i + Math.max(1, runSteps);
    if (runSteps === 0) {
      if (yield* shareOfStep(job, first, kernels, scratch)) complete(job, end);
    } else if (Atomics.compareExchange(job, first + NEXT_CHUNK, 0, 1) === 0) {
      for (let j = i; j < end; j++) yield* wholeStep(job, HEADER_WORDS + j * STEP_WORDS, kernels, scratch);
      complete(job, end);
    }
    // Whoever comes late goes on where the others are.
    i = Math.max(end, waitUntilCompleted(job, end));
    if (Atomics.load(job, ABORTED)) return;
  }
}

/** Takes chunks of the step at word `at` as long as there are any. True: this thread has done the last one. */
function* shareOfStep(
  job: Int32Array,
  at: number,
  kernels: KernelExports,
  scratch: number,
): Generator<void, boolean> {
  const kernel = kernels[kernelNames[job[at]]];
  const params = job[at + 1];
  const lo = job[at + 2];
  const hi = job[at + 3];
  const chunk = job[at + 4];
  // Without work items there is one chunk all the same, an empty one: somebody has to complete the step.
  const numChunks = Math.max(1, Math.ceil((hi - lo) / chunk));
  let isLast = false;
  for (;;) {
    const taken = Atomics.add(job, at + NEXT_CHUNK, 1);
    if (taken >= numChunks) return isLast;
    const first = lo + taken * chunk;
    kernel(params, scratch, first, Math.min(first + chunk, hi));
    isLast = Atomics.add(job, at + CHUNKS_DONE, 1) === numChunks - 1;
    yield;
  }
}

/** Does all chunks of the step at word `at`. */
function* wholeStep(job: Int32Array, at: number, kernels: KernelExports, scratch: number): Generator<void> {
  const kernel = kernels[kernelNames[job[at]]];
  const hi = job[at + 3];
  const chunk = job[at + 4];
  let numDone = 0;
  for (let first = job[at + 2]; first < hi; first += chunk) {
    kernel(job[at + 1], scratch, first, Math.min(first + chunk, hi));
    numDone++;
    yield;
  }
  // For those who watch how far the job is.
  Atomics.store(job, at + NEXT_CHUNK, Math.max(1, numDone));
}

function complete(job: Int32Array, numSteps: number): void {
  Atomics.store(job, COMPLETED, numSteps);
  Atomics.notify(job, COMPLETED);
}

/** Returns how many steps are completed, once they are `numSteps` or more, or once the job is aborted. */
function waitUntilCompleted(job: Int32Array, numSteps: number): number {
  const isOver = (completed: number) => completed >= numSteps || Atomics.load(job, ABORTED) === 1;
  let completed = Atomics.load(job, COMPLETED);
  for (let spin = 0; spin < SPINS && !isOver(completed); spin++) completed = Atomics.load(job, COMPLETED);
  while (!isOver(completed)) {
    Atomics.wait(job, COMPLETED, completed);
    completed = Atomics.load(job, COMPLETED);
  }
  return completed;
}
