import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { csrFromRows } from '../../src/core/csr.ts';
import {
  measureByActivity,
  measureExposure,
  measureRanking,
  type TestFollows,
} from '../../src/evaluate/ranking-quality.ts';

const log2 = Math.log2;

/** Rows of producers in the order given. */
function ranking(numProducers: number, rows: readonly number[][]) {
  const indptr = Uint32Array.from([0, ...rows.map((_, i) => rows.slice(0, i + 1).flat().length)]);
  return { numRows: rows.length, numCols: numProducers, indptr, indices: Uint32Array.from(rows.flat()) };
}

function heldOut(numProducers: number, rows: readonly number[][], unknown: readonly number[]): TestFollows {
  return {
    matrix: csrFromRows(
      numProducers,
      rows.map((row) => row.map((producer) => [producer, 1] as const)),
    ),
    numPerConsumer: Uint32Array.from(rows, (row, i) => row.length + unknown[i]),
  };
}

// Consumer 0: hits at ranks 1 and 3 of 3, one held-out producer unknown; 1: none; 2: nothing held out; 3: hit at rank 2.
const ranked = ranking(6, [
  [4, 0, 2, 5],
  [1, 2, 3],
  [0, 1, 2],
  [5, 3],
]);
const test6 = heldOut(6, [[2, 4], [0], [], [0, 1, 3, 4]], [1, 0, 0, 0]);

test('every measure as computed by hand', () => {
  const quality = measureRanking(ranked, test6, 3);
  const ideal3 = 1 + 1 / log2(3) + 1 / log2(4);
  assert.is(quality.numConsumers, 3);
  assert.is(quality.recall, (2 / 3 + 0 + 1 / 4) / 3);
  assert.is(quality.precision, (2 / 3 + 0 + 1 / 3) / 3);
  assert.is(quality.hitRate, 2 / 3);
  assert.is(quality.mrr, (1 + 0 + 1 / 2) / 3);
  const ndcg = ((1 + 1 / log2(4)) / ideal3 + 0 + 1 / log2(3) / ideal3) / 3;
  assert.ok(Math.abs(quality.ndcg - ndcg) < 1e-15, `${quality.ndcg} for ${ndcg}`);
});

test('the ideal is cut at the number of held-out follows: a perfect short list has NDCG 1', () => {
  const quality = measureRanking(ranking(5, [[3, 1, 0]]), heldOut(5, [[1, 3]], [0]), 3);
  assert.is(quality.ndcg, 1);
  assert.is(quality.recall, 1);
  assert.is(quality.precision, 2 / 3);
});

test('entries after the k-th do not count', () => {
  assert.is(measureRanking(ranking(5, [[3, 1, 0]]), heldOut(5, [[0]], [0]), 2).recall, 0);
});

test('nobody to measure gives zeros, not NaN', () => {
  const quality = measureRanking(ranking(2, [[0]]), heldOut(2, [[]], [0]), 1);
  assert.equal(quality, { recall: 0, ndcg: 0, precision: 0, mrr: 0, hitRate: 0, numConsumers: 0 });
});

test('buckets of activity partition the consumers', () => {
  const buckets = measureByActivity(ranked, test6, 3, Uint32Array.of(4, 5, 7, 1000));
  assert.equal(
    buckets.map(({ minFollows, numConsumers }) => [minFollows, numConsumers]),
    [
      [1, 1],
      [5, 1],
      [200, 1],
    ],
  );
  assert.is(buckets[0].recall, 2 / 3);
});

test('coverage and popularity lift as computed by hand', () => {
  const followerCount = Uint32Array.of(10, 20, 30, 40, 50, 60);
  const follows = csrFromRows(6, [
    [[1, 1]],
    [
      [0, 1],
      [5, 1],
    ],
    [[0, 1]],
    [[2, 1]],
  ]);
  const exposure = measureExposure(ranked, test6, 2, follows, followerCount);
  // Shown to those measured: 4 and 0, 1 and 2, 5 and 3: all six.
  assert.is(exposure.coverage, 1);
  assert.is(exposure.meanFollowers, (30 + 25 + 50) / 3);
  assert.is(exposure.popularityLift, (30 + 25 + 50) / (20 + 35 + 30) - 1);
});

test.run();
