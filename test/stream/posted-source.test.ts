/** Posts as a source: numbered ones count once, too many are refused, none is left without an answer. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkEvents, countEvents } from '../../src/stream/event-lines.ts';
import { numberedBy, type Post } from '../../src/stream/event-post.ts';
import { PostedSource } from '../../src/stream/sources/posted-source.ts';

const test = suite('posted source');
const bytes = (text: string) => new TextEncoder().encode(text);
const post = (text: string, numbered?: Post['numbered']): Post => ({ events: bytes(text), numbered });
const outcome = (promise: Promise<unknown>) => promise.catch((error) => error.code);

async function opened(positions: Readonly<Record<string, string>> = {}, maxWaitingBytes?: number) {
  const source = new PostedSource({ name: 'posts', maxWaitingBytes });
  await source.open({ positionOf: (partition) => positions[partition], settled: async () => undefined });
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
  const source = await opened({}, 3);
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
