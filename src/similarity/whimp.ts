/**
 * Producer similarity by WHIMP (Sharma, Seshadhri, Goel, WWW 2017): wedges are sampled so that a pair comes up in
 * proportion to its similarity, sketches throw out the hopeless where they are drawn, and common followers of the rest are
 * counted. Same contract as computeProducerSimilarity, with a stated share of the pairs above the threshold; what is found
 * has the exact value, rounded as at one of its two ends. Bounds: whimp-bounds.ts; what is cheapest: whimp-plan.ts.
 */
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { randomKey } from '../core/rng.ts';
import type { Kernels } from '../kernels/kernels.ts';
import {
  placeSketches,
  placeWedgeTables,
  type SamplingCounts,
  sampleTopK,
  type WedgeSampling,
} from '../kernels/similarity.ts';
import { countMultiplyAdds } from './degree-cap.ts';
import { type WeightedFollowers, weighFollowers } from './follower-weights.ts';
import { panelBytes, whimpBytes } from './memory-plan.ts';
import { unionWithTranspose } from './neighbor-rows.ts';
import { requireSimilarityOptions, type SimilarityOptions, transformed } from './producer-similarity.ts';
import { cosinesByDistance } from './whimp-bounds.ts';
import { DRAW_COST, planWhimp, sketchedProducers, type WhimpPlan } from './whimp-plan.ts';

export interface WhimpOptions extends SimilarityOptions {
  readonly seed: string;
  /** Share of the pairs at the threshold that are found, at least; more similar ones are missed less often. */
  readonly recall: number;
  /** Bits of a sketch, 128 to 8192 in steps of 128; 0: what costs least, none included. */
  readonly sketchBits: number;
  /** False: similarities are those that the sketches tell, nothing is counted. Default true. */
  readonly isVerified?: boolean;
  /** Whether producers whose wedges are quicker looked at than sampled are done so, exactly. Default true. */
  readonly isMixed?: boolean;
}

/** How a similarity graph was sampled. Counts are of ordered pairs: each producer looks from its own side. */
export interface WhimpReport {
  readonly samples: number;
  readonly expectedRecall: number;
  readonly sketchBits: number;
  readonly sketchError: number;
  /** Pairs of a lower cosine, as the sketches tell it, are dropped. */
  readonly sketchCut: number;
  readonly numSketches: number;
  readonly sketchesAskedFrom: number;
  readonly isVerified: boolean;
  /** Producers whose wedges were all looked at, since that was cheaper. */
  readonly numExactProducers: number;
  /** Σ d(u)², and how many of those were drawn or read. */
  readonly numWedges: number;
  readonly numWedgesLooked: number;
  /** Different pairs among them, and those that passed the sketches. */
  readonly numPairs: number;
  readonly numSurvivors: number;
}

/** @throws SimClustersError BAD_PARAM for a threshold, recall or sketch length out of range */
export async function sampleProducerSimilarity(
  kernels: Kernels,
  followGraph: Csr,
  options: WhimpOptions,
): Promise<{ similarity: Csr; report: WhimpReport }> {
  requireWhimpOptions(options);
  const followers = await weighFollowers(kernels, followGraph, options);
  return sampleFollowers(kernels, followers, planFor(followers, options), options);
}

/** The cheapest plan under the options. */
export function planFor(followers: WeightedFollowers, options: WhimpOptions): WhimpPlan {
  return planWhimp(followers, {
    recall: options.recall,
    bits: options.sketchBits || undefined,
    isVerified: options.isVerified ?? true,
    isMixed: options.isMixed ?? true,
  });
}

