import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { newFolder, simclusters } from './cli.ts';

interface Line {
  readonly consumerId: string;
  readonly candidates: readonly {
    readonly producerId: string;
    readonly score: number;
    readonly communities: readonly {
      readonly clusterId: number;
      readonly name: string;
      readonly share: number;
    }[];
    readonly producers: readonly { readonly producerId: string; readonly share: number }[];
  }[];
}

const folder = newFolder();
const model = join(folder, 'model');
const follows = new Map<string, Set<string>>();

/** Two groups of 30 consumers and 12 producers; each follows 8 of the own group's. One follows what nobody else does. */
function writeFollows(): string {
  for (let user = 0; user < 60; user++) {
    const own = new Set<string>();
    for (let i = 0; i < 8; i++)
      own.add(`${user % 2 ? 'jazz' : 'chess'}${(user * 5 + i * (1 + (user % 3))) % 12}`);
    follows.set(`u${user}`, own);
  }
  follows.set('hermit', new Set(['cave']));
  const file = join(folder, 'follows.tsv');
  const rows = [...follows].flatMap(([user, own]) => [...own].map((producer) => `${user}\t${producer}`));
  writeFileSync(file, `${rows.join('\n')}\n`);
  return file;
}

test.before(() => {
  const { status, stderr } = simclusters([
    'run',
    '--follows',
    writeFollows(),
    '--num-communities',
    '2',
    '--model',
    model,
    '--quiet',
  ]);
  assert.is(status, 0, stderr);
});

function recommend(args: readonly string[], stdin?: string) {
  const outcome = simclusters(['recommend', '--model', model, ...args], stdin);
  assert.is(outcome.status, 0, outcome.stderr);
  return outcome;
}

function linesOf(text: string): Line[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

test('candidates come from the own group, unseen, best first, with the follows and the community that carry them', () => {
  const lines = linesOf(recommend(['u1', 'u2', '-f', 'ndjson', '--k', '4', '--reasons', '99']).stdout);
  assert.equal(
    lines.map(({ consumerId }) => consumerId),
    ['u1', 'u2'],
  );
  for (const { consumerId, candidates } of lines) {
    const own = follows.get(consumerId) as Set<string>;
    const group = consumerId === 'u1' ? 'jazz' : 'chess';
    assert.ok(candidates.length > 0);
    candidates.forEach(({ producerId, score, communities, producers }, i) => {
      assert.ok(producerId.startsWith(group) && !own.has(producerId), producerId);
      if (i > 0) assert.ok(score <= candidates[i - 1].score);
      assert.ok(producers.length > 0 && producers.every((producer) => own.has(producer.producerId)));
      assert.ok(communities.length > 0 && communities[0].name !== '');
      const total = [...communities, ...producers].reduce((sum, { share }) => sum + share, 0);
      assert.ok(Math.abs(total - 1) < 1e-6, `${total}`);
    });
  }
});

test('who has nothing in common with anyone gets no candidates, and no error', () => {
  assert.equal(linesOf(recommend(['hermit', '-f', 'ndjson']).stdout), [
    { consumerId: 'hermit', candidates: [] },
  ]);
});

test('views kept in the model give the same candidates on any number of threads; stale ones are not used', () => {
  const before = recommend(['--threads', '1']);
  assert.match(before.stderr, /recommendation-views/);
  const kept = simclusters(['recommendation-views', '--model', model, '--quiet']);
  assert.is(kept.status, 0, kept.stderr);
  const after = recommend(['--threads', '2']);
  assert.is(after.stderr, '');
  assert.is(after.stdout, before.stdout);
  assert.is(after.stdout.split('\n')[0].split('\t').length, 9);
  const changed = simclusters([
    'interested-in',
    '--model',
    model,
    '--social-proof-threshold',
    '9',
    '--quiet',
  ]);
  assert.is(changed.status, 0, changed.stderr);
  assert.match(recommend(['u1']).stderr, /recommendation-views/);
});

test('ids from a file and from standard input; one file out, or none', () => {
  const ids = join(folder, 'ids.txt');
  writeFileSync(ids, 'u3\r\nu4\n\n');
  const out = join(folder, 'out.ndjson');
  recommend(['--users', ids, '--out', out]);
  assert.equal(
    linesOf(readFileSync(out, 'utf8')).map(({ consumerId }) => consumerId),
    ['u3', 'u4'],
  );
  const { stdout } = recommend(['--users', '-', '-f', 'ndjson'], 'u5\n');
  assert.equal(
    linesOf(stdout).map(({ consumerId }) => consumerId),
    ['u5'],
  );
});

test('unknown ids and odd numbers are refused, and nothing is written', () => {
  const out = join(folder, 'never.tsv');
  for (const [args, status, expected] of [
    [['u61'], 66, /Did you mean u/],
    [['--users', join(folder, 'missing.txt')], 66, /consumer id a line/],
    [['u1', '--k', '0'], 64, /from 1 to/],
    [['u1', '--reasons', '-1'], 64, /from 0 to/],
  ] as const) {
    const found = simclusters(['recommend', '--model', model, '--out', out, ...args]);
    assert.is(found.status, status, found.stderr);
    assert.match(found.stderr, expected);
  }
  assert.not(existsSync(out));
  assert.not(readdirSync(folder).some((name) => name.includes('.tmp-')));
});

test.run();
