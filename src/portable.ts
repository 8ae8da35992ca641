/**
 * What computes without a Node API: hand it core.wasm and artifact files as buffers; it reads them zero-copy and runs the same
 * kernels as everything else. Nothing is compiled or read on import. To answer queries alone, `simclusters/edge` is far smaller.
 */
export type { Csr } from './core/csr.ts';
export { type ErrorCode, SimClustersError } from './core/errors.ts';
export { type IdTable, idAt, idStrings, idTableFromColumn } from './core/ids.ts';
export type { Column, ListColumn, ScalarColumn, StringColumn, Table } from './core/table.ts';
export { measureRanking } from './evaluate/ranking-quality.ts';
export { recommendByVectors } from './evaluate/recommend.ts';
export { decodeTable } from './io/parquet-reader.ts';
export { openEdgeKernels } from './kernels/open-edge.ts';
export { buildCsr, topKRows, transpose } from './kernels/sparse.ts';
export { type SpgemmOptions, spgemmTopK } from './kernels/spgemm.ts';
