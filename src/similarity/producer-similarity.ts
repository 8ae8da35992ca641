/**
 * Producer similarity, exactly. Each producer keeps its best neighbours above the threshold; an edge stands if either end
 * keeps it, with the larger of the two values (they differ by roundings at most). The formulas are in weightings.ts.
 */
import type { Csr } from '../core/csr.ts';
import type { OpenEdgeStore } from '../core/edge-store.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { transpose } from '../kernels/sparse.ts';
import { panelBytes } from './memory-plan.ts';
import { keepByEitherEnd } from './neighbor-rows.ts';
import { type SimilarityWeighting, weighGraph } from './weightings.ts';

export { type SimilarityWeighting, similarityWeightings } from './weightings.ts';

/** What becomes of a similarity w once it is kept: nothing, or 10 · w² as the weekly KnownFor job has it. */
export const similarityTransforms = ['none', 'ten-squares'] as const;
export type SimilarityTransform = (typeof similarityTransforms)[number];

export interface SimilarityOptions {
  readonly weighting: SimilarityWeighting;
  /** An edge is kept iff its similarity is greater than this (`projection`: than this and 1e-5). */
  readonly threshold: number;
  /** Producers with fewer followers are left out: they get no neighbours and are none. */
  readonly minFollowers: number;
  /** Neighbours each producer keeps. */
  readonly topK: number;
  /** After threshold and top-k, which look at the similarity itself. Default none. */
  readonly transform?: SimilarityTransform;
  /** Consumers that a pair must have in common. Default 1. */
  readonly minCommonFollowers?: number;
  /** Followers of each producer; absent: those in the graph. */
  readonly numFollowers?: Uint32Array;
  /** Bytes allowed, the process as a whole, and where to put what does not fit. The result is the same. */
  readonly memory?: { readonly bytes: number; readonly openStore: OpenEdgeStore };
  readonly onProgress?: Progress;
}

/**
 * @param graph  A, numConsumers × numProducers, values ≥ 0: follows, or favs for the weightings that read favs
 * @returns symmetric numProducers × numProducers, no diagonal, f32 in (threshold, 1] (`ten-squares`: up to 10); ties keep
 *   the lower index
 * Cost: Σ_u d(u)² multiply-adds; memory 16 bytes per kept neighbour beside the graph and its transpose, or, with `memory`,
 * the result and no more than that.
 * @throws SimClustersError BAD_PARAM, OUT_OF_MEMORY
 */
export async function computeProducerSimilarity(
  kernels: Kernels,
  graph: Csr,
  options: SimilarityOptions,
): Promise<Csr> {
  const weighed = await weighGraph(kernels, graph, options.weighting, options.threshold);
  const producerConsumer = await transpose(kernels, weighed.graph);
  const numFollowers = options.numFollowers ?? rowSizes(producerConsumer);
  const scale = weighed.scale.map((value, p) => (numFollowers[p] < options.minFollowers ? 0 : value));
  const { memory, topK } = options;
  const spill = memory && {
    maxBytes: panelBytes(weighed.graph, topK, kernels.numThreads, memory.bytes),
    openStore: memory.openStore,
  };
  const product = {
    topK,
    threshold: weighed.threshold,
    innerScale: weighed.consumerScale,
    rowScale: scale,
    colScale: scale,
    minCommon: options.minCommonFollowers,
    excludeDiagonal: true,
    onProgress: options.onProgress,
  };
  const kept = await keepByEitherEnd(kernels, producerConsumer, weighed.graph, product, spill);
  return options.transform === 'ten-squares' ? { ...kept, data: kept.data?.map((w) => 10 * w * w) } : kept;
}

function rowSizes({ numRows, indptr }: Csr): Uint32Array {
  return Uint32Array.from({ length: numRows }, (_, row) => indptr[row + 1] - indptr[row]);
}
