/** The works on one thread and by their JavaScript twins, in whatever runtime this is bundled for. */
import { Arena } from '../../src/kernels/arena.ts';
import { Kernels } from '../../src/kernels/kernels.ts';
import { createMemory } from '../../src/kernels/load.ts';
import { openEdgeKernels } from '../../src/kernels/open-edge.ts';
import { createReferenceKernels } from '../../src/kernels/reference/index.ts';
import { prepareWorks, type SuiteSize } from './works.ts';

export interface PortableTask {
  readonly size: SuiteSize;
  readonly numRounds: number;
}

export interface PortableResult {
  readonly work: string;
  readonly shape: string;
  /** Seconds of each round. */
  readonly wasm: readonly number[];
  readonly js: readonly number[];
}

const MEMORY_BYTES = 2 ** 29;

export async function runPortably(
  module: Uint8Array<ArrayBuffer>,
  { size, numRounds }: PortableTask,
): Promise<PortableResult[]> {
  const wasm = openEdgeKernels(module, MEMORY_BYTES);
  const memory = createMemory(MEMORY_BYTES, false);
  const twin = new Kernels(new Arena(memory.buffer, 1024), createReferenceKernels(memory.buffer));
  const results: PortableResult[] = [];
  for (const { name, shape, run } of await prepareWorks(wasm, size)) {
    const times = { wasm: [] as number[], js: [] as number[] };
    for (let round = 0; round <= numRounds; round++) {
      const [one, js] = [await run(wasm), await run(twin)];
      if (round === 0) continue;
      times.wasm.push(one);
      times.js.push(js);
    }
    results.push({ work: name, shape, ...times });
  }
  return results;
}