/** The same from followers that are weighed already, by a plan for them. */
export async function sampleFollowers(
  kernels: Kernels,
  followers: WeightedFollowers,
  plan: WhimpPlan,
  options: WhimpOptions,
): Promise<{ similarity: Csr; report: WhimpReport }> {
  const { isVerified = true, memory, topK } = options;
  const { users, producers } = followers;
  const sketchBytes = (plan.numSketches * plan.bits) / 8;
  const spill = memory && {
    maxBytes: panelBytes(users, whimpBytes(users, topK, kernels.numThreads, sketchBytes), memory.bytes),
    openStore: memory.openStore,
  };
  return kernels.scope(async (arena) => {
    // Placed once, for tables, sketches and sampling alike.
    const placed = {
      ...followers,
      users: place(users),
      producers: place(producers),
    };
    function place(matrix: Csr): Csr {
      const data = matrix.data && arena.put(matrix.data);
      return { ...matrix, indptr: arena.put(matrix.indptr), indices: arena.put(matrix.indices), data };
    }
    const tables = await placeWedgeTables(kernels, placed.users, placed.scale, placed.innerScale);
    const sampling: WedgeSampling = {
      ...placed,
      tables,
      isExact: plan.isExact,
      samples: plan.samples,
      drawCost: DRAW_COST,
      key: randomKey(options.seed, 'wedges'),
      sketches: await sketchesOf(kernels, placed, plan, options),
      minCommon: options.minCommonFollowers,
      topK,
      costs: plan.costs,
      onProgress: options.onProgress,
    };
    let counts: SamplingCounts = { numLooked: 0, numDistinct: 0, numSurvivors: 0 };
    const kept = await unionWithTranspose(
      kernels,
      producers.numRows,
      async (take, maxPanelBytes) => {
        counts = await sampleTopK(kernels, { ...sampling, maxPanelBytes }, take);
      },
      spill,
    );
    const similarity = transformed(kept, options.transform);
    return { similarity, report: reportOf(plan, users, counts, isVerified) };
  });
}

/** @throws SimClustersError BAD_PARAM for a threshold, recall or sketch length out of range */
export function requireWhimpOptions(options: WhimpOptions): void {
  requireSimilarityOptions(options);
  const { threshold, recall, sketchBits } = options;
  const refuse = (got: string, expected: string, todo: string) => {
    throw new SimClustersError('BAD_PARAM', { got, expected, todo });
  };
  if (threshold === 0)
    refuse(
      'similarity threshold 0 with sampling',
      'a number above 0, up to 1',
      'Give --similarity-threshold 0.1 or so, or --similarity-method exact: sampling finds what is above a threshold',
    );
  if (!(recall > 0 && recall < 1))
    refuse(
      `recall ${recall}`,
      'a number between 0 and 1',
      'Give 0.95 or so, or take the exact method, whose recall is 1',
    );
  if (!(Number.isInteger(sketchBits / 128) && sketchBits >= 0 && sketchBits <= 8192))
    refuse(
      `${sketchBits} bits of sketch`,
      'a multiple of 128 from 128 to 8192, or 0',
      'Give 0 to have it derived',
    );
}

async function sketchesOf(
  kernels: Kernels,
  { producers, scale, innerScale }: WeightedFollowers,
  plan: WhimpPlan,
  { seed, isVerified = true }: WhimpOptions,
): Promise<WedgeSampling['sketches']> {
  const rows = sketchedProducers(plan, producers, scale);
  if (rows.length === 0) return undefined;
  const numBits = plan.bits;
  const words = await placeSketches(kernels, producers, rows, numBits, randomKey(seed, 'simhash'), {
    innerScale: innerScale?.map(Math.sqrt),
  });
  const sketchOf = new Uint32Array(producers.numRows);
  rows.forEach((p, i) => {
    sketchOf[p] = i + 1;
  });
  const { askFrom, maxDistance } = plan;
  const norms = () => columnNorms(producers, scale, innerScale);
  const estimates = isVerified ? undefined : { cosines: cosinesByDistance(numBits), norms: norms() };
  return { words, numBits, sketchOf, askFrom, maxDistance, estimates };
}

/** Length of each producer's scaled follower vector: 1 for cosines, up to rounding. */
function columnNorms(producers: Csr, scale: Float32Array, innerScale?: Float32Array): Float32Array {
  const { indptr, indices, data } = producers;
  return scale.map((factor, p) => {
    let sum = 0;
    for (let i = indptr[p]; i < indptr[p + 1]; i++)
      sum += (data ? data[i] ** 2 : 1) * (innerScale ? innerScale[indices[i]] : 1);
    return Math.sqrt(sum) * factor;
  });
}

function reportOf(plan: WhimpPlan, users: Csr, sampled: SamplingCounts, isVerified: boolean): WhimpReport {
  return {
    samples: plan.samples,
    expectedRecall: plan.expectedRecall,
    sketchBits: plan.bits,
    sketchError: plan.sketchError,
    sketchCut: plan.sketchCut,
    numSketches: plan.numSketches,
    sketchesAskedFrom: plan.askFrom,
    isVerified,
    numExactProducers: plan.numExact,
    numWedges: countMultiplyAdds(users),
    numWedgesLooked: sampled.numLooked,
    numPairs: sampled.numDistinct,
    numSurvivors: sampled.numSurvivors,
  };
}
