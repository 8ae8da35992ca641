/** Posts as a source: numbered ones count once, too many are refused, none is left without an answer. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkEvents, countEvents } from '../../src/stream/event-lines.ts';
import { numberedBy, type Post } from '../../src/stream/event-post.ts';
import { PostedSource, type PostedSourceOptions } from '../../src/stream/sources/posted-source.ts';

const test = suite('posted source');
const bytes = (text: string) => new TextEncoder().encode(text);
const post = (text: string, numbered?: Post['numbered']): Post => ({ events: bytes(text), numbered });
const outcome = (promise: Promise<unknown>) => promise.catch((error) => error.code);

/** @param receivedMs  of every position */
async function opened(
  positions: Readonly<Record<string, string>> = {},
  options: Partial<PostedSourceOptions> = {},
  receivedMs = 0,
) {
  const source = new PostedSource({ name: 'posts', ...options });
  await source.open({
    positionOf: (partition) => positions[partition],
    partitions: () =>
      Object.entries(positions).map(([partition, position]) => ({ partition, position, receivedMs })),
    settled: async () => undefined,
  });
  return source;
}

test('each post is a batch, answered when it is acknowledged; positions go on where the journal was', async () => {
  const source = await opened({ http: '7', 'http:shop': '3' });
  let isAnswered = false;
  const first = source.post(post('{}\n\n{}')).then((taken) => {
    isAnswered = true;
    return taken;
  });
  const second = source.post(post('{}', { client: 'shop', sequence: 4 }));
  assert.is(source.lag(), 2);
  const batches = [await source.read(), await source.read()];
  assert.equal(
    batches.map((batch) => [batch?.partition, batch?.position]),
    [
      ['http', '8'],
      ['http:shop', '4'],
    ],
  );
  assert.not(isAnswered);
  await source.acknowledge('http', '8');
  assert.equal(await first, { numEvents: 2 });
  await source.acknowledge('http:shop', '4');
  assert.equal(await second, { numEvents: 1 });
});

test('a number that came before is counted once, and answered when the first is on disk', async () => {
  const source = await opened({ 'http:shop': '3' });
  const numbered = (sequence: number) => post('{}', { client: 'shop', sequence });
  assert.equal(await source.post(numbered(3)), { numEvents: 1, isDuplicate: true });
  const order: string[] = [];
  const first = source.post(numbered(4)).then(() => order.push('first'));
  const again = source.post(numbered(4)).then((taken) => order.push(`again ${taken.isDuplicate}`));
  await source.read();
  assert.is(source.lag(), 0);
  assert.equal(order, []);
  await source.acknowledge('http:shop', '4');
  await Promise.all([first, again]);
  assert.equal(order.sort(), ['again true', 'first']);
});

test('full, it refuses until something is acknowledged; drained, it refuses but hands out what it has', async () => {
  const source = await opened({}, { maxWaitingBytes: 3 });
  const large = source.post(post('{"a":1}'));
  assert.is(source.obstacle, 'full');
  assert.is(await outcome(source.post(post('{}'))), 'OVERLOADED');
  const batch = await source.read();
  await source.acknowledge('http', String(batch?.position));
  await large;
  assert.is(source.obstacle, undefined);
  const last = source.post(post('{}'));
  source.drain();
  assert.is(await outcome(source.post(post('{}'))), 'OVERLOADED');
  assert.is((await source.read())?.position, '2');
  assert.is(await source.read(), undefined);
  const left = outcome(last);
  await source.close();
  assert.is(await left, 'OVERLOADED', 'nobody knows whether it came to disk');
});

