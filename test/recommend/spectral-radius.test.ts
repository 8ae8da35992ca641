import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { csrFromRows } from '../../src/core/csr.ts';
import { spectralRadius } from '../../src/recommend/spectral-radius.ts';

const near = (found: number, value: number, within: number) =>
  assert.ok(Math.abs(found - value) <= within * value, `${found} for ${value}`);

test('by hand: a pair, a path, a star with weights, no entries', () => {
  near(spectralRadius(csrFromRows(2, [[[1, 3]], [[0, 3]]])), 3, 1e-12);
  // Eigenvalues ±√2: x alternates, its length must not.
  near(
    spectralRadius(
      csrFromRows(3, [
        [[1, 1]],
        [
          [0, 1],
          [2, 1],
        ],
        [[1, 1]],
      ]),
    ),
    Math.SQRT2,
    1e-12,
  );
  assert.is(spectralRadius(csrFromRows(2, [[], []])), 0);
});

test('the densest part of several decides', () => {
  const clique = (first: number, size: number) =>
    Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (_, j) => [first + j, 1] as const).filter((_, j) => j !== i),
    );
  near(spectralRadius(csrFromRows(16, [...clique(0, 12), ...clique(12, 4)])), 11, 0.01);
});

test.run();
