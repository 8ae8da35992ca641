/** The sweep against plain C, against its JavaScript twin, and on two threads against one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Csr } from '../../src/core/csr.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { type Contender, interleave, milliseconds, ratio } from '../medians.ts';
import { table } from '../table.ts';
import { nativeSweep } from './native.ts';
import { hashOf, startSampler } from './sampler-run.ts';

export interface SpeedOptions {
  readonly numCommunities: number;
  readonly wtCoeff: number;
  readonly numRounds: number;
  /** Seconds of an epoch of sbf on this graph, where known. */
  readonly referenceSeconds?: number;
  readonly withTwin?: boolean;
}

/** Epochs of a round; a round's time is that of its mean epoch. */
const NUM_EPOCHS = 5;

export async function compareSpeed(graph: Csr, options: SpeedOptions): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  const opened: { close(): Promise<void> }[] = [];
  try {
    const wasm = async (name: string, numThreads: number, backend?: 'reference') => {
      const kernels = openKernels({ numThreads, backend });
      opened.push(kernels);
      const run = await startSampler(kernels, graph, options.numCommunities, options.wtCoeff);
      const numEpochs = backend ? 1 : NUM_EPOCHS;
      const contender: Contender = {
        name,
        async run() {
          run.sampler.load(run.start);
          const began = performance.now();
          for (let epoch = 1; epoch <= numEpochs; epoch++) await run.sampler.runEpoch(epoch, '1');
          return (performance.now() - began) / 1000 / numEpochs;
        },
      };
      return { run, contender };
    };
    const one = await wasm('WASM, 1 thread', 1);
    const two = await wasm('WASM, 2 threads', 2);
    const file = join(folder, 'start.bin');
    await one.run.write(file, NUM_EPOCHS);
    const hashes = new Set<string>();
    const c = nativeSweep(folder, file, NUM_EPOCHS, hashes);
    const contenders = [one.contender, two.contender, ...(c ? [c] : [])];
    const measured = await interleave(contenders, options.numRounds);
    hashes.add(hashOf(one.run.sampler.memberships()));
    hashes.add(hashOf(two.run.sampler.memberships()));
    const rows = measured.map((m) => [
      m.name,
      milliseconds(m.median),
      `${ratio(m, measured[0]).toFixed(2)}×`,
    ]);
    if (options.withTwin) {
      const twin = await wasm('JS twin', 1, 'reference');
      const [single, js] = await interleave([await firstEpoch(one), twin.contender], 3);
      rows.push([`JS twin, first epoch`, milliseconds(js.median), `${ratio(js, single).toFixed(2)}×`]);
    }
    if (options.referenceSeconds) {
      const best = Math.min(measured[0].median, measured[1].median);
      rows.push([
        'sbf (Java, 2 threads; published here, not run)',
        milliseconds(options.referenceSeconds),
        `${(options.referenceSeconds / best).toFixed(0)}× the better of the two`,
      ]);
    }
    const agreement =
      hashes.size === 1 ? 'all with the same bytes' : `RESULTS DIFFER: ${[...hashes].join(' ')}`;
    return `${table(['sweep', 'epoch, median', 'against 1 thread'], rows)}\n\n${graph.numRows} vertices, ${graph.indices.length} directed edges, k = ${options.numCommunities}, ${options.numRounds} interleaved rounds of ${NUM_EPOCHS} epochs from the same start; ${agreement}.`;
  } finally {
    for (const kernels of opened) await kernels.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function firstEpoch({ run }: { run: Awaited<ReturnType<typeof startSampler>> }): Promise<Contender> {
  return {
    name: 'first epoch',
    async run() {
      run.sampler.load(run.start);
      const began = performance.now();
      await run.sampler.runEpoch(1, '1');
      return (performance.now() - began) / 1000;
    },
  };
}
