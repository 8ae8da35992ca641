/**
 * The small entry for workers, serverless and browsers: retrieval from one compact file by one small module. No Node API, nothing
 * compiled or read on import, no dependency but the AssemblyScript loader. Files: `simclusters export ... --format edge`.
 */
export { type ErrorCode, SimClustersError } from './core/errors.ts';
export { type SparseVector, sparseVector } from './core/sparse-vector.ts';
export { supportsSimd } from './kernels/load.ts';
export {
  type AnnAlgorithm,
  defaultRetrievalConfig,
  NO_AGE_LIMIT,
  type RetrievalConfig,
  retrievalVariant,
} from './retrieval/config.ts';
export { EdgeModel, type EdgeQuery, type EdgeResult, openEdgeModel } from './retrieval/edge-model.ts';
export { openRemoteEdgeModel, type ReadRange, RemoteEdgeModel } from './retrieval/remote-edge-model.ts';
