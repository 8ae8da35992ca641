/** Entries of Redis streams: their ids, and the event within. */

/** Id and, one after another, names and values of fields; null: the entry was deleted while it was pending. */
export type StreamEntry = [id: string, fields: readonly Buffer[] | null];

/** Whether an id (`<milliseconds>-<sequence number>`, both up to 2^64 - 1) comes after another one. */
export function isAfter(id: string, other: string): boolean {
  const [ms, sequence] = id.split('-');
  const [otherMs, otherSequence] = other.split('-');
  return ms === otherMs ? isLarger(sequence, otherSequence) : isLarger(ms, otherMs);
}

/** Of whole numbers without leading zeros the longer one is larger; among equally long ones the text decides. */
function isLarger(number: string, other: string): boolean {
  return number.length === other.length ? number > other : number.length > other.length;
}

/** JSON of the event: the value of the field, or all fields as an object of texts where the field is not there. */
export function eventOf(fields: readonly Buffer[], field: string): Uint8Array {
  for (let i = 0; i < fields.length; i += 2) if (fields[i].toString() === field) return fields[i + 1];
  const texts = fields.map((part) => part.toString());
  const pairs = Array.from({ length: texts.length / 2 }, (_, i) => [texts[2 * i], texts[2 * i + 1]]);
  return Buffer.from(JSON.stringify(Object.fromEntries(pairs)));
}
