/**
 * The stream: events a second, latency, kills, a long run in bounded memory, brokers.
 *   npm run bench:stream [-- --only throughput,latency --events 2e6 --kills 70 --soak-events 1e8]
 * Writes bench/STREAM.md and the plot beside it. The long run takes minutes for each ten million events.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openKernels } from '../src/kernels/open.ts';
import { buildTinyModel, themes } from '../test/cli/tiny-model.ts';
import { benchFlags, Page } from './page.ts';
import { compareBrokers } from './stream/brokers.ts';
import { drawInterests } from './stream/events.ts';
import { injectFaults } from './stream/faults.ts';
import { measureLatency } from './stream/latency.ts';
import { replayAll } from './stream/replays.ts';
import { soak } from './stream/soak.ts';
import { compareThroughput } from './stream/throughput.ts';

const parts = ['throughput', 'brokers', 'latency', 'faults', 'soak', 'replays'] as const;
const args = await benchFlags(parts)
  .option('events', { type: 'number', default: 2e6, describe: 'Events of the throughput part' })
  .option('broker-events', { type: 'number', default: 3e5, describe: 'Events of the brokers part' })
  .option('kills', { type: 'number', default: 70, describe: 'Kills of each source in the faults part' })
  .option('soak-events', { type: 'number', default: 1e7, describe: 'Events of the soak part' })
  .option('soak-memory', { type: 'number', default: 2 ** 29, describe: 'Bytes of its state' })
  .option('reddit', { type: 'string', describe: 'Events of reddit: created_utc, subreddit, domain (.gz)' })
  .option('mathoverflow', { type: 'string', describe: 'sx-mathoverflow (SNAP): from, to, time (.gz)' })
  .parseAsync();
const wanted = new Set(args.only.split(','));
const page = new Page('STREAM.md', 'Streaming', 'bench:stream');

const kernels = openKernels({ numThreads: 1 });
const interests = await drawInterests(kernels);
await kernels.close();

if (wanted.has('throughput')) {
  const sizes = { numEvents: args.events, numTwinEvents: args.events / 10, numRounds: args.rounds };
  page.add('Throughput', await compareThroughput(interests, sizes));
}
if (wanted.has('brokers')) page.add('Brokers', await compareBrokers(interests, args.brokerEvents));
if (wanted.has('latency') || wanted.has('faults')) await withTinyModel();
if (wanted.has('soak')) {
  const { text, svg } = await soak(interests, args.soakEvents, args.soakMemory);
  writeFileSync(fileURLToPath(new URL('stream-soak.svg', import.meta.url)), svg);
  page.add('A long run', `${text}\n\n![stream-soak.svg](stream-soak.svg)`);
}

if (wanted.has('replays')) {
  const { reddit, mathoverflow } = args;
  const replays = [
    ...(reddit ? [{ name: 'reddit', events: reddit, columns: [0, 1, 2] as const }] : []),
    ...(mathoverflow ? [{ name: 'sx-mathoverflow', events: mathoverflow, columns: [2, 0, 1] as const }] : []),
  ];
  if (replays.length > 0) page.add('Published events', await replayAll(replays));
}

async function withTinyModel(): Promise<void> {
  const { folder, model } = buildTinyModel();
  const actors = themes.flatMap((theme) => Array.from({ length: 10 }, (_, i) => `${theme}-fan-${i}`));
  try {
    const rates = [0, 1000, 20_000];
    if (wanted.has('latency'))
      page.add('Latency', await measureLatency({ model, actors, numProbes: 200, rates }));
    if (wanted.has('faults')) page.add('Faults', await injectFaults({ model, actors, numKills: args.kills }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
