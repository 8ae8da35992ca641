/** Finds the values of known keys in one-line JSON objects, as bytes. One pass, no allocation unless a text has escapes. */

export type SpanKind = 'absent' | 'string' | 'integer' | 'null' | 'array' | 'other';

/** A value: of a string the text without quotes and escapes, of others their spelling. */
export interface Span {
  kind: SpanKind;
  bytes: Uint8Array;
  start: number;
  end: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
const QUOTE = 34;
const BACKSLASH = 92;

interface Key {
  readonly bytes: Uint8Array;
  readonly slot: number;
}

/** A value of the line before, and what stood in front of it: that behind the value before, blanks, key and quote included. */
interface Field {
  readonly lead: Uint8Array;
  readonly kind: 'string' | 'integer';
  /** -1: of a key that means nothing here. */
  readonly slot: number;
}

/** Lines of one writer differ in their values alone. */
interface Pattern {
  readonly fields: readonly Field[];
  /** What stood behind the last value. */
  readonly tail: Uint8Array;
}

/** A line of more fields is read anew each time. */
const MAX_FIELDS = 32;

export class JsonScanner {
  /** One for each group of keys that mean the same. */
  readonly spans: readonly Span[];
  /** By length and first byte: few keys share both. */
  readonly #keys: (Key[] | undefined)[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #pattern: Pattern | undefined;
  /** Values of the line in hand, by their place; undefined: it is none for a pattern. */
  #values: { slot: number; start: number; end: number; kind: SpanKind }[] | undefined;

