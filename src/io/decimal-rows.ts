/** The fast path for edges between small decimal ids, which most published graphs are made of. */
import type { EdgeSink } from './edge-sink.ts';
import { maxDirectDigits, numDirect } from './id-lookup.ts';
import type { LineBlock } from './line-scanner.ts';
import { parseWeight } from './weight-text.ts';

/**
 * Reads rows of the very form `decimal delimiter decimal [delimiter weight] newline`, each byte once. It stops before
 * the first line that is anything else, which then goes the general way; the outcome is the same either way.
 */
export class DecimalRows {
  #at = 0;

  constructor(
    private readonly sink: EdgeSink,
    private readonly delimiter: number,
    private readonly hasWeight: boolean,
  ) {}

  /** Takes as many whole lines as it can from `block`. */
  read(block: LineBlock): void {
    const { bytes } = block;
    let numLines = 0;
    for (this.#at = block.at; ; numLines++) {
      const leftStart = this.#at;
      const left = this.#number(bytes, leftStart);
      const leftEnd = this.#at;
      if (left < 0 || bytes[leftEnd] !== this.delimiter) break;
      const rightStart = leftEnd + 1;
      const right = this.#number(bytes, rightStart);
      const rightEnd = this.#at;
      if (right < 0) break;
      const weight = this.hasWeight ? this.#weight(bytes, rightEnd) : 1;
      if (Number.isNaN(weight) || !this.#newline(bytes)) break;
      block.at = this.#at;
      if (!this.sink.accepts(left === right, weight)) continue;
      const consumer = this.sink.consumers.addSmall(left);
      this.sink.push(consumer, this.sink.producers.addSmall(right), weight);
    }
    block.numLines += numLines;
    this.sink.report.numRows += numLines;
  }

  /** The small number spelt canonically from `start` on, or -1; moves on behind its digits. */
  #number(bytes: Uint8Array, start: number): number {
    const length = bytes.length;
    let at = start;
    let value = 0;
    for (; at < length; at++) {
      const digit = bytes[at] - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.#at = at;
    const numDigits = at - start;
    if (numDigits === 0 || numDigits > maxDirectDigits || value >= numDirect) return -1;
    return bytes[start] === 48 && numDigits > 1 ? -1 : value;
  }

  #weight(bytes: Uint8Array, delimiterAt: number): number {
    if (bytes[delimiterAt] !== this.delimiter) return Number.NaN;
    const start = delimiterAt + 1;
    let at = start;
    while (at < bytes.length && bytes[at] > 32 && bytes[at] !== this.delimiter) at++;
    this.#at = at;
    return parseWeight(bytes, start, at);
  }

  #newline(bytes: Uint8Array): boolean {
    if (bytes[this.#at] === 13) this.#at++;
    return bytes[this.#at++] === 10;
  }
}
