/**
 * Producer similarity, exactly. Each producer keeps its best neighbours above the threshold; an edge stands if either end
 * keeps it. The formulas are in weightings.ts.
 */
import type { Csr } from '../core/csr.ts';
import type { OpenEdgeStore } from '../core/edge-store.ts';
import { SimClustersError } from '../core/errors.ts';
import { inMemory, type StoredCsr } from '../core/stored-csr.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import type { Panel } from '../kernels/spgemm.ts';
import { type WeightedFollowers, weighFollowers } from './follower-weights.ts';
import { exactBytes, panelBytes } from './memory-plan.ts';
import { keepByEitherEnd, keepOnDisk } from './neighbor-rows.ts';
import { requireChoice, requireCount, requireOption } from './option-checks.ts';
import { type SimilarityWeighting, similarityWeightings } from './weightings.ts';

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
  /** Bytes allowed, the process as a whole but for the result in memory; and where to put what does not fit. The result is the same. */
  readonly memory?: { readonly bytes: number; readonly openStore: OpenEdgeStore };
  readonly onProgress?: Progress;
}

/**
 * @param graph  A, numConsumers × numProducers, values ≥ 0: follows, or favs for the weightings that read favs
 * @returns symmetric numProducers × numProducers, no diagonal, f32 in (threshold, 1] (`ten-squares`: up to 10); ties keep
 *   the lower index
 * Cost: Σ_u d(u)² multiply-adds; memory 16 bytes per kept neighbour beside the graph and its transpose, or, with `memory`,
 * the larger of the allowance and, about, the graph, its transpose and the result, 8 bytes an edge.
 * @throws SimClustersError BAD_PARAM, OUT_OF_MEMORY
 */
export async function computeProducerSimilarity(
  kernels: Kernels,
  graph: Csr,
  options: SimilarityOptions,
): Promise<Csr> {
  requireSimilarityOptions(options);
  return inMemory(await multiplyFollowers(kernels, await weighFollowers(kernels, graph, options), options));
}

/** The same from followers that are weighed already; on disk where memory is limited. */
export async function multiplyFollowers(
  kernels: Kernels,
  { users, producers, innerScale, scale, threshold }: WeightedFollowers,
  options: SimilarityOptions,
): Promise<Csr | StoredCsr> {
  const { memory, topK } = options;
  const product = {
    topK,
    threshold,
    innerScale,
    rowScale: scale,
    colScale: scale,
    minCommon: options.minCommonFollowers,
    maxValue: 1,
    excludeDiagonal: true,
    onProgress: options.onProgress,
  };
  const change = (rows: Panel) => transformed(rows, options.transform);
  if (!memory) return change(await keepByEitherEnd(kernels, producers, users, product));
  const maxBytes = panelBytes(users, exactBytes(users, topK, kernels.numThreads), memory.bytes);
  const spill = { maxBytes, openStore: memory.openStore };
  return keepOnDisk(kernels, producers, users, product, spill, change);
}

/** @throws SimClustersError BAD_PARAM for a threshold outside of [0, 1], no neighbours to keep, or what is no such option */
export function requireSimilarityOptions(options: SimilarityOptions): void {
  const {
    threshold,
    topK,
    minFollowers,
    minCommonFollowers = 1,
    weighting,
    transform = 'none',
    memory,
  } = options;
  requireChoice('weighting', weighting, similarityWeightings);
  requireChoice('transform', transform, similarityTransforms);
  requireCount('minFollowers', minFollowers);
  requireCount('minCommonFollowers', minCommonFollowers);
  if (memory) {
    const isSize = typeof memory.bytes === 'number' && memory.bytes >= 0;
    requireOption('memory.bytes', memory.bytes, isSize, 'a number of bytes, 0 or more');
  }
  if (!(threshold >= 0 && threshold <= 1))
    throw new SimClustersError('BAD_PARAM', {
      got: `similarity threshold ${threshold}`,
      expected: 'a number from 0 to 1',
      todo: 'Give 0 for all pairs with a common follower, or 0.1 or so',
    });
  if (!(Number.isInteger(topK) && topK >= 1))
    throw new SimClustersError('BAD_PARAM', {
      got: `${topK} neighbours to keep`,
      expected: 'a whole number of at least 1',
      todo: 'Give as many as there are producers to keep all',
    });
}

/** The graph with what its similarities become. */
export function transformed(similarity: Panel, transform: SimilarityTransform = 'none'): Panel {
  if (transform === 'none') return similarity;
  return { ...similarity, data: similarity.data.map((w) => 10 * w * w) };
}
