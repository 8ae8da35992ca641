/** Numbers as C's printf prints them. */

/**
 * `value` as C's `%.2g` prints it: two significant digits without trailing zeros, exponents (of two digits or more) below
 * 1e-4 and from 100 on. Rounds the exact binary value; exact halves go to the even digit (0.125 → `0.12`).
 */
export function printG2(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return value === 0 ? `${sign}0` : sign + printPositive(Math.abs(value));
}

function printPositive(value: number): string {
  // `d.de±x`
  const rounded = value.toExponential(1);
  const first = rounded[0];
  let second = Number(rounded[2]);
  const exponent = Number(rounded.slice(4));
  // toExponential takes halves up; where that made the digit odd, the even one is next below.
  if (second % 2 === 1 && isHalf(value)) second--;
  const tail = second === 0 ? '' : String(second);
  if (exponent < -4 || exponent > 1) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${first}${tail && `.${tail}`}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${first}${tail}`;
  return exponent === 0 ? `${first}${tail && `.${tail}`}` : `${first}${second}`;
}

/** Whether the value lies exactly between two numbers of two digits. No double comes so near to one without being it. */
function isHalf(value: number): boolean {
  return value.toExponential(2)[3] === '5' && /^\d\.\d50*e/.test(value.toExponential(60));
}
