/** Turns values of Parquet columns into id bytes, weights and messages. */
import type { SchemaElement } from 'hyparquet';
import { quote } from '../core/errors.ts';
import { badFile } from './bad-rows.ts';
import { textOf } from './weight-text.ts';

const encoder = new TextEncoder();

/** The bytes of one id after the other; text ids are not copied. */
export class IdCell {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  readonly #digits = new Uint8Array(64);

  /** Takes a value of an id column (see `demandIdColumn`); false for null and for what is no id. */
  take(value: unknown): boolean {
    if (value instanceof Uint8Array) {
      this.bytes = value;
      this.start = 0;
      this.end = value.length;
      return true;
    }
    if (typeof value === 'number' && Number.isSafeInteger(value)) this.#takeInteger(value);
    else if (typeof value === 'bigint') this.#takeText(value.toString());
    else if (typeof value === 'string') this.#takeText(value);
    else return false;
    return true;
  }

  #takeText(text: string): void {
    this.bytes = encoder.encode(text);
    this.start = 0;
    this.end = this.bytes.length;
  }

  #takeInteger(value: number): void {
    let rest = Math.abs(value);
    let at = this.#digits.length;
    do {
      const next = Math.floor(rest / 10);
      this.#digits[--at] = 48 + rest - next * 10;
      rest = next;
    } while (rest > 0);
    if (value < 0) this.#digits[--at] = 45;
    this.bytes = this.#digits;
    this.start = at;
    this.end = this.#digits.length;
  }
}

/** Whether two cells hold the same id. */
export function sameId(left: IdCell, right: IdCell): boolean {
  if (left.end - left.start !== right.end - right.start) return false;
  for (let i = left.start, j = right.start; i < left.end; i++, j++)
    if (left.bytes[i] !== right.bytes[j]) return false;
  return true;
}

/** Throws BAD_FILE unless a column can hold ids: text, bytes, UUIDs or whole numbers. */
export function demandIdColumn(file: string, element: SchemaElement): void {
  const { type, converted_type: converted, logical_type: logical } = element;
  const isInteger = type === 'INT32' || type === 'INT64';
  const isText = type === 'BYTE_ARRAY' || logical?.type === 'UUID';
  const isDerived = /DECIMAL|DATE|TIME|JSON|BSON|FLOAT16|VARIANT|GEO/.test(`${converted} ${logical?.type}`);
  if ((isInteger || isText) && !isDerived) return;
  throw badFile(file, {
    got: `the column ${element.name} of type ${logical?.type ?? converted ?? type}`,
    expected: 'ids as text or as whole numbers; a double cannot hold all 64-bit ids',
    todo: 'cast the column to a string or int64, or choose another column',
  });
}

/** A cell for a message. */
export function describeCell(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return quote(value instanceof Uint8Array ? textOf(value, 0, value.length) : String(value));
}
