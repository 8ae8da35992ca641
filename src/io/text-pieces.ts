/** Text of numbers and ids, gathered as bytes and handed over in pieces, so that no file is ever one string. */
import { shortestDecimal } from './float-text.ts';

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
  take(): Uint8Array {
    const piece = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return piece;
  }

  byte(code: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = code;
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

  /** The shortest decimal that reads back as the 32-bit float `value` ≥ 0. */
  float(value: number): void {
    const thousandths = Math.round(value * 1000);
    if (value >= 1 || Math.fround(thousandths / 1000) !== value) {
      this.ascii(String(shortestDecimal(value)));
      return;
    }
    const digits = thousandths.toString().padStart(3, '0').replace(/0+$/, '');
    this.ascii(digits === '' ? '0' : `0.${digits}`);
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
