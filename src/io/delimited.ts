/** Finds out how a delimited text file is laid out, from its first lines. */
import { SimClustersError } from '../core/errors.ts';
import { isPosition, roleOf } from './column-roles.ts';
import { type Delimiter, delimiters, FieldSplitter } from './field-splitter.ts';
import { LineScanner } from './line-scanner.ts';
import { textOf } from './weight-text.ts';

const maxSampleLines = 50;
/** A longer row can only be a list: edges have a few ids of at most 1 KiB. */
const longestEdgeRow = 1 << 16;

export interface Layout {
  readonly delimiter: Delimiter;
  /** The header, if there is one. */
  readonly names?: readonly string[];
  /** Number of fields of the first row. */
  readonly numFields: number;
  /** Fields of the first data rows. */
  readonly rows: readonly (readonly string[])[];
}

/** Whether a line holds no row: blank, or a comment that starts with `#` or `%`. */
export function isNoRow(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end || bytes[start] === 35 || bytes[start] === 37) return true;
  if (bytes[start] !== 32 && bytes[start] !== 9) return false;
  for (let at = start; at < end; at++) if (bytes[at] !== 32 && bytes[at] !== 9) return false;
  return true;
}

/**
 * Copies of the first 50 rows in `head`, the first decompressed bytes of a file. A last line without newline counts
 * when the head is the whole file or holds no other row.
 */
export function sampleRows(head: Uint8Array, isWhole: boolean, file: string): Uint8Array[] {
  const scanner = new LineScanner(file);
  const rows: Uint8Array[] = [];
  const take = () => {
    const { bytes, start, end } = scanner;
    if (!isNoRow(bytes, start, end)) rows.push(bytes.slice(start, end));
  };
  scanner.push(head);
  while (rows.length < maxSampleLines && scanner.next()) take();
  if ((isWhole || rows.length === 0) && rows.length < maxSampleLines && scanner.finish()) take();
  return rows;
}

/** The delimiter that most rows hold; of equals tab before comma before blanks. */
export function delimiterOf(rows: readonly Uint8Array[]): Delimiter {
  const count = (delimiter: number) => rows.filter((row) => row.includes(delimiter)).length;
  const order = [delimiters.tab, delimiters.comma, delimiters.blank];
  const counts = order.map(count);
  const most = Math.max(...counts);
  return most === 0 ? delimiters.blank : order[counts.indexOf(most)];
}

/**
 * Whether the rows look like lists, `user item item …`: blank-separated with varying numbers of fields. When
 * nearly all rows have the same small number of fields, they are edges and the others bad rows.
 */
export function looksLikeLists(rows: readonly Uint8Array[]): boolean {
  if (delimiterOf(rows) !== delimiters.blank) return false;
  const splitter = new FieldSplitter(delimiters.blank);
  const rowsOfWidth = new Map<number, number>();
  for (const row of rows) {
    const width = splitter.split(row, 0, row.length);
    rowsOfWidth.set(width, (rowsOfWidth.get(width) ?? 0) + 1);
  }
  if (rows.some((row) => row.length > longestEdgeRow)) return true;
  const widest = Math.max(...rowsOfWidth.keys());
  const [usual, share] = [...rowsOfWidth].reduce((most, next) => (next[1] > most[1] ? next : most), [0, 0]);
  return rowsOfWidth.size > 1 && widest > 3 && (usual > 4 || share < 0.8 * rows.length);
}

export interface HeaderQuestion {
  readonly header: 'auto' | 'yes' | 'no';
  /** Column names or positions asked for. */
  readonly requested?: readonly string[];
  /** 0-based column that holds numbers or times in every data row, and a test for that. */
  readonly telltale: number;
  readonly isValue: (text: string) => boolean;
}

/** Delimiter, header and width of a file. Errors: EMPTY_INPUT never; an input without rows has width 0. */
export function layoutOf(sample: readonly Uint8Array[], question: HeaderQuestion): Layout {
  const delimiter = delimiterOf(sample);
  const splitter = new FieldSplitter(delimiter);
  const rows: string[][] = [];
  for (const line of sample) {
    const numFields = splitter.split(line, 0, line.length);
    // A negative number: a quoted field that goes on in the next line. The sample does without it.
    if (numFields < 0) continue;
    rows.push(
      Array.from({ length: numFields }, (_, i) => textOf(line, splitter.starts[i], splitter.ends[i])),
    );
  }
  const numFields = rows[0]?.length ?? 0;
  if (!hasHeader(rows, question)) return { delimiter, numFields, rows };
  const names = rows[0].map((name) => name.trim());
  demandDistinct(names, question);
  return { delimiter, numFields, names, rows: rows.slice(1) };
}

function hasHeader(rows: readonly (readonly string[])[], question: HeaderQuestion): boolean {
  const { header, requested, telltale, isValue } = question;
  if (rows.length === 0 || header !== 'auto') return rows.length > 0 && header === 'yes';
  const [first, ...others] = rows;
  // Names make sense with a header only; one that is not in it is an error of its own.
  if (requested?.some((name) => name !== '-' && name !== '' && !isPosition(name))) return true;
  // No header word is a number.
  if (first.some((field) => /^\s*[+-]?\d/.test(field))) return false;
  // A word that comes back below is an id.
  const isWord = (field: string, column: number) =>
    roleOf(field) !== undefined && !others.some((row) => row[column] === field);
  if (first.some(isWord)) return true;
  // A value that is out of range is a bad value, not a name.
  if (/^\s*(?:[+-]?(?:nan|inf|infinity)|null|none|n\/?a|-)?\s*$/i.test(first[telltale] ?? 'x')) return false;
  const [next] = others;
  return next !== undefined && telltale in first && telltale in next
    ? !isValue(first[telltale]) && isValue(next[telltale])
    : false;
}

function demandDistinct(names: readonly string[], { requested }: HeaderQuestion): void {
  const twice = requested?.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice === undefined) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `column ${JSON.stringify(twice)}, which the header names twice`,
    expected: 'a name that stands once in the header',
    todo: 'give the column by its position',
  });
}
