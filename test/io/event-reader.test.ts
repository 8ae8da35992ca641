import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { idStrings } from '../../src/core/ids.ts';
import type { EventInput, InputOptions } from '../../src/io/edge-input.ts';
import { readEvents } from '../../src/io/event-reader.ts';
import { timeOfNumber, timeOfText } from '../../src/io/event-time.ts';
import { fails } from '../fixtures/fails.ts';

const folder = mkdtempSync(join(tmpdir(), 'event-reader-'));
const test = suite('event reader');
test.after(() => rmSync(folder, { recursive: true }));

let numFiles = 0;

function read(content: string | Uint8Array, options: Omit<InputOptions, 'files'> = {}): Promise<EventInput> {
  const path = join(folder, `${numFiles++}`);
  writeFileSync(path, content);
  return readEvents({ files: [path], ...options });
}

/** Events as `time user item verb author`, with the ids in JSON. */
function eventsOf(input: EventInput): string[] {
  const { userIds, itemIds, authorIds, verbs } = input;
  const [users, items, authors] = [userIds, itemIds, authorIds].map(idStrings);
  return Array.from({ length: input.numEvents }, (_, i) => {
    const { timesMs, verbOf } = input;
    return [
      timesMs[i],
      users[input.users[i]],
      items[input.items[i]],
      verbs[verbOf[i]],
      authors[input.authors[i]],
    ].join(' ');
  });
}

test('times: seconds, milliseconds, microseconds', () => {
  assert.is(timeOfNumber(0), 0);
  assert.is(timeOfNumber(1_700_000_000), 1_700_000_000_000);
  assert.is(timeOfNumber(99_999_999_999), 99_999_999_999_000);
  assert.is(timeOfNumber(100_000_000_000), 100_000_000_000);
  assert.is(timeOfNumber(1_700_000_000_123), 1_700_000_000_123);
  assert.is(timeOfNumber(1_700_000_000_123_999), 1_700_000_000_123);
  for (const value of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])
    assert.ok(Number.isNaN(timeOfNumber(value)));
});

test('times: ISO 8601, UTC unless it says otherwise', () => {
  const time = Date.UTC(2024, 1, 29, 12, 30, 5);
  assert.is(timeOfText('2024-02-29T12:30:05Z'), time);
  assert.is(timeOfText('2024-02-29 12:30:05'), time);
  assert.is(timeOfText('2024-02-29T12:30:05.6789Z'), time + 678);
  assert.is(timeOfText('2024-02-29T14:30:05+02:00'), time);
  assert.is(timeOfText('2024-02-29T04:00:05-0830'), time);
  assert.is(timeOfText('2024-02-29'), Date.UTC(2024, 1, 29));
  for (const text of [
    '2023-02-29',
    '2024-13-01',
    '2024-01-01T24:00',
    '1969-12-31T23:59:59Z',
    'now',
    '',
    '1.5e9',
  ]) {
    assert.ok(Number.isNaN(timeOfText(text)), text);
  }
});

test('every time in a Date is read back from its ISO text', () => {
  const date = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
  fc.assert(fc.property(date, (value) => timeOfText(value.toISOString()) === value.getTime()));
});

test('delimited events: by position, by header, without verb or author', async () => {
  assert.equal(eventsOf(await read('1700000000\tu\ti\tlike\ta\n1700000001\tu\tj\tfav\ta\n')), [
    '1700000000000 u i like a',
    '1700000001000 u j fav a',
  ]);
  assert.equal(eventsOf(await read('1700000000 u i\n')), ['1700000000000 u i fav i']);
  assert.equal(eventsOf(await read('created_utc\tsubreddit\tdomain\n5\tx\ty\n')), ['5000 x y fav y']);
  assert.equal(eventsOf(await read('user,tweet,authorId,action,timestamp\nu,t,a,rt,5\n')), ['5000 u t rt a']);
  assert.equal(eventsOf(await read('when,who,what\n5,a,b\n')), ['5000 a b fav b']);
  assert.equal(eventsOf(await read('x,u,5,i,v\n', { columns: ['3', '2', '4', '-', '1'] })), [
    '5000 u i fav x',
  ]);
  const zipped = await read(gzipSync('when,who,what\n5,a,b\n'), { columns: ['when', 'what', 'who'] });
  assert.equal(eventsOf(zipped), ['5000 b a fav a']);
  assert.equal(zipped.report.columns, ['when', 'what', 'who']);
});

test('JSON lines: keys of every kind, big numbers to the digit, escapes, nested values', async () => {
  const input = await read(
    [
      '{"time":1700000000,"user":9007199254740993,"item":"18446744073709551615","verb":"like","author":"a"}',
      '',
      '{ "eventTimeMs" : 1700000000123 , "actorId" : "u\\u00e9\\n\\"" , "objectId" : -7 , "x" : {"item":"no","y":[1,{"z":"}"}]} }',
      '{"ts":"2024-01-01","userId":"u","user":5,"tweet":"t","action":null,"event":"e","authorId":null}',
    ].join('\n'),
  );
  assert.is(input.report.format, 'ndjson');
  assert.equal(eventsOf(input), [
    '1700000000000 9007199254740993 18446744073709551615 like a',
    '1700000000123 ué\n" -7 fav -7',
    '1704067200000 u t e t',
  ]);
  const named = await read('{"a":1,"b":"u","c":"i"}', { columns: ['a', 'b', 'c'] });
  assert.equal(eventsOf(named), ['1000 u i fav i']);
});

