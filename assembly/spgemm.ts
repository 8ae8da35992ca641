// Sparse matrix product that keeps the best entries of each row (Gustavson, row by row).
//
//   C[r, j] = min(maxValue, (rowScale[r] * colScale[j]) * sum over i of  A[r, i] * B[i, j] * innerScale[i])
//
// (in this order, so that a product with the transpose gives C[j, r] the bits of C[r, j]); kept iff C[r, j] > threshold and
// at least minCommon i have both A[r, i] and B[i, j] stored; at most topK per row, ties to the lower column, columns
// ascending. All values must be >= 0. Sums and their scales run in f64 in the order of A's row, so no thread count changes a
// bit, and C is rounded to f32 once; products of ones are counted in whole numbers, and scaled in f32.
import { getF32, getF64, getU32, setF64, setU32 } from './access';
import { barBelow, keepLargest, keyCapacity, limitScores, setKey, storeByIndex } from './selection';

@unmanaged class SpgemmParams {
  numCols: u32; // columns of B
  aIndptr: usize;
  aIndices: usize;
  aData: usize; // f32, or 0: ones
  bIndptr: usize;
  bIndices: usize;
  bData: usize; // f32, or 0: ones
  bStarts: usize; // u32[entries of A]: where in B the row of each begins to count; 0: at its first entry. Counts only
  innerScale: usize; // f32[rows of B], or 0: ones
  rowScale: usize; // f32[rows of A], or 0: ones
  colScale: usize; // f32[numCols], or 0: ones
  excludeIndptr: usize; // pattern left out of C, or 0: none
  excludeIndices: usize;
  excludeDiagonal: u32;
  threshold: f32;
  maxValue: f32; // larger entries become this; infinity: none does
  topK: u32;
  minCommon: u32;
  firstRow: u32; // row of A that is row 0 of this panel
  unitStarts: usize; // u32[units + 1]: panel rows where the units of work begin
  slotStarts: usize; // u32[panel rows + 1]: where the entries of each row may go; at least min(topK, its touched columns)
  counts: usize; // u32[panel rows], out
  slotIndices: usize; // u32[slots], out
  slotData: usize; // f32[slots], out
}

// Scratch: sums (f64, or u32 counts)[numCols] and common u32[numCols], all zero between rows; touched u32[numCols + 1];
// keys u64[keyCapacity + 1]; spare u64[topK] and 256 counters. `common` is used only where values and minCommon meet.

/** sums[j] += value * B[i, j] * scale; returns the new number of touched columns. Two f32 multiply exactly in f64. */
// @ts-ignore: decorator
@inline function addRow(p: SpgemmParams, i: u32, value: f64, scale: f64, sums: usize, touched: usize, numTouched: u32): u32 {
  let n = numTouched;
  const end = p.bIndices + (<usize>getU32(p.bIndptr, i + 1) << 2);
  let at = p.bIndices + (<usize>getU32(p.bIndptr, i) << 2);
  if (p.bData == 0) {
    const weight = value * scale;
    for (; at < end; at += 4) {
      const j = load<u32>(at);
      const before = getF64(sums, j);
      const after = before + weight;
      setU32(touched, n, j);
      // Branch-free: the place is overwritten unless the sum has just left zero.
      n += u32(before == 0) & u32(after != 0);
      setF64(sums, j, after);
    }
  } else {
    const toData = p.bData - p.bIndices;
    for (; at < end; at += 4) {
      const j = load<u32>(at);
      const before = getF64(sums, j);
      const after = before + value * <f64>load<f32>(at + toData) * scale;
      setU32(touched, n, j);
      n += u32(before == 0) & u32(after != 0);
      setF64(sums, j, after);
    }
  }
  return n;
}

/** counts[j] += 1 for each j of row i of B, from place `start` on; returns the new number of touched columns. */
// @ts-ignore: decorator
@inline function countRow(p: SpgemmParams, i: u32, start: u32, counts: usize, touched: usize, numTouched: u32): u32 {
  let n = numTouched;
  const end = p.bIndices + (<usize>getU32(p.bIndptr, i + 1) << 2);
  for (let at = p.bIndices + (<usize>start << 2); at < end; at += 4) {
    const j = load<u32>(at);
    const before = getU32(counts, j);
    setU32(touched, n, j);
    n += u32(before == 0);
    setU32(counts, j, before + 1);
  }
  return n;
}

