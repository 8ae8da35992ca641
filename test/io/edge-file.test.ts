import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SimClustersError } from '../../src/core/errors.ts';
import { isLeftOver } from '../../src/io/atomic-file.ts';
import { openEdgeFile } from '../../src/io/edge-file.ts';

const test = suite('edges on disk');
const folder = mkdtempSync(join(tmpdir(), 'edge-file-'));
test.after(() => rmSync(folder, { recursive: true }));

test('what is appended is read, and the folder stays empty', async () => {
  const store = await openEdgeFile(folder, 'edges');
  await store.append('indices', Uint8Array.of(1, 2, 3));
  await store.append('weights', Uint8Array.of(9));
  await store.append('indices', Uint8Array.of(4, 5));
  const [later, now] = [new Uint8Array(3), new Uint8Array(3)];
  await store.read('indices', 1, later);
  store.readNow('indices', 2, now);
  assert.equal([...later, ...now], [2, 3, 4, 3, 4, 5]);
  await store.close();
  assert.equal(readdirSync(folder), []);
});

test('the name is one that the next run sweeps away, should a kill come before it is gone', async () => {
  const store = await openEdgeFile(folder, 'edges');
  await store.close();
  const error = await store.append('indices', Uint8Array.of(1)).catch((reason) => reason);
  assert.instance(error, SimClustersError);
  assert.is(error.code, 'WRITE_FAILED');
  assert.ok(isLeftOver(basename(error.facts.file)), error.facts.file);
});

const script = `
  import { closeSync, openSync } from 'node:fs';
  const { openEdgeFile } = await import(${JSON.stringify(new URL('../../src/io/edge-file.ts', import.meta.url).href)});
  const files = [];
  try { for (;;) files.push(openSync('/dev/null')); } catch {}
  closeSync(files.pop());
  const error = await openEdgeFile(${JSON.stringify(folder)}, 'edges').catch((reason) => reason);
  closeSync(openSync('/dev/null'));
  console.log(error.code);
`;

test('where one file can be opened and two cannot, none stays open', () => {
  if (process.platform === 'win32') return;
  const command = `ulimit -n 256 && exec "$0" --import tsx --input-type=module -e "$1"`;
  const run = spawnSync('/bin/sh', ['-c', command, process.execPath, script], { encoding: 'utf8' });
  assert.is(run.stdout, 'WRITE_FAILED\n', run.stderr);
});

test.run();
