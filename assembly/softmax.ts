// A draw from softmax(score) over a vertex's candidates, and ln of the sum below it.
import { getF64, setF64 } from './access';
import { exp, INVERSE_LN2, LN2_HIGH, LN2_LOW, ln } from './math';

/** Candidates whose score is this far below the best are left out of the softmax (e^-40 is below 2^-57). */
export const NEGLIGIBLE: f64 = -40;

/** e^x of two values of -700 to 700 or NaN, each to the last bit what `exp` of math.ts gives: the same operations in the same order. */
// @ts-ignore: decorator
@inline function expTwo(x: v128): v128 {
  const k = f64x2.floor(f64x2.add(f64x2.mul(x, f64x2.splat(INVERSE_LN2)), f64x2.splat(0.5)));
  const high = f64x2.sub(x, f64x2.mul(k, f64x2.splat(LN2_HIGH)));
  const low = f64x2.mul(k, f64x2.splat(LN2_LOW));
  const r = f64x2.sub(high, low);
  const t = f64x2.mul(r, r);
  let sum = f64x2.splat(4.13813679705723846039e-8);
  sum = f64x2.add(f64x2.splat(-1.65339022054652515390e-6), f64x2.mul(t, sum));
  sum = f64x2.add(f64x2.splat(6.61375632143793436117e-5), f64x2.mul(t, sum));
  sum = f64x2.add(f64x2.splat(-2.77777777770155933842e-3), f64x2.mul(t, sum));
  sum = f64x2.add(f64x2.splat(1.66666666666666019037e-1), f64x2.mul(t, sum));
  const c = f64x2.sub(r, f64x2.mul(t, sum));
  const quotient = f64x2.div(f64x2.mul(r, c), f64x2.sub(f64x2.splat(2.0), c));
  const y = f64x2.sub(f64x2.splat(1.0), f64x2.sub(f64x2.sub(low, quotient), high));
  const exponents = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(k));
  return i64x2.add(y, i64x2.shl(exponents, 52));
}

/** Index drawn with probability e^score / sum, by inversion of the cumulative sum. Weights: f64[numScores], scratch. */
export function drawSoftmax(scores: usize, weights: usize, numScores: u32, best: f64, u: f64): u32 {
  let total: f64 = 0;
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 1 < numScores; i += 2) {
      const differences = f64x2.sub(v128.load(scores + ((<usize>i) << 3)), f64x2.splat(best));
      // Said so that NaN, of weights that overflowed, stays what it is one at a time.
      const isLeftOut = f64x2.lt(differences, f64x2.splat(NEGLIGIBLE));
      const both = v128.andnot(expTwo(differences), isLeftOut);
      v128.store(weights + ((<usize>i) << 3), both);
      total += f64x2.extract_lane(both, 0);
      total += f64x2.extract_lane(both, 1);
    }
  }
  for (; i < numScores; i++) {
    const difference = getF64(scores, i) - best;
    // e^0 is 1 to the last bit, and the leader's.
    const weight = difference < NEGLIGIBLE ? 0 : difference == 0 ? 1 : exp(difference);
    setF64(weights, i, weight);
    total += weight;
  }
  let rest = u * total;
  let last: u32 = 0;
  for (let i: u32 = 0; i < numScores; i++) {
    const weight = getF64(weights, i);
    if (weight == 0) continue;
    last = i;
    rest -= weight;
    if (rest < 0) break;
  }
  return last;
}

/**
 * ln of the sum of e^added and e^score over all scores but that at `left`. Relative to the greatest of these very terms:
 * scores of hundreds are common, so relative to any other the sum might vanish.
 */
export function lnSumExp(scores: usize, numScores: u32, left: u32, added: f64): f64 {
  let best = added;
  for (let i: u32 = 0; i < numScores; i++) if (i != left) best = max<f64>(best, getF64(scores, i));
  let sum = exp(added - best);
  for (let i: u32 = 0; i < numScores; i++) if (i != left) sum += exp(getF64(scores, i) - best);
  return best + ln(sum);
}
