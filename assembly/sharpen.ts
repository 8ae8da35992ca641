// Sharpening of a graph: what a neighbour explains of another is taken off it.
//
//   W'[i, j] = max(0, W[i, j] - strength * sum over k of  W[i, k] * B[k, j])      for the j that row i of W stores
//
// Sums run in f32 in the order of W's row, so no thread count changes a bit.
import { getF32, getU32, setF32 } from './access';

@unmanaged class SharpenParams {
  indptr: usize; // u32[rows + 1], rows of W
  indices: usize;
  data: usize; // f32
  blurIndptr: usize; // u32[numCols + 1], rows of B
  blurIndices: usize;
  blurData: usize; // f32
  strength: f32;
  dataOut: usize; // f32[entries of W], out
}

/** Rows lo..hi of W. Scratch: f32[numCols], all zero between rows. Cost: multiply-adds of W · B, twice. */
export function sharpenRows(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<SharpenParams>(params);
  const toData = p.blurData - p.blurIndices;
  const strength = p.strength;
  for (let row = lo; row < hi; row++) {
    const begin = getU32(p.indptr, row);
    const end = getU32(p.indptr, row + 1);
    for (let e = begin; e < end; e++) {
      const k = getU32(p.indices, e);
      const weight = getF32(p.data, e);
      const stop = p.blurIndices + (<usize>getU32(p.blurIndptr, k + 1) << 2);
      for (let at = p.blurIndices + (<usize>getU32(p.blurIndptr, k) << 2); at < stop; at += 4) {
        const sum = scratch + ((<usize>load<u32>(at)) << 2);
        store<f32>(sum, load<f32>(sum) + weight * load<f32>(at + toData));
      }
    }
    for (let e = begin; e < end; e++) {
      const value = getF32(p.data, e) - strength * getF32(scratch, getU32(p.indices, e));
      setF32(p.dataOut, e, max<f32>(0, value));
    }
    for (let e = begin; e < end; e++) {
      const k = getU32(p.indices, e);
      const stop = p.blurIndices + (<usize>getU32(p.blurIndptr, k + 1) << 2);
      for (let at = p.blurIndices + (<usize>getU32(p.blurIndptr, k) << 2); at < stop; at += 4) {
        store<f32>(scratch + ((<usize>load<u32>(at)) << 2), 0);
      }
    }
  }
}
