/** The works on one thread and by their JavaScript twins, in whatever runtime this is bundled for. */
import type { KernelName } from '../../src/kernels/abi.ts';
import { Arena } from '../../src/kernels/arena.ts';
import { Kernels } from '../../src/kernels/kernels.ts';
import { createMemory } from '../../src/kernels/load.ts';
import { openEdgeKernels } from '../../src/kernels/open-edge.ts';
import { createReferenceKernels } from '../../src/kernels/reference/index.ts';
import type { SuiteSize } from './inputs.ts';
import { Meter } from './meter.ts';
import { partsOf } from './work.ts';
import { prepareWorks } from './works/index.ts';

export interface PortableTask {
  readonly size: SuiteSize;
  readonly numRounds: number;
  /** Source of the expression that names must match. */
  readonly pattern: string;
}

export interface PortableResult {
  readonly work: string;
  readonly kernels: readonly KernelName[];
  readonly shape: string;
  /** Seconds of each round. */
  readonly wasm: readonly number[];
  readonly js: readonly number[];
}

const MEMORY_BYTES = 2 ** 29;

export async function runPortably(
  module: Uint8Array<ArrayBuffer>,
  { size, numRounds, pattern }: PortableTask,
): Promise<PortableResult[]> {
  const wasm = new Meter(openEdgeKernels(module, MEMORY_BYTES));
  const memory = createMemory(MEMORY_BYTES, false);
  const twin = new Meter(new Kernels(new Arena(memory.buffer, 1024), createReferenceKernels(memory.buffer)));
  const results: PortableResult[] = [];
  for (const work of await prepareWorks(wasm.kernels, size)) {
    const parts = partsOf(work);
    if (!parts.some(({ name }) => new RegExp(pattern).test(name))) continue;
    const [ofWasm, ofTwin]: number[][][] = [[], []];
    for (let round = 0; round <= numRounds; round++) {
      const [one, js] = [await wasm.time(work), await twin.time(work)];
      if (round === 0) continue;
      ofWasm.push(one);
      ofTwin.push(js);
    }
    parts.forEach(({ name, kernels }, i) => {
      const times = { wasm: ofWasm.map((times) => times[i]), js: ofTwin.map((times) => times[i]) };
      if (new RegExp(pattern).test(name)) results.push({ work: name, kernels, shape: work.shape, ...times });
    });
  }
  return results;
}
