/** Random cases for the kernels of assembly/csr.ts, spgemm.ts, topk.ts and columns.ts. */
import { prefixSum } from '../../src/kernels/sparse.ts';
import { spgemmScratchBytes } from '../../src/kernels/spgemm.ts';
import { f32, f64, type MakeCase, u32 } from './case.ts';

export const sortByKey: MakeCase = (random, numItems) => {
  const numKeys = 1 + random.below(6);
  const numBlocks = 1 + random.below(4);
  const data = random.maybe(random.f32(numItems));
  return {
    values: {
      keys: random.u32(numItems, numKeys),
      numItems,
      numKeys,
      numBlocks,
      cursors: u32(numBlocks * numKeys),
      indptr: u32(numKeys + 1),
      values: random.u32(numItems, 1000),
      data,
      valuesOut: u32(numItems),
      dataOut: data && f32(numItems),
    },
    count: numBlocks,
  };
};

/** Cursors as countKeys and prefixKeys leave them. */
export function startCursors(keys: Uint32Array, numKeys: number, numBlocks: number): Uint32Array {
  const cursors = u32(numBlocks * numKeys);
  let total = 0;
  for (let key = 0; key < numKeys; key++) {
    for (let block = 0; block < numBlocks; block++) {
      cursors[block * numKeys + key] = total;
      const [lo, hi] = [block, block + 1].map((b) => Math.floor((keys.length * b) / numBlocks));
      total += keys.subarray(lo, hi).filter((k) => k === key).length;
    }
  }
  return cursors;
}

/** Rows whose equal indices stand side by side, some of them many times. */
export const mergeDuplicates: MakeCase = (random, numRows) => {
  const counts = random.u32(numRows, 6);
  const indptr = prefixSum(counts);
  const indices = u32(indptr[numRows]);
  const distinct = u32(numRows);
  for (let row = 0; row < numRows; row++) {
    const sorted = random.u32(counts[row], 4).sort();
    indices.set(sorted, indptr[row]);
    distinct[row] = new Set(sorted).size;
  }
  const indptrOut = prefixSum(distinct);
  const data = random.maybe(random.f32(indices.length));
  return {
    values: {
      indptr,
      indices,
      data,
      sum: random.below(2),
      counts: u32(numRows),
      indptrOut,
      indicesOut: u32(indptrOut[numRows]),
      dataOut: data && f32(indptrOut[numRows]),
    },
    count: numRows,
  };
};

export const union: MakeCase = (random, numRows) => {
  const numCols = 1 + random.below(9);
  const [a, b] = [random.csr(numRows, numCols), random.csr(numRows, numCols)];
  const counts = u32(numRows).map((_, row) => {
    const columns = [a, b].flatMap((m) => [...m.indices.subarray(m.indptr[row], m.indptr[row + 1])]);
    return new Set(columns).size;
  });
  const indptrOut = prefixSum(counts);
  return {
    values: {
      aIndptr: a.indptr,
      aIndices: a.indices,
      aData: a.data,
      bIndptr: b.indptr,
      bIndices: b.indices,
      bData: b.data,
      counts: u32(numRows),
      indptrOut,
      indicesOut: u32(indptrOut[numRows]),
      dataOut: f32(indptrOut[numRows]),
    },
    count: numRows,
  };
};

export const compactRows: MakeCase = (random, numRows) => {
  const slots = 1 + random.below(5);
  const indptrOut = prefixSum(random.u32(numRows, slots + 1));
  return {
    values: {
      slots,
      slotStarts: random.maybe(u32(numRows + 1).map((_, row) => row * slots)),
      slotIndices: random.u32(numRows * slots, 100),
      slotData: random.f32(numRows * slots),
      indptrOut,
      indicesOut: u32(indptrOut[numRows]),
      dataOut: f32(indptrOut[numRows]),
    },
    count: numRows,
  };
};

export const topKRows: MakeCase = (random, numRows) => {
  // Wide enough for sorts by heap as well as by insertion.
  const { indptr, indices, data } = random.csr(numRows, 1 + random.below(60));
  const topK = 1 + random.below(random.chance() ? 4 : 40);
  return {
    values: {
      indptr,
      indices,
      data,
      threshold: random.chance() ? Number.NEGATIVE_INFINITY : random.weight(),
      topK,
      counts: u32(numRows),
      slotIndices: u32(numRows * topK),
      slotData: f32(numRows * topK),
    },
    count: numRows,
    scratchBytes: topK * 8,
  };
};

