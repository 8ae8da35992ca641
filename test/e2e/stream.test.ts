/** The command `stream`, as a process that is killed, drained, fed by several ways, and read from. */
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTable } from '../../src/io/artifact-file.ts';
import { latestSnapshot } from '../../src/stream/snapshot.ts';
import { buildTinyModel, themes } from '../cli/tiny-model.ts';
import { Random } from '../fixtures/random.ts';
import {
  eventLines,
  freePort,
  leftState,
  PersistentClient,
  StreamProcess,
} from '../fixtures/stream-process.ts';
import { simclusters } from './cli.ts';

const test = suite('stream, as a process');
const START_MS = 1_700_000_000_000;
const { folder, model } = buildTinyModel();
const actors = themes.flatMap((theme) => Array.from({ length: 10 }, (_, i) => `${theme}-fan-${i}`));
const lines = eventLines(new Random('events'), actors, 30_000, START_MS);
const events = join(folder, 'events.ndjson');
writeFileSync(events, `${lines.join('\n')}\n`);
test.after(() => rmSync(folder, { recursive: true }));

let numStates = 0;
const newState = () => join(folder, `state-${numStates++}`);
const common = (state: string) => [
  ...['--model', model, '--state', state, '--fav-score-threshold', '0', '--unfavs', 'subtract'],
  ...['--threads', '1', '--memory', '16MiB', '--checkpoint-seconds', '0.1', '--snapshot-seconds', '0'],
];
const fromFile = (state: string) => [...common(state), '--file', events, '--quiet'];

function uninterrupted(): unknown {
  const state = newState();
  const { status, stderr } = simclusters(['stream', ...fromFile(state)]);
  assert.is(status, 0, stderr);
  return leftState(state);
}

test('killed again and again while it reads a file, it ends as if nothing had been', async () => {
  const expected = uninterrupted();
  const random = new Random('kills');
  const state = newState();
  for (let kill = 0; kill < 4; kill++) {
    const stream = new StreamProcess(fromFile(state));
    await wait(250 + random.below(500));
    await stream.kill();
  }
  const { code, stderr } = await new StreamProcess(fromFile(state)).ended;
  assert.is(code, 0, stderr);
  assert.equal(leftState(state), expected);
});

test('killed again and again while clients post, it counts each event once', async () => {
  const bodies = Array.from({ length: 60 }, (_, i) => `${lines.slice(i * 500, (i + 1) * 500).join('\n')}\n`);
  const port = await freePort();
  const run = async (kills: number): Promise<unknown> => {
    const state = newState();
    const args = [...common(state), '--http', String(port), '--quiet'];
    const random = new Random(`kills ${kills}`);
    const client = new PersistentClient(port, bodies);
    const posting = client.run();
    let stream = new StreamProcess(args);
    for (let kill = 0; kill < kills; kill++) {
      const before = client.numAnswered;
      while (client.numAnswered < Math.min(before + 1 + random.below(12), bodies.length - 1)) await wait(1);
      await stream.kill();
      stream = new StreamProcess(args);
    }
    await posting;
    const { code, stderr } = await stream.kill('SIGTERM');
    assert.is(code, 0, stderr);
    return leftState(state);
  };
  assert.equal(await run(4), await run(0));
});

test('a full disk stops it with an error and loses nothing', async () => {
  const expected = uninterrupted();
  const state = newState();
  const limited = ['sh', '-c', 'ulimit -f 2000; exec "$@"', 'sh'];
  const { code, stderr } = await new StreamProcess(fromFile(state), limited).ended;
  assert.is(code, 73, stderr);
  assert.match(stderr, 'WRITE_FAILED');
  const again = await new StreamProcess(fromFile(state)).ended;
  assert.is(again.code, 0, again.stderr);
  assert.equal(leftState(state), expected);
});

test('standard input; SIGTERM drains a file that is followed', async () => {
  const expected = leftEngine(uninterrupted());
  const piped = newState();
  const args = [...common(piped), '--stdin', '--quiet'];
  const { status, stderr } = simclusters(['stream', ...args], `${lines.join('\n')}\n`);
  assert.is(status, 0, stderr);
  assert.equal(leftEngine(leftState(piped)), expected);

  const growing = join(folder, 'growing.ndjson');
  writeFileSync(growing, `${lines.slice(0, 10_000).join('\n')}\n`);
  const followed = newState();
  const stream = new StreamProcess([...common(followed), '--file', growing, '--follow', '--quiet']);
  await wait(500);
  appendFileSync(growing, `${lines.slice(10_000).join('\n')}\n`);
  const counted = () =>
    existsSync(join(followed, 'checkpoint.json')) && numEvents(leftState(followed)) === lines.length;
  for (let i = 0; i < 200 && !counted(); i++) await wait(50);
  const { code } = await stream.kill('SIGTERM');
  assert.is(code, 0);
  assert.equal(leftEngine(leftState(followed)), expected);
});

