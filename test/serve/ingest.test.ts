/** A server that takes events itself: what is acknowledged is on disk, can be retrieved a moment later, and outlives a kill. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildTinyModel } from '../cli/tiny-model.ts';
import { simclusters } from '../e2e/cli.ts';
import { type Running, send, startServer } from './running.ts';

const test = suite('serve with events of its own');
const { folder, model } = buildTinyModel();
const running = new Set<Running>();
test.after(async () => {
  await Promise.all([...running].map((server) => server.stop()));
  rmSync(folder, { recursive: true });
});

let numStates = 0;
const newState = () => join(folder, `state-${numStates++}`);
const common = [
  '--threads',
  '2',
  '--fav-score-threshold',
  '0',
  '--memory',
  '16MiB',
  '--drain-seconds',
  '0.5',
];

async function start(state: string, more: readonly string[] = [], from = model): Promise<Running> {
  const server = await startServer(['--model', from, '--stream', state, '--ingest', ...common, ...more]);
  running.add(server);
  return server;
}

function stop(server: Running): Promise<number | null> {
  running.delete(server);
  return server.stop();
}

/** The server as it would be after a power cut; its answering processes find themselves alone and end. */
async function kill(server: Running): Promise<void> {
  running.delete(server);
  const ended = new Promise((resolve) => server.process.once('exit', resolve));
  server.process.kill('SIGKILL');
  await ended;
}

const now = Date.now();
const eventOf = (actorId: string, objectId: string, more = {}) =>
  JSON.stringify({ eventTimeMs: now, actorId, objectId, ...more });

interface Posted {
  readonly status: number;
  readonly body: { readonly numEvents?: number; readonly error?: { code: string; found: string } };
  readonly headers: Headers;
}

async function post(port: number, body: string, headers: Record<string, string> = {}): Promise<Posted> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    body,
  });
  return { status: response.status, body: (await response.json()) as never, headers: response.headers };
}

async function itemsFor(port: number, userId: string): Promise<string[]> {
  const source = { embeddingType: 'LogFavBasedUserInterestedIn', id: userId };
  const { status, body } = await send(port, '/v1/retrieval', { source });
  assert.is(status, 200, body);
  return (JSON.parse(body).candidates as { id: string }[]).map(({ id }) => id);
}

/** Gives the milliseconds it took; both processes must know the item. */
async function untilRetrievable(port: number, userId: string, item: string): Promise<number> {
  const startMs = performance.now();
  for (let seen = 0; performance.now() - startMs < 30_000; ) {
    seen = (await itemsFor(port, userId)).includes(item) ? seen + 1 : 0;
    if (seen === 8) return performance.now() - startMs;
    await wait(20);
  }
  throw new Error(`${item} cannot be retrieved`);
}

test('what was posted is acknowledged, then retrievable; it is counted once; metrics and document say so', async () => {
  const state = newState();
  const server = await start(state);
  const { port } = server;
  // The items of the model answer until there are tweets.
  assert.ok((await itemsFor(port, 'chess-fan-2')).includes('chess weekly'));
  assert.equal((await post(port, eventOf('chess-fan-1', 'opening'))).body, { numEvents: 1 });
  const times = [await untilRetrievable(port, 'chess-fan-2', 'opening')];
  for (const item of ['gambit', 'endgame', 'zugzwang']) {
    assert.is((await post(port, eventOf('chess-fan-1', item))).status, 200);
    times.push(await untilRetrievable(port, 'chess-fan-2', item));
  }
  console.log(`retrievable after ${times.map(Math.round).join(', ')} ms`);
  assert.not((await itemsFor(port, 'chess-fan-2')).includes('chess weekly'));

  const numbered = { 'x-producer-id': 'shop', 'x-sequence': '1' };
  const lines = `${eventOf('chess-fan-3', 'gambit')}\n\n${eventOf('nobody', 'gambit')}\n`;
  assert.equal((await post(port, lines, numbered)).body, { numEvents: 2 });
  for (let again = 0; again < 5; again++)
    assert.equal((await post(port, lines, numbered)).body, { numEvents: 2, isDuplicate: true });
  const json = { 'content-type': 'application/json' };
  const pretty = JSON.stringify(JSON.parse(eventOf('chess-fan-4', 'gambit')), null, 2);
  assert.equal((await post(port, pretty, json)).body, { numEvents: 1 });
  const bad = await post(port, `${eventOf('chess-fan-1', 'gambit')}\nrubbish`);
  assert.equal([bad.status, bad.body.error?.code], [400, 'BAD_ROW']);
  assert.match(String(bad.body.error?.found), /^line 2: /);

  const { body: metrics } = await send(port, '/metrics');
  assert.match(metrics, /simclusters_stream_events_total 7\n/);
  assert.match(metrics, /simclusters_stream_events_left_out_total\{reason="unknown-actor"\} 1\n/);
  assert.match(
    metrics,
    /simclusters_request_seconds_count\{method="POST",route="\/v1\/events",status="200"\} 11\n/,
  );
  const { paths } = JSON.parse((await send(port, '/openapi.json')).body);
  assert.is(paths['/v1/events'].post.operationId, 'postEvents');

  assert.is(simclusters(['stream', '--model', model, '--state', state, '--stdin']).status, 75);
  const second = ['serve', '--model', model, '--stream', state, '--ingest', '--port', '0', ...common];
  const refused = simclusters(second);
  assert.is(refused.status, 75, refused.stderr);
  assert.match(refused.stderr, 'MODEL_LOCKED');
  assert.is(await stop(server), 0);
  assert.not(existsSync(join(state, 'lock')));
  const { engine } = JSON.parse(readFileSync(join(state, 'checkpoint.json'), 'utf8'));
  assert.is(engine.counts.numEvents, 7, 'the checkpoint of a stop has all of them');
});

