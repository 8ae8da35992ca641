import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Csr, csrFromRows } from '../../src/core/csr.ts';
import type { SimClustersError } from '../../src/core/errors.ts';
import { type CosineOptions, cosineTopK } from '../../src/similarity/top-k-cosine.ts';
import { topKCosine } from '../../src/top-k-cosine.ts';
import { describe, open, reference, wasm } from '../fixtures/backends.ts';
import { dense, Random, rowOf } from '../fixtures/random.ts';

const test = suite('top-k cosine');
const kernels = open(wasm(1));
test.after(() => kernels.close());

/** f32 norms and sums against f64. */
const TOLERANCE = 2e-6;

interface Exact {
  readonly cosine: number;
  readonly isAllowed: boolean;
}

function exactRow(
  row: number,
  a: number[][],
  b: number[][],
  stored: boolean[][][],
  options: CosineOptions,
): Exact[] {
  const { minCommon = 1, other, excludeSelf = !other } = options;
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, c) => sum + value * y[c], 0);
  return b.map((values, j) => {
    const norms = Math.sqrt(dot(a[row], a[row]) * dot(values, values));
    const numCommon = stored[0][row].filter((isStored, c) => isStored && stored[1][j][c]).length;
    const isSelf = excludeSelf && j === row;
    return {
      cosine: norms > 0 ? dot(a[row], values) / norms : 0,
      isAllowed: !isSelf && numCommon >= minCommon,
    };
  });
}

function storedPlaces(matrix: Csr): boolean[][] {
  return Array.from({ length: matrix.numRows }, (_, row) => {
    const columns = new Set(rowOf(matrix, row).map(([column]) => column));
    return Array.from({ length: matrix.numCols }, (_, column) => columns.has(column));
  });
}

/** Stored values are right and may stand; what is clearly among the best is stored. */
function requireExact(actual: Csr, rows: Csr, options: CosineOptions, what: string): void {
  const other = options.other ?? rows;
  const [a, b] = [dense(rows), dense(other)];
  const stored = [storedPlaces(rows), storedPlaces(other)];
  assert.equal([actual.numRows, actual.numCols], [rows.numRows, other.numRows]);
  for (let row = 0; row < rows.numRows; row++) {
    const exact = exactRow(row, a, b, stored, options);
    const passing = exact
      .filter(({ cosine, isAllowed }) => isAllowed && cosine > (options.threshold ?? 0))
      .map(({ cosine }) => cosine)
      .sort((x, y) => y - x);
    const cut = passing[options.topK - 1] ?? options.threshold ?? 0;
    const found = new Map(rowOf(actual, row));
    assert.ok(found.size <= options.topK, what);
    exact.forEach(({ cosine, isAllowed }, j) => {
      const value = found.get(j);
      const where = `${what}: (${row}, ${j}) is ${value}, exactly ${cosine}, cut ${cut}`;
      if (value === undefined) assert.not.ok(isAllowed && cosine > cut + TOLERANCE, where);
      else assert.ok(isAllowed && Math.abs(value - cosine) < TOLERANCE && cosine >= cut - TOLERANCE, where);
    });
  }
}

/** Around the widths of vectors, of buffers and of radix digits. */
const EDGES = [0, 1, 3, 4, 5, 15, 16, 17, 31, 32, 33, 63, 65, 129, 255, 256, 257, 300];

test('equals the dense computation: itself or another, any size, weighted or not', async () => {
  const random = new Random('top-k cosine');
  for (let round = 0; round < 60; round++) {
    const numCols = 1 + random.below(30);
    const strip = (m: Csr): Csr => (round % 2 ? m : { ...m, data: undefined });
    const rows = strip(random.csr(EDGES[random.below(EDGES.length)], numCols));
    const other = random.chance() ? strip(random.csr(EDGES[random.below(EDGES.length)], numCols)) : undefined;
    const options = {
      other,
      topK: [1, 2, 7, 8, 9, 33, 400][random.below(7)],
      threshold: random.chance() ? 0 : 0.8 * random.real(),
      excludeSelf: random.chance() ? undefined : random.chance(),
      minCommon: 1 + random.below(4),
    };
    requireExact(await cosineTopK(kernels, rows, options), rows, options, `round ${round}`);
  }
});

