import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mix, permutation, randomKey, streamOf, uniform } from '../../src/core/rng.ts';
import { chiSquareTooLarge } from '../fixtures/statistics.ts';

const test = suite('random numbers');
const key = randomKey('seed', 'test');
const NUM_BINS = 256;
const NUM_DRAWS = 2 ** 17;

function tally(draws: Iterable<number>): number[] {
  const counts = new Array<number>(NUM_BINS).fill(0);
  for (const draw of draws) counts[Math.floor(draw * NUM_BINS)]++;
  return counts;
}

const even = new Array<number>(NUM_BINS).fill(NUM_DRAWS / NUM_BINS);

const ways: Readonly<Record<string, (i: number) => number>> = {
  'over vertices': (i) => uniform(streamOf(key, 1, i), 0),
  'over epochs': (i) => uniform(streamOf(key, i, 7), 0),
  'over draws of one stream': (i) => uniform(streamOf(key, 1, 1), i),
  'over a grid of epochs and vertices': (i) => uniform(streamOf(key, i >> 8, i & 255), 1),
};

for (const [way, draw] of Object.entries(ways)) {
  test(`draws are uniform ${way}`, () => {
    const draws = Array.from({ length: NUM_DRAWS }, (_, i) => draw(i));
    assert.ok(draws.every((u) => u > 0 && u < 1));
    assert.not(chiSquareTooLarge(tally(draws), even));
  });

  test(`successive draws are independent ${way}`, () => {
    // 16 x 16 bins of (draw, next draw).
    const pairs = Array.from({ length: NUM_DRAWS }, (_, i) => {
      return (Math.floor(draw(i) * 16) + draw(i + 1)) / 16;
    });
    assert.not(chiSquareTooLarge(tally(pairs), even));
  });
}

test('the first draw of a stream says nothing about the second', () => {
  const pairs = Array.from({ length: NUM_DRAWS }, (_, i) => {
    const stream = streamOf(key, 3, i);
    return (Math.floor(uniform(stream, 0) * 16) + uniform(stream, 1)) / 16;
  });
  assert.not(chiSquareTooLarge(tally(pairs), even));
});

test('a draw depends on its arguments alone', () => {
  assert.is(uniform(streamOf(key, 5, 6), 7), uniform(streamOf(randomKey('seed', 'test'), 5, 6), 7));
});

test('keys of other seeds and purposes are other keys', () => {
  const seen = new Set(
    ['seed', 'seee', 'Seed', ''].flatMap((seed) =>
      ['test', 'phases'].map((purpose) => JSON.stringify(randomKey(seed, purpose))),
    ),
  );
  assert.is(seen.size, 8);
});

test('mix is a bijection: no two of many inputs meet', () => {
  const seen = new Set<number>();
  for (let i = 0; i < 2 ** 17; i++) seen.add(mix(i)).add(mix(0x80000000 + i));
  assert.is(seen.size, 2 ** 18);
});

test('permutation orders 0..n-1, each once', () => {
  for (const n of [0, 1, 2, 3, 1000]) {
    const order = permutation(key, 1, n);
    assert.equal(
      [...order].sort((a, b) => a - b),
      [...Array(n).keys()],
    );
  }
});

test('every order of four is equally likely', () => {
  const counts = new Map<string, number>();
  const numOrders = 24_000;
  for (let epoch = 0; epoch < numOrders; epoch++) {
    const order = permutation(key, epoch, 4).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.is(counts.size, 24);
  assert.not(chiSquareTooLarge([...counts.values()], new Array<number>(24).fill(numOrders / 24)));
});

test.run();
