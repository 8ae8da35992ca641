import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lockModel } from '../../src/pipeline/model-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'simclusters-test-'));
test.after(() => rmSync(root, { recursive: true }));
const source = new URL('../../src/pipeline/model-folder.ts', import.meta.url).href;

/** Takes the lock again and again; prints how often it had it, how often it was told who has it, and what else happened. */
const contender = (folder: string) => `
  import { lockModel } from '${source}';
  const counts = { had: 0, told: 0, other: [] };
  for (let i = 0; i < 150; i++) {
    try {
      const unlock = lockModel(${JSON.stringify(folder)});
      counts.had++;
      unlock();
    } catch (error) {
      if (error.code === 'MODEL_LOCKED') counts.told++;
      else counts.other.push(error.message);
    }
  }
  console.log(JSON.stringify(counts));`;

test('processes that want the same folder get it or are told who has it, and nothing else happens', async () => {
  const folder = join(root, 'wanted');
  const run = async () => {
    const args = ['--import', 'tsx', '--input-type=module', '-e', contender(folder)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    await once(child, 'close');
    return JSON.parse(text) as { had: number; told: number; other: string[] };
  };
  for (const { had, told, other } of await Promise.all([run(), run(), run()])) {
    assert.equal(other, []);
    assert.ok(had > 0 && had + told === 150, `${had} ${told}`);
  }
  assert.equal(readdirSync(folder), []);
});

test('the lock of a dead process is taken over, with what it left behind; what a living one writes stays', () => {
  const folder = join(root, 'left');
  lockModel(folder)();
  // No process has so high a number.
  writeFileSync(join(folder, 'lock'), '4194305');
  writeFileSync(join(folder, 'manifest.json.0a1b2c3d.tmp-4194305'), '');
  writeFileSync(join(folder, `lock.0a1b2c3d.tmp-${process.ppid}`), '');
  const unlock = lockModel(folder);
  assert.equal(readdirSync(folder).sort(), ['lock', `lock.0a1b2c3d.tmp-${process.ppid}`]);
  assert.throws(() => lockModel(folder), /MODEL_LOCKED/);
  unlock();
  assert.not(existsSync(join(folder, 'lock')));
});

test.run();
