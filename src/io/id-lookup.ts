/** Finds the index of an id given as bytes, with a short cut for small decimal numbers. */
import { isUtf8 } from 'node:buffer';
import { IdIndex, type IdTable } from '../core/ids.ts';

/** Longest id, in bytes of UTF-8. */
export const maxIdBytes = 1024;

/** Decimal ids below this are looked up in an array instead of a hash table (16 MiB at most). */
export const numDirect = 1 << 22;
/** Longest decimal that can be below `numDirect`. */
export const maxDirectDigits = 7;

/**
 * Dense indices for ids, in order of first appearance. As long as all ids are small decimal numbers, only the
 * numbers are kept; the first other id starts a hash index of all.
 */
export class IdLookup {
  #index: IdIndex | undefined;
  /** The ids so far while there is no index. */
  #numbers = new Uint32Array(512);
  #numNumbers = 0;
  /** At place v: 1 + the index of the id that reads as the number v, or 0. */
  #direct = new Int32Array(1 << 12);

  get size(): number {
    return this.#index ? this.#index.size : this.#numNumbers;
  }

  /** Index of the id `bytes[start..end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const value = smallDecimal(bytes, start, end);
    if (value < 0) return this.#index ? this.#index.find(bytes, start, end) : -1;
    return value < this.#direct.length ? this.#direct[value] - 1 : -1;
  }

  /** Index of the id, which is added when it is new. The id must be without fault; see `idFault`. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const value = smallDecimal(bytes, start, end);
    if (value >= 0) return this.addSmall(value);
    this.#index ??= IdIndex.from(decimalTable(this.#numbers, this.#numNumbers));
    return this.#index.add(bytes, start, end);
  }

  /** `add` for the id that spells `value`, a whole number from 0 to below `numDirect`. */
  addSmall(value: number): number {
    if (value >= this.#direct.length) this.#growDirect(value);
    if (this.#direct[value] === 0) {
      this.#direct[value] = 1 + (this.#index ? this.#index.addText(String(value)) : this.#addNumber(value));
    }
    return this.#direct[value] - 1;
  }

  toTable(): IdTable {
    return this.#index ? this.#index.toTable() : decimalTable(this.#numbers, this.#numNumbers);
  }

  #addNumber(value: number): number {
    if (this.#numNumbers === this.#numbers.length) {
      const larger = new Uint32Array(this.#numNumbers * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#numNumbers] = value;
    return this.#numNumbers++;
  }

  #growDirect(value: number): void {
    let length = this.#direct.length;
    while (length <= value) length *= 2;
    const larger = new Int32Array(length);
    larger.set(this.#direct);
    this.#direct = larger;
  }
}

/** The number that the id spells canonically (no sign, no leading zero) if it is small, else -1. */
function smallDecimal(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > maxDirectDigits || length === 0 || (bytes[start] === 48 && length > 1)) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value < numDirect ? value : -1;
}

/** Of a 32-bit number. */
const maxDigits = 10;

/** The ids that spell the first `size` numbers. */
export function decimalTable(numbers: Uint32Array, size: number): IdTable {
  const offsets = new Uint32Array(size + 1);
  const bytes = new Uint8Array(size * maxDigits);
  let end = 0;
  for (let i = 0; i < size; i++) {
    let rest = numbers[i];
    for (let bound = 10; bound <= rest; bound *= 10) end++;
    offsets[i + 1] = ++end;
    for (let at = end - 1; at >= offsets[i]; at--) {
      bytes[at] = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
  return { size, offsets, bytes: bytes.slice(0, end) };
}

/** What is wrong with an id as a pair of found and expected, or undefined. */
export function idFault(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly got: string; readonly expected: string } | undefined {
  if (end === start) return { got: 'an empty id', expected: 'an id of at least one character' };
  if (end - start > maxIdBytes) {
    return { got: `an id of ${end - start} bytes`, expected: `an id of at most ${maxIdBytes} bytes` };
  }
  if (!isAscii(bytes, start, end) && !isUtf8(bytes.subarray(start, end))) {
    return {
      got: 'an id that is not UTF-8',
      expected: 'UTF-8 text (iconv -f latin1 -t UTF-8 turns Latin-1 into it)',
    };
  }
  return undefined;
}

/** Far cheaper than the native test for the few bytes of an id. */
function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] > 127) return false;
  return true;
}