test('any number of threads and the twins give the same bytes', async () => {
  const random = new Random('threads');
  const made: Csr[] = [];
  const rows = random.csr(300, 40);
  for (const backend of [wasm(1), wasm(2), wasm(3), reference]) {
    const opened = open(backend);
    const options = { topK: 10, threshold: 0.2, kernels: opened };
    made.push(await topKCosine(rows, options));
    await opened.close();
    assert.equal(made[made.length - 1], made[0], describe(backend));
  }
});

test('identical rows: all cosines are 1, the lowest rows are kept', async () => {
  const rows = csrFromRows(
    5,
    Array.from({ length: 500 }, () => [
      [1, 1],
      [3, 1],
    ]),
  );
  const made = await topKCosine({ ...rows, data: undefined }, { topK: 3, threshold: 0.9, numThreads: 1 });
  assert.equal(
    rowOf(made, 0).map(([j]) => j),
    [1, 2, 3],
  );
  assert.equal(
    rowOf(made, 1).map(([j]) => j),
    [0, 2, 3],
  );
  assert.equal(
    rowOf(made, 499).map(([j]) => j),
    [0, 1, 2],
  );
  assert.ok(made.data?.every((value) => Math.abs(value - 1) < TOLERANCE));
});

/** Rows that all have this weight in each column. */
function alike(numRows: number, numCols: number, weight?: number): Csr {
  return {
    numRows,
    numCols,
    indptr: Uint32Array.from({ length: numRows + 1 }, (_, row) => row * numCols),
    indices: Uint32Array.from({ length: numRows * numCols }, (_, i) => i % numCols),
    data: weight === undefined ? undefined : new Float32Array(numRows * numCols).fill(weight),
  };
}

test('weighted sums do not drift: identical rows of a million columns have cosine 1', async () => {
  for (const weight of [0.1, 2.3]) {
    const [[, cosine]] = rowOf(await cosineTopK(kernels, alike(2, 1_000_000, weight), { topK: 1 }), 0);
    assert.ok(Math.abs(cosine - 1) < 2e-7, `${weight}: ${cosine}`);
  }
});

test('weights of any f32 size: neither overflow nor nothing', async () => {
  for (const weight of [1e-37, 1e-20, 1e20, 1e37]) {
    const rows = csrFromRows(2, [
      [[0, weight]],
      [[0, weight]],
      [
        [0, weight],
        [1, weight],
      ],
    ]);
    for (const backend of [wasm(1), reference]) {
      const opened = open(backend);
      const made = await cosineTopK(opened, rows, { topK: 3 });
      await opened.close();
      assert.equal([...made.indices], [1, 2, 0, 2, 0, 1], `${weight}`);
      const expected = [1, Math.SQRT1_2, 1, Math.SQRT1_2, Math.SQRT1_2, Math.SQRT1_2];
      made.data?.forEach((cosine, i) => {
        assert.ok(Math.abs(cosine - expected[i]) < 2e-7, `${weight}: ${cosine} for ${expected[i]}`);
      });
    }
  }
});

test('no cosine is above 1, and none above a threshold of 1', async () => {
  for (let numCols = 1; numCols < 40; numCols++) {
    for (const weight of [undefined, 0.7]) {
      const rows = alike(3, numCols, weight);
      const made = await cosineTopK(kernels, rows, { topK: 3 });
      assert.is(made.indices.length, 6);
      assert.ok(made.data?.every((cosine) => cosine <= 1 && cosine > 1 - 3e-7));
      assert.is((await cosineTopK(kernels, rows, { topK: 3, threshold: 1 })).indices.length, 0);
    }
  }
});

test('a row that has every column beside rows of one', async () => {
  const rows = csrFromRows(
    400,
    Array.from({ length: 401 }, (_, r) =>
      r === 0 ? Array.from({ length: 400 }, (_, c) => [c, 1] as const) : [[r - 1, 1] as const],
    ),
  );
  const made = await cosineTopK(kernels, { ...rows, data: undefined }, { topK: 5 });
  assert.equal(
    rowOf(made, 0),
    [1, 2, 3, 4, 5].map((j) => [j, Math.fround(0.05)]),
  );
  assert.equal(rowOf(made, 77), [[0, Math.fround(0.05)]]);
});

