/** Finds the values of a few keys in a line of JSON, as bytes; numbers keep all their digits. */

/** What a value is. */
export type JsonKind = 'absent' | 'string' | 'number' | 'null' | 'other';

export interface JsonValue {
  kind: JsonKind;
  /** Of a string the text without quotes and escapes, of other values their spelling. */
  bytes: Uint8Array;
  start: number;
  end: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Looks up keys of one-line JSON objects. `JSON.parse` would round numbers beyond 2^53. Only the outermost
 * object is looked at; values within values are skipped over. Of a key that stands twice the last counts.
 */
export class JsonLine {
  readonly values: readonly JsonValue[];
  readonly #slotOfKey: ReadonlyMap<string, number>;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  constructor(keys: readonly string[]) {
    this.#slotOfKey = new Map(keys.map((key, slot) => [key, slot]));
    this.values = keys.map(() => ({ kind: 'absent', bytes: this.#bytes, start: 0, end: 0 }));
  }

  /** Reads `bytes[start..end)`; afterwards `values[i]` belongs to key i. False when it is no JSON object. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    for (const value of this.values) value.kind = 'absent';
    if (!this.#skip(123)) return false;
    if (this.#skip(125)) return this.#isAtEnd();
    do {
      if (!this.#readPair()) return false;
    } while (this.#skip(44));
    return this.#skip(125) && this.#isAtEnd();
  }

  #readPair(): boolean {
    this.#skipBlanks();
    const keyStart = this.#at;
    if (!this.#skipString()) return false;
    const key = this.#text(keyStart, this.#at);
    if (key === undefined) return false;
    const slot = this.#slotOfKey.get(key);
    if (!this.#skip(58)) return false;
    this.#skipBlanks();
    const start = this.#at;
    const kind = this.#skipValue();
    if (kind === 'absent') return false;
    if (slot !== undefined) this.#store(this.values[slot], kind, start);
    return true;
  }

  #store(value: JsonValue, kind: JsonKind, start: number): void {
    value.kind = kind;
    value.bytes = this.#bytes;
    value.start = start;
    value.end = this.#at;
    if (kind !== 'string') return;
    value.start++;
    value.end--;
    if (this.#bytes.subarray(value.start, value.end).indexOf(92) < 0) return;
    const text = this.#text(start, this.#at);
    // A broken escape, or half of a surrogate pair, is no text.
    if (text === undefined || /\p{Surrogate}/u.test(text)) {
      value.kind = 'other';
      return;
    }
    value.bytes = encoder.encode(text);
    value.start = 0;
    value.end = value.bytes.length;
  }

  /** A string with its escapes undone, given with its quotes; undefined when it is not JSON. */
  #text(start: number, end: number): string | undefined {
    const raw = decoder.decode(this.#bytes.subarray(start, end));
    if (!raw.includes('\\')) return raw.slice(1, -1);
    try {
      return JSON.parse(raw);
    } catch {
      return undefined;
    }
  }

  /** Moves behind a value; `absent` when there is none. */
  #skipValue(): JsonKind {
    const first = this.#bytes[this.#at];
    if (this.#at >= this.#end) return 'absent';
    if (first === 34) return this.#skipString() ? 'string' : 'absent';
    if (first === 123 || first === 91) return this.#skipNested() ? 'other' : 'absent';
    const start = this.#at;
    while (this.#at < this.#end && isWordByte(this.#bytes[this.#at])) this.#at++;
    const word = decoder.decode(this.#bytes.subarray(start, this.#at));
    if (word === 'null') return 'null';
    if (word === 'true' || word === 'false') return 'other';
    return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(word) ? 'number' : 'absent';
  }

  #skipNested(): boolean {
    const open: number[] = [];
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#bytes[this.#at];
      if (byte === 34) {
        if (!this.#skipString()) return false;
        this.#at--;
      } else if (byte === 123 || byte === 91) open.push(byte + 2);
      else if (byte === 125 || byte === 93) {
        if (open.pop() !== byte) return false;
        if (open.length === 0) return this.#at++ >= 0;
      }
    }
    return false;
  }

  #skipString(): boolean {
    if (this.#bytes[this.#at] !== 34) return false;
    for (let at = this.#at + 1; at < this.#end; at++) {
      const byte = this.#bytes[at];
      if (byte === 92) at++;
      else if (byte === 34) {
        this.#at = at + 1;
        return true;
      }
    }
    return false;
  }

  #skip(byte: number): boolean {
    this.#skipBlanks();
    if (this.#at >= this.#end || this.#bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    while (this.#at < this.#end && (this.#bytes[this.#at] === 32 || this.#bytes[this.#at] === 9)) this.#at++;
  }

  #isAtEnd(): boolean {
    this.#skipBlanks();
    return this.#at === this.#end;
  }
}

/** Bytes of numbers and of true, false and null. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= 48 && byte <= 57) ||
    (byte >= 97 && byte <= 122) ||
    byte === 45 ||
    byte === 46 ||
    byte === 43 ||
    byte === 69
  );
}
