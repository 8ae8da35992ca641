/** What similarities cost, exactly and by WHIMP, in nanoseconds of one thread. */
import { exp } from '../core/math.ts';
import { countMultiplyAdds } from './degree-cap.ts';
import type { WeightedFollowers } from './follower-weights.ts';

/**
 * Nanoseconds on one thread, measured on graphs of 1 to 100 M follows. They steer what is chosen, and never depend on the
 * machine.
 */
export const costs = {
  /** Exactly: a multiply-add (a miss of the cache now and then included), and the rest for each different pair. */
  wedge: 3,
  distinct: 5,
  /** A pair that is kept: held, mirrored, chosen, merged. */
  kept: 100,
  /** Passing a follower of the producer; drawing one of what it follows; reading one. */
  walk: 8,
  draw: 75,
  read: 4,
  /** Looking at a pair for the first time. */
  pair: 20,
  /** One follower looked up when common followers are counted. */
  follower: 1.7,
  /** 128 bits of two sketches compared. */
  compare: 4.5,
  /** 128 bits of a sketch made, per follower: of ones, and of weights. */
  sketch: 2.6,
  weightedSketch: 27,
  /** A place of an alias table. */
  table: 15,
} as const;

/** A producer keeps about so large a share of the pairs above τ that the sum of its similarities leaves room for. */
const KEPT_SHARE = 0.45;

/**
 * Seconds of the exact product. Follows without weights: each pair is counted once.
 * @param sums  Σ_q c(p, q) of each producer
 */
export function exactSeconds(
  { users, innerScale, threshold }: WeightedFollowers,
  sums: Float64Array,
  topK: number,
): number {
  const isCountedOnce = !users.data && !innerScale;
  const product = productCost(countMultiplyAdds(users), users.numCols ** 2) / (isCountedOnce ? 2 : 1);
  const kept = sums.reduce((cost, sum) => cost + keptCost(sum, threshold, topK), 0);
  return (product + kept) / 1e9;
}

/** Multiply-adds that fall on so many pairs. */
export function productCost(multiplyAdds: number, numPairs: number): number {
  return multiplyAdds * costs.wedge + differentPairs(multiplyAdds, numPairs) * costs.distinct;
}

/** Pairs that a producer keeps, by the sum of its similarities, its own included. */
export function keptCost(sum: number, threshold: number, topK: number): number {
  return costs.kept * KEPT_SHARE * Math.min(topK, Math.max(0, sum - 1) / Math.max(threshold, 1e-3));
}

/** Of n, so many are hit by that many draws, were all alike. */
export function differentPairs(draws: number, n: number): number {
  return n * (1 - exp(-draws / n));
}
