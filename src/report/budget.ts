/** How much of a model goes into the page. */
import { jsonForHtml } from './html.ts';

/** Upper bounds of what is embedded, in bytes; together with the static page the file stays below 3 MB. */
export const budgets = { communities: 1_300_000, neighbors: 450_000, users: 200_000 } as const;

/** As many of the values, from the first on, as fit into the bytes. */
export function withinBudget<T, R>(values: readonly T[], make: (value: T) => R, maxBytes: number): R[] {
  const made: R[] = [];
  let bytes = 0;
  for (const value of values) {
    const next = make(value);
    bytes += Buffer.byteLength(jsonForHtml(next)) + 1;
    if (bytes > maxBytes) break;
    made.push(next);
  }
  return made;
}

/** Three significant digits: enough for a bar and a label. */
export function rounded(score: number): number {
  return Number(score.toPrecision(3));
}
