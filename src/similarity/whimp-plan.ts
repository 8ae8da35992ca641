/**
 * What WHIMP would cost on a graph, and the settings at which it costs least: the length of the sketches, the number of
 * followers from which they are worth asking, and the producers whose wedges are quicker looked at than sampled.
 */
import type { Csr } from '../core/csr.ts';
import { countMultiplyAdds } from './degree-cap.ts';
import { rowSize, type WeightedFollowers } from './follower-weights.ts';
import { unrelatedShare, type WhimpBounds, whimpBounds } from './whimp-bounds.ts';

/**
 * Nanoseconds on one thread: rough figures from single runs on a busy machine, halved for the load, not a calibration. They
 * steer what is chosen, and never depend on the machine. Different pairs are bounded by all pairs, for want of a cheap count.
 */
const costs = {
  /** Exactly: a multiply-add, and the rest for each different pair. */
  wedge: 2,
  distinct: 20,
  /** Drawing a pair, and looking at one for the first time. */
  draw: 100,
  pair: 20,
  /** One follower looked up when common followers are counted. */
  follower: 3,
  /** 128 bits of two sketches compared. */
  compare: 10,
  /** 128 bits of a sketch made, per follower: of ones, and of weights. */
  sketch: 3,
  weightedSketch: 27,
  /** A place of an alias table. */
  table: 20,
} as const;

/** Bits tried; without one to try, the product asks none. */
const BITS_TRIED = [0, 256, 512, 1024, 2048, 4096, 8192];

/** Of the pairs that are drawn, so many are taken to be similar, and pass any sketch. */
const SIMILAR_SHARE = 0.05;

/** Rows of users are read whole where at least half as many draws are wanted as they have places. */
export const DRAW_COST = 2;

/** Looking up stops to depend on the longer list when it is so many times longer. */
const LONGER = 16;

export interface WhimpPlan extends WhimpBounds {
  /** 0: no sketches. */
  readonly bits: number;
  /** Sketches are asked where both producers have that many followers. */
  readonly askFrom: number;
  readonly numSketches: number;
  /** 1: all wedges of the producer are looked at. */
  readonly isExact: Uint8Array;
  readonly numExact: number;
  /** Nanoseconds of each producer. */
  readonly costs: Float64Array;
  /** Seconds on one thread, tables and sketches included. */
  readonly seconds: number;
}

export interface PlanOptions {
  readonly recall: number;
  /** Multiple of 128; undefined: what costs least. */
  readonly bits?: number;
  /** False: similarities are told by sketches alone, so every producer has one and every pair is asked. */
  readonly isVerified: boolean;
  /** Whether producers are looked at whole where that is cheaper. */
  readonly isMixed: boolean;
}

/** The cheapest plan. Cost: O(entries) a few times. */
export function planWhimp(followers: WeightedFollowers, options: PlanOptions): WhimpPlan {
  const { bits, isVerified } = options;
  const tried = bits === undefined ? BITS_TRIED.filter((b) => b > 0 || isVerified) : [bits];
  const masses = userMasses(followers);
  const means = meanFollowers(followers);
  // Both kinds of plan are drawn up: without sketches all misses allowed are left to the draws.
  const drawn = new Map<number, ProducerWork>();
  const workOf = (samples: number): ProducerWork => {
    const known = drawn.get(samples) ?? estimateWork(followers, masses, means, samples);
    drawn.set(samples, known);
    return known;
  };
  const plans = tried.map((b) => {
    const bounds = whimpBounds(followers.threshold, options.recall, b);
    return planWith(followers, workOf(bounds.samples), bounds, b, options);
  });
  return plans.reduce((best, plan) => (plan.seconds < best.seconds ? plan : best));
}

/** Seconds of the exact product on one thread. */
export function exactSeconds(users: Csr): number {
  return exactCost(countMultiplyAdds(users), users.numCols ** 2) / 1e9;
}

function exactCost(multiplyAdds: number, numPairs: number): number {
  return multiplyAdds * costs.wedge + Math.min(multiplyAdds, numPairs) * costs.distinct;
}

/** innerScale[u] · Σ_q A[u,q] · scale[q] of each user. */
function userMasses({ users, scale, innerScale }: WeightedFollowers): Float64Array {
  const masses = new Float64Array(users.numRows);
  for (let u = 0; u < users.numRows; u++) {
    for (let i = users.indptr[u]; i < users.indptr[u + 1]; i++)
      masses[u] += (users.data ? users.data[i] : 1) * scale[users.indices[i]];
    masses[u] *= innerScale ? innerScale[u] : 1;
  }
  return masses;
}