test('empty rows are like none, matrices without rows or columns give none', async () => {
  for (const [numRows, numCols] of [
    [0, 0],
    [0, 4],
    [4, 0],
    [4, 4],
  ]) {
    const rows = csrFromRows(
      numCols,
      Array.from({ length: numRows }, () => []),
    );
    const made = await cosineTopK(kernels, rows, { topK: 2 });
    assert.equal([made.numRows, made.numCols, made.indices.length], [numRows, numRows, 0]);
  }
});

test('bad options and weights are refused by name', async () => {
  const one = csrFromRows(1, [[[0, 1]]]);
  const codeOf = (rows: Csr, options: CosineOptions): Promise<string> =>
    cosineTopK(kernels, rows, options).then(
      () => 'none',
      (error: SimClustersError) => error.code,
    );
  for (const topK of [0, -1, 1.5, Number.NaN]) assert.is(await codeOf(one, { topK }), 'BAD_PARAM');
  for (const threshold of [-0.1, 1.1, Number.NaN])
    assert.is(await codeOf(one, { topK: 1, threshold }), 'BAD_PARAM');
  assert.is(await codeOf(one, { topK: 1, minCommon: -1 }), 'BAD_PARAM');
  assert.is(await codeOf(csrFromRows(1, [[[0, -1]]]), { topK: 1 }), 'BAD_PARAM');
  assert.is(await codeOf(one, { topK: 1, other: csrFromRows(2, [[]]) }), 'SHAPE_MISMATCH');
  assert.is(await codeOf(one, { topK: 1, threshold: 1 }), 'none');
});

test('what is no matrix is refused, and says why', async () => {
  const good = {
    numRows: 2,
    numCols: 2,
    indptr: Uint32Array.of(0, 2, 4),
    indices: Uint32Array.of(0, 1, 0, 1),
  };
  const bad: [object, RegExp][] = [
    [{ indices: Uint32Array.of(0, 7, 0, 7) }, /column 7 in row 0/],
    [{ indices: Uint32Array.of(1, 0, 0, 1) }, /column 0 after 1 in row 0/],
    [{ indices: Uint32Array.of(0, 1, 1, 1) }, /column 1 after 1 in row 1/],
    [{ indices: Uint32Array.of(0, 1) }, /indices of length 2/],
    [{ indptr: Uint32Array.of(0, 4) }, /indptr of length 2 for 2 rows/],
    [{ indptr: Uint32Array.of(1, 2, 4) }, /indptr\[0\] 1/],
    [{ indptr: Uint32Array.of(0, 5, 4) }, /indptr\[1\] 5 after 0/],
    [{ numRows: 3, indptr: Uint32Array.of(0, 3, 2, 4) }, /column 0 after 1 in row 0|indptr\[2\] 2 after 3/],
    [{ indptr: [0, 2, 4] }, /indptr of type Array/],
    [{ indices: Int32Array.of(0, 1, 0, 1) }, /indices of type Int32Array/],
    [{ data: Float64Array.of(1, 2, 2, 1) }, /data of type Float64Array/],
    [{ data: Float32Array.of(1) }, /data of length 1/],
    [{ numCols: Number.NaN }, /numCols NaN/],
    [{ numRows: -1 }, /numRows -1/],
  ];
  const refused = async (run: Promise<unknown>, pattern: RegExp) => {
    const error = await run.then(
      () => new Error('nothing refused'),
      (error) => error,
    );
    assert.is(error.code, 'BAD_PARAM', `${pattern}: ${error}`);
    assert.match(error.message, pattern);
  };
  await topKCosine(good, { topK: 1, kernels });
  for (const [wrong, pattern] of bad) {
    const matrix = { ...good, ...wrong } as Csr;
    await refused(topKCosine(matrix, { topK: 1, kernels }), pattern);
    await refused(topKCosine(good, { topK: 1, kernels, other: matrix }), pattern);
  }
  await refused(topKCosine(good, undefined as never), /options undefined/);
  await refused(topKCosine(null as never, { topK: 1, kernels }), /rows null/);
  await refused(topKCosine(good, { topK: 1, kernels, other: null as never }), /other null/);
  await refused(topKCosine(good, { topK: 1, kernels, minCommon: 2 ** 32 + 1 }), /minCommon 4294967297/);
});

test.run();
