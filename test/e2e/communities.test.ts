import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { newFolder, type Outcome, simclusters } from './cli.ts';

const root = newFolder();
const at = (name: string) => join(root, name);
const read = (name: string) => readFileSync(at(name), 'utf8');
const golden = '8 13\n2 3 4 5\n1 3 4\n1 2 4\n1 2 3\n1 6 7 8\n5 7 8\n5 6 8\n5 6 7\n';
writeFileSync(at('golden.metis'), golden);

function communities(...args: string[]): Outcome {
  const outcome = simclusters(['communities', ...args]);
  assert.is(outcome.status, 0, outcome.stderr);
  return outcome;
}

function generate(...args: string[]): void {
  assert.is(simclusters(['generate', '-q', ...args]).status, 0);
}

/** Average F1 of a cols file to the truth. */
function truthF1(cols: string, truth: string): number {
  const files = ['--communities', at(cols), '--truth', at(truth)];
  const { stdout } = simclusters(['evaluate', 'communities', ...files, '--json']);
  return JSON.parse(stdout).agreement.averageF1.f1;
}

const small = [
  '--out',
  at('planted.metis'),
  '--truth',
  at('truth'),
  '--num-vertices',
  '3000',
  '--mean-size',
  '40',
];
generate(...small, '--internal-degree', '15');
const planted = [at('planted.metis'), '--num-communities', '75', '--max-epochs', '15', '--wt-coeff', '10'];

test('two cliques joined by an edge: rows, cols, scores and precision as the reference writes them', () => {
  const outputs = ['rows', 'cols', 'scored-rows', 'precision'].flatMap((kind) => [
    `--${kind}`,
    at(`golden.${kind}`),
  ]);
  communities(at('golden.metis'), '--num-communities', '2', '--seed', '3', '-q', ...outputs);
  const rows = read('golden.rows').trim().split('\n');
  assert.is(new Set(rows.slice(0, 4)).size, 1);
  assert.is(new Set(rows.slice(4)).size, 1);
  assert.not.equal(rows[0], rows[4]);
  const members = read('golden.cols').trim().split('\n').sort();
  assert.equal(members, ['1 2 3 4', '5 6 7 8']);
  const scores = read('golden.scored-rows')
    .trim()
    .split('\n')
    .map((line) => line.split(':')[1]);
  assert.equal(scores, ['0.75', '1', '1', '1', '0.75', '1', '1', '1']);
  assert.is(read('golden.precision'), '1.00\n1.00\n');
});

test('planted communities are found, by a fixed number and by growth; growth finds the number', () => {
  communities(...planted, '--cols', at('fixed'), '-q');
  communities(at('planted.metis'), '--growth', '--wt-coeff', '9', '--cols', at('grown'), '-q');
  assert.ok(truthF1('fixed', 'truth') > 0.9, String(truthF1('fixed', 'truth')));
  assert.ok(truthF1('grown', 'truth') > 0.97, String(truthF1('grown', 'truth')));
});

test('same bytes on 1, 2 and 3 threads, with edges on disk, and with 16-bit weights on disk or not', () => {
  generate('--out', at('weighted.metis'), '--num-vertices', '4000', '--weighted', '--internal-degree', '20');
  const graph = [at('weighted.metis'), '--num-communities', '80', '--community-weights', 'similarity', '-q'];
  for (const more of [[], ['--weight-format', 'fixed16'], ['--update', 'deferred']]) {
    communities(...graph, ...more, '--rows', at('one'), '-t', '1');
    const variants = [
      ['-t', '2'],
      ['-t', '3'],
      ['--memory', '256MB'],
      ['--memory', '256MB', '-t', '1'],
    ];
    for (const variant of variants) {
      communities(...graph, ...more, ...variant, '--rows', at('other'), '--spool', root);
      assert.ok(read('one') === read('other'), [...more, ...variant].join(' '));
    }
  }
  assert.equal(
    readdirSync(root).filter((name) => name.includes('.tmp-')),
    [],
  );
});

