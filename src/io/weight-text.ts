/** Reads numbers from bytes without making strings in the usual cases. */

const powersOfTen = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** What a weight must be, for messages. */
export const weightExpected = 'a finite number ≥ 0 (as a 32-bit float)';

/**
 * The weight spelt by `bytes[start..end)` rounded to a 32-bit float, or NaN when it is no finite decimal
 * number ≥ 0. Blanks around the number are ignored. A weight too small for a float becomes 0.
 */
export function parseWeight(bytes: Uint8Array, start: number, end: number): number {
  return toWeight(parseDecimal(bytes, start, end));
}

/** A number as a weight: rounded to a 32-bit float; NaN when negative, infinite or no number. */
export function toWeight(value: number): number {
  const weight = Math.fround(value);
  return weight >= 0 && weight < Number.POSITIVE_INFINITY ? weight : Number.NaN;
}

/** The decimal number spelt by `bytes[start..end)`, correctly rounded, or NaN. `inf`, `nan` and hexadecimal are NaN. */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  let mantissa = 0;
  let numDigits = 0;
  let numDecimals = -1;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 48;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      numDigits++;
      if (numDecimals >= 0) numDecimals++;
    } else if (digit === -2 && numDecimals < 0) numDecimals = 0;
    else return parseSlowly(bytes, start, end);
  }
  // Both operands are exact in a double up to here, so one division rounds correctly.
  if (numDigits === 0 || numDigits > 15) return parseSlowly(bytes, start, end);
  return numDecimals > 0 ? mantissa / powersOfTen[numDecimals] : mantissa;
}

function parseSlowly(bytes: Uint8Array, start: number, end: number): number {
  const text = textOf(bytes, start, end).trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

const decoder = new TextDecoder();

/** `bytes[start..end)` as text; for messages and rare cases. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}
