import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sparseVector } from '../../src/core/sparse-vector.ts';
import { pairMeasures, standardDeviation } from '../../src/scoring/pair-measures.ts';

const test = suite('pair measures');
const near = (actual: number, expected: number, what = '') =>
  assert.ok(
    Math.abs(actual - expected) < 1e-9 * (1 + Math.abs(expected)),
    `${what}: ${actual}, not ${expected}`,
  );

const a = sparseVector([
  [1, 3],
  [2, 4],
]);
const b = sparseVector([
  [2, 8],
  [5, 6],
]);
const nothing = sparseVector([]);

const expected = {
  dot: 32,
  cosine: 32 / 50,
  'log-cosine': 32 / (Math.log(26) * Math.log(101)),
  'exp-scaled-cosine': 32 / (25 ** 0.3 * 100 ** 0.3),
  jaccard: 1 / 3,
  'fuzzy-jaccard': 4 / (3 + 8 + 6),
  euclidean: Math.sqrt(9 + 16 + 36),
  manhattan: 3 + 4 + 6,
  'overlapping-clusters': 1,
  'largest-product': 32,
};

for (const [name, measure] of Object.entries(pairMeasures))
  test(`${name} of a worked pair, both ways round`, () => {
    near(measure(a, b), expected[name as keyof typeof expected], name);
    near(measure(b, a), expected[name as keyof typeof expected], name);
  });

test('against nothing: similarities 0, distances those from zero', () => {
  for (const [name, measure] of Object.entries(pairMeasures)) {
    const distance = { euclidean: 5, manhattan: 7 }[name] ?? 0;
    assert.is(measure(a, nothing), distance, name);
    assert.is(measure(nothing, nothing), 0, name);
  }
});

test('standard deviation is that of the population', () => {
  near(
    standardDeviation(
      sparseVector([
        [1, 2],
        [4, 4],
        [9, 6],
      ]),
    ),
    Math.sqrt(8 / 3),
  );
  assert.is(standardDeviation(nothing), 0);
});

const vectors = fc
  .dictionary(fc.integer({ min: 0, max: 12 }).map(String), fc.integer({ min: 1, max: 32 }))
  .map((entries) =>
    sparseVector(Object.entries(entries).map(([cluster, n]) => [Number(cluster), n / 8] as const)),
  );

test('as by definition over all clusters', () => {
  fc.assert(
    fc.property(vectors, vectors, (x, y) => {
      const full = (v: typeof x) => {
        const scores = new Array<number>(13).fill(0);
        v.clusters.forEach((cluster, i) => {
          scores[cluster] = v.scores[i];
        });
        return scores;
      };
      const [p, q] = [full(x), full(y)];
      const sum = (term: (i: number) => number) => p.reduce((total, _, i) => total + term(i), 0);
      near(
        pairMeasures.dot(x, y),
        sum((i) => p[i] * q[i]),
      );
      near(
        pairMeasures.manhattan(x, y),
        sum((i) => Math.abs(p[i] - q[i])),
      );
      near(
        pairMeasures.euclidean(x, y) ** 2,
        sum((i) => (p[i] - q[i]) ** 2),
      );
      const either = sum((i) => Number(p[i] + q[i] > 0));
      near(pairMeasures.jaccard(x, y), either === 0 ? 0 : sum((i) => Number(p[i] * q[i] > 0)) / either);
      assert.ok(pairMeasures.cosine(x, y) <= 1 + 1e-12);
      if (x.clusters.length > 0) near(pairMeasures.cosine(x, x), 1);
    }),
  );
});

test.run();
