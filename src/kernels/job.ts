/**
 * A job: steps run one after the other, each step a range of work items cut into chunks that threads take from an
 * atomic counter. The job lies in shared memory, so every thread reads the same words:
 *
 *   [aborted, barrier arrivals, barrier generation, numSteps, numThreads]  then per step
 *   [kernel, params, lo, hi, chunk, next chunk, steps of the serial run]
 *
 * Steps marked serial that follow one another are a run: one thread does it all, and nobody waits in between.
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
const ARRIVALS = 1;
const GENERATION = 2;
const NUM_STEPS = 3;
const NUM_THREADS = 4;
const HEADER_WORDS = 8;
const STEP_WORDS = 7;
const NEXT_CHUNK = 5;
/** At the first step of a serial run: how many steps it has. At parallel steps: 0. */
const RUN_STEPS = 6;
/** About 10 microseconds of looking before a thread goes to sleep; a sleep costs 25. */
const SPINS = 30_000;

export function jobWords(numSteps: number): number {
  return HEADER_WORDS + numSteps * STEP_WORDS;
}

export function writeJob(job: Int32Array, steps: readonly Step[], numThreads: number): void {
  job.fill(0, 0, HEADER_WORDS);
  job[NUM_STEPS] = steps.length;
  job[NUM_THREADS] = numThreads;
  steps.forEach((step, i) => {
    job.set(
      [kernelNames.indexOf(step.kernel), step.params, step.lo, step.hi, step.chunk, 0, runSteps(steps, i)],
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
  Atomics.add(job, GENERATION, 1);
  Atomics.notify(job, GENERATION);
}

/**
 * Runs this thread's share of a job, to the end. A generator: it yields after each call of a kernel, so that a host
 * with a single thread can look after its event loop in between.
 */
export function* shareOfJob(job: Int32Array, kernels: KernelExports, scratch: number): Generator<void> {
  const numThreads = job[NUM_THREADS];
  for (let i = 0; i < job[NUM_STEPS]; i++) {
    const first = HEADER_WORDS + i * STEP_WORDS;
    const runSteps = job[first + RUN_STEPS];
    if (runSteps === 0) {
      yield* shareOfStep(job, first, kernels, scratch);
    } else {
      const isMine = Atomics.compareExchange(job, first + NEXT_CHUNK, 0, 1) === 0;
      for (let j = 0; isMine && j < runSteps; j++)
        yield* wholeStep(job, first + j * STEP_WORDS, kernels, scratch);
      i += runSteps - 1;
    }
    if (numThreads > 1) waitForAll(job, numThreads);
    if (Atomics.load(job, ABORTED)) return;
  }
}

/** Takes chunks of the step at word `at` as long as there are any. */
function* shareOfStep(job: Int32Array, at: number, kernels: KernelExports, scratch: number): Generator<void> {
  const kernel = kernels[kernelNames[job[at]]];
  const params = job[at + 1];
  const lo = job[at + 2];
  const hi = job[at + 3];
  const chunk = job[at + 4];
  for (;;) {
    const first = lo + Atomics.add(job, at + NEXT_CHUNK, 1) * chunk;
    if (first >= hi) return;
    kernel(params, scratch, first, Math.min(first + chunk, hi));
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

/** Barrier: returns once every thread of the job has arrived. */
function waitForAll(job: Int32Array, numThreads: number): void {
  const generation = Atomics.load(job, GENERATION);
  if (Atomics.load(job, ABORTED)) return;
  if (Atomics.add(job, ARRIVALS, 1) === numThreads - 1) {
    Atomics.store(job, ARRIVALS, 0);
    Atomics.add(job, GENERATION, 1);
    Atomics.notify(job, GENERATION);
    return;
  }
  for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(job, GENERATION) !== generation) return;
  while (Atomics.load(job, GENERATION) === generation) Atomics.wait(job, GENERATION, generation);
}
