/**
 * How much sampling and sketching a wanted recall takes: WHIMP (Sharma, Seshadhri, Goel, WWW 2017) on wedge sampling
 * (Cohen, Lewis 1999) and SimHash (Charikar 2002).
 *   draws   A pair of cosine c is drawn s · c times in the mean and missed with probability e^(-s·c) at the most; hence
 *           s = ln(1 / miss) / τ for all pairs above τ.
 *   sketch  Two columns at an angle of θ differ in each bit with probability θ/π, independently. By Hoeffding a pair of
 *           cosine τ differs in more than l·arccos(τ)/π + √(l·ln(1/miss)/2) of l bits with probability `miss` at the most;
 *           pairs beyond that are dropped. WHIMP drops at half the threshold, with l = O(ln n / τ²); here the cut follows
 *           from l, and l from what is cheapest.
 *   error   The standard error of the cosine that l bits tell is √(1 - c²) · π · √(x(1 - x)/l), x = arccos(c)/π.
 */
import { cosPi, exp, ln } from '../core/math.ts';

/** The sketch takes this share of the misses allowed; the draws, which cost more, the rest. */
const SKETCH_SHARE = 0.2;

export interface WhimpBounds {
  /** Expected draws of a pair of similarity 1. */
  readonly samples: number;
  /** Bits in which sketches may differ. */
  readonly maxDistance: number;
  /** Cosine that stands for that many bits. */
  readonly sketchCut: number;
  /** Standard error of a sketch's cosine at the threshold; 0 without sketches. */
  readonly sketchError: number;
  /** Least probability that a pair at the threshold is found from either of its ends. */
  readonly expectedRecall: number;
}

/** @param threshold in (0, 1]  @param recall in (0, 1)  @param bits of a sketch; 0: none */
export function whimpBounds(threshold: number, recall: number, bits: number): WhimpBounds {
  const sketchMiss = bits === 0 ? 0 : (1 - recall) * SKETCH_SHARE;
  const samples = -ln(1 - recall / (1 - sketchMiss)) / threshold;
  const maxDistance =
    bits === 0 ? 0 : Math.min(bits, Math.ceil(bits * arccosPi(threshold) + slack(bits, sketchMiss)));
  return {
    samples,
    maxDistance,
    sketchCut: bits === 0 ? -1 : cosPi(maxDistance / bits),
    sketchError: bits === 0 ? 0 : sketchError(threshold, bits),
    expectedRecall: (1 - exp(-samples * threshold)) * (1 - sketchMiss),
  };
}

function slack(bits: number, miss: number): number {
  return Math.sqrt((-ln(miss) * bits) / 2);
}

/** Standard error of the cosine estimated from `bits` bits, for a pair of that cosine. */
export function sketchError(cosine: number, bits: number): number {
  const x = arccosPi(cosine);
  return Math.PI * Math.sqrt(((1 - cosine * cosine) * x * (1 - x)) / bits);
}

/** Share of unrelated pairs (cosine 0) that a sketch lets pass, at the most. */
export function unrelatedShare(bits: number, maxDistance: number): number {
  const below = bits / 2 - maxDistance;
  return below <= 0 ? 1 : exp((-2 * below * below) / bits);
}

/** arccos(c) / π in [0, 1], by bisection: the same bits everywhere. */
export function arccosPi(cosine: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (cosPi(middle) > cosine) low = middle;
    else high = middle;
  }
  return high;
}

/** Cosine by number of differing bits. */
export function cosinesByDistance(bits: number): Float32Array {
  return Float32Array.from({ length: bits + 1 }, (_, distance) => cosPi(distance / bits));
}