test('killed after an acknowledgement, it has the event when it is started again', async () => {
  const state = newState();
  const never = ['--snapshot-seconds', '3600', '--checkpoint-seconds', '3600'];
  const server = await start(state, never);
  const numbered = { 'x-producer-id': 'shop', 'x-sequence': '1' };
  assert.is((await post(server.port, eventOf('chess-fan-1', 'survivor'), numbered)).status, 200);
  await kill(server);
  const again = await start(state, never);
  // Replayed before anyone is answered, though no snapshot and no checkpoint had it.
  assert.ok((await itemsFor(again.port, 'chess-fan-2')).includes('survivor'));
  assert.equal((await post(again.port, eventOf('chess-fan-1', 'survivor'), numbered)).body, {
    numEvents: 1,
    isDuplicate: true,
  });
  assert.is(await stop(again), 0);
});

test('names of clients are limited: a crowd of them is refused, who is known is not, and the state does not grow', async () => {
  const state = newState();
  const server = await start(state, ['--max-clients', '2']);
  const as = (client: string, sequence = 1) =>
    post(server.port, eventOf('chess-fan-1', 'opening'), {
      'x-producer-id': client,
      'x-sequence': String(sequence),
    });
  assert.equal([(await as('shop')).status, (await as('till')).status], [200, 200]);
  for (let guest = 0; guest < 20; guest++) {
    const { status, body, headers } = await as(`guest-${guest}`);
    assert.equal([status, body.error?.code, headers.get('retry-after')], [503, 'OVERLOADED', '1']);
    assert.match(String(body.error?.found), /x-producer-id, beside 2 .* 60 minutes/);
  }
  assert.equal((await as('shop')).body, { numEvents: 1, isDuplicate: true });
  assert.equal((await as('shop', 2)).body, { numEvents: 1 });
  assert.is((await post(server.port, eventOf('chess-fan-1', 'opening'))).status, 200, 'without a name');
  assert.is(await stop(server), 0);
  const { positions } = JSON.parse(readFileSync(join(state, 'checkpoint.json'), 'utf8'));
  assert.equal(positions, { 'http:till': '1', 'http:shop': '2', http: '1' });
});

test('a full disk: what cannot be journalled is refused with 507, and what is there goes on being served', async () => {
  const state = newState();
  const first = await start(state);
  assert.is((await post(first.port, eventOf('chess-fan-1', 'opening'))).status, 200);
  assert.is(await stop(first), 0);
  const limited = ['sh', '-c', 'ulimit -f 4000; exec "$@"', 'sh'];
  const server = await startServer(
    ['--model', model, '--stream', state, '--ingest', ...common, '--max-body', '2000000'],
    limited,
  );
  running.add(server);
  const large = `${eventOf('nobody', 'x'.repeat(900))}\n`.repeat(1000);
  const statuses: number[] = [];
  while (statuses.length < 20 && statuses.at(-1) !== 507)
    statuses.push((await post(server.port, large)).status);
  assert.is(statuses.at(-1), 507, statuses.join());
  const answer = await post(server.port, eventOf('chess-fan-1', 'gambit'));
  assert.equal([answer.status, answer.body.error?.code], [507, 'WRITE_FAILED']);
  assert.not.match(JSON.stringify(answer.body), new RegExp(folder), 'no path goes out');
  assert.ok((await itemsFor(server.port, 'chess-fan-2')).includes('opening'));
  assert.is(await stop(server), 0);
  // What was acknowledged is there: the state opens again.
  const again = await start(state);
  assert.ok((await itemsFor(again.port, 'chess-fan-2')).includes('opening'));
  assert.is(await stop(again), 0);
});

