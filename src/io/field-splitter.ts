/** Cuts a line into fields. */

/** Code of a delimiter byte; `blank` means any run of spaces and tabs. */
export const delimiters = { tab: 9, comma: 44, blank: 32 } as const;
export type Delimiter = (typeof delimiters)[keyof typeof delimiters];

/** Answers of `split` in place of a number of fields. */
export const unclosedQuote = -1;
export const textAfterQuote = -2;

const quoteMark = 34;

/**
 * After `split`, field i is `bytes[starts[i]..ends[i])`.
 * Comma files follow RFC 4180: a field that starts with a quote ends at the next single quote, and `""` in it is
 * one quote. Tab files do the same only when the closing quote ends the field; otherwise quotes are ordinary bytes,
 * since most tab files know no quoting. Blank-separated files know no quotes.
 * Quoted fields are unescaped in place: `bytes` is written to, though only when the whole line can be split.
 */
export class FieldSplitter {
  starts = new Int32Array(16);
  ends = new Int32Array(16);
  readonly #delimiter: Delimiter;
  /** Fields of the current line that hold `""`. */
  readonly #escaped: number[] = [];

  constructor(delimiter: Delimiter) {
    this.#delimiter = delimiter;
  }

  /** Number of fields of `bytes[start..end)`, or `unclosedQuote` or `textAfterQuote` (comma files only). */
  split(bytes: Uint8Array, start: number, end: number): number {
    return this.#delimiter === delimiters.blank
      ? this.#splitBlanks(bytes, start, end)
      : this.#splitDelimited(bytes, start, end);
  }

  #splitBlanks(bytes: Uint8Array, start: number, end: number): number {
    let numFields = 0;
    let at = start;
    for (;;) {
      while (at < end && (bytes[at] === 32 || bytes[at] === 9)) at++;
      if (at === end) return numFields;
      if (numFields === this.starts.length) this.#grow();
      this.starts[numFields] = at;
      while (at < end && bytes[at] !== 32 && bytes[at] !== 9) at++;
      this.ends[numFields++] = at;
    }
  }

  #splitDelimited(bytes: Uint8Array, start: number, end: number): number {
    const delimiter = this.#delimiter;
    if (this.#escaped.length > 0) this.#escaped.length = 0;
    let numFields = 0;
    let at = start;
    for (;;) {
      if (numFields === this.starts.length) this.#grow();
      this.starts[numFields] = at;
      if (bytes[at] === quoteMark && at < end) {
        const after = this.#splitQuoted(bytes, at, end, numFields);
        if (after < 0) return after;
        at = after;
      } else {
        while (at < end && bytes[at] !== delimiter) at++;
        this.ends[numFields] = at;
      }
      numFields++;
      if (at === end) break;
      at++;
    }
    if (this.#escaped.length > 0) this.#unescape(bytes);
    return numFields;
  }

  #unescape(bytes: Uint8Array): void {
    for (const field of this.#escaped) {
      this.ends[field] = withoutDoubling(bytes, this.starts[field], this.ends[field]);
    }
  }

  /** Position after the field that opens with a quote at `at`: its delimiter or `end`. */
  #splitQuoted(bytes: Uint8Array, at: number, end: number, field: number): number {
    const close = closingQuote(bytes, at + 1, end);
    const isClean = close >= 0 && (close + 1 === end || bytes[close + 1] === this.#delimiter);
    if (isClean) {
      this.starts[field] = at + 1;
      this.ends[field] = close;
      if (hasQuote(bytes, at + 1, close)) this.#escaped.push(field);
      return close + 1;
    }
    if (this.#delimiter === delimiters.comma) return close < 0 ? unclosedQuote : textAfterQuote;
    let after = at;
    while (after < end && bytes[after] !== this.#delimiter) after++;
    this.ends[field] = after;
    return after;
  }

  #grow(): void {
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
  }
}

/** Position of the first quote in `bytes[from..end)` that is not doubled, or -1. */
export function closingQuote(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    if (bytes[at] !== quoteMark) continue;
    if (at + 1 < end && bytes[at + 1] === quoteMark) at++;
    else return at;
  }
  return -1;
}

function hasQuote(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === quoteMark) return true;
  return false;
}

/** Turns `""` into `"` in place; gives the new end. */
function withoutDoubling(bytes: Uint8Array, start: number, end: number): number {
  let to = start;
  for (let at = start; at < end; at++, to++) {
    if (bytes[at] === quoteMark) at++;
    if (to !== at) bytes[to] = bytes[at];
  }
  return to;
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