/** Columns of row i of B, counted without a list. */
// @ts-ignore: decorator
@inline function countOnly(p: SpgemmParams, i: u32, counts: usize): void {
  const end = p.bIndices + (<usize>getU32(p.bIndptr, i + 1) << 2);
  for (let at = p.bIndices + (<usize>getU32(p.bIndptr, i) << 2); at < end; at += 4) {
    const j = load<u32>(at);
    setU32(counts, j, getU32(counts, j) + 1);
  }
}

/** counts[j] = sum over i of A[row, i] * B[i, j] for matrices of ones; returns the number of touched columns. */
function countProducts(p: SpgemmParams, row: u32, counts: usize, touched: usize): u32 {
  let numTouched: u32 = 0;
  const end = getU32(p.aIndptr, row + 1);
  for (let a = getU32(p.aIndptr, row); a < end; a++) {
    const i = getU32(p.aIndices, a);
    const start = p.bStarts ? getU32(p.bStarts, a) : getU32(p.bIndptr, i);
    numTouched = countRow(p, i, start, counts, touched, numTouched);
  }
  return numTouched;
}

/** sums[j] = sum over i of A[row, i] * B[i, j] * innerScale[i], and, where it is wanted, how many products these are. */
function addProducts(p: SpgemmParams, row: u32, sums: usize, touched: usize, common: usize): u32 {
  let numTouched: u32 = 0;
  const end = getU32(p.aIndptr, row + 1);
  for (let a = getU32(p.aIndptr, row); a < end; a++) {
    const i = getU32(p.aIndices, a);
    const value: f64 = p.aData ? <f64>getF32(p.aData, a) : 1;
    const scale: f64 = p.innerScale ? <f64>getF32(p.innerScale, i) : 1;
    numTouched = addRow(p, i, value, scale, sums, touched, numTouched);
    if (p.minCommon > 1) countOnly(p, i, common);
  }
  return numTouched;
}

/** Columns whose sum stayed zero have been counted, too, and are not in the list. */
function clearCommon(p: SpgemmParams, row: u32, common: usize): void {
  const end = getU32(p.aIndptr, row + 1);
  for (let a = getU32(p.aIndptr, row); a < end; a++) {
    const i = getU32(p.aIndices, a);
    const last = getU32(p.bIndptr, i + 1);
    for (let b = getU32(p.bIndptr, i); b < last; b++) setU32(common, getU32(p.bIndices, b), 0);
  }
}

/** Sets the sums of what is left out of the row to zero. */
function leaveOut(p: SpgemmParams, row: u32, sums: usize, isCount: bool): void {
  if (p.excludeDiagonal && row < p.numCols) clearSum(sums, row, isCount);
  if (p.excludeIndptr == 0) return;
  const last = getU32(p.excludeIndptr, row + 1);
  for (let e = getU32(p.excludeIndptr, row); e < last; e++) clearSum(sums, getU32(p.excludeIndices, e), isCount);
}

// @ts-ignore: decorator
@inline function clearSum(sums: usize, j: u32, isCount: bool): void {
  if (isCount) setU32(sums, j, 0);
  else setF64(sums, j, 0);
}

// What chooses clears the sums of the touched columns from..to, appends the scores that pass the bar to the keys, and
// returns how many these are then.

/** Counts with column scales and no least number of products: the usual case, without a branch but the loop's. */
function chooseScaledCounts(colScale: usize, rowScale: f32, counts: usize, touched: usize, from: u32, to: u32, keys: usize, sizeBefore: u32, bar: f32): u32 {
  let size = sizeBefore;
  for (let t = from; t < to; t++) {
    const j = getU32(touched, t);
    // Counts stay below 2^31, and a signed one converts in one instruction.
    const count = <f32>(<i32>getU32(counts, j));
    setU32(counts, j, 0);
    const score = count * (rowScale * getF32(colScale, j));
    setKey(keys, size, j, score);
    size += u32(score > bar);
  }
  return size;
}

