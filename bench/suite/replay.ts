/**
 * Kernels in plain C: what kernel memory holds when a job begins is written to a file, and a C program (bench/native/replay.c) runs the
 * same steps on it. It must leave the same bytes.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelName } from '../../src/kernels/abi.ts';
import type { Step } from '../../src/kernels/job.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { compileNative } from '../native/compile.ts';
import type { Part, Work } from './work.ts';

const PAGE_BYTES = 4096;
const NAME_BYTES = 32;

/** The C program, and the kernels it has. */
export class Replayer {
  readonly kernels: ReadonlySet<KernelName>;
  readonly #program: string;
  readonly #folder: string;
  #numPrepared = 0;

  private constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
    const names = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');
    this.kernels = new Set(names as KernelName[]);
  }

  /** Absent without a C compiler. @param folder  for the program and its jobs */
  static open(folder: string): Replayer | undefined {
    const program = compileNative('replay', folder);
    return program === undefined ? undefined : new Replayer(program, folder);
  }

  has({ kernels }: Part): boolean {
    return kernels.every((kernel) => this.kernels.has(kernel));
  }

  /**
   * A part made ready for C. @param kernels  on one thread; they run the work once
   * @throws Error where C leaves other bytes than the kernels
   */
  async prepare(kernels: Kernels, work: Work, part: Part): Promise<{ run: () => number; close: () => void }> {
    const file = join(this.#folder, `jobs-${this.#numPrepared++}.bin`);
    const hash = await record(kernels, work, part, file);
    // The second round: in the first its memory is touched for the first time.
    const replay = () =>
      execFileSync(this.#program, [file, '2'], { encoding: 'utf8', stdio: 'pipe' }).split('\n');
    const [, , line] = replay();
    if (line !== `hash ${hash}`)
      throw new Error(`${part.name}: C leaves ${line}, the kernels ${hash} in memory`);
    return { run: () => Number(replay()[1]), close: () => rmSync(file) };
  }
}

/** Writes down the jobs of a part, and gives the hash of what memory holds after the last. */
async function record(kernels: Kernels, work: Work, part: Part, file: string): Promise<string> {
  const isOwn = (names: readonly KernelName[]) => names.every((name) => part.kernels.includes(name));
  const recorder = new Recorder(kernels, file);
  const { run, call } = kernels;
  kernels.run = async (steps, options) => {
    const isRecorded = isOwn(steps.map(({ kernel }) => kernel));
    if (isRecorded) recorder.before(steps, options?.scratchBytes ?? 0, 0);
    await run.call(kernels, steps, options);
    if (isRecorded) recorder.after();
  };
  kernels.call = (kernel, params, scratch, lo, hi) => {
    if (isOwn([kernel])) recorder.before([{ kernel, params, lo, hi }], 0, scratch);
    call.call(kernels, kernel, params, scratch, lo, hi);
    if (isOwn([kernel])) recorder.after();
  };
  try {
    await kernels.scope(() => work.run(kernels));
    return recorder.finish();
  } finally {
    Object.assign(kernels, { run, call });
  }
}

type RecordedStep = Pick<Step, 'kernel' | 'params' | 'lo' | 'hi'>;

class Recorder {
  readonly #kernels: Kernels;
  readonly #file: number;
  /** Memory as C has it: what the jobs so far have left. */
  #known = new Uint8Array(0);
  #numPages = 0;
  #numJobs = 0;
  #mostScratch = 0;

  constructor(kernels: Kernels, file: string) {
    this.#kernels = kernels;
    this.#file = openSync(file, 'w');
    writeSync(this.#file, Buffer.from(Uint32Array.of(0, 0, 0).buffer));
  }

  /** A copy of what is taken of the memory, and zeros to the end of its last page: what lies behind is none of the job's. */
  #taken(): Uint8Array {
    const { arena } = this.#kernels;
    const taken = new Uint8Array(Math.ceil(arena.mark() / PAGE_BYTES) * PAGE_BYTES);
    taken.set(new Uint8Array(arena.buffer, 0, arena.mark()));
    return taken;
  }

  #grow(numBytes: number): void {
    const known = new Uint8Array(Math.max(numBytes, 2 * this.#known.length));
    known.set(this.#known);
    this.#known = known;
  }

  before(steps: readonly RecordedStep[], scratchBytes: number, scratch: number): void {
    const taken = this.#taken();
    if (taken.length > this.#known.length) this.#grow(taken.length);
    const pages = changedPages(taken, this.#known);
    writeSync(this.#file, words(steps.length, scratchBytes, scratch, pages.length));
    for (const page of pages) {
      const bytes = taken.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
      writeSync(this.#file, Buffer.concat([words(page), bytes]));
      this.#known.set(bytes, page * PAGE_BYTES);
    }
    for (const { kernel, params, lo, hi } of steps) {
      const name = Buffer.alloc(NAME_BYTES);
      name.write(kernel);
      writeSync(this.#file, Buffer.concat([name, words(params, lo, hi)]));
    }
    this.#numJobs++;
    this.#mostScratch = Math.max(this.#mostScratch, scratchBytes);
    this.#numPages = Math.max(this.#numPages, taken.length / PAGE_BYTES);
  }

  after(): void {
    this.#known.set(this.#taken());
  }

  finish(): string {
    writeSync(this.#file, words(this.#numPages, this.#numJobs, this.#mostScratch), 0, 12, 0);
    closeSync(this.#file);
    let hash = 0x811c9dc5;
    for (const word of new Uint32Array(this.#known.buffer, 0, (this.#numPages * PAGE_BYTES) / 4))
      hash = Math.imul(hash ^ word, 0x01000193);
    return (hash >>> 0).toString(16).padStart(8, '0');
  }
}

const words = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);

function changedPages(taken: Uint8Array, known: Uint8Array): number[] {
  const [now, before] = [Buffer.from(taken.buffer), Buffer.from(known.buffer)];
  return Array.from({ length: taken.length / PAGE_BYTES }, (_, page) => page).filter((page) => {
    const [from, to] = [page * PAGE_BYTES, (page + 1) * PAGE_BYTES];
    return now.compare(before, from, to, from, to) !== 0;
  });
}
