/** Times of events, in the notations that occur in the wild. */
import { parseDecimal, textOf } from './weight-text.ts';

/** What a time must be, for messages. */
export const timeExpected = 'a time ≥ 1970: whole seconds, milliseconds or microseconds, or ISO 8601 text';

/**
 * Milliseconds since 1970-01-01 UTC of a whole number: seconds below 1e11, milliseconds below 1e14, else microseconds
 * (cut to milliseconds). NaN for negative numbers, fractions, and numbers of 2^53 and above.
 */
export function timeOfNumber(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) return Number.NaN;
  if (value < 1e11) return value * 1000;
  return value < 1e14 ? value : Math.floor(value / 1000);
}

/** Milliseconds of the time spelt by `bytes[start..end)` as a whole number or in ISO 8601, or NaN. */
export function parseTime(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (bytes[at] < 48 || bytes[at] > 57) return timeOfText(textOf(bytes, start, end));
  }
  return timeOfNumber(parseDecimal(bytes, start, end));
}

const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** Milliseconds of an ISO 8601 date or date and time, or NaN. Without a zone it is UTC, whatever the machine's zone. */
export function timeOfText(text: string): number {
  const match = isoPattern.exec(text.trim());
  if (!match) return Number.NaN;
  const [year, month, day, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part)));
  const date = Date.UTC(year!, month! - 1, day);
  // Date.UTC carries a 30th of February over into March.
  if (new Date(date).getUTCMonth() !== month! - 1 || hour > 23 || minute > 59 || second > 59)
    return Number.NaN;
  const fraction = Math.floor(Number(`0.${match[7] ?? 0}`) * 1000);
  const time = date + ((hour * 60 + minute) * 60 + second) * 1000 + fraction - zoneOffset(match[8]);
  return time >= 0 ? time : Number.NaN;
}

function zoneOffset(zone = 'Z'): number {
  if (/^[ZU]/i.test(zone)) return 0;
  const [hours, minutes = 0] = zone.slice(1).match(/\d\d/g)!.map(Number);
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