test('JSON lines that cannot be read', async () => {
  const good = '{"time":1,"user":"u","item":"i"}\n';
  const bad = async (line: string, facts = {}) => fails(read(good + line), 'BAD_ROW', { line: 2, ...facts });
  await bad('{"time":1,"user":"u","item":"i"', { expected: 'one JSON object a line' });
  await bad('{"time":1,"user":"u","item":"i"} x');
  await bad('{"time":1,"user":"u","item":i}');
  await bad('{"time":1,,"item":"i"}');
  await bad('{"time":1,"user":"u","item":[1}}');
  await bad('[1]');
  await bad('{"time":1,"user":"u"}', { column: 3, got: 'no value' });
  await bad('{"time":1,"user":1.5,"item":"i"}', { column: 2, got: /1\.5/ });
  await bad('{"time":1,"user":1e3,"item":"i"}', { column: 2 });
  await bad('{"time":1,"user":{"id":1},"item":"i"}', { column: 2 });
  await bad('{"time":1,"user":"","item":"i"}', { column: 2, got: 'an empty id' });
  await bad('{"time":1,"user":"\\ud800","item":"i"}', { column: 2 });
  await bad('{"time":-5,"user":"u","item":"i"}', { column: 1, got: '"-5"' });
  await bad('{"user":"u","item":"i"}', { column: 1 });
  await fails(read('{"time":1,"user":"u","item":"i"}', { columns: ['time', '-', 'item'] }), 'BAD_PARAM');
});

test('bad delimited events', async () => {
  const good = '1\tu\ti\tv\ta\n';
  await fails(read(`${good}-1\tu\ti\tv\ta\n`), 'BAD_ROW', {
    line: 2,
    column: 1,
    got: '"-1"',
    expected: /ISO 8601/,
  });
  await fails(read(`${good}soon\tu\ti\tv\ta\n`), 'BAD_ROW', { line: 2, column: 1 });
  await fails(read(`${good}1\t\ti\tv\ta\n`), 'BAD_ROW', { line: 2, column: 2 });
  await fails(read(`${good}1\tu\ti\tv\t\n`), 'BAD_ROW', { line: 2, column: 5 });
  await fails(read(`${good}1\tu\ti\tv\n`), 'BAD_ROW', { line: 2, column: 5, got: '4 fields' });
  const skipped = await read(`${good}x\ty\tz\tw\tv\n${good}`, { badRows: 'skip' });
  assert.is(skipped.numEvents, 2);
  assert.is(skipped.report.numBadRows, 1);
  assert.equal(idStrings(skipped.userIds), ['u']);
  assert.equal(skipped.verbs, ['v']);
  await fails(read('x\ty\tz\n', { badRows: 'skip' }), 'BAD_FILE');
  await fails(read(''), 'EMPTY_INPUT');
  const verbs = Array.from({ length: 257 }, (_, i) => `1\tu\ti\tverb${i}\n`).join('');
  await fails(read(verbs), 'BAD_FILE', { line: 257, column: 4 });
});

test('Parquet events', async () => {
  const columnData = [
    { name: 'timestamp', data: [new Date(5000), new Date(1_700_000_000_123)], type: 'TIMESTAMP' as const },
    { name: 'user', data: [2n ** 63n - 1n, 7n], type: 'INT64' as const },
    { name: 'item', data: ['i', 'é'], type: 'STRING' as const },
    { name: 'verb', data: ['like', 'fav'], type: 'STRING' as const },
  ];
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData }));
  assert.equal(eventsOf(await read(bytes)), ['5000 9223372036854775807 i like i', '1700000000123 7 é fav é']);
  const holes = [...columnData.slice(0, 2), { name: 'item', data: ['i', null], type: 'STRING' as const }];
  await fails(read(new Uint8Array(parquetWriteBuffer({ columnData: holes }))), 'BAD_ROW', {
    line: 2,
    column: 3,
    got: 'null',
  });
});

test('files of different kinds do not mix', async () => {
  const paths = ['1\tu\ti\n', '{"time":1}\n'].map((content, i) => {
    const path = join(folder, `mixed${i}`);
    writeFileSync(path, content);
    return path;
  });
  await fails(readEvents({ files: paths }), 'BAD_FILE', { file: paths[1] });
});

const id = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => !text.includes('\0'));
const anEvent = fc.record({
  time: fc.nat(2_000_000_000),
  user: id,
  item: id,
  verb: fc.constantFrom('fav', 'rt'),
  author: id,
});

test('random events come back from JSON lines and comma files', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anEvent, { minLength: 1, maxLength: 30 }), async (events) => {
      const wanted = events.map(({ time, user, item, verb, author }) =>
        [time * 1000, user, item, verb, author].join(' '),
      );
      assert.equal(eventsOf(await read(events.map((event) => JSON.stringify(event)).join('\n'))), wanted);
      const rows = events.map((event) =>
        Object.values(event)
          .map((part) => `"${String(part).replaceAll('"', '""')}"`)
          .join(','),
      );
      assert.equal(eventsOf(await read(rows.join('\n'), { header: 'no' })), wanted);
    }),
    { numRuns: 60 },
  );
});

test.run();
