/**
 * The suite: each kernel of the hot path in JavaScript, in WebAssembly on one and two threads, in C; on Node, Deno, Bun and Chromium.
 *   npm run bench [-- --users 20000 --follows 25 --rounds 5 --only kernels,runtimes]
 * Keeps the results in bench/results.json, and makes bench/results.html, bench/SUITE.md and the README's table of them.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Csr } from '../src/core/csr.ts';
import { type KernelOptions, openKernels, readWasm } from '../src/kernels/open.ts';
import { interleave, median } from './medians.ts';
import { benchFlags, Page } from './page.ts';
import { drawFollows } from './similarity/graphs.ts';
import { type ComparedWork, cosineWork, edgeWork, sweepWork } from './suite/compared-works.ts';
import { runPortably } from './suite/portable-run.ts';
import { type Results, type Row, resultsPage, runtimeTable, suiteTable, type Way } from './suite/rows.ts';
import { runElsewhere } from './suite/runtimes.ts';
import { plantedGraph, prepareWorks } from './suite/works.ts';

const parts = ['kernels', 'runtimes'] as const;
const args = await benchFlags(parts)
  .option('users', { type: 'number', default: 20_000, describe: 'Consumers of the planted graph' })
  .option('follows', { type: 'number', default: 25, describe: 'Follows of each' })
  .parseAsync();
const wanted = new Set(args.only.split(','));
const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const size = { users: args.users, follows: args.follows };

const stamp = {
  machine: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores`,
  date: new Date().toISOString().slice(0, 10),
};
const here = `Node ${process.version}`;

function rowOf(
  part: Row['part'],
  work: { name: string; shape: string },
  way: Way,
  runtime: string,
  seconds: readonly number[],
): Row {
  const ms = seconds.map((time) => time * 1000);
  return {
    ...{ part, work: work.name, shape: work.shape, way, runtime, ...stamp },
    ...{ median: median(ms), least: Math.min(...ms), most: Math.max(...ms), numRounds: ms.length },
  };
}

async function runHere(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  try {
    const follows = drawFollows(args.users * args.follows);
    const compared = [
      () => cosineWork(follows, folder),
      async () => sweepWork(await graphOfSweep(), Math.max(2, args.users / 50), folder),
      edgeWork,
    ];
    const rows: Row[] = [];
    for (const open of compared) rows.push(...(await runCompared(await open())));
    return [...rows, ...(await runWorks())];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function graphOfSweep(): Promise<Csr> {
  const kernels = openKernels();
  const graph = await plantedGraph(kernels, size);
  await kernels.close();
  return graph;
}

async function runCompared(work: ComparedWork): Promise<Row[]> {
  const measured = await interleave(work.ways, args.rounds);
  await work.close();
  return measured.map(({ name, seconds }) => rowOf('kernels', work, name as Way, here, seconds));
}

async function runWorks(): Promise<Row[]> {
  const ways: [Way, KernelOptions][] = [
    ['JS', { backend: 'reference' }],
    ['WASM, 1 thread', { numThreads: 1 }],
    ['WASM, 2 threads', { numThreads: 2 }],
  ];
  const opened = ways.map(([name, options]) => ({ name, kernels: openKernels(options) }));
  const rows: Row[] = [];
  for (const work of await prepareWorks(opened[1].kernels, size)) {
    const contenders = opened.map(({ name, kernels }) => ({ name, run: () => work.run(kernels) }));
    const measured = await interleave(contenders, args.rounds);
    rows.push(...measured.map(({ name, seconds }) => rowOf('kernels', work, name as Way, here, seconds)));
  }
  for (const { kernels } of opened) await kernels.close();
  return rows;
}

async function runThere(): Promise<Row[]> {
  // A tenth of the graph: the twins take their time everywhere.
  const task = { size: { ...size, users: Math.ceil(size.users / 10) }, numRounds: args.rounds };
  const own = { runtime: here, results: await runPortably(readWasm('core.wasm'), task) };
  return [own, ...(await runElsewhere(task))].flatMap(({ runtime, results }) =>
    results.flatMap((result) => {
      const work = { name: result.work, shape: result.shape };
      return [
        rowOf('runtimes', work, 'JS', runtime, result.js),
        rowOf('runtimes', work, 'WASM, 1 thread', runtime, result.wasm),
      ];
    }),
  );
}

const results: Results = JSON.parse(readFileSync(fileOf('results.json'), 'utf8'));
const all: Results = {
  rows: [
    ...(wanted.has('kernels') ? await runHere() : results.rows.filter(({ part }) => part === 'kernels')),
    ...(wanted.has('runtimes') ? await runThere() : results.rows.filter(({ part }) => part === 'runtimes')),
  ],
};
writeFileSync(fileOf('results.json'), `${JSON.stringify(all, undefined, 1)}\n`);
writeFileSync(fileOf('results.html'), resultsPage(all));
const page = new Page('SUITE.md', 'Kernels', 'bench');
page.add('On Node', suiteTable(all));
page.add('Elsewhere', runtimeTable(all));
const readme = fileOf('../README.md');
const marked = /(<!-- bench -->\n)[\s\S]*(<!-- \/bench -->)/;
writeFileSync(readme, readFileSync(readme, 'utf8').replace(marked, `$1${suiteTable(all)}\n$2`));
