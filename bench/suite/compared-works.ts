/** Works that something else than the twin does, too: products and sweeps in plain C, the edge module's search in its scalar build. */
import { join } from 'node:path';
import type { Csr } from '../../src/core/csr.ts';
import { openEdgeModel } from '../../src/edge.ts';
import { openKernels, readWasm } from '../../src/kernels/open.ts';
import { sampleFile, sampleQueries } from '../../test/edge/sample.ts';
import { nativeSweep } from '../communities/native.ts';
import { startSampler } from '../communities/sampler-run.ts';
import type { Contender } from '../medians.ts';
import { cosineTask, runTask } from '../similarity/cosines.ts';
import { nativeContender, writeTask } from '../similarity/native.ts';
import type { Way } from './rows.ts';

export interface ComparedWork {
  readonly name: string;
  readonly shape: string;
  readonly ways: readonly (Omit<Contender, 'name'> & { readonly name: Way })[];
  readonly close: () => Promise<void>;
}

const backends = [
  ['JS', { backend: 'reference' }],
  ['WASM, 1 thread', { numThreads: 1 }],
  ['WASM, 2 threads', { numThreads: 2 }],
] as const;
const NUM_EPOCHS = 3;
const C: Way = 'C, 1 thread';

async function timed(body: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await body();
  return (performance.now() - began) / 1000;
}

/** All cosines, the best hundred of each producer. @param folder  for the program and its task */
export async function cosineWork(follows: Csr, folder: string): Promise<ComparedWork> {
  const opened = backends.map(([name, options]) => ({ name, kernels: openKernels(options) }));
  const task = await cosineTask(opened[1].kernels, follows, 0.02, 100);
  const file = join(folder, 'cosines.bin');
  writeTask(task, file);
  const c = nativeContender(folder, file, new Set());
  return {
    name: 'cosines ≥ .02 (SpGEMM, top 100)',
    shape: `${follows.numRows} × ${follows.numCols}, ${follows.indices.length} follows`,
    ways: [
      ...opened.map(({ name, kernels }) => ({ name, run: () => timed(() => runTask(kernels, task)) })),
      ...(c ? [{ name: C, run: c.run }] : []),
    ],
    close: async () => {
      for (const { kernels } of opened) await kernels.close();
    },
  };
}

/** Epochs of the sampler from the same start; a round's time is that of its mean epoch. */
export async function sweepWork(graph: Csr, numCommunities: number, folder: string): Promise<ComparedWork> {
  const opened = await Promise.all(
    backends.map(async ([name, options]) => {
      const kernels = openKernels(options);
      return { name, kernels, run: await startSampler(kernels, graph, numCommunities, 10) };
    }),
  );
  const file = join(folder, 'sweep.bin');
  await opened[1].run.write(file, NUM_EPOCHS);
  const c = nativeSweep(folder, file, NUM_EPOCHS, new Set());
  const sweep = async ({ run: { sampler, start } }: (typeof opened)[number]) => {
    sampler.load(start);
    const seconds = await timed(async () => {
      for (let epoch = 1; epoch <= NUM_EPOCHS; epoch++) await sampler.runEpoch(epoch, '1');
    });
    return seconds / NUM_EPOCHS;
  };
  return {
    name: 'sweep (Metropolis-Hastings, an epoch)',
    shape: `${graph.numRows} vertices, ${graph.indices.length} edges, k = ${numCommunities}`,
    ways: [
      ...opened.map((one) => ({ name: one.name, run: () => sweep(one) })),
      ...(c ? [{ name: C, run: c.run }] : []),
    ],
    close: async () => {
      for (const { kernels } of opened) await kernels.close();
    },
  };
}

const EDGE_ITEMS = 20_000;
const EDGE_CLUSTERS = 200;
const EDGE_QUERIES = 50;

export async function edgeWork(): Promise<ComparedWork> {
  const file = new Uint8Array(await sampleFile(EDGE_ITEMS, EDGE_CLUSTERS)).buffer as ArrayBuffer;
  const queries = sampleQueries(EDGE_QUERIES, EDGE_CLUSTERS);
  const search = (name: Way, wasm: string) => {
    const model = openEdgeModel(readWasm(wasm), file);
    const run = () =>
      timed(async () => {
        for (const query of queries) model.search(query);
      });
    return { name, run };
  };
  return {
    name: 'search of the edge module',
    shape: `${EDGE_QUERIES} queries, ${EDGE_ITEMS} items, ${EDGE_CLUSTERS} clusters`,
    ways: [search('WASM scalar', 'edge.scalar.wasm'), search('WASM, 1 thread', 'edge.wasm')],
    close: async () => {},
  };
}
