/** The sweep against plain C, against sbf, against its JavaScript twin, and on two threads against one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Csr } from '../../src/core/csr.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { interleave, milliseconds, ratio } from '../medians.ts';
import { table } from '../table.ts';
import { describeSbf, publishedRow, sbfRow } from './against-sbf.ts';
import { mean, type TimedEpochs } from './epochs.ts';
import { nativeSweep } from './native.ts';
import { hashOf, type SamplerRun, samplerOptions, startSampler } from './sampler-run.ts';
import { sbfSweep } from './sbf.ts';

export interface SpeedOptions {
  readonly numCommunities: number;
  readonly wtCoeff: number;
  readonly numRounds: number;
  /** Class path of sbf (sbf.ts): it is run. */
  readonly sbf?: string;
  /** Seconds of an epoch of sbf on this graph, as published for a machine like ours. */
  readonly referenceSeconds?: number;
  readonly withTwin?: boolean;
}

/** Epochs of a round; a round's time is that of its mean epoch. */
const NUM_EPOCHS = 5;

interface WasmSweep extends TimedEpochs {
  readonly kernels: Kernels;
  readonly run: SamplerRun;
}

export async function compareSpeed(graph: Csr, options: SpeedOptions): Promise<string> {
  const { numCommunities, wtCoeff, numRounds } = options;
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  const opened: Kernels[] = [];
  const wasm = async (numThreads: number, backend?: 'reference'): Promise<WasmSweep> => {
    const kernels = openKernels({ numThreads, backend });
    opened.push(kernels);
    const run = await startSampler(kernels, graph, numCommunities, wtCoeff);
    const name = `WASM, ${numThreads} thread${numThreads === 1 ? '' : 's'}`;
    return { kernels, run, ...(backend ? timedSweep('JS twin', run, 1) : timedSweep(name, run, NUM_EPOCHS)) };
  };
  try {
    const ours = [await wasm(1), await wasm(2)] as const;
    const file = join(folder, 'start.bin');
    await ours[0].run.write(file, NUM_EPOCHS);
    const hashes = new Set<string>();
    const c = nativeSweep(folder, file, NUM_EPOCHS, hashes);
    const { start } = ours[0].run;
    const task = { folder, graph, start, options: samplerOptions(wtCoeff), numEpochs: NUM_EPOCHS };
    const sbf = options.sbf === undefined ? undefined : sbfSweep(options.sbf, task);
    const alike = [...ours.map(({ contender }) => contender), ...(c ? [c] : [])];
    const measured = await interleave([...alike, ...(sbf ? [sbf.contender] : [])], numRounds);
    for (const { run } of ours) hashes.add(hashOf(run.sampler.memberships()));
    const about = sbf && (await describeSbf(sbf, ours, await ours[0].run.measure(), ours[0].kernels, graph));
    const rows = measured
      .slice(0, alike.length)
      .map((m) => [m.name, milliseconds(m.median), `${ratio(m, measured[0]).toFixed(2)}×`]);
    if (options.withTwin) rows.push(await twinRow(ours[0], await wasm(1, 'reference')));
    if (sbf) rows.push(sbfRow(sbf, ours));
    if (options.referenceSeconds)
      rows.push(publishedRow(options.referenceSeconds, Math.min(measured[0].median, measured[1].median)));
    const agreement =
      hashes.size === 1
        ? `${sbf ? 'all but sbf' : 'all'} with the same bytes`
        : `RESULTS DIFFER: ${[...hashes].join(' ')}`;
    const text = `${table(['sweep', 'epoch, median', 'against 1 thread'], rows)}\n\n${graph.numRows} vertices, ${graph.indices.length} directed edges, k = ${numCommunities}, ${numRounds} interleaved rounds of ${NUM_EPOCHS} epochs from the same start; ${agreement}.`;
    return about ? `${text}\n\n${about}` : text;
  } finally {
    for (const kernels of opened) await kernels.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function timedSweep(name: string, { sampler, start }: SamplerRun, numEpochs: number): TimedEpochs {
  const runs: number[][] = [];
  const run = async () => {
    sampler.load(start);
    const seconds = [];
    for (let epoch = 1; epoch <= numEpochs; epoch++) {
      const began = performance.now();
      await sampler.runEpoch(epoch, '1');
      seconds.push((performance.now() - began) / 1000);
    }
    runs.push(seconds);
    return mean(seconds);
  };
  return { runs, contender: { name, run } };
}

/** The twin takes seconds: one epoch of it, against the first of ours. */
async function twinRow(ours: WasmSweep, twin: WasmSweep): Promise<string[]> {
  const first = timedSweep('first epoch', ours.run, 1).contender;
  const [single, js] = await interleave([first, twin.contender], 3);
  return ['JS twin, first epoch', milliseconds(js.median), `${ratio(js, single).toFixed(2)}×`];
}
