/** Numbers as ASCII text, without making a string for each. */
import { shortestDecimal } from './float-text.ts';

const pieceBytes = 1 << 20;
/** No number is longer. */
const maxNumberBytes = 32;

/** Text that grows until it is taken. */
export class NumberText {
  #bytes = new Uint8Array(pieceBytes + 4 * maxNumberBytes);
  #length = 0;

  /** Whether it is time to take the text. After that, there is room for two numbers and their separators. */
  get isFull(): boolean {
    return this.#length >= pieceBytes;
  }

  /** The text so far, which is forgotten. */
  take(): Uint8Array {
    const piece = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(this.#bytes.length);
    this.#length = 0;
    return piece;
  }

  /** @param value  whole, 0 to 2^32 - 1 */
  whole(value: number): void {
    let end = this.#length + 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++;
    this.#length = end;
    for (let at = end - 1, rest = value; ; at--) {
      const tens = Math.floor(rest / 10);
      this.#bytes[at] = 48 + rest - 10 * tens;
      if (tens === 0) return;
      rest = tens;
    }
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

  /** @param text  at most 32 characters of ASCII */
  ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i);
  }
}
