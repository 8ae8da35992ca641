// Compressed sparse rows: stable counting sort by key, transposition, merging of duplicates and of matrices.
// A stable sort by producer followed by one by consumer sorts edges by (consumer, producer): a radix sort whose
// digits are the ids. Work is cut into blocks of the input; the result does not depend on how many blocks there are.
import { getF32, getU32, setF32, setU32 } from './access';

@unmanaged class SortByKeyParams {
  keys: usize; // u32[numItems]
  numItems: u32;
  numKeys: u32;
  numBlocks: u32;
  cursors: usize; // u32[numBlocks * numKeys], zero before countKeys
  indptr: usize; // u32[numKeys + 1], out
  values: usize; // u32[numItems]: what is moved
  data: usize; // f32[numItems], or 0
  valuesOut: usize; // u32[numItems]
  dataOut: usize; // f32[numItems], or 0
}

// @ts-ignore: decorator
@inline function blockStart(p: SortByKeyParams, block: u32): u32 {
  return <u32>((<u64>p.numItems * block) / p.numBlocks);
}

/** Blocks lo..hi: cursors[block][key] = number of items of the block with that key. */
export function countKeys(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<SortByKeyParams>(params);
  const keys = p.keys;
  for (let block = lo; block < hi; block++) {
    const counts = p.cursors + ((<usize>block * p.numKeys) << 2);
    const end = blockStart(p, block + 1);
    for (let i = blockStart(p, block); i < end; i++) {
      const key = getU32(keys, i);
      setU32(counts, key, getU32(counts, key) + 1);
    }
  }
}

/** All keys at once (lo and hi are ignored): indptr, and in `cursors` the first place of each (block, key). */
export function prefixKeys(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<SortByKeyParams>(params);
  let total: u32 = 0;
  for (let key: u32 = 0; key < p.numKeys; key++) {
    setU32(p.indptr, key, total);
    for (let block: u32 = 0; block < p.numBlocks; block++) {
      const at = p.cursors + ((<usize>block * p.numKeys + key) << 2);
      const count = load<u32>(at);
      store<u32>(at, total);
      total += count;
    }
  }
  setU32(p.indptr, p.numKeys, total);
}

/** Blocks lo..hi: moves each item to its key's range, keeping the input order within a key. */
export function scatterByKey(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<SortByKeyParams>(params);
  const keys = p.keys;
  const values = p.values;
  const data = p.data;
  const valuesOut = p.valuesOut;
  const dataOut = p.dataOut;
  for (let block = lo; block < hi; block++) {
    const cursors = p.cursors + ((<usize>block * p.numKeys) << 2);
    const end = blockStart(p, block + 1);
    for (let i = blockStart(p, block); i < end; i++) {
      const key = getU32(keys, i);
      const place = getU32(cursors, key);
      setU32(cursors, key, place + 1);
      setU32(valuesOut, place, getU32(values, i));
      if (data) setF32(dataOut, place, getF32(data, i));
    }
  }
}

@unmanaged class ExpandRowsParams {
  indptr: usize; // u32[numRows + 1]
  rowOf: usize; // u32[nnz], out
}

/** Rows lo..hi: rowOf[i] = r for each i in indptr[r] .. indptr[r + 1]. */
export function expandRows(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<ExpandRowsParams>(params);
  for (let row = lo; row < hi; row++) {
    const end = getU32(p.indptr, row + 1);
    for (let i = getU32(p.indptr, row); i < end; i++) setU32(p.rowOf, i, row);
  }
}

@unmanaged class MergeDuplicatesParams {
  indptr: usize; // u32[numRows + 1]; equal indices stand side by side
  indices: usize;
  data: usize; // f32, or 0
  sum: u32; // 1: duplicates are added up (in f64, in order); 0: the largest is kept
  counts: usize; // u32[numRows], out of countDistinct
  indptrOut: usize; // u32[numRows + 1], in of mergeDuplicates
  indicesOut: usize;
  dataOut: usize;
}

/** Rows lo..hi: counts[r] = number of distinct indices of row r. */
export function countDistinct(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MergeDuplicatesParams>(params);
  for (let row = lo; row < hi; row++) {
    const begin = getU32(p.indptr, row);
    const end = getU32(p.indptr, row + 1);
    let distinct: u32 = end > begin ? 1 : 0;
    for (let i = begin + 1; i < end; i++) distinct += u32(getU32(p.indices, i) != getU32(p.indices, i - 1));
    setU32(p.counts, row, distinct);
  }
}

/** Rows lo..hi: one entry for each distinct index, its values merged. */
export function mergeDuplicates(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<MergeDuplicatesParams>(params);
  for (let row = lo; row < hi; row++) {
    const end = getU32(p.indptr, row + 1);
    let out = getU32(p.indptrOut, row);
    let i = getU32(p.indptr, row);
    while (i < end) {
      const index = getU32(p.indices, i);
      let merged: f64 = p.data ? getF32(p.data, i) : 1;
      for (i++; i < end && getU32(p.indices, i) == index; i++) {
        if (!p.data) continue;
        const value: f64 = getF32(p.data, i);
        merged = p.sum ? merged + value : max<f64>(merged, value);
      }
      setU32(p.indicesOut, out, index);
      if (p.data) setF32(p.dataOut, out, <f32>merged);
      out++;
    }
  }
}