function chooseCounts(p: SpgemmParams, rowScale: f32, counts: usize, touched: usize, from: u32, to: u32, keys: usize, sizeBefore: u32, bar: f32): u32 {
  let size = sizeBefore;
  for (let t = from; t < to; t++) {
    const j = getU32(touched, t);
    const count = getU32(counts, j);
    setU32(counts, j, 0);
    const score = <f32>(<i32>count) * (p.colScale ? rowScale * getF32(p.colScale, j) : rowScale);
    setKey(keys, size, j, score);
    size += u32(score > bar) & u32(count >= p.minCommon);
  }
  return size;
}

function chooseSums(p: SpgemmParams, rowScale: f32, sums: usize, common: usize, touched: usize, from: u32, to: u32, keys: usize, sizeBefore: u32, bar: f32): u32 {
  let size = sizeBefore;
  for (let t = from; t < to; t++) {
    const j = getU32(touched, t);
    const scale = p.colScale ? <f64>rowScale * <f64>getF32(p.colScale, j) : <f64>rowScale;
    const score = <f32>(getF64(sums, j) * scale);
    setF64(sums, j, 0);
    setKey(keys, size, j, score);
    size += u32(score > bar) & u32(p.minCommon <= 1 || getU32(common, j) >= p.minCommon);
  }
  return size;
}

/** Units lo..hi of panel rows of C. */
export function spgemmTopK(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<SpgemmParams>(params);
  const numCols = p.numCols;
  const topK = p.topK;
  const isCount = p.aData == 0 && p.bData == 0 && p.innerScale == 0;
  const isScaledCount = isCount && p.colScale != 0 && p.minCommon <= 1;
  const sums = scratch;
  const common = sums + ((<usize>numCols) << 3);
  const touched = common + ((<usize>numCols) << 2);
  const keys = (touched + ((<usize>numCols + 1) << 2) + 7) & ~7;
  const capacity = keyCapacity(topK, numCols);
  const spare = keys + ((<usize>capacity + 1) << 3);
  // Scores are cut down to maxValue once they have passed: a bar that is not below it lets none pass.
  const lowestBar: f32 = p.threshold < p.maxValue ? p.threshold : Infinity;
  const lastRow = getU32(p.unitStarts, hi);
  for (let panelRow = getU32(p.unitStarts, lo); panelRow < lastRow; panelRow++) {
    const row = p.firstRow + panelRow;
    const numTouched = isCount ? countProducts(p, row, sums, touched) : addProducts(p, row, sums, touched, common);
    leaveOut(p, row, sums, isCount);
    const rowScale: f32 = p.rowScale ? getF32(p.rowScale, row) : 1;
    let size: u32 = 0;
    let bar = lowestBar;
    for (let t: u32 = 0; t < numTouched; ) {
      const stop = min<u32>(numTouched, t + (capacity - size));
      const before = size;
      if (isScaledCount) size = chooseScaledCounts(p.colScale, rowScale, sums, touched, t, stop, keys, size, bar);
      else if (isCount) size = chooseCounts(p, rowScale, sums, touched, t, stop, keys, size, bar);
      else size = chooseSums(p, rowScale, sums, common, touched, t, stop, keys, size, bar);
      limitScores(keys, before, size, p.maxValue);
      t = stop;
      if (size == capacity && size > topK) {
        keepLargest(keys, size, topK);
        size = topK;
        bar = barBelow(keys, size);
      }
    }
    if (!isCount && p.minCommon > 1) clearCommon(p, row, common);
    if (size > topK) {
      keepLargest(keys, size, topK);
      size = topK;
    }
    const slot = (<usize>getU32(p.slotStarts, panelRow)) << 2;
    storeByIndex(keys, size, numCols, spare, p.slotIndices + slot, p.slotData + slot);
    setU32(p.counts, panelRow, size);
  }
}