export const sharpenRows: MakeCase = (random, numRows) => {
  const numInner = 1 + random.below(9);
  const graph = random.csr(numRows, numInner);
  const blur = random.csr(numInner, numInner);
  return {
    values: {
      indptr: graph.indptr,
      indices: graph.indices,
      data: graph.data,
      blurIndptr: blur.indptr,
      blurIndices: blur.indices,
      blurData: blur.data,
      strength: random.weight(),
      dataOut: f32(graph.indices.length),
    },
    count: numRows,
    scratchBytes: numInner * 4,
  };
};

export const spgemmTopK: MakeCase = (random, numRows) => {
  const numInner = 1 + random.below(8);
  const numCols = 1 + random.below(60);
  const a = random.csr(numRows, numInner);
  const b = random.csr(numInner, numCols);
  const exclude = random.maybe(random.csr(numRows, numCols));
  const topK = 1 + random.below(random.chance() ? 4 : numCols);
  const isCount = random.chance();
  const firstRow = random.below(numRows + 1);
  const count = numRows - firstRow;
  const cuts = Array.from({ length: count }, (_, row) => row).filter((row) => row > 0 && random.chance());
  const unitStarts = Uint32Array.of(0, ...cuts, ...(count > 0 ? [count] : []));
  return {
    values: {
      numCols,
      aIndptr: a.indptr,
      aIndices: a.indices,
      aData: isCount ? undefined : random.maybe(a.data),
      bIndptr: b.indptr,
      bIndices: b.indices,
      bData: isCount ? undefined : random.maybe(b.data),
      bStarts: random.maybe(
        a.indices.map((i) => b.indptr[i] + random.below(b.indptr[i + 1] - b.indptr[i] + 1)),
      ),
      innerScale: isCount ? undefined : random.maybe(random.f32(numInner)),
      rowScale: random.maybe(random.f32(numRows)),
      colScale: random.maybe(random.f32(numCols)),
      excludeIndptr: exclude?.indptr,
      excludeIndices: exclude?.indices,
      excludeDiagonal: random.below(2),
      threshold: random.chance() ? 0 : random.weight(),
      maxValue: random.chance() ? Number.POSITIVE_INFINITY : random.weight(),
      topK,
      minCommon: random.chance() ? 1 : random.below(4),
      firstRow,
      unitStarts,
      slotStarts: u32(count + 1).map((_, row) => row * topK),
      counts: u32(count),
      slotIndices: u32(count * topK),
      slotData: f32(count * topK),
    },
    count: unitStarts.length - 1,
    scratchBytes: spgemmScratchBytes(numCols, topK),
  };
};

export const columns: MakeCase = (random, numValues) => {
  const numCols = 1 + random.below(5);
  const numBlocks = 1 + random.below(4);
  return {
    values: {
      indices: random.u32(numValues, numCols),
      data: random.f32(numValues),
      numValues,
      numCols,
      numBlocks,
      partials: f64(numBlocks * numCols),
      scale: random.f32(numCols),
      dataOut: f32(numValues),
    },
    count: numBlocks,
  };
};

export const permuteRows: MakeCase = (random, numRows) => {
  const { indptr, indices, data } = random.csr(numRows, 1 + random.below(9));
  const order = random.permutation(numRows);
  const widths = Uint32Array.from(order, (row) => indptr[row + 1] - indptr[row]);
  const values = { order, indptr, indices, indptrOut: prefixSum(widths), indicesOut: u32(indices.length) };
  const kind = random.below(3);
  if (kind === 0) return { values, count: numRows };
  const isFixed = kind === 1;
  const dataOut = isFixed ? new Uint16Array(indices.length) : f32(indices.length);
  // The largest weight is 65535 units.
  const unit = isFixed ? Math.fround(Math.max(0.5, ...data) / 65535) : 0;
  return { values: { ...values, data, dataOut, unit }, count: numRows };
};
