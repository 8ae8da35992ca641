/** Tables as text, piece by piece: tab-separated lines and JSON lines. Ids go from bytes to bytes. */

import { shortestDecimal } from '../core/float-text.ts';
import type { ColumnValues } from '../core/table.ts';
import type { Cells, ExportColumn, ExportTable } from './export-table.ts';
import { jsonEscapes, TextPieces, tsvEscapes } from './text-pieces.ts';

const NONE = 0xffffffff;

/**
 * Tab-separated lines under a header, a line per row; with lists, a line per entry in which the row's own columns are
 * repeated, and none for a row without entries. Tabs, line ends and backslashes in ids are written `\t`, `\n`, `\r`
 * and `\\`; an id that is none is empty.
 */
export function* tsvPieces({ numRows, rowColumns, entries }: ExportTable): Generator<Uint8Array> {
  const out = new TextPieces();
  const columns = [...rowColumns, ...(entries?.columns ?? [])];
  out.ascii(`${columns.map(({ name }) => name).join('\t')}\n`);
  for (let row = 0; row < numRows; row++) {
    const start = entries ? entries.indptr[row] : row;
    const end = entries ? entries.indptr[row + 1] : row + 1;
    for (let entry = start; entry < end; entry++) {
      appendTsvCells(out, rowColumns, row);
      if (entries) {
        if (rowColumns.length > 0) out.ascii('\t');
        appendTsvCells(out, entries.columns, entry);
      }
      out.ascii('\n');
      if (out.isFull) yield out.take();
    }
  }
  yield out.take();
}

/** A JSON object per row; the entries of its lists are an array of objects. 64-bit integers are texts. */
export function* ndjsonPieces({ numRows, rowColumns, entries }: ExportTable): Generator<Uint8Array> {
  const out = new TextPieces();
  const rowMembers = membersOf(rowColumns);
  const entryMembers = membersOf(entries?.columns ?? []);
  const listKey = `${rowColumns.length > 0 ? ',' : ''}${JSON.stringify(entries?.name)}:[`;
  for (let row = 0; row < numRows; row++) {
    out.ascii('{');
    appendMembers(out, rowMembers, row);
    if (entries) {
      out.ascii(listKey);
      for (let entry = entries.indptr[row]; entry < entries.indptr[row + 1]; entry++) {
        out.ascii(entry > entries.indptr[row] ? ',{' : '{');
        appendMembers(out, entryMembers, entry);
        out.ascii('}');
        if (out.isFull) yield out.take();
      }
      out.ascii(']');
    }
    out.ascii('}\n');
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

function appendTsvCells(out: TextPieces, columns: readonly ExportColumn[], place: number): void {
  for (let at = 0; at < columns.length; at++) {
    const { cells } = columns[at];
    if (at > 0) out.ascii('\t');
    if (cells.kind === 'number') {
      out.ascii(numberText(cells.values, place));
    } else {
      const index = cells.rows ? cells.rows[place] : place;
      if (index !== NONE) out.id(cells.ids, index, tsvEscapes);
    }
  }
}

/** A column with what stands before its value in an object: comma and key. */
interface Member {
  readonly prefix: string;
  readonly cells: Cells;
}

function membersOf(columns: readonly ExportColumn[]): Member[] {
  return columns.map(({ name, cells }, at) => ({
    prefix: `${at > 0 ? ',' : ''}${JSON.stringify(name)}:`,
    cells,
  }));
}

function appendMembers(out: TextPieces, members: readonly Member[], place: number): void {
  for (let at = 0; at < members.length; at++) {
    out.ascii(members[at].prefix);
    appendJsonCell(out, members[at].cells, place);
  }
}

function appendJsonCell(out: TextPieces, cells: Cells, place: number): void {
  if (cells.kind === 'number') {
    out.ascii(jsonNumber(cells.values, place));
    return;
  }
  const index = cells.rows ? cells.rows[place] : place;
  if (index === NONE) {
    out.ascii('null');
    return;
  }
  out.ascii('"');
  out.id(cells.ids, index, jsonEscapes);
  out.ascii('"');
}

function numberText(values: ColumnValues, place: number): string {
  const value = values[place];
  if (Object.is(value, -0)) return '-0';
  return String(values instanceof Float32Array ? shortestDecimal(values[place]) : value);
}

function jsonNumber(values: ColumnValues, place: number): string {
  if (values instanceof BigInt64Array) return `"${values[place]}"`;
  return Number.isFinite(values[place]) ? numberText(values, place) : 'null';
}
