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

/** Is the nearest multiple of `unit` nearer than half? */
// @ts-ignore: decorator
@inline function isNear(scaled: f64, unit: f64, multiple: u32, half: f64): bool {
  return abs<f64>(<f64>multiple * unit - scaled) < half;
}

/** Eight digits, the first in the lowest byte, each 0 to 9: halves, quarters and eighths of the number side by side, as in one register. */
// @ts-ignore: decorator
@inline function digitsOf(value: u32): u64 {
  const high = value / 10000;
  const fours = <u64>high | ((<u64>(value - high * 10000)) << 32);
  const hundreds = ((fours * 10486) >> 20) & 0x0000007f0000007f;
  const twos = hundreds + ((fours - 100 * hundreds) << 16);
  const tens = ((twos * 103) >> 10) & 0x000f000f000f000f;
  return tens + ((twos - 10 * tens) << 8);
}

/** How many digits are left when zeros at the end are taken off. */
// @ts-ignore: decorator
@inline function withoutZeros(digits: u64): u32 { return 8 - (<u32>clz<u64>(digits) >> 3); }

const ASCII_ZEROS: u64 = 0x3030303030303030;

/** Writes a float for which isPlainDecimal holds, with 15 bytes at the most, and returns the end of the text. 16 bytes may be written to. */
export function writeDecimal(at: usize, value: f32): usize {
  const exponent = reinterpret<u32>(value) >> 23;
  let scale = <u32>load<u8>(SCALES + exponent - FIRST_EXPONENT);
  scale += u32(<f64>value * powerOfTen(scale) < 1e8);
  const scaled = <f64>value * powerOfTen(scale);
  // Half of 2^(exponent - 150), the distance to the next float.
  const half = reinterpret<f64>((<u64>(exponent + 1023 - 151)) << 52) * powerOfTen(scale);
  // Nine digits, the last of them zeros where fewer will do. All are tried: a branch would be foretold wrongly every other time.
  const hundreds = <u32>(scaled * 0.01 + 0.5);
  const thousands = <u32>(scaled * 0.001 + 0.5);
  const tens = <u32>(scaled * 0.1 + 0.5);
  let nine = <u32>(scaled + 0.5);
  nine = select<u32>(tens * 10, nine, isNear(scaled, 10, tens, half));
  nine = select<u32>(hundreds * 100, nine, isNear(scaled, 100, hundreds, half));
  nine = select<u32>(thousands * 1000, nine, isNear(scaled, 1000, thousands, half));
  // What lies just below a power of ten may be that power.
  if (nine == 1000000000) {
    nine = 100000000;
    scale--;
  }
  return scale >= 9 ? writeFraction(at, nine, scale) : writeMixed(at, nine, scale);
}

/** nine / 10^scale, below 1; 10^8 <= nine < 10^9. */
// @ts-ignore: decorator
@inline function writeFraction(at: usize, nine: u32, scale: u32): usize {
  store<u64>(at, 0x3030303030302e30); // 0.000000
  const first = at + 2 + scale - 9;
  const leading = nine / 100000000;
  const digits = digitsOf(nine - leading * 100000000);
  store<u8>(first, <u8>(48 + leading));
  store<u64>(first, digits | ASCII_ZEROS, 1);
  return first + 1 + withoutZeros(digits);
}

/** nine / 10^scale, from 1 to 10^6; 10^8 <= nine < 10^9, 3 <= scale <= 8. */
function writeMixed(at: usize, nine: u32, scale: u32): usize {
  const power = <u32>powerOfTen(scale);
  const whole = nine / power;
  const rest = digitsOf((nine - whole * power) * <u32>powerOfTen(8 - scale));
  const digits = digitsOf(whole * <u32>powerOfTen(scale - 1));
  const numBefore = 9 - scale;
  store<u64>(at, digits | ASCII_ZEROS);
  if (rest == 0) return at + numBefore;
  store<u8>(at + numBefore, 46);
  store<u64>(at + numBefore + 1, rest | ASCII_ZEROS);
  return at + numBefore + 1 + withoutZeros(rest);
}
