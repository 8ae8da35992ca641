/**
 * The server under load from a second process: throughput, overload, replacement of the model, requests drawn from the document.
 *   npm run bench:serve [-- --items 1e5 --seconds 10 --connections 32 --fuzz 1e5]
 * Writes bench/SERVE.md.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { openKernels } from '../src/kernels/open.ts';
import { type Running, send, startServer } from '../test/serve/running.ts';
import { drawStream } from './retrieval/spaces.ts';
import { fuzz } from './serve/fuzz.ts';
import type { LoadOutcome, LoadTask } from './serve/loader.ts';
import { writeBenchModel } from './serve/model.ts';

const args = await yargs(hideBin(process.argv))
  .option('items', { type: 'number', default: 1e5, describe: 'Items of the drawn stream' })
  .option('seconds', { type: 'number', default: 10, describe: 'Length of each measurement' })
  .option('connections', { type: 'number', default: 32 })
  .option('tweets', { type: 'number', default: 450, describe: 'Entries of each of 50 lists' })
  .option('fuzz', { type: 'number', default: 1e5, describe: 'Requests drawn from the document; 0: none' })
  .parseAsync();

const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
const bodies = join(folder, 'bodies');
const rows: string[] = [];
interface Loaded extends LoadOutcome {
  /** CPU time of the processes that answer for each request sent, microseconds; NaN when some were replaced. */
  readonly serverMicros: number;
}

const micros = (value: number) => (value > 0 ? `${value.toFixed(0)} µs` : '–');
const show = (
  { answeredPerSecond, refusedPerSecond, numFailed, p50, p99, refusedP99, serverMicros, cpuMicros }: Loaded,
  name: string,
) =>
  rows.push(
    `| ${name} | ${answeredPerSecond.toFixed(0)} | ${p50.toFixed(1)} ms | ${p99.toFixed(1)} ms | ${refusedPerSecond.toFixed(0)} | ${refusedP99.toFixed(1)} ms | ${numFailed} | ${micros(serverMicros)} | ${micros(cpuMicros)} |`,
  );

async function load(port: number, task: Partial<LoadTask>): Promise<Loaded> {
  const full: LoadTask = { port, bodies, connections: args.connections, seconds: args.seconds, ...task };
  const file = fileURLToPath(new URL('serve/loader.ts', import.meta.url));
  const before = await cpuSeconds(port);
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    file,
    JSON.stringify(full),
  ]);
  const outcome: LoadOutcome = JSON.parse(stdout);
  return { ...outcome, serverMicros: (1e6 * ((await cpuSeconds(port)) - before)) / outcome.numSent };
}

/** Of all processes that answer, as they say themselves. */
async function cpuSeconds(port: number): Promise<number> {
  const { body } = await send(port, '/metrics');
  return Number(/^process_cpu_seconds_total (\S+)/m.exec(body)?.[1]);
}

function pointLatestTo(name: string): void {
  const draft = join(folder, 'draft');
  symlinkSync(name, draft);
  renameSync(draft, join(folder, 'latest'));
}

const kernels = openKernels();
const { items, about } = await drawStream(kernels, args.items, 1);
await kernels.close();
for (const name of ['first', 'second']) await writeBenchModel(join(folder, name), items, name);
pointLatestTo('first');
const sources = Array.from({ length: 500 }, (_, i) => `item-${Math.floor((i * args.items) / 500)}`);
const lines = (overrides: object) =>
  sources.map((id) => JSON.stringify({ source: { embeddingType: 'LogFavBasedTweet', id }, overrides }));
const bodyLines = lines({ maxScanClusters: 50, maxTopTweetsPerCluster: args.tweets });
writeFileSync(bodies, bodyLines.join('\n'));

async function scannedPerRequest({ port }: Running): Promise<number> {
  let sum = 0;
  for (const body of bodyLines.slice(0, 100))
    sum += JSON.parse((await send(port, '/v1/retrieval', body)).body).numScanned;
  return sum / 100;
}

const start = (...flags: string[]) => startServer(['--model', folder, '--max-wait-ms', '20', ...flags]);
const server = await start('--threads', '2');
const scanned = await scannedPerRequest(server);
await load(server.port, { seconds: 3 });
const full = await load(server.port, {});
show(full, `${args.connections} connections, each asks again when answered`);
show(await load(server.port, { rate: 0.5 * full.answeredPerSecond }), 'half of that rate');
show(await load(server.port, { rate: 3 * full.answeredPerSecond }), 'three times that rate');
show(await load(server.port, { rate: 0.5 * full.answeredPerSecond }), 'half again, right after');
const swapped = load(server.port, { seconds: args.seconds + 10, rate: 0.3 * full.answeredPerSecond });
setTimeout(() => pointLatestTo('second'), 1000);
const answering = server.said('answering', 4);
show({ ...(await swapped), serverMicros: Number.NaN }, 'a third of that rate, while the model is replaced');
await answering;
await server.stop();
const single = await start('--threads', '1');
show(await load(single.port, {}), 'one process');
await single.stop();
const fuzzed = args.fuzz > 0 ? await fuzz(join(folder, 'second'), args.fuzz) : undefined;
rmSync(folder, { recursive: true });

const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
const page = `# Serving, measured

\`npm run bench:serve\` writes this page. ${machine}. The load comes from a second process on the same cores, which others use too.

${about}. A request: \`POST /v1/retrieval\` by item, 50 clusters × ${args.tweets}, ${scanned.toFixed(0)} entries read in the mean, 200 results. Two
processes unless it says otherwise; a request may wait 20 ms.

| load | answered a second | p50 | p99 | refused (503) a second | refused p99 | failed | server CPU a request | loader CPU a request |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
${fuzzed ? `\n${fuzzed}\n` : ''}`;
writeFileSync(fileURLToPath(new URL('SERVE.md', import.meta.url)), page);
console.log(page);
process.exit();
