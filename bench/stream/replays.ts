/** Published events, end to end: a model of them by the command line, then the same events as a stream over its interests. */

import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { latestSnapshot } from '../../src/stream/snapshot.ts';
import { simclusters } from '../../test/e2e/cli.ts';
import { table } from '../table.ts';

export interface Replay {
  readonly name: string;
  /** Lines of time, actor, item; a header line is left out. */
  readonly events: string;
  /** Order of time, actor and item in a line. */
  readonly columns: readonly [time: number, actor: number, item: number];
}

export async function replayAll(replays: readonly Replay[]): Promise<string> {
  const rows: string[][] = [];
  for (const replay of replays) rows.push(await replayOne(replay));
  const header = [
    'events of',
    'events',
    'model, s',
    'stream, s',
    'events/s',
    'counted',
    'late',
    'users unknown',
    'items at the end',
    'most faved item, its communities at first and at last',
  ];
  return `${table(header, rows)}\n\nModel: \`run\` with the pairs as follows and the events as engagements. Stream: \`stream --file\`, from start to end, journal and checkpoints included; users without interests add nothing. The last column is of the model's report, which has the picture.`;
}

async function replayOne({ name, events, columns }: Replay): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  try {
    const numEvents = await convert(events, columns, folder);
    const [model, state] = [join(folder, 'model'), join(folder, 'state')];
    const modelSeconds = timed([
      'run',
      '--model',
      model,
      '--follows',
      join(folder, 'follows.tsv'),
      '--engagements',
      join(folder, 'engagements.tsv'),
      '--quiet',
    ]);
    const streamSeconds = timed([
      'stream',
      '--model',
      model,
      '--state',
      state,
      '--file',
      join(folder, 'events.ndjson'),
      '--fav-score-threshold',
      '0',
      '--quiet',
    ]);
    const { counts } = JSON.parse(readFileSync(join(state, 'checkpoint.json'), 'utf8')).engine;
    const { numTweets } = latestSnapshot(join(state, 'snapshots')) ?? { numTweets: 0 };
    const count = (value: number) => value.toLocaleString('en-US');
    return [
      name,
      count(numEvents),
      modelSeconds.toFixed(1),
      streamSeconds.toFixed(1),
      count(Math.round(numEvents / streamSeconds)),
      count(counts.numEvents - counts.numLate - counts.numUnknownActor - counts.numOwn - counts.numBad),
      count(counts.numLate),
      count(counts.numUnknownActor),
      count(numTweets),
      movesOf(model),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function timed(args: readonly string[]): number {
  const began = performance.now();
  const { status, stderr } = simclusters(args);
  if (status !== 0) throw new Error(stderr);
  return (performance.now() - began) / 1000;
}

/** Events as JSON lines, engagements and follows: the same pairs. */
async function convert(
  file: string,
  [time, actor, item]: Replay['columns'],
  folder: string,
): Promise<number> {
  const out = (name: string) => createWriteStream(join(folder, name));
  const [stream, engagements, follows] = [out('events.ndjson'), out('engagements.tsv'), out('follows.tsv')];
  engagements.write('time\tuser\titem\tverb\n');
  follows.write('consumer\tproducer\n');
  const events = await readInOrder(file, time);
  for (const cells of events) {
    const event = { eventTimeMs: Number(cells[time]) * 1000, actorId: cells[actor], objectId: cells[item] };
    stream.write(`${JSON.stringify(event)}\n`);
    engagements.write(`${cells[time]}\t${cells[actor]}\t${cells[item]}\tfav\n`);
    follows.write(`${cells[actor]}\t${cells[item]}\n`);
  }
  for (const each of [stream, engagements, follows]) {
    each.end();
    await once(each, 'close');
  }
  return events.length;
}

/** Cells of the lines in order of time: published files are ordered otherwise, too. */
async function readInOrder(file: string, time: number): Promise<string[][]> {
  const events: string[][] = [];
  for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
    const cells = line.split(/\s+/);
    if (!Number.isNaN(Number(cells[time]))) events.push(cells);
  }
  return events.sort((a, b) => Number(a[time]) - Number(b[time]));
}

function movesOf(model: string): string {
  const manifest = JSON.parse(readFileSync(join(model, 'manifest.json'), 'utf8'));
  const followed = manifest.stages['tweet-embeddings'].report.followed;
  if (!followed) return '';
  const share = (value: number) => `${(value * 100).toFixed(0)} %`;
  const parts = followed.communities.map(
    ({ clusterId, shares }: { clusterId: number; shares: number[] }) =>
      `${clusterId}: ${share(shares[0])} → ${share(shares[shares.length - 1])}`,
  );
  return `${followed.itemId}: ${parts.join(', ')}`;
}
