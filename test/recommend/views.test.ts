import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Csr, csrFromRows } from '../../src/core/csr.ts';
import { computeGlobalView } from '../../src/recommend/global-view.ts';
import { computeLocalView, type LocalViewOptions } from '../../src/recommend/local-view.ts';
import { debug, describe, reference, wasm, withKernels } from '../fixtures/backends.ts';
import { Random } from '../fixtures/random.ts';
import { type Dense, denseLocalView, denseOf } from './dense.ts';

const test = suite('recommendation views');

const options: LocalViewOptions = {
  numNeighbors: 5,
  numBlurNeighbors: 3,
  sharpening: 0.3,
  smoothing: 2,
  sourceExponent: 0.4,
  popularityExponent: 0.2,
};

const ones = (numCols: number, rows: number[][]): Csr =>
  csrFromRows(
    numCols,
    rows.map((row) => row.map((column) => [column, 1] as const)),
  );

function nearly(found: Dense, expected: Dense, what: string): void {
  expected.forEach((row, i) => {
    row.forEach((value, j) => {
      assert.ok(
        Math.abs(found[i][j] - value) < 1e-5 * Math.max(1, value),
        `${what} ${i},${j}: ${found[i][j]} for ${value}`,
      );
    });
  });
}

test('local view by hand: two consumers, three producers', async () => {
  // u0 follows p0, p1; u1 follows p0, p1, p2. No smoothing, no exponents: L = W · √d(q).
  const follows = ones(3, [
    [0, 1],
    [0, 1, 2],
  ]);
  const [r2, r3] = [Math.SQRT1_2, 1 / Math.sqrt(3)];
  const g01 = (r2 + r3) / 2;
  const g02 = r3 / Math.SQRT2;
  const g12 = g02;
  // B = G here: [[0, a, b], [a, 0, b], [b, b, 0]] has the eigenvalues -a and (a ± √(a² + 8b²)) / 2.
  const radius = (g01 + Math.sqrt(g01 * g01 + 8 * g02 * g02)) / 2;
  const sharp = (direct: number, by: number) => Math.max(0, direct - (0.25 / radius) * by);
  const W = [
    [0, sharp(g01, g02 * g12), sharp(g02, g01 * g12)],
    [sharp(g01, g12 * g02), 0, sharp(g12, g01 * g02)],
    [sharp(g02, g12 * g01), sharp(g12, g02 * g01), 0],
  ];
  const expected = W.map((row) => row.map((value, q) => value * Math.sqrt([2, 2, 1][q])));
  const found = await withKernels(wasm(1), (kernels) =>
    computeLocalView(kernels, follows, {
      numNeighbors: 2,
      numBlurNeighbors: 2,
      sharpening: 0.25,
      smoothing: 0,
      sourceExponent: 0,
      popularityExponent: 0,
    }),
  );
  nearly(denseOf(found), expected, 'L');
});

for (const seed of ['a', 'b', 'c', 'd']) {
  test(`local view as the formula says, graph ${seed}`, async () => {
    const follows = new Random(seed).csr(25, 12);
    const found = await withKernels(wasm(1), (kernels) => computeLocalView(kernels, follows, options));
    nearly(denseOf(found), denseLocalView(denseOf({ ...follows, data: undefined }), options), 'L');
    assert.ok((found.data as Float32Array).every((value) => value > 0));
  });
}

test('without sharpening nothing is taken off, with much of it nothing indirect is left', async () => {
  const follows = new Random('e').csr(40, 15);
  const entries = (sharpening: number) =>
    withKernels(
      wasm(1),
      async (kernels) =>
        (await computeLocalView(kernels, follows, { ...options, sharpening })).indices.length,
    );
  const [none, some, much] = [await entries(0), await entries(0.3), await entries(100)];
  assert.ok(none >= some && some > much, `${none}, ${some}, ${much}`);
});

test('global view by hand', async () => {
  const follows = ones(2, [[0], [0, 1]]);
  const interest = csrFromRows(3, [
    [[1, 0.5]],
    [
      [1, 0.25],
      [2, 1],
    ],
  ]);
  const found = await withKernels(wasm(1), (kernels) =>
    computeGlobalView(kernels, follows, interest, { numClusters: 2, smoothing: 2, popularityExponent: 0.5 }),
  );
  // p0: s = 4, p1: s = 3.
  const root3 = Math.sqrt(3);
  nearly(
    denseOf(found),
    [
      [0, (0.5 + 0.25 / 2) / 2, 1 / 2 / 2],
      [0, 0.25 / 2 / root3, 1 / 2 / root3],
    ],
    'Z',
  );
});

test('producers nobody follows and consumers who follow none', async () => {
  const found = await withKernels(wasm(1), (kernels) =>
    computeLocalView(kernels, ones(3, [[], [1]]), { ...options, smoothing: 0 }),
  );
  assert.is(found.indices.length, 0);
});

for (const backend of [wasm(1), wasm(2), wasm(4), debug(2)]) {
  test(`same bytes as the twins: ${describe(backend)}`, async () => {
    const follows = new Random('threads').csr(200, 60);
    const views = (kernelOptions: Parameters<typeof withKernels>[0]) =>
      withKernels(kernelOptions, async (kernels) => {
        const local = await computeLocalView(kernels, follows, { ...options, numNeighbors: 20 });
        const interest = new Random('interest').csr(200, 9);
        const global = await computeGlobalView(kernels, follows, interest, {
          numClusters: 4,
          smoothing: 3,
          popularityExponent: 0.1,
        });
        return [local, global];
      });
    assert.equal(await views(backend), await views(reference));
  });
}

test.run();