test('flags that cannot be are refused before anything is left running', () => {
  const refused = (status: number, text: RegExp, flags: readonly string[]) => {
    const { status: code, stderr } = simclusters(['serve', '--model', model, '--port', '0', ...flags]);
    assert.is(code, status, stderr);
    assert.match(stderr, text);
  };
  refused(64, /--ingest without --stream/, ['--ingest']);
  const state = newState();
  refused(64, /--snapshot-seconds 0/, ['--ingest', '--stream', state, '--snapshot-seconds', '0']);
  refused(64, /maxClients 0.5/, ['--ingest', '--stream', state, '--max-clients', '0.5']);
  refused(64, /halfLifeHours/, ['--ingest', '--stream', state, '--half-life-hours', '0']);
  // Of the stream that is run elsewhere they would say nothing; not even where they say what is the default.
  refused(64, /--max-item-age-hours, --top-k without --ingest/, ['--top-k', '1600', '--maxItemAgeHours=0']);
  refused(64, /--compat without/, ['--stream', state, '--compat']);
  refused(64, /--fav-verbs without/, ['--stream', state, '--fav-verbs', 'like', 'share']);
  const used = join(folder, 'state-0');
  refused(64, /settings/, ['--ingest', '--stream', used, '--half-life-hours', '3']);
  assert.not(existsSync(join(used, 'lock')));
});

/** The model of a week later, in which `newcomer` follows and favs what the fans of chess do. */
function renewedModel(target: string): void {
  const file = (name: string, more: readonly string[]) => {
    const path = join(folder, `later-${name}`);
    writeFileSync(path, `${readFileSync(join(folder, name), 'utf8')}${more.join('\n')}\n`);
    return path;
  };
  const follows = file('follows.csv', ['newcomer,chess.example/1', 'newcomer,chess.example/2']);
  const favs = file('favs.tsv', ['1700000000\tnewcomer\tchess.example/1\tfav']);
  const settings = ['--num-communities', '3', '--num-starts', '20', '--seed', '2', '--quiet'];
  const inputs = ['--follows', follows, '--engagements', favs, '--previous', model];
  const { status, stderr } = simclusters(['run', '--model', target, ...inputs, ...settings]);
  assert.is(status, 0, stderr);
}

test('a new model: the stream goes on with what it has, and later events add the new interests', async () => {
  const models = join(folder, 'models');
  const pointTo = (name: string) => {
    symlinkSync(name, join(models, 'draft'));
    renameSync(join(models, 'draft'), join(models, 'latest'));
  };
  mkdirSync(models);
  cpSync(model, join(models, 'first'), { recursive: true });
  renewedModel(join(models, 'second'));
  pointTo('first');
  const server = await start(newState(), [], models);
  const { port } = server;
  const fan = 'chess-fan-2';
  assert.is((await post(port, eventOf('chess-fan-1', 'before'))).status, 200);
  await untilRetrievable(port, fan, 'before');
  assert.is((await post(port, eventOf('newcomer', 'too early'))).status, 200);
  const statuses: number[] = [];
  let isOver = false;
  const posting = (async () => {
    while (!isOver) statuses.push((await post(port, eventOf('chess-fan-1', 'meanwhile'))).status);
  })();
  pointTo('second');
  await server.said('answering', 4);
  isOver = true;
  await posting;
  assert.equal([...new Set(statuses)], [200]);
  assert.is((await post(port, eventOf('newcomer', 'after'))).status, 200);
  await untilRetrievable(port, fan, 'after');
  const items = await itemsFor(port, fan);
  assert.ok(items.includes('before') && items.includes('meanwhile'));
  assert.not(items.includes('too early'), 'what events added stays what it was');

  // Without interests a model says nothing of what events add: it does not come to be served, and the stream goes on.
  cpSync(join(models, 'second'), join(models, 'third'), { recursive: true });
  rmSync(join(models, 'third', 'interestedIn.parquet'));
  pointTo('third');
  await server.said('the new model cannot be served; the one before stays');
  assert.is((await post(port, eventOf('newcomer', 'still'))).status, 200);
  await untilRetrievable(port, fan, 'still');
  assert.is(await stop(server), 0);
});

test.run();
