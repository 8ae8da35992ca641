/**
 * The stream: events a second, latency, kills, a long run in bounded memory, brokers.
 *   npm run bench:stream [-- --only throughput,latency --events 2e6 --kills 200 --soak-events 1e8]
 * Writes bench/STREAM.md and the plots beside it.
 */
import { openKernels } from '../src/kernels/open.ts';
import { benchFlags, Page } from './page.ts';
import { drawInterests } from './stream/events.ts';
import { compareThroughput } from './stream/throughput.ts';

const parts = ['throughput'] as const;
const args = await benchFlags(parts)
  .option('events', { type: 'number', default: 2e6, describe: 'Events of the throughput part' })
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
