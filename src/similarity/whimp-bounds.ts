/**
 * How much sampling and sketching a wanted recall takes: WHIMP (Sharma, Seshadhri, Goel, WWW 2017) on wedge sampling
 * (Cohen, Lewis 1999) and SimHash (Charikar 2002).
 *   draws   A pair of cosine c is drawn s · c / 2 times in the mean from either end, and missed from both with probability
 *           e^(-s·c) at the most; hence s = ln(1 / miss) / τ for all pairs above τ.
 *   sketch  Two columns at an angle of θ differ in each bit with probability θ/π, independently. So a pair of cosine τ
 *           differs in more than d of l bits with the probability of the upper tail of Binomial(l, arccos(τ)/π); pairs beyond
 *           the least d at which that is no more than `miss` are dropped. WHIMP drops at half the threshold, with l = O(ln n / τ²); here the cut follows
 *           from l, and l from what is cheapest.
 *   error   The standard error of the cosine that l bits tell is √(1 - c²) · π · √(x(1 - x)/l), x = arccos(c)/π.
 */
import { cosPi, exp, ln } from '../core/math.ts';

/** The sketch takes this share of the misses allowed; the draws, which cost more, the rest. */
const SKETCH_SHARE = 0.2;

export interface WhimpBounds {
  /** Expected draws of a pair of similarity 1, from both its ends together. */
  readonly samples: number;
  /** Bits in which sketches may differ. */
  readonly maxDistance: number;
  /** Cosine that stands for that many bits. */
  readonly sketchCut: number;
  /** Standard error of a sketch's cosine at the threshold; 0 without sketches. */
  readonly sketchError: number;
  /** Least probability that a pair at the threshold is found. */
  readonly expectedRecall: number;
}

/** @param threshold in (0, 1]  @param recall in (0, 1)  @param bits of a sketch; 0: none */
export function whimpBounds(threshold: number, recall: number, bits: number): WhimpBounds {
  const sketchMiss = bits === 0 ? 0 : (1 - recall) * SKETCH_SHARE;
  const samples = -ln(1 - recall / (1 - sketchMiss)) / threshold;
  const maxDistance = bits === 0 ? 0 : upperQuantile(bits, arccosPi(threshold), sketchMiss);
  return {
    samples,
    maxDistance,
    sketchCut: bits === 0 ? -1 : cosPi(maxDistance / bits),
    sketchError: bits === 0 ? 0 : sketchError(threshold, bits),
    expectedRecall: (1 - exp(-samples * threshold)) * (1 - sketchMiss),
  };
}

/** Least d such that Binomial(n, p) is greater than d with a probability of no more than `miss`; p in [0, 1). */
function upperQuantile(n: number, p: number, miss: number): number {
  if (p === 0) return 0;
  // ln P(k) from k = n downwards: P(k - 1) = P(k) · k / (n - k + 1) · (1 - p) / p.
  let logProbability = n * ln(p);
  let tail = 0;
  for (let k = n; k > 0; k--) {
    tail += exp(logProbability);
    if (tail > miss) return k;
    logProbability += ln((k * (1 - p)) / ((n - k + 1) * p));
  }
  return 0;
}

/** Standard error of the cosine estimated from `bits` bits, for a pair of that cosine. */
export function sketchError(cosine: number, bits: number): number {
  const x = arccosPi(cosine);
  return Math.PI * Math.sqrt(((1 - cosine * cosine) * x * (1 - x)) / bits);
}

/** Share of the pairs of that cosine that a sketch lets pass, about. */
export function passingShare(bits: number, maxDistance: number, cosine: number): number {
  // The series of the arc sine: three places for the low cosines of most pairs.
  const x = 0.5 - (cosine + (cosine * cosine * cosine) / 6) / Math.PI;
  const errors = (bits * x - maxDistance) / Math.sqrt(bits * x * (1 - x));
  return errors <= 0 ? 1 : exp((-errors * errors) / 2) / 2;
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
