/** The graph and its transpose as a weighting sees them: what the exact method and WHIMP both start from. */
import type { Csr } from '../core/csr.ts';
import { requireCsr } from '../core/csr-check.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { transpose } from '../kernels/sparse.ts';
import { requireOption } from './option-checks.ts';
import { type SimilarityWeighting, weighGraph } from './weightings.ts';

/** s(p, q) = Σ_u A[u,p] · A[u,q] · innerScale[u] · scale[p] · scale[q]; kept iff greater than the threshold. */
export interface WeightedFollowers {
  /** A: consumers × producers. */
  readonly users: Csr;
  /** Aᵀ: producers × consumers. */
  readonly producers: Csr;
  /** f32 per consumer; absent: 1. */
  readonly innerScale?: Float32Array;
  /** f32 per producer; 0 for one that takes no part. */
  readonly scale: Float32Array;
  readonly threshold: number;
}

export interface FollowerOptions {
  readonly weighting: SimilarityWeighting;
  readonly threshold: number;
  /** Producers with fewer followers take no part. */
  readonly minFollowers: number;
  /** Followers of each producer; absent: those in the graph. */
  readonly numFollowers?: Uint32Array;
}

/** @throws SimClustersError BAD_PARAM for what is no matrix, a value below 0, or one that is no number. Cost O(nnz). */
export async function weighFollowers(
  kernels: Kernels,
  graph: Csr,
  { weighting, threshold, minFollowers, numFollowers }: FollowerOptions,
): Promise<WeightedFollowers> {
  requireCsr('graph', graph);
  const isPerProducer =
    !numFollowers || (numFollowers instanceof Uint32Array && numFollowers.length === graph.numCols);
  requireOption('numFollowers', numFollowers, isPerProducer, `a Uint32Array of length ${graph.numCols}`);
  const weighed = await weighGraph(kernels, graph, weighting, threshold);
  const producers = await transpose(kernels, weighed.graph);
  const followersOf = (p: number) => numFollowers?.[p] ?? rowSize(producers, p);
  return {
    users: weighed.graph,
    producers,
    innerScale: weighed.consumerScale,
    scale: weighed.scale.map((value, p) => (followersOf(p) < minFollowers ? 0 : value)),
    threshold: weighed.threshold,
  };
}

export function rowSize({ indptr }: Csr, row: number): number {
  return indptr[row + 1] - indptr[row];
}
