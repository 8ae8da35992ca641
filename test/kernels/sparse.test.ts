import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Csr } from '../../src/core/csr.ts';
import type { ErrorCode, SimClustersError } from '../../src/core/errors.ts';
import { previousFloat32 } from '../../src/core/math.ts';
import {
  buildCsr,
  inverseColumnNorms,
  scaleColumns,
  topKRows,
  transpose,
  unionMax,
} from '../../src/kernels/sparse.ts';
import { spgemmTopK } from '../../src/kernels/spgemm.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { csrFromMaps, dense, rowOf } from '../fixtures/random.ts';

const test = suite('sparse matrices');
const kernels = open(wasm(1));
test.after(() => kernels.close());

interface Matrix {
  readonly csr: Csr & { readonly data: Float32Array };
  readonly values: number[][];
}

/** Small integers over 8 are exact in f32 and so are their few-term sums: no tolerance is needed. */
const value = fc.integer({ min: 0, max: 24 }).map((n) => n / 8);

function matrix(numRows: number, numCols: number): fc.Arbitrary<Matrix> {
  const row = fc.dictionary(fc.integer({ min: 0, max: numCols - 1 }).map(String), value);
  return fc.array(row, { minLength: numRows, maxLength: numRows }).map((rows) => {
    const maps = rows.map((r) => new Map(Object.entries(r).map(([column, v]) => [Number(column), v])));
    const csr = csrFromMaps(numCols, maps);
    return { csr, values: dense(csr) };
  });
}

const size = fc.integer({ min: 1, max: 9 });
const anyMatrix = fc.tuple(size, size).chain(([rows, cols]) => matrix(rows, cols));

function requireOrdered({ numRows, numCols, indptr, indices }: Csr): void {
  assert.is(indptr[0], 0);
  assert.is(indptr[numRows], indices.length);
  for (let row = 0; row < numRows; row++) {
    for (let i = indptr[row]; i < indptr[row + 1]; i++) {
      assert.ok(indices[i] < numCols);
      assert.ok(i === indptr[row] || indices[i] > indices[i - 1], 'columns ascend within a row');
    }
  }
}

/** The best k of a row's candidates: higher score, then lower column. */
function best(candidates: readonly (readonly [number, number])[], k: number, threshold: number) {
  return candidates
    .filter(([, score]) => score > threshold)
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, k);
}

const byColumn = (a: readonly [number, number], b: readonly [number, number]) => a[0] - b[0];

test('buildCsr sorts triplets and merges duplicates', async () => {
  const triplet = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 6 }), value);
  await fc.assert(
    fc.asyncProperty(fc.array(triplet), fc.constantFrom('max', 'sum'), async (triplets, duplicates) => {
      const rows = Array.from({ length: 5 }, () => new Map<number, number>());
      for (const [row, column, v] of triplets) {
        const before = rows[row].get(column);
        const merged = duplicates === 'sum' ? (before ?? 0) + v : Math.max(before ?? 0, v);
        rows[row].set(column, merged);
      }
      const keys = {
        rows: Uint32Array.from(triplets, (t) => t[0]),
        cols: Uint32Array.from(triplets, (t) => t[1]),
      };
      const data = Float32Array.from(triplets, (t) => t[2]);
      const built = await buildCsr(kernels, { ...keys, data }, 5, 7, duplicates as 'max' | 'sum');
      requireOrdered(built);
      assert.equal(built, csrFromMaps(7, rows));
      // Without values the pattern alone is built.
      const pattern = await buildCsr(kernels, keys, 5, 7, 'max');
      assert.equal(pattern, { ...built, data: undefined });
    }),
  );
});

test('sums of duplicates are rounded once, at the end', async () => {
  const data = Float32Array.of(1, ...new Array<number>(64).fill(2 ** -25));
  const zeros = new Uint32Array(data.length);
  const built = await buildCsr(kernels, { rows: zeros, cols: zeros, data }, 1, 1, 'sum');
  assert.is(built.data?.[0], 1 + 2 ** -19);
});

test('transpose swaps rows and columns, twice gives the matrix back', async () => {
  await fc.assert(
    fc.asyncProperty(anyMatrix, async ({ csr, values }) => {
      const turned = await transpose(kernels, csr);
      requireOrdered(turned);
      assert.equal(
        dense(turned),
        values[0].map((_, column) => values.map((row) => row[column])),
      );
      assert.equal(await transpose(kernels, turned), csr);
    }),
  );
});

test('unionMax takes the larger of two values, and zeros that are stored stay stored', async () => {
  const pair = fc.tuple(size, size).chain(([rows, cols]) => fc.tuple(matrix(rows, cols), matrix(rows, cols)));
  await fc.assert(
    fc.asyncProperty(pair, async ([a, b]) => {
      const union = await unionMax(kernels, a.csr, b.csr);
      requireOrdered(union);
      assert.equal(
        dense(union),
        a.values.map((row, r) => row.map((v, c) => Math.max(v, b.values[r][c]))),
      );
      for (let row = 0; row < a.csr.numRows; row++) {
        const stored = new Set([a.csr, b.csr].flatMap((m) => rowOf(m, row).map(([column]) => column)));
        assert.is(rowOf(union, row).length, stored.size);
      }
    }),
  );
});

