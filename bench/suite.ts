/**
 * The suite: every kernel in JavaScript, in WebAssembly without SIMD and with it, on one and two threads, in C; the stages of the whole
 * job; packages of npm; and the kernels again on Deno, Bun and Chromium.
 *   npm run bench [-- --quick] [--works PATTERN] [--only kernels,stages,peers,runtimes] [--peers FOLDER] [--users 10000 --follows 25 --rounds 5]
 * Keeps the results in bench/results.json, and makes bench/results.html, bench/SUITE.md and the README's table of them.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Csr } from '../src/core/csr.ts';
import { openKernels, readWasm } from '../src/kernels/open.ts';
import { benchFlags, Page } from './page.ts';
import { drawFollows } from './similarity/graphs.ts';
import { COSINES, cosineWork, EDGE, edgeWork, SWEEP, sweepWork } from './suite/compared-works.ts';
import { plantedGraph } from './suite/inputs.ts';
import { type RunOptions, takeTurns, timeWorks } from './suite/kernel-run.ts';
import { timePeers } from './suite/peers.ts';
import { runPortably } from './suite/portable-run.ts';
import { resultsPage } from './suite/results-page.ts';
import {
  type PartName,
  parts,
  type Results,
  type Row,
  renewed,
  rowOf,
  type Timing,
  thisNode,
} from './suite/rows.ts';
import { runElsewhere } from './suite/runtimes.ts';
import { timeStages } from './suite/stages.ts';
import { kernelTable, peerTable, readmeTable, runtimeTable, stageTable } from './suite/tables.ts';

const QUICK = { users: 2000, rounds: 1 };
/** Rounds of what takes seconds each: stages, and the twins in four runtimes. */
const FEW_ROUNDS = 3;

const args = await benchFlags(parts)
  .option('users', { type: 'number', default: 10_000, describe: 'Consumers of the planted graph' })
  .option('follows', { type: 'number', default: 25, describe: 'Follows of each' })
  .option('works', { type: 'string', default: '', describe: 'Works whose names match this expression alone' })
  .option('quick', {
    type: 'boolean',
    default: false,
    describe: 'A small graph and one round; keeps nothing',
  })
  .option('peers', { type: 'string', describe: 'Folder with ml-sparse-matrix or mathjs installed' })
  .parseAsync();
const wanted = new Set(args.only.split(','));
const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const { users, rounds } = args.quick ? QUICK : args;

async function runKernels(options: RunOptions): Promise<Timing[]> {
  const { folder, numRounds, pattern } = options;
  const compared = [
    { ...COSINES, open: () => cosineWork(drawFollows(users * args.follows * 2), folder) },
    { ...SWEEP, open: async () => sweepWork(await graphOfSweep(options), Math.max(2, users / 50), folder) },
    { ...EDGE, open: edgeWork },
  ];
  const timings: Timing[] = [];
  for (const { open } of compared.filter(({ name }) => pattern.test(name))) {
    const work = await open();
    timings.push(...(await takeTurns(work.turns, numRounds, work.shape)));
    await work.close();
  }
  return [...timings, ...(await timeWorks(options))];
}

async function graphOfSweep({ size }: RunOptions): Promise<Csr> {
  const kernels = openKernels();
  const graph = await plantedGraph(kernels, { ...size, users: size.users * 2 });
  await kernels.close();
  return graph;
}

async function runRuntimes({ size, numRounds, pattern }: RunOptions): Promise<Row[]> {
  // A tenth of the graph: the twins take their time everywhere.
  const small = { ...size, users: Math.ceil(size.users / 10) };
  const task = { size: small, numRounds: Math.min(numRounds, FEW_ROUNDS), pattern: pattern.source };
  const own = { runtime: thisNode, results: await runPortably(readWasm('core.wasm'), task) };
  return [own, ...(await runElsewhere(task))].flatMap(({ runtime, results }) =>
    results.flatMap(({ work, kernels, shape, js, wasm }) => {
      const what = { part: 'runtimes' as const, work, kernels, shape };
      return [
        rowOf({ ...what, way: 'JS', seconds: js }, runtime),
        rowOf({ ...what, way: 'WASM, 1 thread', seconds: wasm }, runtime),
      ];
    }),
  );
}

async function measure(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  const size = { users, follows: args.follows };
  const options: RunOptions = { size, numRounds: rounds, pattern: new RegExp(args.works), folder };
  const few = { ...options, numRounds: Math.min(rounds, FEW_ROUNDS) };
  try {
    const here = [
      ...(wanted.has('kernels') ? await runKernels(options) : []),
      ...(wanted.has('stages') ? await timeStages(few) : []),
      ...(wanted.has('peers') && args.peers ? await timePeers(args.peers) : []),
    ];
    const rows = here.map((timing) => rowOf(timing, thisNode));
    return wanted.has('runtimes') ? [...rows, ...(await runRuntimes(options))] : rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sections: readonly [PartName, string, (results: Results) => string][] = [
  ['kernels', 'On Node', kernelTable],
  ['stages', 'Stages', stageTable],
  ['peers', 'Packages of npm', peerTable],
  ['runtimes', 'Elsewhere', runtimeTable],
];

/** The tables of what was measured, each in its place. */
function show(results: Results, put: (title: string, text: string) => void): void {
  for (const [part, title, tableOf] of sections)
    if (results.rows.some((row) => row.part === part)) put(title, tableOf(results));
}

const fresh = await measure();
if (args.quick) {
  show({ rows: fresh }, (title, text) => console.log(`\n## ${title}\n\n${text}`));
} else {
  const old: Results = JSON.parse(readFileSync(fileOf('results.json'), 'utf8'));
  const all: Results = { rows: renewed(old.rows, fresh, args.works === '') };
  writeFileSync(fileOf('results.json'), `${JSON.stringify(all, undefined, 1)}\n`);
  writeFileSync(fileOf('results.html'), resultsPage(all));
  const page = new Page('SUITE.md', 'Kernels', 'bench');
  show(all, (title, text) => page.add(title, text));
  const readme = fileOf('../README.md');
  const marked = /(<!-- bench -->\n)[\s\S]*(<!-- \/bench -->)/;
  writeFileSync(readme, readFileSync(readme, 'utf8').replace(marked, `$1${readmeTable(all)}\n$2`));
}
