/** The similarity graph by sampling, through the command line. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { artifactHashes, newFolder, simclusters } from './cli.ts';

const root = newFolder();
const follows = new URL('../../src/example/follows.tsv.gz', import.meta.url).pathname;

function similarity(name: string, ...flags: string[]) {
  const folder = join(root, name);
  const threshold = flags.includes('--similarity-threshold') ? [] : ['--similarity-threshold', '0.3'];
  const args = ['producer-similarity', '--model', folder, '--follows', follows, ...threshold, ...flags];
  return { ...simclusters(args), folder };
}

const hashOf = (folder: string) => artifactHashes(folder)['producerSimilarity.parquet'];

test('--similarity-method whimp tells what it took, and any number of threads gives the same bytes', () => {
  const flags = ['--similarity-method', 'whimp', '--sketch-bits', '512'];
  const one = similarity('one', ...flags, '--threads', '1');
  assert.is(one.status, 0, one.stderr);
  assert.match(one.stderr, /producers done exactly, being cheaper so; none is left to sample/);
  assert.not.match(one.stderr, /sketches of|recall/);
  const two = similarity('two', ...flags, '--threads', '2');
  assert.is(hashOf(two.folder), hashOf(one.folder));
  const { report } = JSON.parse(readFileSync(join(one.folder, 'manifest.json'), 'utf8')).stages[
    'producer-similarity'
  ];
  assert.is(report.method, 'whimp');
  assert.is(report.whimp.sketchBits, 512);
  assert.is(report.whimp.expectedRecall, 1);
});

test('without verifying no recall is promised', () => {
  const { folder, stderr } = similarity(
    'told',
    '--similarity-method',
    'whimp',
    '--verify-similarities',
    'false',
  );
  assert.match(stderr, /no recall is promised, for similarities are what sketches tell/);
  assert.not.match(stderr, /recall at the threshold/);
  const { stages } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  assert.not('expectedRecall' in stages['producer-similarity'].report.whimp);
});

test('a small graph is done exactly, with the same bytes as when that is asked for', () => {
  const auto = similarity('auto', '--similarity-method', 'auto');
  assert.match(auto.stderr, /exact: affordable; exactly about .* s, by WHIMP about .* s/);
  assert.is(hashOf(auto.folder), hashOf(similarity('exact', '--similarity-method', 'exact').folder));
});

test('consumers above the cap are counted', () => {
  assert.match(similarity('cap', '--max-user-degree', '50').stderr, /consumers left out with [\d,]+ follows/);
});

test('what sampling cannot work with is refused before anything is written', () => {
  for (const flags of [
    ['--similarity-threshold', '0'],
    ['--sketch-bits', '100'],
    ['--similarity-recall', '1'],
    ['--sketch-bits', '100', '--similarity-method', 'exact'],
  ]) {
    const { status, stderr } = similarity(
      'refused',
      ...(flags.includes('exact') ? [] : ['--similarity-method', 'whimp']),
      ...flags,
    );
    assert.is(status, 64, stderr);
    assert.match(stderr, /BAD_PARAM/);
  }
});

test.run();
