/**
 * Producer similarity by WHIMP (Sharma, Seshadhri, Goel, WWW 2017): wedges are sampled so that a pair comes up in
 * proportion to its similarity, sketches throw out the hopeless where they are drawn, and common followers of the rest are
 * counted. Same contract as computeProducerSimilarity, with a stated share of the pairs above the threshold; what is found
 * has the exact value, and where a producer keeps but the best, the next take the places of those missed. Bounds: whimp-bounds.ts; what is cheapest: whimp-plan.ts.
 */
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { randomKey } from '../core/rng.ts';
import { inMemory, type StoredCsr } from '../core/stored-csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import {
  placeSketches,
  placeWedgeTables,
  type SamplingCounts,
  samplePairs,
  type WedgeSampling,
} from '../kernels/similarity.ts';
import { unionMaxTransposed } from '../kernels/sparse.ts';
import { type Panel, spgemmPanels } from '../kernels/spgemm.ts';
import { countMultiplyAdds } from './degree-cap.ts';
import { rowSize, type WeightedFollowers, weighFollowers } from './follower-weights.ts';
import { HeldPairs, MAX_HELD_PAIRS } from './held-pairs.ts';
import { panelBytes, whimpBytes } from './memory-plan.ts';
import { requireSimilarityOptions, type SimilarityOptions, transformed } from './producer-similarity.ts';
import { StoredPairs } from './stored-pairs.ts';
import { cosinesByDistance } from './whimp-bounds.ts';
import { planWhimp, sketchedProducers, type WhimpPlan } from './whimp-plan.ts';
import { DRAW_COST } from './whimp-work.ts';

export interface WhimpOptions extends SimilarityOptions {
  readonly seed: string;
  /** Share of the pairs at the threshold that are found, at least; more similar ones are missed less often. */
  readonly recall: number;
  /** Bits of a sketch, 128 to 8192 in steps of 128; 0: what costs least, none included. */
  readonly sketchBits: number;
  /**
   * False: similarities are those that the sketches tell, nothing is counted, and no recall is promised: a pair is kept iff
   * its estimate is above the threshold, which one at the threshold misses half the time. Default true.
   */
  readonly isVerified?: boolean;
  /** Whether producers whose wedges are quicker looked at than sampled are done so, exactly. Default true. */
  readonly isMixed?: boolean;
}

/** How a similarity graph was sampled. */
export interface WhimpReport {
  readonly samples: number;
  /** Least probability that a pair at the threshold is found; absent where similarities are not verified. */
  readonly expectedRecall?: number;
  readonly sketchBits: number;
  readonly sketchError: number;
  /** Pairs of a lower cosine, as the sketches tell it, are dropped. */
  readonly sketchCut: number;
  readonly numSketches: number;
  readonly sketchesAskedFrom: number;
  readonly isVerified: boolean;
  /** Producers whose wedges were all looked at, since that was cheaper. */
  readonly numExactProducers: number;
  readonly numSampledProducers: number;
  /** Σ d(u)², and how many of those were drawn or read. */
  readonly numWedges: number;
  readonly numWedgesLooked: number;
  /** Different pairs among those drawn, and those that passed the sketches. */
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
  const { similarity, report } = await sampleFollowers(
    kernels,
    followers,
    planFor(followers, options),
    options,
  );
  return { similarity: await inMemory(similarity), report };
}

/** The cheapest plan under the options. */
export function planFor(followers: WeightedFollowers, options: WhimpOptions): WhimpPlan {
  return planWhimp(followers, {
    recall: options.recall,
    bits: options.sketchBits || undefined,
    isVerified: options.isVerified ?? true,
    isMixed: options.isMixed ?? true,
    topK: options.topK,
  });
}

/** The same from followers that are weighed already, by a plan for them; on disk where memory is limited. */
export async function sampleFollowers(
  kernels: Kernels,
  followers: WeightedFollowers,
  plan: WhimpPlan,
  options: WhimpOptions,
): Promise<{ similarity: Csr | StoredCsr; report: WhimpReport }> {
  const { memory } = options;
  const maxPanelBytes = memory && panelsWithin(kernels, followers, plan, memory.bytes);
  const find = (pairs: Pairs) => findPairs(kernels, followers, plan, { ...options, maxPanelBytes }, pairs);
  const change = (rows: Panel) => transformed(rows, options.transform);
  const n = followers.producers.numRows;
  const report = (counts: SamplingCounts) => reportOf(plan, followers, counts, options.isVerified ?? true);
  if (!memory || !maxPanelBytes) {
    const pairs = new HeldPairs(kernels, n, options.topK, MAX_HELD_PAIRS);
    const counts = await find(pairs);
    return {
      similarity: change(await unionMaxTransposed(kernels, await pairs.finish())),
      report: report(counts),
    };
  }
  const pairs = new StoredPairs(kernels, n, { maxBytes: maxPanelBytes, openStore: memory.openStore });
  try {
    const counts = await find(pairs);
    return { similarity: await pairs.graph(options.topK, change), report: report(counts) };
  } finally {
    await pairs.close();
  }
}

/** Takes pairs in, panel by panel. */
type Pairs = Pick<HeldPairs, 'add'> & { startOver(): Promise<void> | void };

/** All pairs that come up, by counting and then by drawing. */
async function findPairs(
  kernels: Kernels,
  followers: WeightedFollowers,
  plan: WhimpPlan,
  options: PanelOptions,
  pairs: Pairs,
): Promise<SamplingCounts> {
  await multiplyRows(kernels, followers, plan, options, pairs);
  await pairs.startOver();
  return sampleRows(kernels, followers, plan, options, pairs);
}