test('topKRows gives the best entries, best first, ties to the lower column', async () => {
  await fc.assert(
    fc.asyncProperty(anyMatrix, fc.integer({ min: 1, max: 10 }), value, async ({ csr }, k, threshold) => {
      const top = await topKRows(kernels, csr, k, threshold);
      for (let row = 0; row < csr.numRows; row++)
        assert.equal(rowOf(top, row), best(rowOf(csr, row), k, threshold));
      const all = await topKRows(kernels, csr, csr.numCols);
      assert.is(all.indices.length, csr.indices.length);
    }),
  );
});

const product = fc.tuple(size, size, size).chain(([rows, inner, cols]) =>
  fc.record({
    a: matrix(rows, inner),
    b: matrix(inner, cols),
    exclude: matrix(rows, cols),
    k: fc.integer({ min: 1, max: 10 }),
    threshold: value,
    excludeDiagonal: fc.boolean(),
    binary: fc.boolean(),
  }),
);

test('spgemmTopK equals the dense product, cut to the best of each row', async () => {
  await fc.assert(
    fc.asyncProperty(product, async ({ a, b, exclude, k, threshold, excludeDiagonal, binary }) => {
      const strip = (m: Matrix): Csr => (binary ? { ...m.csr, data: undefined } : m.csr);
      const [left, right] = [strip(a), strip(b)];
      // Powers of two, one of them zero, keep the arithmetic exact.
      const scaleOf = (n: number) => Float32Array.from({ length: n }, (_, i) => [1, 0.5, 0, 2][i % 4]);
      const scales = {
        innerScale: scaleOf(left.numCols),
        rowScale: scaleOf(left.numRows).reverse(),
        colScale: scaleOf(right.numCols),
      };
      const options = { topK: k, threshold, excludeDiagonal, exclude: exclude.csr, ...scales };
      const made = await spgemmTopK(kernels, left, right, options);
      requireOrdered(made);
      const [leftDense, rightDense] = [dense(left), dense(right)];
      for (let row = 0; row < left.numRows; row++) {
        const excluded = new Set(rowOf(exclude.csr, row).map(([column]) => column));
        if (excludeDiagonal) excluded.add(row);
        const candidates = Array.from({ length: right.numCols }, (_, column) => {
          const terms = leftDense[row].map((v, i) => v * scales.innerScale[i] * rightDense[i][column]);
          const sum = terms.reduce((x, y) => x + y, 0);
          return [column, sum * scales.rowScale[row] * scales.colScale[column]] as const;
        }).filter(([column]) => !excluded.has(column));
        assert.equal(rowOf(made, row), best(candidates, k, threshold).sort(byColumn));
      }
    }),
    { numRuns: 300 },
  );
});

test('cuts are exact to the last bit: kept iff the stored value is greater than the threshold', async () => {
  for (const value of [0.1, 0.01, 0.5].map(Math.fround)) {
    const cell = csrFromMaps(1, [new Map([[0, value]])]);
    const one = csrFromMaps(1, [new Map([[0, 1]])]);
    for (const threshold of [0.1, 0.01, 0.5, value, previousFloat32(value), value * (1 + 1e-9)]) {
      const kept = value > threshold ? 1 : 0;
      assert.is((await spgemmTopK(kernels, cell, one, { topK: 1, threshold })).indices.length, kept);
      assert.is((await topKRows(kernels, cell, 1, threshold)).indices.length, kept);
    }
  }
  const zero = csrFromMaps(1, [new Map([[0, 0]])]);
  assert.is((await spgemmTopK(kernels, zero, zero, { topK: 1, threshold: -1 })).indices.length, 0);
});

test('a product of matrices that do not fit is refused', async () => {
  const code = await spgemmTopK(kernels, csrFromMaps(3, []), csrFromMaps(2, []), {
    topK: 1,
    threshold: 0,
  }).then(
    () => 'none',
    (error: SimClustersError) => error.code as ErrorCode,
  );
  assert.is(code, 'SHAPE_MISMATCH');
});

test('columns are scaled to unit length, zero columns stay zero', async () => {
  await fc.assert(
    fc.asyncProperty(anyMatrix, async ({ csr, values }) => {
      const norms = await inverseColumnNorms(kernels, csr);
      const scaled = dense({ ...csr, data: await scaleColumns(kernels, csr, csr.data, norms) });
      for (let column = 0; column < csr.numCols; column++) {
        const squares = (m: number[][]) => m.reduce((sum, row) => sum + row[column] ** 2, 0);
        const expected = squares(values) > 0 ? 1 : 0;
        // f32 rounds the norm and each value: about 2^-23 each.
        assert.ok(Math.abs(squares(scaled) - expected) < 1e-6);
      }
    }),
  );
});

test('norms need values', async () => {
  let caught: unknown;
  try {
    await inverseColumnNorms(kernels, { ...csrFromMaps(2, [new Map([[0, 1]])]), data: undefined });
  } catch (error) {
    caught = error;
  }
  assert.is((caught as SimClustersError).code, 'SHAPE_MISMATCH');
});

test.run();
