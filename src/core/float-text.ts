/** Shortest decimals of 32-bit floats. */

const smallestNormal = 2 ** -126;
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * A number that prints as the shortest decimal which reads back as the 32-bit float `value` (`0.1`, not
 * `0.10000000149011612`). Six digits are the least that tell any two decimals of that length apart, nine always do.
 */
export function shortestDecimal(value: number): number {
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) < 1e6)) return value;
  for (let digits = Math.abs(value) < smallestNormal ? 1 : 6; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return decimal;
    if (isPowerOfTwo(value)) {
      const above = nextDecimal(value, decimal, digits);
      if (Math.fround(above) === value) return above;
    }
  }
  return Number(value.toPrecision(9));
}

/** Floats below a power of two lie closer than those above, so a decimal farther off may still read back. */
export function isPowerOfTwo(value: number): boolean {
  float[0] = value;
  return (bits[0] & 0x7fffff) === 0;
}

/** Half of the distance from a normal float to the next one away from zero. */
export function halfGap(value: number): number {
  float[0] = value;
  bits[0] = (bits[0] & 0x7f800000) - (24 << 23);
  return float[0];
}

/** `decimal` of so many digits is nearest to `value` and nearer to zero; the next one beyond `value`. */
function nextDecimal(value: number, decimal: number, digits: number): number {
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  const step = Number(`1e${exponent - digits + 1}`);
  return Number((decimal + Math.sign(value) * step).toPrecision(digits));
}
