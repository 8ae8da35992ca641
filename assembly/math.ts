// ln and exp in f64 from + - * / and bit casts only, so that they agree bit for bit with src/core/math.ts.
// (V8's Math.log/exp and AssemblyScript's differ from each other in the last bit for about one input in ten.)
// Method and coefficients: FreeBSD msun e_exp.c / e_log.c (Sun Microsystems, 1993); error below 1 ulp.

export const LN2_HIGH: f64 = 6.93147180369123816490e-1;
export const LN2_LOW: f64 = 1.90821492927058770002e-10;
export const INVERSE_LN2: f64 = 1.44269504088896338700;

/** e^x. Below -708 the result is 0 (no subnormals), above 709 infinity. */
export function exp(x: f64): f64 {
  if (x < -708.0) return 0;
  if (x > 709.0) return Infinity;
  const k = floor<f64>(x * INVERSE_LN2 + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c = r - t * (1.66666666666666019037e-1 + t * (-2.77777777770155933842e-3 + t * (6.61375632143793436117e-5
    + t * (-1.65339022054652515390e-6 + t * 4.13813679705723846039e-8))));
  const y = 1.0 - ((low - (r * c) / (2.0 - c)) - high);
  // y is in [0.7, 1.42]; adding k to its exponent field multiplies by 2^k.
  return reinterpret<f64>(reinterpret<i64>(y) + ((<i64>k) << 52));
}

/** Natural logarithm of a positive, normal x. ln(0) is -infinity; x < 0 is NaN. */
export function ln(x: f64): f64 {
  if (x <= 0) return x == 0 ? -Infinity : NaN;
  const bits = reinterpret<u64>(x);
  // Shift the exponent so that the fraction falls in [sqrt(1/2), sqrt(2)).
  const high = (<u32>(bits >> 32)) + (0x3ff00000 - 0x3fe6a09e);
  const k = <f64>((<i32>(high >> 20)) - 0x3ff);
  const mantissa = (high & 0x000fffff) + 0x3fe6a09e;
  const f = reinterpret<f64>(((<u64>mantissa) << 32) | (bits & 0xffffffff)) - 1.0;
  const halfSquare = 0.5 * f * f;
  const s = f / (2.0 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const odd = z * (6.666666666666735130e-1 + w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1
    + w * 1.479819860511658591e-1)));
  return s * (halfSquare + (even + odd)) + k * LN2_LOW - halfSquare + f + k * LN2_HIGH;
}
