/** Text of numbers and ids, gathered as bytes and handed over in pieces, so that no file is ever one string. */
import type { IdTable } from '../core/ids.ts';

const pieceBytes = 1 << 16;
const tab = 9;
const newline = 10;
const carriageReturn = 13;
const backslash = 92;

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

  /** A whole number ≥ 0. */
  decimal(value: number): void {
    let numDigits = 1;
    for (let bound = 10; bound <= value; bound *= 10) numDigits++;
    this.#reserve(numDigits);
    let rest = value;
    for (let at = this.#length + numDigits - 1; at >= this.#length; at--) {
      this.#bytes[at] = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.#length += numDigits;
  }

  /** An id, with `\t`, `\n`, `\r` and `\\` for what would break lines and columns. */
  id(ids: IdTable, index: number): void {
    const end = ids.offsets[index + 1];
    this.#reserve(2 * (end - ids.offsets[index]));
    for (let at = ids.offsets[index]; at < end; at++) {
      const byte = ids.bytes[at];
      const letter = escapeOf(byte);
      if (letter !== 0) this.#bytes[this.#length++] = backslash;
      this.#bytes[this.#length++] = letter || byte;
    }
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** The letter behind the backslash, or 0 for a byte that stands for itself. */
function escapeOf(byte: number): number {
  if (byte === backslash) return backslash;
  if (byte === tab) return 116;
  if (byte === newline) return 110;
  return byte === carriageReturn ? 114 : 0;
}
