import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openModel } from '../../src/pipeline/model-folder.ts';
import { artifactHashes, newFolder, simclusters } from './cli.ts';

const root = newFolder();
const straight = join(root, 'straight');
assert.is(simclusters(['run', '--model', straight, '--quiet']).status, 0);
const similarityOf = (folder: string) => artifactHashes(folder)['producerSimilarity.parquet'];

test('--memory gives the same bytes and stays near what is allowed', () => {
  const folder = join(root, 'bounded');
  const run = simclusters(['run', '--model', folder, '--memory', '256MB', '--quiet']);
  assert.is(run.status, 0, run.stderr);
  assert.equal(artifactHashes(folder), artifactHashes(straight));
  const record = openModel(folder).manifest.stages['producer-similarity'];
  assert.ok(record.peakRssBytes < 1.5 * 256e6, `${record.peakRssBytes} bytes`);
});

test('too little memory, a bad size and favs that are not there are told', () => {
  const args = ['producer-similarity', '--model', straight, '--force'];
  for (const [flags, status, message] of [
    [['--memory', '50MB'], 71, /at least \d+ MiB/],
    [['--memory', 'much'], 64, /such as 512MB/],
  ] as const) {
    const run = simclusters([...args, ...flags]);
    assert.is(run.status, status, run.stderr);
    assert.match(run.stderr, message);
  }
});

test('favs weigh where they are asked for, and only then does a change of them count', () => {
  const folder = join(root, 'favs');
  assert.is(simclusters(['run', '--model', folder, '--quiet']).status, 0);
  const follows = similarityOf(folder);
  const again = simclusters(['producer-similarity', '--model', folder, '--fav-half-life-days', '10']);
  assert.match(again.stderr, /producer-similarity: .*up to date/);
  const hashes = new Set([follows]);
  for (const weighting of ['fav-cosine', 'log-fav-cosine', 'projection', 'degree-normalized']) {
    const run = simclusters(['producer-similarity', '--model', folder, '--similarity-weighting', weighting]);
    assert.is(run.status, 0, run.stderr);
    hashes.add(similarityOf(folder));
  }
  // Follows without weights: the projection is the cosine, but for values below 1e-5.
  assert.is(hashes.size, 4);
});

test.run();