test('--metrics json: a line per epoch and a result on stdout, numbers that fit together', () => {
  const { stdout } = communities(...planted, '--metrics', 'json', '-q');
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const epochs = lines.slice(0, -1);
  assert.ok(epochs.length >= 2 && epochs.every(({ type }) => type === 'epoch'));
  const last = epochs[epochs.length - 1];
  const result = lines[lines.length - 1];
  assert.is(result.type, 'result');
  assert.is(last.f1, result.f1);
  assert.is(result.isSampled, false);
  for (const name of [
    'acceptRate',
    'emptyProposalRate',
    'sameProposalRate',
    'numOrphans',
    'minSize',
    'edgesPerSecond',
  ])
    assert.type(last[name], 'number', name);
});

test('warm starts: from rows, cols and members by id; zero work keeps what is there', () => {
  communities(
    ...planted,
    '--rows',
    at('start.rows'),
    '--cols',
    at('start.cols'),
    '--members',
    at('start.members'),
    '-q',
  );
  const settled = [
    '--num-communities',
    '75',
    '--max-epochs',
    '1',
    '--eps',
    '1',
    '--scale-coeff',
    '1000',
    '--wt-coeff',
    '10',
    '-q',
  ];
  for (const kind of ['rows', 'cols', 'members']) {
    communities(
      at('planted.metis'),
      ...settled,
      `--init-${kind}`,
      at(`start.${kind}`),
      '--rows',
      at('again'),
    );
    const before = read('start.rows').split('\n');
    const after = read('again').split('\n');
    const kept = before.filter((row, v) => row === after[v]).length;
    assert.ok(kept > 0.97 * before.length, `${kind}: ${kept} of ${before.length}`);
  }
});

test('several communities per vertex: planted overlaps are found better than with one', () => {
  const overlapping = [
    '--overlapping',
    '--mean-memberships',
    '1.5',
    '--max-memberships',
    '3',
    '--mixing',
    '0.1',
  ];
  const shape = ['--num-vertices', '2000', '--mean-size', '40', '--internal-degree', '25'];
  generate('--out', at('overlap.metis'), '--truth', at('overlap.truth'), ...shape, ...overlapping);
  const run = [at('overlap.metis'), '--num-communities', '75', '--wt-coeff', '5', '--max-epochs', '20', '-q'];
  communities(...run, '--cols', at('single'));
  communities(...run, '--cols', at('multiple'), '--proposal', 'multiple', '--max-memberships', '3');
  const [single, multiple] = [truthF1('single', 'overlap.truth'), truthF1('multiple', 'overlap.truth')];
  assert.ok(multiple > single + 0.03, `${multiple} against ${single}`);
});

test('config files of the reference: keys, outputs, warnings; flags go before them', () => {
  const config = [
    '% a comment',
    `metisFile ${at('golden.metis')}`,
    'K 2',
    'maxEpoch 10',
    'cpu 1',
    'randomSeed 3',
  ];
  config.push(`outputByColsFile ${at('config.cols')}`, 'noSuchKey 7');
  writeFileSync(at('config'), config.join('\n'));
  const { stderr } = communities('--config', at('config'));
  assert.match(stderr, /line 8: unknown key/);
  assert.equal(read('config.cols').trim().split('\n').sort(), ['1 2 3 4', '5 6 7 8']);
  communities('--config', at('config'), '--cols', at('flag.cols'), '-q');
  assert.ok(existsSync(at('flag.cols')));
});

