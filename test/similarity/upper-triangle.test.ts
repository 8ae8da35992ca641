import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Csr } from '../../src/core/csr.ts';
import { transpose } from '../../src/kernels/sparse.ts';
import { spgemmTopK } from '../../src/kernels/spgemm.ts';
import { isSymmetricCount, topKFromUpperTriangle } from '../../src/similarity/upper-triangle.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { csrFromMaps, Random } from '../fixtures/random.ts';

const test = suite('upper triangle');
const kernels = open(wasm(2));
test.after(() => kernels.close());

/** Follows of one in four consumers go to a group of five, those of the others anywhere. */
function drawFollows(random: Random, numConsumers: number, numProducers: number): Csr {
  const rows = Array.from({ length: numConsumers }, () => {
    const first = random.chance(0.25) ? 5 * random.below(Math.floor(numProducers / 5)) : undefined;
    const drawn = Array.from({ length: 12 }, () =>
      first === undefined ? random.below(numProducers) : first + random.below(5),
    );
    return new Map(drawn.map((p) => [p, 1]));
  });
  const { data, ...pattern } = csrFromMaps(numProducers, rows);
  return pattern;
}

test('half of the pairs give what all of them give', async () => {
  const random = new Random('upper triangle');
  for (let round = 0; round < 12; round++) {
    const follows = drawFollows(random, 300 + random.below(300), 150 + random.below(100));
    const followers = await transpose(kernels, follows);
    const { indptr } = followers;
    // Some are left out.
    const scale = Float32Array.from({ length: follows.numCols }, (_, p) =>
      random.chance(0.1) || indptr[p + 1] === indptr[p] ? 0 : 1 / Math.sqrt(indptr[p + 1] - indptr[p]),
    );
    const options = {
      topK: 1 + random.below(5),
      threshold: 0.25,
      minCommon: 1 + random.below(3),
      rowScale: scale,
      colScale: scale,
      excludeDiagonal: true,
    };
    assert.ok(isSymmetricCount(followers, follows, options));
    const whole = await spgemmTopK(kernels, followers, follows, options);
    assert.ok(whole.indices.length > 0);
    for (const maxHeldPairs of [0, 2 ** 25]) {
      const onePanel = maxHeldPairs > 0 ? undefined : 2000;
      const shared = { ...options, maxPanelBytes: onePanel };
      const half = await topKFromUpperTriangle(kernels, followers, follows, shared, maxHeldPairs);
      assert.equal(half, whole, `round ${round}`);
    }
  }
});

test('where nearly every pair is kept, nothing is shared', async () => {
  const random = new Random('all pairs');
  const follows = drawFollows(random, 200, 100);
  const followers = await transpose(kernels, follows);
  const options = { topK: 5, threshold: 0, excludeDiagonal: true };
  assert.is(await topKFromUpperTriangle(kernels, followers, follows, options), undefined);
});

test('a few rows that are unlike the others do not decide, wherever they stand', async () => {
  const random = new Random('order of rows');
  const numProducers = 400;
  const follows = drawFollows(random, 800, numProducers);
  const followers = await transpose(kernels, follows);
  for (const first of [0, 370]) {
    // A scale of 0 leaves out: of these rows nothing stands, of the others all does, and the other way round.
    const isOdd = (p: number) => p >= first && p < first + 30;
    const sparseRows = Float32Array.from({ length: numProducers }, (_, p) => (isOdd(p) ? 0 : 1));
    const denseRows = Float32Array.from({ length: numProducers }, (_, p) => (isOdd(p) ? 1 : 0));
    const options = { topK: 5, threshold: 0, excludeDiagonal: true };
    const share = (scale: Float32Array) =>
      topKFromUpperTriangle(kernels, followers, follows, { ...options, rowScale: scale, colScale: scale });
    assert.is(await share(sparseRows), undefined, `nearly all pairs stand, odd rows from ${first}`);
    assert.ok(await share(denseRows), `few pairs stand, odd rows from ${first}`);
  }
});

test('values and unequal scales are not shared', () => {
  const random = new Random('values');
  const pattern = drawFollows(random, 10, 10);
  const options = { topK: 1, threshold: 0 };
  const weighted = { ...pattern, data: new Float32Array(pattern.indices.length).fill(1) };
  assert.not(isSymmetricCount(weighted, weighted, options));
  assert.not(isSymmetricCount(pattern, pattern, { ...options, rowScale: new Float32Array(10) }));
});

test.run();