interface ProducerWork {
  /** Wedges in all; draws; places of rows that are read whole; followers of the other end of a drawn pair, in the mean. */
  readonly wedges: Float64Array;
  readonly draws: Float64Array;
  readonly reads: Float64Array;
  readonly otherEnd: Float64Array;
}

function estimateWork(
  { users, producers, scale }: WeightedFollowers,
  masses: Float64Array,
  { drawn, any }: MeanFollowers,
  samples: number,
): ProducerWork {
  const n = producers.numRows;
  const work = {
    wedges: new Float64Array(n),
    draws: new Float64Array(n),
    reads: new Float64Array(n),
    otherEnd: new Float64Array(n),
  };
  for (let p = 0; p < n; p++) {
    if (scale[p] === 0) continue;
    let ends = 0;
    for (let i = producers.indptr[p]; i < producers.indptr[p + 1]; i++) {
      const u = producers.indices[i];
      const size = rowSize(users, u);
      const share = samples * scale[p] * (producers.data ? producers.data[i] : 1) * masses[u];
      const isRead = share * DRAW_COST >= size;
      work.wedges[p] += size;
      if (isRead) work.reads[p] += size;
      else work.draws[p] += share;
      ends += isRead ? size * any[u] : share * drawn[u];
    }
    work.otherEnd[p] = ends / (work.reads[p] + work.draws[p] || 1);
  }
  return work;
}

/** Followers of those whom a user follows, in the mean: weighted as they are drawn, and plainly. */
interface MeanFollowers {
  readonly drawn: Float64Array;
  readonly any: Float64Array;
}

function meanFollowers({ users, producers, scale }: WeightedFollowers): MeanFollowers {
  const drawn = new Float64Array(users.numRows);
  const any = new Float64Array(users.numRows);
  for (let u = 0; u < users.numRows; u++) {
    let weights = 0;
    for (let i = users.indptr[u]; i < users.indptr[u + 1]; i++) {
      const q = users.indices[i];
      const weight = (users.data ? users.data[i] : 1) * scale[q];
      weights += weight;
      drawn[u] += weight * rowSize(producers, q);
      any[u] += rowSize(producers, q);
    }
    drawn[u] /= weights || 1;
    any[u] /= rowSize(users, u) || 1;
  }
  return { drawn, any };
}

function planWith(
  { users, producers, scale, innerScale }: WeightedFollowers,
  work: ProducerWork,
  bounds: WhimpBounds,
  bits: number,
  { isVerified, isMixed }: PlanOptions,
): WhimpPlan {
  const n = producers.numRows;
  // A comparison costs as much as looking up so many followers.
  const askFrom = isVerified ? Math.ceil(((bits / 128) * costs.compare) / costs.follower) + 8 : 0;
  const passing = bits === 0 ? 1 : SIMILAR_SHARE + unrelatedShare(bits, bounds.maxDistance);
  const isExact = new Uint8Array(n);
  const spent = new Float64Array(n);
  let numExact = 0;
  let numSketches = 0;
  const sketchCost = users.data || innerScale ? costs.weightedSketch : costs.sketch;
  let total = users.indices.length * costs.table;
  for (let p = 0; p < n; p++) {
    if (scale[p] === 0) continue;
    const size = rowSize(producers, p);
    const checked = costs.pair + costs.follower * Math.min(work.otherEnd[p], LONGER * size);
    const isAsked = bits > 0 && Math.min(size, work.otherEnd[p]) >= askFrom;
    const asked =
      costs.pair + (bits / 128) * costs.compare + (isVerified ? Math.min(passing, 1) * checked : 0);
    const numPairs = Math.min(n, work.draws[p] + work.reads[p]);
    const sampled =
      work.draws[p] * costs.draw + work.reads[p] * costs.wedge + numPairs * (isAsked ? asked : checked);
    const exact = exactCost(work.wedges[p], n);
    if (isMixed && isVerified && exact <= sampled) {
      isExact[p] = 1;
      numExact++;
    }
    spent[p] = isExact[p] ? exact : sampled;
    total += spent[p];
    if (bits > 0 && size >= askFrom) {
      numSketches++;
      total += size * (bits / 128) * sketchCost;
    }
  }
  return { ...bounds, bits, askFrom, numSketches, isExact, numExact, costs: spent, seconds: total / 1e9 };
}

/** Producers that have a sketch under the plan. */
export function sketchedProducers(plan: WhimpPlan, producers: Csr, scale: Float32Array): Uint32Array {
  const isSketched = (p: number) => plan.bits > 0 && scale[p] !== 0 && rowSize(producers, p) >= plan.askFrom;
  return Uint32Array.from(Array.from({ length: producers.numRows }, (_, p) => p).filter(isSketched));
}
