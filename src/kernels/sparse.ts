/** Sparse matrices through the kernels: Csr in, Csr out. Inputs are copied into kernel memory, results out of it. */
import { type Csr, nnz, type ValuedCsr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { floorFloat32, inverseRoot } from '../core/math.ts';
import type { Arena } from './arena.ts';
import type { Kernels } from './kernels.ts';

/** Words of cursors that a counting sort may take, over all blocks. */
const MAX_CURSORS = 2 ** 26;

export interface Triplets {
  readonly rows: Uint32Array;
  readonly cols: Uint32Array;
  /** f32 values; absent = all 1. */
  readonly data?: Float32Array;
}

/**
 * Sorts triplets into a CSR. Entries of the same (row, column) become one: their sum, or the largest.
 * Cost O(n + rows + columns). The result does not depend on the number of threads.
 */
export async function buildCsr(
  kernels: Kernels,
  triplets: Triplets,
  numRows: number,
  numCols: number,
  duplicates: 'max' | 'sum',
): Promise<Csr> {
  return kernels.scope(async (arena) => {
    const { rows, cols, data } = triplets;
    const byColumn = await sortByKey(kernels, arena, numCols, { keys: cols, values: rows, data });
    const columnOf = await rowOfEntries(kernels, arena, byColumn.indptr, rows.length);
    const byRow = await sortByKey(kernels, arena, numRows, {
      keys: byColumn.values,
      values: columnOf,
      data: byColumn.data,
    });
    return mergeDuplicates(kernels, arena, { ...byRow, numRows, numCols }, duplicates);
  });
}

/** Aᵀ, rows ascending by column. Cost O(nnz). */
export async function transpose(kernels: Kernels, a: Csr): Promise<Csr> {
  return kernels.scope(async (arena) => takeOut(await transposePlaced(kernels, arena, a)));
}

/** max(A, Aᵀ). Square, with data. */
export async function unionMaxTransposed(kernels: Kernels, a: Csr): Promise<ValuedCsr> {
  return kernels.scope(async (arena) => {
    const placed = placeCsr(arena, a);
    return unionMax(kernels, placed, await transposePlaced(kernels, arena, placed));
  });
}

/** Aᵀ; lies in the arena. */
async function transposePlaced(kernels: Kernels, arena: Arena, a: Csr): Promise<Csr> {
  const sorted = reserveSorted(arena, a.numCols, nnz(a), Boolean(a.data));
  await kernels.scope(async () => {
    const values = await rowOfEntries(kernels, arena, arena.put(a.indptr), nnz(a));
    await sortInto(kernels, arena, sorted, { keys: a.indices, values, data: a.data });
  });
  return {
    numRows: a.numCols,
    numCols: a.numRows,
    indptr: sorted.indptr,
    indices: sorted.values,
    data: sorted.data,
  };
}

/** The matrix in the arena; parts that lie there already stay where they are. */
export function placeCsr(arena: Arena, { indptr, indices, data, ...shape }: Csr): Csr {
  return { ...shape, indptr: arena.put(indptr), indices: arena.put(indices), data: data && arena.put(data) };
}

/** A copy outside of the arena. */
export function takeOut<Matrix extends Csr>({ indptr, indices, data, ...matrix }: Matrix): Matrix {
  return { ...matrix, indptr: indptr.slice(), indices: indices.slice(), data: data?.slice() } as Matrix;
}

/** A matrix that lies in the arena. With a unit, `data` are whole multiples of it. */
export interface PlacedRows {
  readonly indptr: Uint32Array;
  readonly indices: Uint32Array;
  readonly data?: Float32Array | Uint16Array;
}

/**
 * Row i of the result = row order[i] of A; it lies in the arena, and lives as long as the scope of the caller.
 * @param unit  0: values stay f32; else they become u16 multiples of it, rounded, at least 1
 */
export async function permuteRows(
  kernels: Kernels,
  a: Csr,
  order: Uint32Array,
  unit = 0,
): Promise<PlacedRows> {
  const { arena } = kernels;
  const indptr = arena.u32(order.length + 1);
  indptr[0] = 0;
  for (let row = 0; row < order.length; row++)
    indptr[row + 1] = indptr[row] + a.indptr[order[row] + 1] - a.indptr[order[row]];
  const numEntries = indptr[order.length];
  const indices = arena.u32(numEntries);
  const data = a.data && (unit === 0 ? arena.f32(numEntries) : arena.u16(numEntries));
  await kernels.scope(async () => {
    const params = kernels.block('permuteRows', {
      order: arena.put(order),
      indptr: arena.put(a.indptr),
      indices: arena.put(a.indices),
      data: a.data && arena.put(a.data),
      indptrOut: indptr,
      indicesOut: indices,
      dataOut: data,
      unit,
    });
    await kernels.run([kernels.step('permuteRows', params, order.length)]);
  });
  return { indptr, indices, data };
}

/**
 * The best entries of each row, best first (not by column); ties go to the lower column.
 */
export async function topKRows(
  kernels: Kernels,
  a: Csr,
  topK: number,
  threshold = Number.NEGATIVE_INFINITY,
): Promise<Csr> {
  const k = Math.max(1, Math.min(topK, a.numCols));
  return kernels.scope(async (arena) => {
    const slots = {
      counts: arena.u32(a.numRows),
      slotIndices: arena.u32(a.numRows * k),
      slotData: arena.f32(a.numRows * k),
    };
    const params = kernels.block('topKRows', {
      indptr: arena.put(a.indptr),
      indices: arena.put(a.indices),
      data: arena.put(requireData(a)),
      threshold: floorFloat32(threshold),
      topK: k,
      ...slots,
    });
    await kernels.run([kernels.step('topKRows', params, a.numRows)], { scratchBytes: k * 8 });
    return takeOut(await compactSlots(kernels, arena, { ...slots, slots: k }, a.numCols));
  });
}

/** max(A, B) where both are stored, else the one that is. Same shape, both with data. */
export async function unionMax(kernels: Kernels, a: Csr, b: Csr): Promise<ValuedCsr> {
  return kernels.scope(async (arena) => {
    const inputs = {
      aIndptr: arena.put(a.indptr),
      aIndices: arena.put(a.indices),
      aData: arena.put(requireData(a)),
      bIndptr: arena.put(b.indptr),
      bIndices: arena.put(b.indices),
      bData: arena.put(requireData(b)),
    };
    const counts = arena.u32(a.numRows);
    await kernels.run([
      kernels.step('countUnion', kernels.block('countUnion', { ...inputs, counts }), a.numRows),
    ]);
    const indptr = arena.put(prefixSum(counts));
    const indicesOut = arena.u32(indptr[a.numRows]);
    const dataOut = arena.f32(indptr[a.numRows]);
    const params = kernels.block('unionMax', { ...inputs, indptrOut: indptr, indicesOut, dataOut });
    await kernels.run([kernels.step('unionMax', params, a.numRows)]);
    return {
      numRows: a.numRows,
      numCols: a.numCols,
      indptr: indptr.slice(),
      indices: indicesOut.slice(),
      data: dataOut.slice(),
    };
  });
}

/**
 * 1 / L2 norm of each column; 0 for a column of zeros. Sums in f64, over blocks that depend on the matrix alone.
 */
export async function inverseColumnNorms(
  kernels: Kernels,
  a: Csr,
  data = requireData(a),
): Promise<Float32Array> {
  return kernels.scope(async (arena) => {
    const numValues = nnz(a);
    const numBlocks = Math.max(1, Math.min(64, Math.floor(numValues / (4 * Math.max(1, a.numCols)))));
    const partials = arena.f64(numBlocks * a.numCols);
    partials.fill(0);
    const params = kernels.block('columnSquareSums', {
      indices: arena.put(a.indices),
      data: arena.put(data),
      numValues,
      numCols: a.numCols,
      numBlocks,
      partials,
    });
    await kernels.run([kernels.step('columnSquareSums', params, numBlocks, 1)]);
    const inverse = new Float32Array(a.numCols);
    for (let column = 0; column < a.numCols; column++) {
      let sum = 0;
      for (let block = 0; block < numBlocks; block++) sum += partials[block * a.numCols + column];
      inverse[column] = inverseRoot(sum);
    }
    return inverse;
  });
}

/** data[i] · scale[column of i] for every stored value. */
export async function scaleColumns(
  kernels: Kernels,
  a: Csr,
  data: Float32Array,
  scale: Float32Array,
): Promise<Float32Array> {
  return kernels.scope(async (arena) => {
    const dataOut = arena.f32(data.length);
    const params = kernels.block('scaleColumns', {
      indices: arena.put(a.indices),
      data: arena.put(data),
      numValues: data.length,
      numCols: a.numCols,
      scale: arena.put(scale),
      dataOut,
    });
    await kernels.run([kernels.step('scaleColumns', params, data.length)]);
    return dataOut.slice();
  });
}

/** indptr of rows with these many entries. */
export function prefixSum(counts: Uint32Array): Uint32Array {
  const indptr = new Uint32Array(counts.length + 1);
  for (let row = 0; row < counts.length; row++) indptr[row + 1] = indptr[row] + counts[row];
  return indptr;
}

interface KeyedItems {
  readonly keys: Uint32Array;
  readonly values: Uint32Array;
  readonly data?: Float32Array;
}

interface SortedItems {
  /** Where each key's items begin; lies in the arena, as the rest. */
  readonly indptr: Uint32Array;
  readonly values: Uint32Array;
  readonly data?: Float32Array;
}

/** Stable counting sort by key; inputs are put into the arena, outputs lie in it. */
export async function sortByKey(
  kernels: Kernels,
  arena: Arena,
  numKeys: number,
  items: KeyedItems,
): Promise<SortedItems> {
  const sorted = reserveSorted(arena, numKeys, items.keys.length, Boolean(items.data));
  await kernels.scope(() => sortInto(kernels, arena, sorted, items));
  return sorted;
}

function reserveSorted(arena: Arena, numKeys: number, numItems: number, hasData: boolean): SortedItems {
  return {
    indptr: arena.u32(numKeys + 1),
    values: arena.u32(numItems),
    data: hasData ? arena.f32(numItems) : undefined,
  };
}

async function sortInto(
  kernels: Kernels,
  arena: Arena,
  { indptr, values, data }: SortedItems,
  items: KeyedItems,
): Promise<void> {
  const numKeys = indptr.length - 1;
  const numItems = items.keys.length;
  // More blocks than threads gain nothing, and each costs numKeys words.
  const numBlocks = Math.max(1, Math.min(kernels.numThreads, Math.floor(MAX_CURSORS / numKeys)));
  const cursors = arena.u32(numBlocks * numKeys);
  cursors.fill(0);
  const params = kernels.block('countKeys', {
    keys: arena.put(items.keys),
    numItems,
    numKeys,
    numBlocks,
    cursors,
    indptr,
    values: arena.put(items.values),
    data: items.data && arena.put(items.data),
    valuesOut: values,
    dataOut: data,
  });
  await kernels.run([
    kernels.step('countKeys', params, numBlocks, 1),
    kernels.step('prefixKeys', params, 1, 1),
    kernels.step('scatterByKey', params, numBlocks, 1),
  ]);
}

async function rowOfEntries(
  kernels: Kernels,
  arena: Arena,
  indptr: Uint32Array,
  numEntries: number,
): Promise<Uint32Array> {
  const rowOf = arena.u32(numEntries);
  const params = kernels.block('expandRows', { indptr, rowOf });
  await kernels.run([kernels.step('expandRows', params, indptr.length - 1)]);
  return rowOf;
}

async function mergeDuplicates(
  kernels: Kernels,
  arena: Arena,
  { indptr, values, data, numRows, numCols }: SortedItems & { numRows: number; numCols: number },
  duplicates: 'max' | 'sum',
): Promise<Csr> {
  const inputs = { indptr, indices: values, data, sum: duplicates === 'sum' ? 1 : 0 };
  const counts = arena.u32(numRows);
  await kernels.run([
    kernels.step('countDistinct', kernels.block('countDistinct', { ...inputs, counts }), numRows),
  ]);
  const indptrOut = arena.put(prefixSum(counts));
  const indicesOut = arena.u32(indptrOut[numRows]);
  const dataOut = data && arena.f32(indptrOut[numRows]);
  const params = kernels.block('mergeDuplicates', { ...inputs, indptrOut, indicesOut, dataOut });
  await kernels.run([kernels.step('mergeDuplicates', params, numRows)]);
  return { numRows, numCols, indptr: indptrOut.slice(), indices: indicesOut.slice(), data: dataOut?.slice() };
}

/** Rows that lie apart, at fixed distances or where `slotStarts` says; `counts` are those filled in each. */
export interface Slots {
  readonly counts: Uint32Array;
  readonly slotIndices: Uint32Array;
  readonly slotData: Float32Array;
  readonly slots?: number;
  readonly slotStarts?: Uint32Array;
}

/** A CSR from padded rows; it lies in the arena. */
export async function compactSlots(
  kernels: Kernels,
  arena: Arena,
  { counts, ...slots }: Slots,
  numCols: number,
): Promise<ValuedCsr> {
  const numRows = counts.length;
  const indptr = arena.put(prefixSum(counts));
  const indices = arena.u32(indptr[numRows]);
  const data = arena.f32(indptr[numRows]);
  const params = kernels.block('compactRows', {
    ...slots,
    indptrOut: indptr,
    indicesOut: indices,
    dataOut: data,
  });
  await kernels.run([kernels.step('compactRows', params, numRows)]);
  return { numRows, numCols, indptr, indices, data };
}

function requireData(a: Csr): Float32Array {
  if (a.data) return a.data;
  throw new SimClustersError('SHAPE_MISMATCH', {
    got: 'a matrix without values',
    expected: 'a matrix with one value per entry',
    todo: 'Give the matrix a `data` array of ones',
  });
}