  constructor(groups: readonly (readonly string[])[]) {
    this.spans = groups.map(() => ({ kind: 'absent', bytes: this.#bytes, start: 0, end: 0 }));
    groups.forEach((names, slot) => {
      for (const name of names) {
        const bytes = encoder.encode(name);
        const place = bytes.length * 256 + bytes[0];
        this.#keys[place] ??= [];
        this.#keys[place].push({ bytes, slot });
      }
    });
  }

  /** Reads the object `bytes[start..end)`; false when it is none. Of a key that stands twice the last counts. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    for (let i = 0; i < this.spans.length; i++) this.spans[i].kind = 'absent';
    if (this.#pattern && this.#readAsBefore(this.#pattern)) return true;
    this.#at = start;
    for (let i = 0; i < this.spans.length; i++) this.spans[i].kind = 'absent';
    this.#values = [];
    const isObject = this.#readAnew();
    this.#pattern = isObject ? this.#patternOf(start) : undefined;
    return isObject;
  }

  #readAnew(): boolean {
    if (!this.#take(123)) return false;
    if (this.#take(125)) return this.#isAtEnd();
    do if (!this.#readPair()) return false;
    while (this.#take(44));
    return this.#take(125) && this.#isAtEnd();
  }

  /** Reads the line if it differs from the one before in texts without escapes and in digits alone; false: it may still be an object. */
  #readAsBefore({ fields, tail }: Pattern): boolean {
    const bytes = this.#bytes;
    for (let f = 0; f < fields.length; f++) {
      const { lead, kind, slot } = fields[f];
      if (!this.#skipLiteral(lead)) return false;
      const start = this.#at;
      let at = start;
      if (kind === 'string') {
        let byte = at < this.#end ? bytes[at] : 0;
        while (byte !== QUOTE && byte !== BACKSLASH && byte >= 32) byte = ++at < this.#end ? bytes[at] : 0;
        if (byte !== QUOTE) return false;
      } else {
        while (at < this.#end && bytes[at] >= 48 && bytes[at] <= 57) at++;
        if (at === start || (bytes[start] === 48 && at > start + 1)) return false;
      }
      this.#at = at;
      if (slot < 0) continue;
      const span = this.spans[slot];
      span.kind = kind;
      span.bytes = bytes;
      span.start = start;
      span.end = at;
    }
    return this.#skipLiteral(tail) && this.#at === this.#end;
  }

  #skipLiteral(literal: Uint8Array): boolean {
    const at = this.#at;
    const { length } = literal;
    if (this.#end - at < length) return false;
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== literal[i]) return false;
    this.#at = at + length;
    return true;
  }

  /** What the line in hand, just read, has in common with others of its kind. */
  #patternOf(start: number): Pattern | undefined {
    const values = this.#values;
    if (!values || values.length === 0 || values.length > MAX_FIELDS) return undefined;
    const fields: Field[] = [];
    let from = start;
    for (const { slot, kind, start: begin, end } of values) {
      if (kind !== 'string' && kind !== 'integer') return undefined;
      fields.push({ lead: this.#bytes.slice(from, begin), kind, slot });
      from = end;
    }
    return { fields, tail: this.#bytes.slice(from, this.#end) };
  }

  #readPair(): boolean {
    this.#skipBlanks();
    const from = this.#at + 1;
    const hasEscapes = this.#skipString();
    if (hasEscapes === undefined) return false;
    const slot = hasEscapes ? this.#slotOfEscaped(from - 1, this.#at) : this.#slotOf(from, this.#at - 1);
    if (slot === undefined || !this.#take(58)) return false;
    this.#skipBlanks();
    const start = this.#at;
    const kind = slot < 0 ? this.#skipValue() : this.#store(this.spans[slot]);
    this.#note(slot, kind, start);
    return kind !== 'absent';
  }

  /** A value for the pattern. Texts with escapes and numbers below zero are for the slow way. */
  #note(slot: number, kind: SpanKind, start: number): void {
    const quotes = kind === 'string' ? 1 : 0;
    const value = { slot, kind, start: start + quotes, end: this.#at - quotes };
    const isPlain =
      kind === 'integer'
        ? this.#bytes[start] !== 45
        : kind === 'string' && this.#bytes.subarray(value.start, value.end).indexOf(BACKSLASH) < 0;
    if (isPlain) this.#values?.push(value);
    else this.#values = undefined;
  }

  /** -1: a key that means nothing here. */
  #slotOf(start: number, end: number): number {
    const bytes = this.#bytes;
    const keys = this.#keys[(end - start) * 256 + bytes[start]];
    if (keys === undefined) return -1;
    for (const key of keys) {
      let i = 1;
      while (i < key.bytes.length && bytes[start + i] === key.bytes[i]) i++;
      if (i === key.bytes.length) return key.slot;
    }
    return -1;
  }

  /** Undefined: no JSON. */
  #slotOfEscaped(start: number, end: number): number | undefined {
    const text = textOf(this.#bytes.subarray(start, end));
    if (text === undefined) return undefined;
    const bytes = encoder.encode(text);
    return (
      this.#keys[bytes.length * 256 + bytes[0]]?.find((key) => decoder.decode(key.bytes) === text)?.slot ?? -1
    );
  }

  /** `absent` when there is no value. */
  #store(span: Span): SpanKind {
    const start = this.#at;
    span.bytes = this.#bytes;
    if (this.#bytes[start] !== QUOTE) {
      span.kind = this.#skipValue();
      span.start = start;
      span.end = this.#at;
      return span.kind;
    }
    const hasEscapes = this.#skipString();
    if (hasEscapes === undefined) return 'absent';
    span.kind = 'string';
    span.start = start + 1;
    span.end = this.#at - 1;
    return !hasEscapes || this.#unescape(span, start) ? 'string' : 'absent';
  }

  #unescape(span: Span, start: number): boolean {
    const text = textOf(this.#bytes.subarray(start, this.#at));
    // Half of a surrogate pair is no text.
    if (text === undefined || /\p{Surrogate}/u.test(text)) return false;
    span.bytes = encoder.encode(text);
    span.start = 0;
    span.end = span.bytes.length;
    return true;
  }

  /** Moves behind a value; `absent` when there is none. */
  #skipValue(): SpanKind {
    const bytes = this.#bytes;
    const first = bytes[this.#at];
    if (this.#at >= this.#end) return 'absent';
    if (first === QUOTE) return this.#skipString() === undefined ? 'absent' : 'string';
    if (first === 123 || first === 91) return this.#skipNested(first === 91);
    const start = this.#at;
    let at = start + (first === 45 ? 1 : 0);
    const digits = at;
    while (at < this.#end && bytes[at] >= 48 && bytes[at] <= 57) at++;
    this.#at = at;
    const isWhole = at > digits && (bytes[digits] !== 48 || at === digits + 1);
    if (isWhole && !isWordByte(bytes[at], at < this.#end)) return 'integer';
    while (this.#at < this.#end && isWordByte(bytes[this.#at], true)) this.#at++;
    const word = decoder.decode(bytes.subarray(start, this.#at));
    if (word === 'null') return 'null';
    if (word === 'true' || word === 'false') return 'other';
    return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(word) ? 'other' : 'absent';
  }

  /** Objects and lists: their brackets are matched; a list is parsed by whoever wants it. */
  #skipNested(isArray: boolean): SpanKind {
    const open: number[] = [];
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#bytes[this.#at];
      if (byte === QUOTE) {
        if (this.#skipString() === undefined) return 'absent';
        this.#at--;
      } else if (byte === 123 || byte === 91) open.push(byte + 2);
      else if (byte === 125 || byte === 93) {
        if (open.pop() !== byte) return 'absent';
        if (open.length > 0) continue;
        this.#at++;
        return isArray ? 'array' : 'other';
      }
    }
    return 'absent';
  }

  /** Whether the string has escapes; undefined: no string. */
  #skipString(): boolean | undefined {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    if (bytes[at] !== QUOTE) return undefined;
    let hasEscapes = false;
    for (at++; at < end; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        this.#at = at + 1;
        return hasEscapes;
      }
      if (byte === BACKSLASH) {
        hasEscapes = true;
        at++;
      } else if (byte < 32) return undefined;
    }
    return undefined;
  }

  #take(byte: number): boolean {
    if (this.#at < this.#end && this.#bytes[this.#at] !== byte) this.#skipBlanks();
    if (this.#at >= this.#end || this.#bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    while (this.#at < this.#end && isBlank(this.#bytes[this.#at])) this.#at++;
  }

  #isAtEnd(): boolean {
    this.#skipBlanks();
    return this.#at === this.#end;
  }
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 13;
}

/** Bytes of numbers and of true, false and null. */
function isWordByte(byte: number, isThere: boolean): boolean {
  if (!isThere) return false;
  const isDigit = byte >= 48 && byte <= 57;
  return isDigit || (byte >= 97 && byte <= 122) || byte === 45 || byte === 46 || byte === 43 || byte === 69;
}

/** A string with its escapes undone, given with its quotes; undefined when it is not JSON. */
function textOf(quoted: Uint8Array): string | undefined {
  try {
    return JSON.parse(decoder.decode(quoted)) as string;
  } catch {
    return undefined;
  }
}
