import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mix } from '../../src/core/rng.ts';
import { newFolder, simclusters } from './cli.ts';

/** 8 groups of 40 users and 20 producers; a user follows 9 of the own group's and 1 of another's. Two in ten are held out. */
function plantedSplit(): { train: string; test: string } {
  const train: string[] = [];
  const held: string[] = [];
  for (let user = 0; user < 320; user++) {
    const group = user % 8;
    const followed = new Set<number>();
    for (let draw = 0; followed.size < 10; draw++) {
      const from = followed.size === 9 ? (group + 3) % 8 : group;
      followed.add(from * 20 + (mix(user * 1000 + draw) % 20));
    }
    [...followed].forEach((producer, i) => {
      (i % 5 === 0 ? held : train).push(`u${user}\tp${producer}`);
    });
  }
  return { train: train.join('\n'), test: held.join('\n') };
}

interface Row {
  readonly ranking: string;
  readonly recall: number;
  readonly ndcg: number;
  readonly numConsumers: number;
  readonly buckets: readonly { readonly minFollows: number }[];
}

/** Rows by ranking, of a run with --json. */
function evaluate(args: readonly string[]): Readonly<Record<string, Row>> {
  const { status, stdout, stderr } = simclusters(['evaluate', 'recommend', ...args, '--json']);
  assert.is(status, 0, stderr);
  const { rows } = JSON.parse(stdout) as { rows: readonly Row[] };
  return Object.fromEntries(rows.map((row) => [row.ranking, row]));
}

function filesOfSplit(): readonly string[] {
  const folder = newFolder();
  const split = plantedSplit();
  writeFileSync(join(folder, 'train.tsv'), split.train);
  writeFileSync(join(folder, 'test.tsv'), split.test);
  return ['--train', join(folder, 'train.tsv'), '--test', join(folder, 'test.tsv')];
}

test('every ranking but popularity finds held-out follows in planted groups', () => {
  const rows = evaluate([...filesOfSplit(), '--k', '20', '--num-communities', '8', '--buckets']);
  assert.equal(Object.keys(rows), [
    'popularity',
    'item-knn',
    'user-knn',
    'similarity-graph',
    'cosine',
    'cosine-norm',
    'embeddings',
    'local',
    'joined',
  ]);
  const { popularity, ...others } = rows;
  assert.is(popularity.numConsumers, 320);
  assert.ok(popularity.recall < 0.3, `popularity ${popularity.recall}`);
  for (const { ranking, recall, ndcg } of Object.values(others)) {
    assert.ok(recall > 0.8, `${ranking} ${recall}`);
    assert.ok(ndcg > popularity.ndcg * 2, `${ranking} ${ndcg}`);
  }
  assert.equal(
    rows['joined'].buckets.map(({ minFollows }) => minFollows),
    [5],
  );
});

test('a validation cut does not look at the test split, and is the same on any number of threads', () => {
  const files = filesOfSplit();
  const only = [...files, '--validation', '0.2', '--rankings', 'joined', '--seed', 'x', '--threads'];
  const one = evaluate([...only, '1'])['joined'];
  const two = evaluate([...only, '2'])['joined'];
  const numbers = ({ recall, ndcg, numConsumers }: Row) => ({ recall, ndcg, numConsumers });
  assert.equal(numbers(one), numbers(two));
  writeFileSync(files[3], 'nobody\tnothing\n');
  assert.equal(numbers(evaluate([...only, '1'])['joined']), numbers(one));
});

test('splits by time and by the last follow read rows of time, user, item', () => {
  const folder = newFolder();
  const rows = ['timestamp,userId,movieId'];
  // All watch 1 to 6 in this order, at days 0 to 5; 6 is what is held out of each.
  for (let user = 0; user < 30; user++)
    for (let film = 1; film <= 6; film++) rows.push(`${1_600_000_000 + film * 86_400},${user},${film}`);
  rows.push('1600000001,new,1', '1600000002,new,2', '1600000003,new,3');
  const file = join(folder, 'watched.csv');
  writeFileSync(file, `${rows.join('\n')}\n`);
  const flags = ['--train', file, '--rankings', 'popularity', '--k', '2'];
  assert.is(evaluate([...flags, '--split', 'leave-last-out'])['popularity'].numConsumers, 31);
  const byTime = evaluate([...flags, '--split', 'by-time', '--share', '0.164'])['popularity'];
  assert.is(byTime.numConsumers, 30);
  assert.is(byTime.recall, 0, 'the sixth film is nowhere in training');
});

for (const [what, flags, expected] of [
  ['nothing held out', [], /--test, --split or --validation/],
  ['two ways to hold out', ['--test', 'x', '--split', 'random'], /one of them/],
  ['a share that leaves nothing', ['--split', 'random', '--share', '1'], /between 0 and 1/],
  ['an unknown ranking', ['--split', 'random', '--rankings', 'best'], /popularity,item-knn/],
  ['no length', ['--split', 'random', '--k', '0'], /at least 1/],
] as const) {
  test(`${what} is refused before any work`, () => {
    const { status, stdout, stderr } = simclusters([
      'evaluate',
      'recommend',
      '--train',
      'none.tsv',
      ...flags,
    ]);
    assert.is(status, 64);
    assert.is(stdout, '');
    assert.match(stderr, expected);
  });
}

test.run();
