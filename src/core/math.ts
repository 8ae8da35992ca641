/**
 * ln and exp in f64 from + - * / and bit casts only: the same bits as assembly/math.ts on every engine.
 * Method and coefficients: FreeBSD msun e_exp.c / e_log.c (Sun Microsystems, 1993); error below 1 ulp.
 */
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const INVERSE_LN2 = Math.LOG2E;

export const LN2 = Math.LN2;
/** 1 / ln 10, the factor from ln to log10. */
export const INVERSE_LN10 = Math.LOG10E;

const cell = new DataView(new ArrayBuffer(8));

/** e^x. Below -708 the result is 0 (no subnormals), above 709 infinity. */
export function exp(x: number): number {
  if (x < -708) return 0;
  if (x > 709) return Number.POSITIVE_INFINITY;
  const k = Math.floor(x * INVERSE_LN2 + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 +
            t *
              (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  cell.setFloat64(0, y);
  cell.setInt32(0, cell.getInt32(0) + (k << 20));
  return cell.getFloat64(0);
}

/** Natural logarithm of a positive, normal x. ln(0) is -infinity; x < 0 is NaN. */
export function ln(x: number): number {
  if (x <= 0) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  cell.setFloat64(0, x);
  const high = (cell.getUint32(0) + (0x3ff00000 - 0x3fe6a09e)) >>> 0;
  const k = (high >>> 20) - 0x3ff;
  cell.setUint32(0, (high & 0x000fffff) + 0x3fe6a09e);
  const f = cell.getFloat64(0) - 1;
  const halfSquare = 0.5 * f * f;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const odd =
    z *
    (6.66666666666673513e-1 +
      w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  return s * (halfSquare + (even + odd)) + k * LN2_LOW - halfSquare + f + k * LN2_HIGH;
}

/** The largest f32 below x (x finite): turns "kept iff >= x" into "kept iff > previousFloat32(x)". */
export function previousFloat32(x: number): number {
  const rounded = Math.fround(x);
  if (rounded < x) return rounded;
  cell.setFloat32(0, rounded);
  const bits = cell.getInt32(0);
  if (rounded === 0) cell.setInt32(0, -0x7fffffff);
  else cell.setInt32(0, rounded > 0 ? bits - 1 : bits + 1);
  return cell.getFloat32(0);
}

/** The largest f32 not above x: the exact cut for "kept iff > x" on f32 values. */
export function floorFloat32(x: number): number {
  const rounded = Math.fround(x);
  return rounded > x ? previousFloat32(rounded) : rounded;
}

/** 1 / x; 0 for what is not above 0, and where no f32 holds the inverse (x below 3e-39). */
export function inverse(x: number): number {
  const value = x > 0 ? 1 / x : 0;
  return Math.fround(value) === Number.POSITIVE_INFINITY ? 0 : value;
}

/** 1 / √x, likewise. */
export function inverseRoot(x: number): number {
  return inverse(Math.sqrt(x));
}

/**
 * cos(π x) for x in [0, 1], by the Taylor series around 0 on [0, 1/4] and that of the sine around 1/2 beyond; error below
 * 2^-52. Exactly 1 at 0, 0 at 1/2, -1 at 1.
 */
export function cosPi(x: number): number {
  if (x > 0.5) return -cosPi(1 - x);
  if (x > 0.25) {
    const y = Math.PI * (0.5 - x);
    return y * series(y * y, 1);
  }
  const y = Math.PI * x;
  return series(y * y, 0);
}

/** 1 - z / ((k+1)(k+2)) · (1 - z / ((k+3)(k+4)) · (...)), the even (k = 0) or odd (k = 1) part of the series of e^iy. */
function series(z: number, k: number): number {
  let sum = 1;
  for (let n = k + 18; n > k; n -= 2) sum = 1 - (z / (n * (n - 1))) * sum;
  return sum;
}
