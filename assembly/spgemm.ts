// Sparse matrix product that keeps the best entries of each row (Gustavson, row by row).
//
//   C[r, j] = rowScale[r] * colScale[j] * sum over i of  A[r, i] * innerScale[i] * B[i, j]
//
// kept iff C[r, j] > threshold, at most topK per row, ties to the lower column, columns ascending.
// All values must be >= 0. Sums run in f32 in the order of A's row, so no thread count changes a bit.
import { getF32, getU32, setF32, setU32 } from './access';
import { offerPair, sortByIndex, storePairs } from './topk';

@unmanaged class SpgemmParams {
  numCols: u32; // columns of B
  aIndptr: usize;
  aIndices: usize;
  aData: usize; // f32, or 0: ones
  bIndptr: usize;
  bIndices: usize;
  bData: usize; // f32, or 0: ones
  innerScale: usize; // f32[rows of B], or 0: ones
  rowScale: usize; // f32[rows of A], or 0: ones
  colScale: usize; // f32[numCols], or 0: ones
  excludeIndptr: usize; // pattern left out of C, or 0: none
  excludeIndices: usize;
  excludeDiagonal: u32;
  threshold: f32;
  topK: u32;
  firstRow: u32; // rows of A that lo = 0 means
  counts: usize; // u32[rows of this panel], out
  slotIndices: usize; // u32[rows of this panel * topK], out
  slotData: usize; // f32[rows of this panel * topK], out
}

// Scratch: sums f32[numCols], all zero between rows; touched u32[numCols + 1]; topK pairs.

/** sums[j] += weight * B[i, j]; returns the new number of touched columns. */
// @ts-ignore: decorator
@inline function addRow(p: SpgemmParams, i: u32, weight: f32, sums: usize, touched: usize, numTouched: u32): u32 {
  let n = numTouched;
  const end = p.bIndices + (<usize>getU32(p.bIndptr, i + 1) << 2);
  let at = p.bIndices + (<usize>getU32(p.bIndptr, i) << 2);
  if (p.bData == 0) {
    for (; at < end; at += 4) {
      const j = load<u32>(at);
      const before = getF32(sums, j);
      const after = before + weight;
      setU32(touched, n, j);
      // Branch-free: the place is overwritten unless the sum has just left zero.
      n += u32(before == 0) & u32(after != 0);
      setF32(sums, j, after);
    }
  } else {
    const toData = p.bData - p.bIndices;
    for (; at < end; at += 4) {
      const j = load<u32>(at);
      const before = getF32(sums, j);
      const after = before + weight * load<f32>(at + toData);
      setU32(touched, n, j);
      n += u32(before == 0) & u32(after != 0);
      setF32(sums, j, after);
    }
  }
  return n;
}

/** The same for matrices of ones: sums[j] counts, as a whole number. Below 2^24 the f32 sum would be that number too. */
// @ts-ignore: decorator
@inline function countRow(p: SpgemmParams, i: u32, sums: usize, touched: usize, numTouched: u32): u32 {
  let n = numTouched;
  const end = p.bIndices + (<usize>getU32(p.bIndptr, i + 1) << 2);
  for (let at = p.bIndices + (<usize>getU32(p.bIndptr, i) << 2); at < end; at += 4) {
    const j = load<u32>(at);
    const before = getU32(sums, j);
    setU32(touched, n, j);
    n += u32(before == 0);
    setU32(sums, j, before + 1);
  }
  return n;
}

/** Panel rows lo..hi of C. */
export function spgemmTopK(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<SpgemmParams>(params);
  const sums = scratch;
  const touched = sums + ((<usize>p.numCols) << 2);
  const pairs = (touched + ((<usize>p.numCols + 1) << 2) + 7) & ~7;
  const isCount = p.aData == 0 && p.bData == 0 && p.innerScale == 0;
  for (let panelRow = lo; panelRow < hi; panelRow++) {
    const row = p.firstRow + panelRow;
    let numTouched: u32 = 0;
    const end = getU32(p.aIndptr, row + 1);
    for (let a = getU32(p.aIndptr, row); a < end; a++) {
      const i = getU32(p.aIndices, a);
      if (isCount) {
        numTouched = countRow(p, i, sums, touched, numTouched);
        continue;
      }
      let weight: f32 = p.aData ? getF32(p.aData, a) : 1;
      if (p.innerScale) weight *= getF32(p.innerScale, i);
      numTouched = addRow(p, i, weight, sums, touched, numTouched);
    }
    if (p.excludeDiagonal && row < p.numCols) setF32(sums, row, 0);
    if (p.excludeIndptr) {
      const last = getU32(p.excludeIndptr, row + 1);
      for (let e = getU32(p.excludeIndptr, row); e < last; e++) setF32(sums, getU32(p.excludeIndices, e), 0);
    }
    const rowScale: f32 = p.rowScale ? getF32(p.rowScale, row) : 1;
    let size: u32 = 0;
    for (let t: u32 = 0; t < numTouched; t++) {
      const j = getU32(touched, t);
      let value = (isCount ? <f32>getU32(sums, j) : getF32(sums, j)) * rowScale;
      setF32(sums, j, 0);
      if (p.colScale) value *= getF32(p.colScale, j);
      if (value > p.threshold) size = offerPair(pairs, size, p.topK, j, value);
    }
    sortByIndex(pairs, size);
    const slot = (<usize>panelRow * p.topK) << 2;
    storePairs(pairs, size, p.slotIndices + slot, p.slotData + slot);
    setU32(p.counts, panelRow, size);
  }
}