function panelsWithin(
  { numThreads }: Kernels,
  { users, producers }: WeightedFollowers,
  plan: WhimpPlan,
  allowedBytes: number,
): number {
  const numMultiplied = multipliedRows(producers, plan).indices.length;
  const sketchBytes = (plan.numSketches * plan.bits) / 8;
  return panelBytes(users, whimpBytes(users, numThreads, sketchBytes, numMultiplied), allowedBytes);
}

type PanelOptions = WhimpOptions & { readonly maxPanelBytes?: number };

/** All pairs of the producers whose wedges are quicker counted than sampled. */
async function multiplyRows(
  kernels: Kernels,
  { users, producers, innerScale, scale, threshold }: WeightedFollowers,
  plan: WhimpPlan,
  { minCommonFollowers, maxPanelBytes, onProgress }: PanelOptions,
  pairs: Pairs,
): Promise<void> {
  if (plan.numExact === 0) return;
  const product = {
    topK: producers.numRows,
    threshold,
    innerScale,
    rowScale: scale,
    colScale: scale,
    minCommon: minCommonFollowers,
    maxValue: 1,
    excludeDiagonal: true,
    maxPanelBytes,
    onProgress: (share: number) => onProgress?.(share * plan.exactShare),
  };
  await spgemmPanels(kernels, multipliedRows(producers, plan), users, product, (panel) => pairs.add(panel));
}

/** The rows of the producers that are done exactly; the others are empty. */
function multipliedRows(producers: Csr, { isExact }: WhimpPlan): Csr {
  const { numRows, indptr, indices, data } = producers;
  const kept = new Uint32Array(numRows + 1);
  for (let p = 0; p < numRows; p++) kept[p + 1] = kept[p] + (isExact[p] ? rowSize(producers, p) : 0);
  const some = { indices: new Uint32Array(kept[numRows]), data: data && new Float32Array(kept[numRows]) };
  for (let p = 0; p < numRows; p++) {
    if (!isExact[p]) continue;
    some.indices.set(indices.subarray(indptr[p], indptr[p + 1]), kept[p]);
    if (data) some.data?.set(data.subarray(indptr[p], indptr[p + 1]), kept[p]);
  }
  return { ...producers, indptr: kept, ...some };
}

/** Pairs of the others among themselves, as the draws bring them up. */
async function sampleRows(
  kernels: Kernels,
  followers: WeightedFollowers,
  plan: WhimpPlan,
  options: PanelOptions,
  pairs: Pairs,
): Promise<SamplingCounts> {
  if (plan.numSampled === 0) return { numLooked: 0, numDistinct: 0, numSurvivors: 0 };
  return kernels.scope(async (arena) => {
    // Placed once, for tables, sketches and sampling alike.
    const place = (matrix: Csr): Csr => {
      const data = matrix.data && arena.put(matrix.data);
      return { ...matrix, indptr: arena.put(matrix.indptr), indices: arena.put(matrix.indices), data };
    };
    const placed = { ...followers, users: place(followers.users), producers: place(followers.producers) };
    const sampling: WedgeSampling = {
      ...placed,
      tables: await placeWedgeTables(kernels, placed.users, placed.scale, placed.innerScale),
      isExact: plan.isExact,
      samples: plan.samples / 2,
      drawCost: DRAW_COST,
      key: randomKey(options.seed, 'wedges'),
      sketches: await sketchesOf(kernels, placed, plan, options),
      minCommon: options.minCommonFollowers,
      maxPairs: plan.maxPairs,
      costs: plan.costs,
      maxPanelBytes: options.maxPanelBytes,
      onProgress: (share) => options.onProgress?.(plan.exactShare + share * (1 - plan.exactShare)),
    };
    return samplePairs(kernels, sampling, (panel) => pairs.add(panel));
  });
}

/** @throws SimClustersError BAD_PARAM for a threshold, recall or sketch length out of range */
export function requireWhimpOptions(options: WhimpOptions): void {
  requireSimilarityOptions(options);
  requireSampling(options);
  if (options.threshold === 0)
    refuse(
      'similarity threshold 0 with sampling',
      'a number above 0, up to 1',
      'Give --similarity-threshold 0.1 or so, or --similarity-method exact: sampling finds what is above a threshold',
    );
}

/** What is wrong whatever the method. @throws SimClustersError BAD_PARAM for a recall or sketch length out of range */
export function requireSampling({ recall, sketchBits }: WhimpOptions): void {
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

function refuse(got: string, expected: string, todo: string): never {
  throw new SimClustersError('BAD_PARAM', { got, expected, todo });
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

/** Counted pairs are all found. */
function recallOf({ numSampled, expectedRecall }: WhimpPlan): number {
  return numSampled === 0 ? 1 : expectedRecall;
}

function reportOf(
  plan: WhimpPlan,
  { users }: WeightedFollowers,
  sampled: SamplingCounts,
  isVerified: boolean,
): WhimpReport {
  return {
    samples: plan.samples,
    expectedRecall: isVerified ? recallOf(plan) : undefined,
    sketchBits: plan.bits,
    sketchError: plan.sketchError,
    sketchCut: plan.sketchCut,
    numSketches: plan.numSketches,
    sketchesAskedFrom: plan.askFrom,
    isVerified,
    numExactProducers: plan.numExact,
    numSampledProducers: plan.numSampled,
    numWedges: countMultiplyAdds(users),
    numWedgesLooked: plan.numExactWedges + sampled.numLooked,
    numPairs: sampled.numDistinct,
    numSurvivors: sampled.numSurvivors,
  };
}
