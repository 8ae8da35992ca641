/** Text of numbers and ids, gathered as bytes and handed over in pieces, so that no file is ever one string. */
import { isPowerOfTwo, shortestDecimal } from './float-text.ts';

/** Bytes that are handed over at once, about. */
const pieceBytes = 1 << 16;

/** At each byte of an id: 0 when it stands for itself, else the letter behind the backslash. */
export type Escapes = Uint8Array;
/** The letter that means `\u00XX`. */
const asCode = 'u'.charCodeAt(0);

export const tsvEscapes = escapesOf({ '\t': 't', '\n': 'n', '\r': 'r', '\\': '\\' });
export const jsonEscapes = escapesOf(
  { '\t': 't', '\n': 'n', '\r': 'r', '\b': 'b', '\f': 'f', '\\': '\\', '"': '"' },
  new Uint8Array(256).fill(asCode, 0, 32),
);

const powersOfTen = Float64Array.from({ length: 13 }, (_, power) => Number(`1e${power}`));

function escapesOf(letters: Readonly<Record<string, string>>, escapes = new Uint8Array(256)): Escapes {
  for (const [char, letter] of Object.entries(letters)) escapes[char.charCodeAt(0)] = letter.charCodeAt(0);
  return escapes;
}

export class TextPieces {
  #bytes = new Uint8Array(2 * pieceBytes);
  #length = 0;

  /** Whether a piece should be taken before more is added. */
  get isFull(): boolean {
    return this.#length >= pieceBytes;
  }

  /** The text so far, which is forgotten. */
  take(): Uint8Array<ArrayBuffer> {
    const piece = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return piece;
  }

  byte(code: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = code;
  }

  bytes(source: Uint8Array): void {
    this.#reserve(source.length);
    for (let i = 0; i < source.length; i++) this.#bytes[this.#length++] = source[i];
  }

  ascii(text: string): void {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i);
  }

  /** @param value  whole, 0 to 2^32 - 1 */
  decimal(value: number): void {
    let numDigits = 1;
    for (let bound = 10; bound <= value; bound *= 10) numDigits++;
    this.#reserve(numDigits);
    let rest = value;
    for (let at = this.#length + numDigits - 1; at >= this.#length; at--) {
      const tens = Math.floor(rest / 10);
      this.#bytes[at] = 48 + rest - 10 * tens;
      rest = tens;
    }
    this.#length += numDigits;
  }

  /**
   * The shortest decimal that reads back as the 32-bit float `value` ≥ 0. Where value · 10^k has nine digits before the point and fits an f64
   * to the last bit (24 bits and those of 5^k, k ≤ 12), six to nine digits are tried by arithmetic alone.
   */
  float(value: number): void {
    if (!(value >= 1e-4 && value < 1e6) || isPowerOfTwo(value)) {
      this.ascii(String(shortestDecimal(value)));
      return;
    }
    let scale = 3;
    while (value * powersOfTen[scale] < 1e8) scale++;
    for (let dropped = 3; ; dropped--) {
      const digits = Math.round((value * powersOfTen[scale]) / powersOfTen[dropped]);
      const places = scale - dropped;
      if (dropped > 0 && Math.fround(digits / powersOfTen[places]) !== value) continue;
      this.#fixed(digits, places);
      return;
    }
  }

  /** digits / 10^places, without zeros at the end. */
  #fixed(digits: number, places: number): void {
    const whole = Math.floor(digits / powersOfTen[places]);
    let rest = digits - whole * powersOfTen[places];
    this.decimal(whole);
    if (rest === 0) return;
    let numPlaces = places;
    for (; rest % 10 === 0; numPlaces--) rest /= 10;
    this.byte(46);
    this.#reserve(numPlaces);
    for (let at = this.#length + numPlaces - 1; at >= this.#length; at--) {
      const tens = (rest / 10) | 0;
      this.#bytes[at] = 48 + rest - 10 * tens;
      rest = tens;
    }
    this.#length += numPlaces;
  }

  /** An id, escaped where the format has other uses for a byte. */
  id(
    ids: { readonly offsets: Uint32Array; readonly bytes: Uint8Array },
    index: number,
    escapes: Escapes,
  ): void {
    const end = ids.offsets[index + 1];
    this.#reserve(6 * (end - ids.offsets[index]));
    for (let at = ids.offsets[index]; at < end; at++) {
      const byte = ids.bytes[at];
      if (escapes[byte] === 0) this.#bytes[this.#length++] = byte;
      else this.#escape(byte, escapes[byte]);
    }
  }

  #escape(byte: number, letter: number): void {
    this.ascii('\\');
    this.ascii(String.fromCharCode(letter));
    if (letter === asCode) this.ascii(byte.toString(16).padStart(4, '0'));
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
