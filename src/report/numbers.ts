/** Numbers for the page. Each function is sent to the page as source text, so it uses nothing from outside. */

export function percent(share: number): string {
  const value = 100 * share;
  return `${value.toFixed(value < 10 && value > 0 ? 1 : 0)} %`;
}

/** Up to seven characters: 12,991, 3.4 M, 12 G. */
export function compact(value: number): string {
  if (value < 1e6) return Math.round(value).toLocaleString('en-US');
  for (const [unit, letter] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
  ] as const) {
    if (value >= unit)
      return `${(value / unit).toFixed(value < 10 * unit ? 2 : value < 100 * unit ? 1 : 0)} ${letter}`;
  }
  return '';
}

/** A number of the manifest; undefined when it is absent or was not finite (JSON has null for it). */
export function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
