/** Works of which the C is a program of its own, or that another module does: products, sweeps, the edge module's search. */
import { join } from 'node:path';
import type { Csr } from '../../src/core/csr.ts';
import { openEdgeModel } from '../../src/edge.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { openKernels, readWasm } from '../../src/kernels/open.ts';
import { sampleFile, sampleQueries } from '../../test/edge/sample.ts';
import { nativeSweep } from '../communities/native.ts';
import { hashOf as hashOfMemberships, type SamplerRun, startSampler } from '../communities/sampler-run.ts';
import type { Contender } from '../medians.ts';
import { cosineTask, hashOf, timedCosines } from '../similarity/cosines.ts';
import { nativeContender, writeTask } from '../similarity/native.ts';
import { backends, type Turn } from './kernel-run.ts';
import type { Way } from './rows.ts';
import { type Part, part } from './work.ts';

export interface ComparedWork {
  readonly shape: string;
  readonly turns: readonly Turn[];
  readonly close: () => Promise<void>;
}

export const COSINES = part('cosines ≥ .02 (SpGEMM, top 100)', 'spgemmTopK', 'compactRows');
export const SWEEP = part('sweep (Metropolis-Hastings, an epoch)', 'proposeMoves', 'applyMoves');
export const EDGE = part('search of the edge module', 'scanPostings');
const NUM_EPOCHS = 3;

async function timed(body: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await body();
  return (performance.now() - began) / 1000;
}

const turnOf = (way: Way, of: Part, run: () => Promise<number>): Turn => ({
  way,
  parts: [of],
  run: async () => [await run()],
});

/** The program's turn. @param hashes  of results; those of the kernels are there already */
function nativeTurn(of: Part, program: Contender | undefined, hashes: Set<string>): Turn[] {
  if (!program) return [];
  const run = async () => {
    const seconds = await program.run();
    if (hashes.size > 1) throw new Error(`${of.name}: C gives another result than the kernels`);
    return seconds;
  };
  return [turnOf('C, 1 thread', of, run)];
}

/** All cosines, the best hundred of each producer. @param folder  for the program and its task */
export async function cosineWork(follows: Csr, folder: string): Promise<ComparedWork> {
  const opened = backends.map(([way, options]) => ({ way, kernels: openKernels(options) }));
  const task = await cosineTask(opened[1].kernels, follows, 0.02, 100);
  const file = join(folder, 'cosines.bin');
  writeTask(task, file);
  const secondsOf = (kernels: Kernels) => async () => (await timedCosines(kernels, task)).seconds;
  const hashes = new Set([hashOf((await timedCosines(opened[1].kernels, task)).cosines)]);
  return {
    shape: `${follows.numRows} × ${follows.numCols}, ${follows.indices.length} follows`,
    turns: [
      ...opened.map(({ way, kernels }) => turnOf(way, COSINES, secondsOf(kernels))),
      ...nativeTurn(COSINES, nativeContender(folder, file, hashes), hashes),
    ],
    close: () => closeAll(opened),
  };
}

/** Epochs of the sampler from the same start; a round's time is that of its mean epoch. */
export async function sweepWork(graph: Csr, numCommunities: number, folder: string): Promise<ComparedWork> {
  const opened = await Promise.all(
    backends.map(async ([way, options]) => {
      const kernels = openKernels(options);
      return { way, kernels, run: await startSampler(kernels, graph, numCommunities, 10) };
    }),
  );
  const file = join(folder, 'sweep.bin');
  await opened[1].run.write(file, NUM_EPOCHS);
  await sweep(opened[1].run);
  const hashes = new Set([hashOfMemberships(opened[1].run.sampler.memberships())]);
  return {
    shape: `${graph.numRows} vertices, ${graph.indices.length} edges, k = ${numCommunities}`,
    turns: [
      ...opened.map(({ way, run }) => turnOf(way, SWEEP, () => sweep(run))),
      ...nativeTurn(SWEEP, nativeSweep(folder, file, NUM_EPOCHS, hashes), hashes),
    ],
    close: () => closeAll(opened),
  };
}

async function sweep({ sampler, start }: SamplerRun): Promise<number> {
  sampler.load(start);
  const seconds = await timed(async () => {
    for (let epoch = 1; epoch <= NUM_EPOCHS; epoch++) await sampler.runEpoch(epoch, '1');
  });
  return seconds / NUM_EPOCHS;
}

async function closeAll(opened: readonly { kernels: ReturnType<typeof openKernels> }[]): Promise<void> {
  for (const { kernels } of opened) await kernels.close();
}

const EDGE_ITEMS = 20_000;
const EDGE_CLUSTERS = 200;
const EDGE_QUERIES = 50;

/** The module that is shipped in two builds. */
export async function edgeWork(): Promise<ComparedWork> {
  const file = new Uint8Array(await sampleFile(EDGE_ITEMS, EDGE_CLUSTERS)).buffer as ArrayBuffer;
  const queries = sampleQueries(EDGE_QUERIES, EDGE_CLUSTERS);
  const search = (way: Way, wasm: string) => {
    const model = openEdgeModel(readWasm(wasm), file);
    return turnOf(way, EDGE, () =>
      timed(async () => {
        for (const query of queries) model.search(query);
      }),
    );
  };
  return {
    shape: `${EDGE_QUERIES} queries, ${EDGE_ITEMS} items, ${EDGE_CLUSTERS} clusters`,
    turns: [search('WASM scalar', 'edge.scalar.wasm'), search('WASM, 1 thread', 'edge.wasm')],
    close: async () => {},
  };
}
