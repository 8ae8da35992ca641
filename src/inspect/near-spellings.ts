/** Ids that a mistyped id may have meant. */
import { type IdTable, idAt } from '../core/ids.ts';

/** Ids looked at; a message need not wait for more. */
const maxScanned = 1_000_000;
/** Longer ids are hashes or links, which nobody types. */
const maxLength = 64;
const maxSuggestions = 3;

const encoder = new TextEncoder();

/** The place of an id, or -1. Cost O(ids), for one lookup cheaper than an index. */
export function findId(ids: IdTable, text: string): number {
  const wanted = encoder.encode(text);
  for (let i = 0; i < ids.size; i++) {
    const start = ids.offsets[i];
    if (ids.offsets[i + 1] - start !== wanted.length) continue;
    if (wanted.every((byte, at) => ids.bytes[start + at] === byte)) return i;
  }
  return -1;
}

/**
 * Up to three ids that differ from `text` by few letters (case counts for nothing), or that go on where it ends; the
 * nearest first, ties to the earlier id.
 */
export function nearSpellings(ids: IdTable, text: string): string[] {
  if (text === '' || text.length > maxLength) return [];
  const wanted = text.toLowerCase();
  const near: { id: string; distance: number }[] = [];
  const bound = Math.min(3, Math.ceil(wanted.length / 3));
  for (let i = 0; i < Math.min(ids.size, maxScanned); i++) {
    if (ids.offsets[i + 1] - ids.offsets[i] > 4 * maxLength) continue;
    const id = idAt(ids, i);
    const distance = distanceBetween(wanted, id.toLowerCase(), bound);
    if (distance <= bound) near.push({ id, distance });
  }
  return near
    .sort((a, b) => a.distance - b.distance)
    .slice(0, maxSuggestions)
    .map(({ id }) => id);
}

function distanceBetween(wanted: string, id: string, bound: number): number {
  const goesOn = wanted.length >= 3 && id.startsWith(wanted) ? bound : bound + 1;
  if (Math.abs(wanted.length - id.length) > bound) return goesOn;
  return Math.min(goesOn, editDistance(wanted, id));
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (isSame ? 0 : 1));
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}
