import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { linesOf } from '../../src/stream/source.ts';
import { FileSource } from '../../src/stream/sources/file-source.ts';
import { Reader, someEvents, sourceContract } from './source.ts';

function newFile(): { path: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-file-source-'));
  const path = join(folder, 'events.ndjson');
  writeFileSync(path, '');
  return { path, remove: () => rmSync(folder, { recursive: true }) };
}

sourceContract(
  'file, followed',
  async () => {
    const { path, remove } = newFile();
    return {
      publish: async (events) => appendFileSync(path, `${events.join('\n')}\n`),
      connect: () => new FileSource(path, { follow: true, batchBytes: 500, pollMs: 1 }),
      close: async () => remove(),
    };
  },
  { isShared: false, isOrdered: true },
);

const test = suite('file source');

async function readAll(path: string, options = {}): Promise<string[]> {
  const reader = new Reader();
  const source = await reader.open(new FileSource(path, { batchBytes: 64, ...options }));
  for (let batch = await source.read(); batch; batch = await source.read()) reader.journal(batch);
  await source.close();
  return reader.events;
}

test('without follow it ends at the end; the last line needs no line break', async () => {
  const { path, remove } = newFile();
  assert.equal(await readAll(path), []);
  const events = someEvents(0, 40);
  writeFileSync(path, events.join('\n'));
  assert.equal(await readAll(path), events);
  remove();
});

test('lines longer than a batch are whole', async () => {
  const { path, remove } = newFile();
  const events = ['{"a":1}', `{"a":"${'x'.repeat(1000)}"}`, '{"a":2}'];
  writeFileSync(path, `${events.join('\n')}\n`);
  assert.equal(await readAll(path), events);
  remove();
});

test('half a line is waited for while the file is followed', async () => {
  const { path, remove } = newFile();
  const reader = new Reader();
  const source = await reader.open(new FileSource(path, { follow: true, pollMs: 1 }));
  writeFileSync(path, '{"a":1}\n{"a"');
  await reader.readUntil(1);
  const reading = reader.readUntil(2);
  appendFileSync(path, ':2}\n');
  await reading;
  assert.equal(reader.events, ['{"a":1}', '{"a":2}']);
  await source.close();
  remove();
});

test('goes on with the new file when a log is rotated', async () => {
  const { path, remove } = newFile();
  const reader = new Reader();
  const source = await reader.open(new FileSource(path, { follow: true, pollMs: 1 }));
  writeFileSync(path, '{"a":1}\n');
  await reader.readUntil(1);
  renameSync(path, `${path}.1`);
  writeFileSync(path, '{"b":1}\n{"b":2}\n');
  await reader.readUntil(3);
  assert.equal(reader.events, ['{"a":1}', '{"b":1}', '{"b":2}']);
  await source.close();
  remove();
});

test('refuses to go on in the middle of another file', async () => {
  const { path, remove } = newFile();
  const reader = new Reader();
  writeFileSync(path, '{"a":1}\n');
  const source = await reader.open(new FileSource(path));
  await reader.readUntil(1);
  await source.close();
  writeFileSync(path, '{"b":1}\n{"b":2}\n');
  const refused = await reader.open(new FileSource(path)).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.is((refused as { code?: string }).code, 'BAD_FILE');
  remove();
});

test('a file that is not there is named', async () => {
  const refused = await new FileSource('/nowhere/events').open(new Reader()).catch((error: unknown) => error);
  assert.is((refused as { code?: string }).code, 'INPUT_MISSING');
});

test('messages become lines; line breaks within one become blanks', () => {
  const messages = ['{"a":\n1}', '', '{"b":2}'].map((text) => new TextEncoder().encode(text));
  assert.is(new TextDecoder().decode(linesOf(messages)), '{"a": 1}\n\n{"b":2}\n');
});

test.run();
