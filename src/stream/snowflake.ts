/** Times in the ids of tweets. */

const EPOCH_MS = 1_288_834_974_657;
const MAX_DIGITS = 19;
/** 10^9 / 2^22 = 1953125 / 2^13 */
const QUOTIENT = 1_953_125;
const DIVISOR = 8192;

/** (id >> 22) + 1288834974657 of an id of decimal digits; NaN for any other. No id passes through a double whole. */
export function snowflakeTimeMs(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 10 || length > MAX_DIGITS) return Number.NaN;
  let high = 0;
  let low = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    if (end - at > 9) high = high * 10 + digit;
    else low = low * 10 + digit;
  }
  // id = high · 10^9 + low; high = whole · 2^13 + rest.
  const whole = Math.floor(high / DIVISOR);
  const rest = high - whole * DIVISOR;
  return EPOCH_MS + whole * QUOTIENT + Math.floor((rest * QUOTIENT + low / 512) / DIVISOR);
}
