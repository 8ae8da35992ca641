/** The works on Node in all ways, taking turns round by round. */
import { type KernelOptions, openKernels } from '../../src/kernels/open.ts';
import { openEdgeKernels } from '../../src/kernels/open-edge.ts';
import type { SuiteSize } from './inputs.ts';
import { Meter } from './meter.ts';
import { Replayer } from './replay.ts';
import type { Timing, Way } from './rows.ts';
import { compileScalar } from './scalar.ts';
import { type Part, partsOf, type Work } from './work.ts';
import { prepareWorks, usesSimd } from './works/index.ts';

export interface RunOptions {
  readonly size: SuiteSize;
  readonly numRounds: number;
  /** Which names of works and parts are wanted. */
  readonly pattern: RegExp;
  /** For programs and their input. */
  readonly folder: string;
}

/** A way to run some parts of a work. */
export interface Turn {
  readonly way: Way;
  readonly parts: readonly Part[];
  /** Seconds of each of these parts. */
  readonly run: () => Promise<readonly number[]> | readonly number[];
}

export const backends: readonly [Way, KernelOptions][] = [
  ['JS', { backend: 'reference' }],
  ['WASM, 1 thread', { numThreads: 1 }],
  ['WASM, 2 threads', { numThreads: 2 }],
];
const SCALAR_MEMORY_BYTES = 2 ** 31;

/** One warm-up round, then `numRounds`. The twins, which take seconds, sit out every other one. */
export async function takeTurns(turns: readonly Turn[], numRounds: number, shape: string): Promise<Timing[]> {
  const timings = turns.map(({ way, parts }) =>
    parts.map(({ name, kernels }) => ({
      ...{ part: 'kernels' as const, work: name, kernels, shape, way },
      seconds: [] as number[],
    })),
  );
  for (let round = 0; round <= numRounds; round++) {
    for (const [i, { way, run }] of turns.entries()) {
      if (way === 'JS' && round > 0 && round % 2 === 0) continue;
      const seconds = await run();
      if (round > 0) for (const [j, timing] of timings[i].entries()) timing.seconds.push(seconds[j]);
    }
  }
  return timings.flat();
}

/** In the order of the works; the ways of a part stand together. */
export async function timeWorks({ size, numRounds, pattern, folder }: RunOptions): Promise<Timing[]> {
  const opened = backends.map(([way, options]) => ({ way, meter: new Meter(openKernels(options)) }));
  const scalar = new Meter(openEdgeKernels(await compileScalar(), SCALAR_MEMORY_BYTES));
  const plain = openKernels({ numThreads: 1 });
  const replayer = Replayer.open(folder);
  const timings: Timing[] = [];
  for (const work of await prepareWorks(plain, size)) {
    const parts = partsOf(work).filter(({ name }) => pattern.test(name));
    if (parts.length === 0) continue;
    const native = await nativeTurns(replayer, plain, work, parts);
    const simd = parts.filter((part) => part.name !== work.whole && usesSimd(part));
    const turns = [
      ...opened.map(({ way, meter }) => metered(way, meter, work, parts)),
      ...(simd.length > 0 ? [metered('WASM scalar', scalar, work, simd)] : []),
      ...native.map(({ turn }) => turn),
    ];
    const measured = await takeTurns(turns, numRounds, work.shape);
    for (const { name } of parts) timings.push(...measured.filter((timing) => timing.work === name));
    for (const { close } of native) close();
    console.error(parts.map(({ name }) => name).join('; '));
  }
  for (const { meter } of opened) await meter.kernels.close();
  return timings;
}

function metered(way: Way, meter: Meter, work: Work, parts: readonly Part[]): Turn {
  const places = parts.map(({ name }) => partsOf(work).findIndex((part) => part.name === name));
  return {
    way,
    parts,
    async run() {
      const seconds = await meter.time(work);
      return places.map((place) => seconds[place]);
    },
  };
}

async function nativeTurns(
  replayer: Replayer | undefined,
  kernels: ReturnType<typeof openKernels>,
  work: Work,
  parts: readonly Part[],
): Promise<{ turn: Turn; close: () => void }[]> {
  const native = [];
  for (const part of parts) {
    if (!replayer || part.name === work.whole || !replayer.has(part)) continue;
    const { run, close } = await replayer.prepare(kernels, work, part);
    native.push({ turn: { way: 'C, 1 thread' as const, parts: [part], run: () => [run()] }, close });
  }
  return native;
}
