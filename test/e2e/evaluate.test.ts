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

test('embeddings recommend held-out follows far better than popularity', () => {
  const folder = newFolder();
  const split = plantedSplit();
  writeFileSync(join(folder, 'train.tsv'), split.train);
  writeFileSync(join(folder, 'test.tsv'), split.test);
  const files = ['--train', join(folder, 'train.tsv'), '--test', join(folder, 'test.tsv')];
  const { status, stdout, stderr } = simclusters([
    'evaluate',
    'recommend',
    ...files,
    '--k',
    '20',
    '--num-communities',
    '8',
    '--json',
  ]);
  assert.is(status, 0, stderr);
  const { rows } = JSON.parse(stdout) as {
    rows: { ranking: string; recall: number; ndcg: number; numConsumers: number }[];
  };
  const [popularity, byDot, byNorm] = rows;
  assert.is(popularity.numConsumers, 320);
  assert.ok(popularity.recall < 0.3, `popularity ${popularity.recall}`);
  assert.ok(byDot.recall > 0.9, `dot ${byDot.recall}`);
  assert.ok(byNorm.recall > 0.9 && byNorm.ndcg > popularity.ndcg * 2, `√followers ${byNorm.recall}`);
});

test.run();
