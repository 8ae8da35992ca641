import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  expScaledNorm,
  keepEntries,
  l2Norm,
  logNorm,
  sparseVector,
  strongestEntries,
  truncate,
} from '../../src/core/sparse-vector.ts';

const test = suite('sparse vectors');

test('construction orders by cluster and drops what is not positive', () => {
  const { clusters, scores } = sparseVector([
    [9, 0.5],
    [2, 0],
    [4, -1],
    [3, 0.25],
  ]);
  assert.equal(
    [[...clusters], [...scores]],
    [
      [3, 9],
      [0.25, 0.5],
    ],
  );
});

test('primary order: score descending, then cluster ascending; truncation follows it', () => {
  const vector = sparseVector([
    [7, 1],
    [1, 2],
    [5, 1],
    [3, 4],
  ]);
  assert.equal(
    strongestEntries(vector).map((i) => vector.clusters[i]),
    [3, 1, 5, 7],
  );
  assert.equal([...truncate(vector, 3).clusters], [1, 3, 5]);
  assert.is(truncate(vector, 9), vector);
  assert.is(truncate(vector, 0).clusters.length, 0);
  assert.equal([...keepEntries(vector, (cluster) => cluster > 3).clusters], [5, 7]);
});

test('norms', () => {
  const vector = sparseVector([
    [1, 3],
    [2, 4],
  ]);
  assert.is(l2Norm(vector), 5);
  assert.ok(Math.abs(logNorm(vector) - Math.log(26)) < 1e-12);
  assert.ok(Math.abs(expScaledNorm(vector) - 25 ** 0.3) < 1e-12);
  assert.is(expScaledNorm(sparseVector([])), 0);
});

for (const [what, entries] of [
  [
    'a cluster twice',
    [
      [1, 1],
      [1, 2],
    ],
  ],
  ['a cluster that is no id', [[1.5, 1]]],
  ['a negative cluster', [[-1, 1]]],
  ['a score that is no number', [[1, Number.NaN]]],
  ['a score beyond f32', [[1, 1e300]]],
] as const)
  test(`${what} is refused`, () => {
    assert.throws(() => sparseVector(entries as never), /BAD_PARAM/);
  });

test.run();
