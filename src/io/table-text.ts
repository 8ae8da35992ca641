/** Tables as text, piece by piece: tab-separated lines and JSON lines. Ids go from bytes to bytes. */
import type { ColumnValues } from '../core/table.ts';
import type { Cells, ExportColumn, ExportTable } from './export-table.ts';
import { shortestDecimal } from './float-text.ts';

const NONE = 0xffffffff;
/** Bytes of text that are handed over at once. */
const pieceBytes = 1 << 16;

/** At each byte: 0 when it stands for itself, else the letter behind the backslash. */
type Escapes = Uint8Array;
/** The letter that means `\u00XX`. */
const asCode = 'u'.charCodeAt(0);

const tsvEscapes = escapesOf({ '\t': 't', '\n': 'n', '\r': 'r', '\\': '\\' });
const jsonEscapes = escapesOf(
  { '\t': 't', '\n': 'n', '\r': 'r', '\b': 'b', '\f': 'f', '\\': '\\', '"': '"' },
  new Uint8Array(256).fill(asCode, 0, 32),
);

function escapesOf(letters: Readonly<Record<string, string>>, escapes = new Uint8Array(256)): Escapes {
  for (const [char, letter] of Object.entries(letters)) escapes[char.charCodeAt(0)] = letter.charCodeAt(0);
  return escapes;
}

/**
 * Tab-separated lines under a header, a line per row; with lists, a line per entry in which the row's own columns are
 * repeated, and none for a row without entries. Tabs, line ends and backslashes in ids are written `\t`, `\n`, `\r`
 * and `\\`; an id that is none is empty.
 */
export function* tsvPieces({ numRows, rowColumns, entries }: ExportTable): Generator<Uint8Array> {
  const out = new TextBuffer();
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
  const out = new TextBuffer();
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

function appendTsvCells(out: TextBuffer, columns: readonly ExportColumn[], place: number): void {
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

function appendMembers(out: TextBuffer, members: readonly Member[], place: number): void {
  for (let at = 0; at < members.length; at++) {
    out.ascii(members[at].prefix);
    appendJsonCell(out, members[at].cells, place);
  }
}

function appendJsonCell(out: TextBuffer, cells: Cells, place: number): void {
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

/** Bytes of text that grow until they are taken. */
class TextBuffer {
  #bytes = new Uint8Array(2 * pieceBytes);
  #length = 0;

  get isFull(): boolean {
    return this.#length >= pieceBytes;
  }

  /** The text so far, which is forgotten. */
  take(): Uint8Array {
    const piece = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return piece;
  }

  ascii(text: string): void {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i);
  }

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
