// Shortest decimals of 32-bit floats: of six to nine digits the fewest that read back as the same float, which they do when they are nearer
// to it than half of what lies between floats. Twin: src/core/float-text.ts.

const POWERS: usize = memory.data<f64>([1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12]);

/** For each exponent of a float from 2^-14 to 2^19: the power of ten that brings those below 10^6 between 10^8 and 10^9, or one less. */
const FIRST_EXPONENT: u32 = 127 - 14;
const SCALES: usize = memory.data<u8>([
  12, 12, 12, 12, 11, 11, 11, 10, 10, 10, 9, 9, 9, 9,
  8, 8, 8, 7, 7, 7, 6, 6, 6, 5, 5, 5, 5, 4, 4, 4, 3, 3, 3, 2,
]);

/**
 * Can writeDecimal write it? Where 10^-4 <= value < 10^6, its products are exact in f64: 24 bits, and those of 5^12 at the most. Floats below a
 * power of two lie closer than those above it, so that is left out.
 */
// @ts-ignore: decorator
@inline export function isPlainDecimal(value: f32): bool {
  return <f64>value >= 1e-4 && value < 1e6 && (reinterpret<u32>(value) & 0x7fffff) != 0;
}

// @ts-ignore: decorator
@inline function powerOfTen(power: u32): f64 { return load<f64>(POWERS + ((<usize>power) << 3)); }

// @ts-ignore: decorator
@inline function isNear(digits: u32, unit: f64, scaled: f64, half: f64): bool {
  return abs<f64>(<f64>digits * unit - scaled) < half;
}

/** Two digits as text. */
// @ts-ignore: decorator
@inline function pairOf(value: u32): u16 {
  const tens = (value * 103) >> 10;
  return <u16>(0x3030 + tens + ((value - 10 * tens) << 8));
}

/** Writes the last `count` digits of a number that end at `end`. */
// @ts-ignore: decorator
@inline function writeDigits(end: usize, value: u32, count: u32): void {
  let at = end;
  let rest = value;
  let left = count;
  for (; left >= 2; left -= 2) {
    const hundreds = rest / 100;
    at -= 2;
    store<u16>(at, pairOf(rest - 100 * hundreds));
    rest = hundreds;
  }
  if (left != 0) store<u8>(at - 1, 48 + <u8>(rest % 10));
}

/** Writes a float for which isPlainDecimal holds, with 15 bytes at the most, and returns the end of the text. */
export function writeDecimal(at: usize, value: f32): usize {
  const exponent = reinterpret<u32>(value) >> 23;
  let scale = <u32>load<u8>(SCALES + exponent - FIRST_EXPONENT);
  if (<f64>value * powerOfTen(scale) < 1e8) scale++;
  const scaled = <f64>value * powerOfTen(scale);
  // Half of 2^(exponent - 150), the distance to the next float.
  const half = reinterpret<f64>((<u64>(exponent + 1023 - 151)) << 52) * powerOfTen(scale);
  // Where fewer digits will do, so will more: the search begins in the middle, where it ends most often.
  let places = <i32>scale - 2;
  let digits = <u32>(scaled * 0.01 + 0.5);
  if (isNear(digits, 100, scaled, half)) {
    const fewer = <u32>(scaled * 0.001 + 0.5);
    if (isNear(fewer, 1000, scaled, half)) {
      digits = fewer;
      places = <i32>scale - 3;
    }
  } else {
    digits = <u32>(scaled * 0.1 + 0.5);
    places = <i32>scale - 1;
    if (!isNear(digits, 10, scaled, half)) {
      digits = <u32>(scaled + 0.5);
      places = <i32>scale;
    }
  }
  for (let fewer = digits / 10; fewer * 10 == digits; fewer = digits / 10) {
    digits = fewer;
    places--;
  }
  return writeFixed(at, digits, places);
}

/** digits / 10^places, below 10^6; the last digit is not 0. */
function writeFixed(at: usize, digits: u32, places: i32): usize {
  if (places <= 0) return writeWhole(at, digits * <u32>powerOfTen(<u32>-places));
  // Below 1 there may be more places than digits.
  const whole = places < 10 ? digits / <u32>powerOfTen(<u32>places) : 0;
  const point = writeWhole(at, whole);
  store<u8>(point, 46);
  const end = point + 1 + <usize>places;
  writeDigits(end, digits, <u32>places);
  return end;
}

// @ts-ignore: decorator
@inline function writeWhole(at: usize, value: u32): usize {
  let count: u32 = 1;
  for (let bound: u32 = 10; bound <= value; bound *= 10) count++;
  writeDigits(at + count, value, count);
  return at + count;
}
