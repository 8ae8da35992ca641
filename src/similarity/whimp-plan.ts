/**
 * What WHIMP would cost on a graph, and the settings at which it costs least: the length of the sketches, the number of
 * followers from which they are worth asking, and the producers whose wedges are quicker looked at than sampled.
 */
import type { Csr } from '../core/csr.ts';
import { rowSize, type WeightedFollowers } from './follower-weights.ts';
import { costs, differentPairs, keptCost, productCost } from './similarity-costs.ts';
import { passingShare, type WhimpBounds, whimpBounds } from './whimp-bounds.ts';
import { estimateWork, type ProducerWork } from './whimp-work.ts';

/** Bits tried; without one to try, the product asks none. */
const BITS_TRIED = [0, 256, 512, 1024, 2048, 4096, 8192];

/** Of the pairs that are drawn, so many are taken to be similar, and pass any sketch. */
const SIMILAR_SHARE = 0.01;

/** Pairs that are drawn are so much more similar than all. */
const DRAWN_COSINE = 1.5;

export interface WhimpPlan extends WhimpBounds {
  /** 0: no sketches. */
  readonly bits: number;
  /** Sketches are asked where both producers have that many followers. */
  readonly askFrom: number;
  readonly numSketches: number;
  /** 1: all wedges of the producer are counted. */
  readonly isExact: Uint8Array;
  readonly numExact: number;
  /** Σ over them of what their followers follow. */
  readonly numExactWedges: number;
  /** Their share of the time. */
  readonly exactShare: number;
  readonly numSampled: number;
  /** Most pairs that each of the others can come upon. */
  readonly maxPairs: Uint32Array;
  /** Σ_q c(p, q) of each producer. */
  readonly similaritySums: Float64Array;
  /** Nanoseconds of each producer. */
  readonly costs: Float64Array;
  /** Seconds on one thread, tables and sketches included. */
  readonly seconds: number;
}

export interface PlanOptions {
  /** Neighbours that each producer keeps. */
  readonly topK: number;
  readonly recall: number;
  /** Multiple of 128; undefined: what costs least. */
  readonly bits?: number;
  /** False: similarities are told by sketches alone, so every producer has one and every pair is asked. */
  readonly isVerified: boolean;
  /** Whether producers are looked at whole where that is cheaper. */
  readonly isMixed: boolean;
}

/** The cheapest plan. Cost: a few passes over the entries. */
export function planWhimp(followers: WeightedFollowers, options: PlanOptions): WhimpPlan {
  const { bits, isVerified } = options;
  const tried = bits === undefined ? BITS_TRIED.filter((b) => b > 0 || isVerified) : [bits];
  const bounds = tried.map((b) => whimpBounds(followers.threshold, options.recall, b));
  // Without sketches all misses allowed are left to the draws, which are fewer then; the work is that of the most.
  const samples = bounds.reduce((most, bound) => Math.max(most, bound.samples), 0);
  const work = estimateWork(followers, samples / 2);
  const plans = tried.map((b, i) => planWith(followers, work, bounds[i], b, options));
  return plans.reduce((best, plan) => (plan.seconds < best.seconds ? plan : best));
}

function planWith(
  followers: WeightedFollowers,
  work: ProducerWork,
  bounds: WhimpBounds,
  bits: number,
  { isVerified, isMixed, topK }: PlanOptions,
): WhimpPlan {
  const { users, producers, scale, innerScale } = followers;
  const n = producers.numRows;
  // A comparison costs as much as looking up so many followers.
  const askFrom = isVerified ? Math.ceil((bits * costs.compare) / 128 / costs.follower) + 8 : 0;
  const sketchCost = ((users.data || innerScale ? costs.weightedSketch : costs.sketch) * bits) / 128;
  const isExact = new Uint8Array(n);
  const maxPairs = new Uint32Array(n);
  const spent = new Float64Array(n);
  const sums = { numExact: 0, numExactWedges: 0, numSampled: 0, numSketches: 0 };
  let keptCosts = 0;
  let exactCosts = 0;
  let sampledCosts = 0;
  for (let p = 0; p < n; p++) {
    if (scale[p] === 0) continue;
    keptCosts += keptCost(work.sums[p], followers.threshold, topK);
    const size = rowSize(producers, p);
    const isSketched = bits > 0 && size >= askFrom;
    const drawing = work.draws[p] * costs.draw + work.reads[p] * costs.read + size * costs.walk;
    const sampled = drawing + judgingCost(work, bounds, p, { size, bits, askFrom, isVerified, n });
    const sketching = isSketched ? size * sketchCost : 0;
    const exact = productCost(work.wedges[p], n);
    if (isMixed && isVerified && exact <= sampled + sketching) {
      isExact[p] = 1;
      sums.numExact++;
      sums.numExactWedges += work.wedges[p];
      exactCosts += exact;
      continue;
    }
    sums.numSampled++;
    if (isSketched) sums.numSketches++;
    maxPairs[p] = Math.min(n, Math.ceil(work.draws[p]) + work.reads[p] + 1);
    spent[p] = sampled;
    sampledCosts += sampled + sketching;
  }
  if (sums.numSampled > 0) sampledCosts += users.indices.length * costs.table;
  const exactShare = exactCosts / (exactCosts + sampledCosts || 1);
  return {
    ...bounds,
    bits,
    askFrom,
    ...sums,
    exactShare,
    isExact,
    maxPairs,
    similaritySums: work.sums,
    costs: spent,
    seconds: (exactCosts + sampledCosts + keptCosts) / 1e9,
  };
}

interface JudgingOptions {
  readonly size: number;
  readonly n: number;
  readonly bits: number;
  readonly askFrom: number;
  readonly isVerified: boolean;
}

/** What the pairs cost that come up at a producer. */
function judgingCost(
  work: ProducerWork,
  bounds: WhimpBounds,
  p: number,
  { size, n, bits, askFrom, isVerified }: JudgingOptions,
): number {
  const numPairs = differentPairs(work.draws[p] + work.reads[p], n);
  const other = Math.min(work.otherEnd[p], size);
  const counting = isVerified ? costs.follower * other : 0;
  if (bits === 0 || other < askFrom) return numPairs * (costs.pair + counting);
  const passing = passingShare(bits, bounds.maxDistance, Math.min(1, (DRAWN_COSINE * work.sums[p]) / n));
  return (
    numPairs * (costs.pair + (bits / 128) * costs.compare + Math.min(1, SIMILAR_SHARE + passing) * counting)
  );
}

/** Producers that have a sketch under the plan. */
export function sketchedProducers(plan: WhimpPlan, producers: Csr, scale: Float32Array): Uint32Array {
  const isSketched = (p: number) =>
    plan.bits > 0 && scale[p] !== 0 && !plan.isExact[p] && rowSize(producers, p) >= plan.askFrom;
  return Uint32Array.from(Array.from({ length: producers.numRows }, (_, p) => p).filter(isSketched));
}