test('beyond the limit the client heard of longest ago is forgotten for a new one, with the batch that is the reason', async () => {
  let nowMs = 0;
  const source = await opened({}, { maxClients: 2, holdMs: 1000, clock: () => nowMs });
  /** The clients that are forgotten for this post; whether it came before; or why it is refused. */
  const postOf = async (client: string, sequence: number) => {
    const posted = source.post(post('{}', { client, sequence }));
    const refused = await Promise.race([outcome(posted), new Promise((resolve) => setImmediate(resolve))]);
    if (refused !== undefined) return refused;
    const batch = await source.read();
    await source.acknowledge(`http:${client}`, String(sequence));
    assert.equal(await posted, { numEvents: 1 });
    return batch?.forgets;
  };
  assert.equal([await postOf('a', 1), await postOf('b', 1)], [[], []]);
  nowMs = 500;
  assert.equal(await postOf('a', 2), []);
  // Of b was heard longer ago than of a, but not long enough.
  nowMs = 999;
  assert.is(await postOf('c', 1), 'OVERLOADED');
  assert.equal(await postOf('b', 1), { numEvents: 1, isDuplicate: true }, 'a refusal forgets nobody');
  nowMs = 1000;
  assert.equal(await postOf('c', 1), ['http:b']);
  assert.equal(await postOf('a', 2), { numEvents: 1, isDuplicate: true });
  assert.is(await postOf('b', 1), 'OVERLOADED', 'b is as new as any other');
  nowMs = 1500;
  assert.equal(
    await postOf('b', 1),
    ['http:a'],
    'what is posted again by one who was forgotten counts again',
  );
});

test('opened again it knows whom the journal knows, and who was heard of longest ago; a clock that was ahead keeps nobody for ever', async () => {
  const known = { http: '9', 'events.ndjson': '7', 'http:z': '3', 'http:a': '5' };
  const options = { maxClients: 2, holdMs: 1000, clock: () => 5000 };
  const source = await opened(known, options, 4000);
  const numbered = (client: string, sequence: number) => post('{}', { client, sequence });
  assert.equal(await source.post(numbered('a', 5)), { numEvents: 1, isDuplicate: true });
  void source.post(numbered('new', 1));
  assert.equal((await source.read())?.forgets, ['http:z']);
  assert.is(await outcome((await opened(known, options, 4001)).post(numbered('new', 1))), 'OVERLOADED');
  let nowMs = 5000;
  const ahead = await opened(known, { ...options, clock: () => nowMs }, 9e15);
  nowMs = 6000;
  void ahead.post(numbered('new', 1));
  assert.equal((await ahead.read())?.forgets, ['http:z']);
  // With a lower limit than before, room is made for one all the same.
  const lower = await opened(known, { ...options, maxClients: 1 }, 4000);
  void lower.post(numbered('new', 1));
  assert.equal((await lower.read())?.forgets, ['http:z', 'http:a']);
});

test('numbers come with a client', () => {
  assert.is(numberedBy(undefined, undefined), undefined);
  assert.equal(numberedBy('a.b:c-d_1', '12'), { client: 'a.b:c-d_1', sequence: 12 });
  for (const [client, number] of [
    ['a', undefined],
    [undefined, '1'],
    ['a', '0'],
    ['a', '1.5'],
    ['a', '0x10'],
    ['a', '1e3'],
    ['a', ' 1'],
    ['a', '9007199254740992'],
    ['a b', '1'],
    ['', '1'],
  ])
    assert.throws(() => numberedBy(client, number), /BAD_PARAM/);
});

test('lines are counted as the engine does; one that is no event refuses all', () => {
  const good = '{"eventTimeMs":1,"actorId":9007199254740993,"objectId":"☂"}';
  checkEvents(bytes(`\n${good}\r\n\t\n${good}`));
  assert.is(countEvents(bytes(`\n${good}\r\n\t\n${good}\n`)), 2);
  const codeOf = (events: Uint8Array) => {
    try {
      checkEvents(events);
    } catch (error) {
      const { code, facts } = error as { code: string; facts: { line?: number } };
      return `${code} ${facts.line}`;
    }
    return 'none';
  };
  assert.is(codeOf(bytes('')), 'EMPTY_INPUT undefined');
  assert.is(codeOf(bytes(`${good}\n\n{}`)), 'BAD_ROW 3');
  const broken = bytes(`${good}\n${good}`);
  broken[broken.length - 4] = 0xff;
  assert.is(codeOf(broken), 'BAD_ROW 2');
});

test.run();
