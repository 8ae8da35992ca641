import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { distinctFollows, type Follows, splitFollows } from '../../src/evaluate/split.ts';
import { Random } from '../fixtures/random.ts';

function randomFollows(seed: string, numFollows = 500): Follows {
  const random = new Random(seed);
  const all = { consumers: random.u32(numFollows, 40), producers: random.u32(numFollows, 60) };
  const places = distinctFollows(all);
  return {
    consumers: places.map((i) => all.consumers[i]),
    producers: places.map((i) => all.producers[i]),
    times: Float64Array.from(places, () => random.below(50)),
  };
}

function countsPerConsumer(follows: Follows, isCounted: (i: number) => boolean): Map<number, number> {
  const counts = new Map<number, number>();
  follows.consumers.forEach((consumer, i) => {
    counts.set(consumer, (counts.get(consumer) ?? 0) + (isCounted(i) ? 1 : 0));
  });
  return counts;
}

test('random: the rounded share of each consumer, one of those with five, never all', () => {
  const follows = randomFollows('a');
  const small = { consumers: Uint32Array.of(99, 98, 98), producers: Uint32Array.of(0, 0, 1) };
  const joined = {
    consumers: Uint32Array.of(...follows.consumers, ...small.consumers),
    producers: Uint32Array.of(...follows.producers, ...small.producers),
  };
  const held = splitFollows(joined, { kind: 'random', share: 0.2, seed: '1' });
  const all = countsPerConsumer(joined, () => true);
  for (const [consumer, count] of countsPerConsumer(joined, (i) => held[i] === 1)) {
    const total = all.get(consumer) as number;
    assert.is(count, Math.min(total - 1, Math.max(total >= 5 ? 1 : 0, Math.round(0.2 * total))));
  }
  const most = splitFollows(joined, { kind: 'random', share: 0.999, seed: '1' });
  for (const [, count] of countsPerConsumer(joined, (i) => most[i] === 0)) assert.ok(count >= 1);
});

test('random: the same for the same seed, another for another', () => {
  const follows = randomFollows('b');
  const cut = (seed: string) => splitFollows(follows, { kind: 'random', share: 0.2, seed });
  assert.equal(cut('1'), cut('1'));
  assert.not.equal(cut('1'), cut('2'));
});

test('random: every follow of a consumer is held out about as often', () => {
  const follows = {
    consumers: new Uint32Array(10),
    producers: Uint32Array.from({ length: 10 }, (_, i) => i),
  };
  const times = new Float64Array(10);
  for (let seed = 0; seed < 2000; seed++)
    splitFollows(follows, { kind: 'random', share: 0.2, seed: String(seed) }).forEach((held, i) => {
      times[i] += held;
    });
  // 400 each, standard deviation 18.
  for (const count of times) assert.ok(count > 310 && count < 490, `${[...times]}`);
});

test('by time: nothing held out is older than anything kept, and the share is exact', () => {
  const follows = randomFollows('c');
  const held = splitFollows(follows, { kind: 'by-time', share: 0.3, seed: '1' });
  const times = follows.times as Float64Array;
  const timesWhere = (value: number) => [...times].filter((_, i) => held[i] === value);
  assert.is(timesWhere(1).length, Math.round(0.3 * times.length));
  assert.ok(Math.min(...timesWhere(1)) >= Math.max(...timesWhere(0)));
});

test('leave-last-out: the last of each consumer with two or more', () => {
  const follows = {
    consumers: Uint32Array.of(0, 0, 0, 1, 2, 2),
    producers: Uint32Array.of(0, 1, 2, 0, 1, 2),
    times: Float64Array.of(5, 9, 7, 1, 4, 4),
  };
  const held = splitFollows(follows, { kind: 'leave-last-out', share: 0.2, seed: '1' });
  assert.equal([...held], [0, 1, 0, 0, 0, 1]);
});

test('distinct follows: the first of each pair, with times the earliest', () => {
  const pairs = { consumers: Uint32Array.of(1, 0, 1, 1), producers: Uint32Array.of(2, 2, 2, 0) };
  assert.equal([...distinctFollows(pairs)], [0, 1, 3]);
  assert.equal([...distinctFollows({ ...pairs, times: Float64Array.of(9, 1, 3, 4) })], [1, 2, 3]);
});

test.run();