const bad: readonly (readonly [name: string, text: string, args: string[], message: RegExp])[] = [
  ['asymmetric', '3 2\n2 3\n1\n2\n', [], /line \d/],
  ['wrong edge count', '3 5\n2\n1 3\n2\n', [], /5 edges/],
  ['wrong vertex count', '9 2\n2\n1 3\n2\n', [], /9 vertices/],
  ['not a number', '3 2 1\n2 nan\n1 nan 3 1\n2 1\n', [], /line 2/],
  ['negative weight', '3 2 1\n2 -1\n1 -1 3 1\n2 1\n', [], /line 2/],
  ['out of range', '2 1\n7\n1\n', [], /line 2/],
  ['alpha 0', golden, ['--wt-coeff', '0'], /--wt-coeff/],
  ['NaN alpha', golden, ['--wt-coeff', 'nan'], /wt-coeff/i],
  ['memory too small', golden, ['--memory', '1MB'], /at least/],
  ['growth on disk', golden, ['--memory', '256MB', '--growth'], /--growth/],
  ['serial on disk', golden, ['--memory', '256MB', '--update', 'serial'], /--update serial/],
  ['two outputs to stdout', golden, ['--rows', '-', '--members', '-'], /standard output/],
];
for (const [name, text, args, message] of bad) {
  test(`${name}: a clear error and nothing written`, () => {
    writeFileSync(at('bad.metis'), text);
    const outcome = simclusters([
      'communities',
      at('bad.metis'),
      '--format',
      'metis',
      '--cols',
      at('bad.cols'),
      ...args,
    ]);
    assert.ok(outcome.status !== 0 && outcome.status !== null);
    assert.match(outcome.stderr, message);
    assert.match(outcome.stderr, /expected/);
    assert.not.match(outcome.stderr, /defect/);
    assert.not.ok(existsSync(at('bad.cols')));
  });
}

test('graphs with hardly anything in them: a defined result or a clear error, and no hanging', () => {
  for (const [text, args] of [
    ['2 1\n2\n1\n', ['--num-communities', '50']],
    ['1 0\n\n', []],
    ['3 0\n\n\n\n', []],
    ['3 0\n\n\n\n', ['--memory', '256MB']],
    ['4 2\n2\n1\n4\n3\n', ['--growth']],
    ['4 2\n2\n1\n4\n3\n', ['--proposal', 'multiple', '--initialisation', 'singletons']],
  ] as const) {
    writeFileSync(at('tiny.metis'), text);
    const outputs = [
      '--cols',
      at('tiny.cols'),
      '--precision',
      at(`precision-${Math.abs(text.length)}-${args.length}`),
    ];
    const outcome = simclusters(['communities', at('tiny.metis'), '--format', 'metis', ...args, ...outputs]);
    if (outcome.status !== 0) assert.match(outcome.stderr, /EMPTY_INPUT/);
  }
});

test('METIS is known by its content, on standard input by --format, and to config files of the reference', () => {
  writeFileSync(at('golden.txt'), golden);
  const flags = ['--num-communities', '2', '--cols', '-', '--metrics', 'none', '-q'];
  const expected = ['1 2 3 4', '5 6 7 8'];
  const colsOf = ({ stdout }: Outcome) => stdout.trim().split('\n').sort();
  assert.equal(colsOf(communities(at('golden.txt'), ...flags)), expected);
  assert.equal(colsOf(simclusters(['communities', '-', '--format', 'metis', ...flags], golden)), expected);
  writeFileSync(at('config'), `metisFile ${at('golden.txt')}\nK 2\nrandomSeed 3\n`);
  assert.equal(
    colsOf(communities('--config', at('config'), '--cols', '-', '--metrics', 'none', '-q')),
    expected,
  );
  assert.match(simclusters(['communities', '-', ...flags], golden).stderr, /--format metis/);
});

test('a link stays a link; one file for two outputs, or for input and output, is refused', () => {
  writeFileSync(at('target'), '');
  symlinkSync(at('target'), at('link'));
  communities(at('golden.metis'), '--num-communities', '2', '--rows', at('link'), '-q');
  assert.ok(lstatSync(at('link')).isSymbolicLink());
  assert.is(read('target').split('\n').length, 9);
  for (const [rows, cols] of [
    ['same', 'same'],
    ['golden.metis', 'other'],
  ]) {
    const outputs = ['--rows', at(rows), '--cols', at(cols)];
    assert.match(simclusters(['communities', at('golden.metis'), ...outputs]).stderr, /for two things/);
  }
  assert.is(read('golden.metis'), golden);
});

test('bad rows of an edge list can be skipped', () => {
  writeFileSync(at('edges.tsv'), 'a\tb\nb\tc\t-1\nc\ta\n');
  assert.match(simclusters(['communities', at('edges.tsv'), '-q']).stderr, /line 2/);
  communities(
    at('edges.tsv'),
    '--bad-rows',
    'skip',
    '--num-communities',
    '1',
    '--members',
    at('members'),
    '-q',
  );
  assert.match(read('members'), /a/);
});

test.run();