function leftEngine(left: unknown): unknown {
  const { sha256, engine, letters } = left as Record<string, unknown>;
  return { sha256, engine, letters };
}

function numEvents(left: unknown): number {
  return (left as { engine: { counts: { numEvents: number } } }).engine.counts.numEvents;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await isTrue().catch(() => false)) return;
    await wait(25);
  }
  assert.unreachable('it never came to be');
}

test('what was posted can be read at once, and from snapshots; a new model is taken up', async () => {
  const state = newState();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [...common(state).slice(0, -2), '--snapshot-seconds', '0.2', '--http', String(port)];
  const stream = new StreamProcess(args);
  await until(async () => (await fetch(`${url}/healthz`)).ok);
  const post = (body: string, headers = {}) => fetch(`${url}/v1/events`, { method: 'POST', body, headers });
  const event = (actorId: string, more = {}) =>
    JSON.stringify({ eventTimeMs: START_MS, actorId, objectId: 'x', phrases: ['Big News'], ...more });
  const answer = await post(`${event('chess-fan-1')}\n${event('chess-fan-2')}\n\nrubbish`);
  assert.equal(await answer.json(), { numEvents: 3 });
  const tweet = (await (await fetch(`${url}/v1/embeddings/tweet/x`)).json()) as {
    clusters: object[];
    numFavs: number;
  };
  assert.is(tweet.numFavs, 2);
  assert.ok(tweet.clusters.length > 0);
  const trend = (await (await fetch(`${url}/v1/embeddings/phrase/big%20news`)).json()) as {
    clusters: object[];
  };
  assert.equal(trend.clusters, tweet.clusters);
  assert.is((await fetch(`${url}/v1/embeddings/tweet/y`)).status, 404);
  assert.is((await fetch(`${url}/v1/embeddings/thing/y`)).status, 400);
  assert.is((await fetch(`${url}/nothing`)).status, 404);
  assert.is((await fetch(`${url}/v1/events`)).status, 405);
  assert.is((await post('', { 'x-producer-id': 'a' })).status, 400);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /simclusters_stream_events_total 3\n/);
  assert.match(metrics, /simclusters_stream_events_left_out_total\{reason="bad"\} 1\n/);

  await until(async () => (latestSnapshot(join(state, 'snapshots'))?.numTweets ?? 0) > 0);
  const { folder: name } = latestSnapshot(join(state, 'snapshots'))!;
  const { table } = readTable(join(state, 'snapshots', name, 'clusterToTweets.parquet'));
  assert.ok((table.columns['itemIndex'] as { values: Uint32Array }).values.length > 0);

  const version = () =>
    readdirSync(state)
      .filter((file) => file.startsWith('interests-'))
      .join();
  const before = version();
  const renewed = simclusters(['interested-in', '--model', model, '--max-clusters-per-user', '1', '--quiet']);
  assert.is(renewed.status, 0, renewed.stderr);
  await until(async () => version() !== before && !version().includes(','));
  await post(event('chess-fan-3', { objectId: 'z' }));
  const later = (await (await fetch(`${url}/v1/embeddings/tweet/z`)).json()) as { clusters: object[] };
  assert.is(later.clusters.length, 1);
  const { code, stderr } = await stream.kill('SIGTERM');
  assert.is(code, 0, stderr);
  assert.match(stderr, 'left out: 1 bad');
  assert.match(readFileSync(join(state, 'dead-letters.ndjson'), 'utf8'), /"line":4,.*"event":"rubbish"/);

  const last = version();
  const changed = simclusters([
    'interested-in',
    '--model',
    model,
    '--max-clusters-per-user',
    '50',
    '--quiet',
  ]);
  assert.is(changed.status, 0, changed.stderr);
  const away = simclusters(['stream', ...common(state), '--stdin', '--quiet']);
  assert.is(away.status, 0, away.stderr);
  assert.is.not(version(), last, 'a model renewed while the stream was away');
});

test('two streams do not share a state; flags that cannot be are refused', async () => {
  const state = newState();
  const waiting = new StreamProcess([...common(state), '--file', events, '--follow', '--quiet']);
  await until(async () => existsSync(join(state, 'lock')));
  assert.is(simclusters(['stream', ...fromFile(state)]).status, 75);
  await waiting.kill('SIGTERM');
  for (const flags of [
    [],
    ['--stdin', '--half-life-hours', '0'],
    ['--stdin', '--compat', '--unfavs', 'subtract'],
  ])
    assert.is(
      simclusters(['stream', '--model', model, '--state', newState(), ...flags]).status,
      64,
      flags.join(' '),
    );
  assert.is(simclusters(['stream', '--model', folder, '--stdin']).status, 66);
  assert.is(simclusters(['stream', ...common(newState()), '--file', '/nowhere', '--quiet']).status, 66);
  assert.is(
    simclusters(['stream', ...common(state), '--stdin', '--lateness-seconds', '1', '--quiet']).status,
    64,
  );
});

test.run();
