/** Text of numbers and ids, gathered as bytes and handed over in pieces, so that no file is ever one string. */
import { halfGap, isPowerOfTwo, shortestDecimal } from '../core/float-text.ts';

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
/** Not exact, which a product that is rounded to a whole number does not show. */
const inversePowers = powersOfTen.map((power) => 1 / power);

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
    this.reserve(1);
    this.#bytes[this.#length++] = code;
  }

  bytes(source: Uint8Array): void {
    this.reserve(source.length);
    const bytes = this.#bytes;
    const start = this.#length;
    for (let i = 0; i < source.length; i++) bytes[start + i] = source[i];
    this.#length += source.length;
  }

  ascii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i);
  }

  /** @param value  whole, 0 to 2^32 - 1 */
  decimal(value: number): void {
    if (value < 10) {
      this.byte(48 + value);
      return;
    }
    let numDigits = 1;
    for (let bound = 10; bound <= value; bound *= 10) numDigits++;
    this.reserve(numDigits);
    let rest = value;
    for (let at = this.#length + numDigits - 1; at >= this.#length; at--) {
      const tens = Math.floor(rest / 10);
      this.#bytes[at] = 48 + rest - 10 * tens;
      rest = tens;
    }
    this.#length += numDigits;
  }

  /**
   * The shortest decimal that reads back as the 32-bit float `value` ≥ 0: of six to nine digits the fewest that come nearer than half of what
   * lies between floats. From 10^-4 to 10^6 that is found by products that fit an f64 to the last bit: 24 bits and those of 5^12 at the most.
   */
  float(value: number): void {
    if (!(value >= 1e-4 && value < 1e6) || isPowerOfTwo(value)) {
      this.ascii(String(shortestDecimal(value)));
      return;
    }
    let scale = value < 1 ? 9 : 3;
    while (value * powersOfTen[scale] < 1e8) scale++;
    const scaled = value * powersOfTen[scale];
    const half = halfGap(value) * powersOfTen[scale];
    let dropped = 3;
    let digits = Math.round(scaled * 1e-3);
    while (dropped > 0 && Math.abs(digits * powersOfTen[dropped] - scaled) >= half) {
      dropped--;
      digits = Math.round(scaled * inversePowers[dropped]);
    }
    this.#fixed(digits, scale - dropped);
  }

  /** digits / 10^places, without zeros at the end; 0 < digits <= 10^9, and less than 10^6 before the point. */
  #fixed(digits: number, places: number): void {
    const whole = Math.floor(digits / powersOfTen[places]);
    this.decimal(whole);
    let rest = digits - whole * powersOfTen[places];
    if (rest === 0) return;
    let numPlaces = places;
    for (; rest % 10 === 0; numPlaces--) rest = (rest / 10) | 0;
    this.reserve(1 + numPlaces);
    const bytes = this.#bytes;
    const start = this.#length;
    bytes[start] = 46;
    for (let at = start + numPlaces; at > start; at--) {
      const tens = (rest / 10) | 0;
      bytes[at] = 48 + rest - 10 * tens;
      rest = tens;
    }
    this.#length = start + 1 + numPlaces;
  }

  /** An id, escaped where the format has other uses for a byte. */
  id(
    ids: { readonly offsets: Uint32Array; readonly bytes: Uint8Array },
    index: number,
    escapes: Escapes,
  ): void {
    const source = ids.bytes;
    const start = ids.offsets[index];
    const end = ids.offsets[index + 1];
    this.reserve(6 * (end - start));
    const bytes = this.#bytes;
    let length = this.#length;
    for (let at = start; at < end; at++) {
      const byte = source[at];
      if (escapes[byte] === 0) bytes[length++] = byte;
      else length = escapeByte(bytes, length, byte, escapes[byte]);
    }
    this.#length = length;
  }

  /** Makes room for so many bytes. */
  reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Writes an escape of at most six bytes; gives its end. */
function escapeByte(bytes: Uint8Array, start: number, byte: number, letter: number): number {
  let at = start;
  bytes[at++] = 92;
  bytes[at++] = letter;
  if (letter === asCode)
    for (const digit of byte.toString(16).padStart(4, '0')) bytes[at++] = digit.charCodeAt(0);
  return at;
}