@unmanaged class UnionMaxParams {
  aIndptr: usize;
  aIndices: usize;
  aData: usize;
  bIndptr: usize;
  bIndices: usize;
  bData: usize;
  counts: usize; // u32[numRows], out of countUnion
  indptrOut: usize; // u32[numRows + 1], in of unionMax
  indicesOut: usize;
  dataOut: usize;
}

/** Rows lo..hi: counts[r] = number of columns stored in row r of A or of B. */
export function countUnion(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<UnionMaxParams>(params);
  for (let row = lo; row < hi; row++) {
    let a = getU32(p.aIndptr, row);
    let b = getU32(p.bIndptr, row);
    const aEnd = getU32(p.aIndptr, row + 1);
    const bEnd = getU32(p.bIndptr, row + 1);
    let count: u32 = 0;
    while (a < aEnd && b < bEnd) {
      const left = getU32(p.aIndices, a);
      const right = getU32(p.bIndices, b);
      a += u32(left <= right);
      b += u32(right <= left);
      count++;
    }
    setU32(p.counts, row, count + (aEnd - a) + (bEnd - b));
  }
}

/** Rows lo..hi: C = max(A, B) where both are stored, else the one that is. */
export function unionMax(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<UnionMaxParams>(params);
  for (let row = lo; row < hi; row++) {
    let a = getU32(p.aIndptr, row);
    let b = getU32(p.bIndptr, row);
    const aEnd = getU32(p.aIndptr, row + 1);
    const bEnd = getU32(p.bIndptr, row + 1);
    let out = getU32(p.indptrOut, row);
    while (a < aEnd || b < bEnd) {
      const left = a < aEnd ? getU32(p.aIndices, a) : u32.MAX_VALUE;
      const right = b < bEnd ? getU32(p.bIndices, b) : u32.MAX_VALUE;
      let value: f32 = -Infinity;
      if (left <= right) value = getF32(p.aData, a++);
      if (right <= left) value = max<f32>(value, getF32(p.bData, b++));
      setU32(p.indicesOut, out, min<u32>(left, right));
      setF32(p.dataOut, out, value);
      out++;
    }
  }
}

@unmanaged class CompactRowsParams {
  slots: u32; // places per row in the padded arrays, when slotStarts is 0
  slotStarts: usize; // u32[numRows + 1]: where each row begins in them, or 0
  slotIndices: usize; // u32[numRows * slots]
  slotData: usize; // f32[numRows * slots]
  indptrOut: usize; // u32[numRows + 1]
  indicesOut: usize;
  dataOut: usize;
}

/** Rows lo..hi: copies the filled places of padded rows to their places in a CSR. */
export function compactRows(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<CompactRowsParams>(params);
  for (let row = lo; row < hi; row++) {
    const from = (p.slotStarts ? <usize>getU32(p.slotStarts, row) : <usize>row * p.slots) << 2;
    const to = <usize>getU32(p.indptrOut, row) << 2;
    const size = (<usize>getU32(p.indptrOut, row + 1) << 2) - to;
    memory.copy(p.indicesOut + to, p.slotIndices + from, size);
    memory.copy(p.dataOut + to, p.slotData + from, size);
  }
}

@unmanaged class GatherParams {
  source: usize; // 32-bit values
  places: usize; // u32[numItems]
  target: usize; // 32-bit values, out
}

/** Items lo..hi: target[i] = source[places[i]], for any 32-bit type. */
export function gather32(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<GatherParams>(params);
  for (let i = lo; i < hi; i++) setU32(p.target, i, getU32(p.source, getU32(p.places, i)));
}

@unmanaged class PermuteRowsParams {
  order: usize; // u32[numRows]: source row of each row
  indptr: usize; // u32[numRows + 1] of the source
  indices: usize;
  data: usize; // f32 or 0
  indptrOut: usize; // u32[numRows + 1]
  indicesOut: usize;
  dataOut: usize; // f32, or u16 when unit is not 0; 0 without data
  unit: f64;
}

/** Rows lo..hi of the result: row i = row order[i] of the source; with a unit, values as whole multiples of it, at least 1. */
export function permuteRows(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<PermuteRowsParams>(params);
  for (let row = lo; row < hi; row++) {
    const source = getU32(p.order, row);
    const from = getU32(p.indptr, source);
    const to = getU32(p.indptrOut, row);
    const count = getU32(p.indptr, source + 1) - from;
    memory.copy(p.indicesOut + ((<usize>to) << 2), p.indices + ((<usize>from) << 2), (<usize>count) << 2);
    if (!p.data) continue;
    if (p.unit == 0) {
      memory.copy(p.dataOut + ((<usize>to) << 2), p.data + ((<usize>from) << 2), (<usize>count) << 2);
      continue;
    }
    for (let i: u32 = 0; i < count; i++) {
      const multiple = max<f64>(1, floor<f64>(<f64>getF32(p.data, from + i) / p.unit + 0.5));
      store<u16>(p.dataOut + ((<usize>(to + i)) << 1), <u16><u32>multiple);
    }
  }
}
