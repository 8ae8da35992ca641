// Column norms and scaling of a CSR.
import { getF32, getF64, getU32, setF32, setF64 } from './access';

@unmanaged class ColumnParams {
  indices: usize; // u32[numValues]
  data: usize; // f32[numValues]
  numValues: u32;
  numCols: u32;
  numBlocks: u32;
  partials: usize; // f64[numBlocks * numCols], zero before; out of columnSquareSums
  scale: usize; // f32[numCols], in of scaleColumns
  dataOut: usize; // f32[numValues], out of scaleColumns
}

/**
 * Blocks lo..hi of the values: partials[block][c] = sum of data^2 in column c. The number of blocks follows from the
 * matrix alone and blocks are added in order, so the sums do not depend on the threads.
 */
export function columnSquareSums(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<ColumnParams>(params);
  for (let block = lo; block < hi; block++) {
    const sums = p.partials + ((<usize>block * p.numCols) << 3);
    const end = <u32>((<u64>p.numValues * (block + 1)) / p.numBlocks);
    for (let i = <u32>((<u64>p.numValues * block) / p.numBlocks); i < end; i++) {
      const column = getU32(p.indices, i);
      const value: f64 = getF32(p.data, i);
      setF64(sums, column, getF64(sums, column) + value * value);
    }
  }
}

/** Values lo..hi: dataOut = data * scale[column]. */
export function scaleColumns(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<ColumnParams>(params);
  for (let i = lo; i < hi; i++) setF32(p.dataOut, i, getF32(p.data, i) * getF32(p.scale, getU32(p.indices, i)));
}
