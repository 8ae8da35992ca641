/** Finds the index of an id given as bytes, with a short cut for small decimal numbers. */
import { isUtf8 } from 'node:buffer';
import { IdIndex, type IdTable } from '../core/ids.ts';

/** Longest id, in bytes of UTF-8. */
export const maxIdBytes = 1024;

/** Decimal ids below this are looked up in an array instead of a hash table (16 MiB at most). */
const numDirect = 1 << 22;

export class IdLookup {
  readonly #index = new IdIndex();
  /** At place v: 1 + the index of the id that reads as the number v, or 0. */
  #direct = new Int32Array(1 << 12);

  get size(): number {
    return this.#index.size;
  }

  /** Index of the id `bytes[start..end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const value = smallDecimal(bytes, start, end);
    if (value < 0) return this.#index.find(bytes, start, end);
    return value < this.#direct.length ? this.#direct[value] - 1 : -1;
  }

  /** Index of the id, which is added when it is new. The id must be without fault; see `idFault`. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const value = smallDecimal(bytes, start, end);
    if (value < 0) return this.#index.add(bytes, start, end);
    if (value >= this.#direct.length) this.#growDirect(value);
    if (this.#direct[value] === 0) this.#direct[value] = this.#index.add(bytes, start, end) + 1;
    return this.#direct[value] - 1;
  }

  toTable(): IdTable {
    return this.#index.toTable();
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
  if (length > 7 || length === 0 || (bytes[start] === 48 && length > 1)) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value < numDirect ? value : -1;
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
  if (!isUtf8(bytes.subarray(start, end))) {
    return {
      got: 'an id that is not UTF-8',
      expected: 'UTF-8 text (iconv -f latin1 -t UTF-8 turns Latin-1 into it)',
    };
  }
  return undefined;
}
