/** Reads the rows of a delimited file: skips what is no row, joins quoted fields that span lines, checks the width. */
import { type BadRows, badFile } from './bad-rows.ts';
import { isNoRow, type Layout } from './delimited.ts';
import { closingQuote, FieldSplitter, textAfterQuote, unclosedQuote } from './field-splitter.ts';
import type { LineBlock, LineReader } from './line-scanner.ts';

/** Longest row that a quoted field may spread over several lines. */
const maxJoinedBytes = 1 << 20;
/** A row is split anew for each field that spans lines; more such fields than this mean stray quotes. */
const maxTries = 1000;

/** Takes a row: field i is `bytes[splitter.starts[i]..splitter.ends[i])`. */
export type RowConsumer = (
  bytes: Uint8Array,
  splitter: FieldSplitter,
  numFields: number,
  lineNumber: number,
) => void;

export class RowReader implements LineReader {
  readonly #splitter: FieldSplitter;
  #isHeaderDue: boolean;
  /** Lines so far of a row whose last quoted field is still open, the line it began on, and how often it was tried. */
  #open: Uint8Array[] = [];
  #openBytes = 0;
  #openLine = 0;
  #numTries = 0;

  constructor(
    private readonly file: string,
    layout: Layout,
    private readonly badRows: BadRows,
    /** Fields each row must have; 0 for any number. */
    private readonly width: number,
    private readonly consume: RowConsumer,
    /** Takes plain rows off the start of a block, when there is a faster way for them. */
    private readonly fastPath?: (block: LineBlock) => void,
  ) {
    this.#splitter = new FieldSplitter(layout.delimiter);
    this.#isHeaderDue = layout.names !== undefined;
  }

  readBlock(block: LineBlock): void {
    if (this.fastPath && !this.#isHeaderDue && this.#openLine === 0) this.fastPath(block);
  }

  readLine(bytes: Uint8Array, start: number, end: number, lineNumber: number): void {
    if (this.#openLine > 0) this.#continue(bytes.slice(start, end));
    else if (!isNoRow(bytes, start, end)) this.#readRow(bytes, start, end, lineNumber);
  }

  endFile(): void {
    if (this.#openLine > 0) throw this.#neverClosed();
  }

  #readRow(bytes: Uint8Array, start: number, end: number, line: number): void {
    const numFields = this.#splitter.split(bytes, start, end);
    if (numFields === unclosedQuote) {
      this.#keepOpen(bytes.slice(start, end), line);
      return;
    }
    this.#numTries = 0;
    if (this.#isHeaderDue) {
      this.#isHeaderDue = false;
      return;
    }
    this.badRows.report.numRows++;
    if (numFields === textAfterQuote) this.#rejectQuote(line);
    else if (this.width > 0 && numFields !== this.width) this.#rejectWidth(numFields, line);
    else this.consume(bytes, this.#splitter, numFields, line);
  }

  #rejectQuote(line: number): void {
    const expected = 'a comma after a closing quote ("" is a quote within quotes)';
    this.badRows.reject({ file: this.file, line }, 'text after a closing quote', expected);
  }

  #rejectWidth(numFields: number, line: number): void {
    const column = Math.min(numFields, this.width) + (numFields < this.width ? 1 : 0);
    const plural = (count: number) => `${count} field${count === 1 ? '' : 's'}`;
    const hint = '; lines of the kind `user item item …` need --follows-format lists';
    const place = { file: this.file, line, column };
    this.badRows.reject(place, plural(numFields), `${plural(this.width)}, as in the first row`, hint);
  }

  #keepOpen(bytes: Uint8Array, line: number): void {
    this.#open = [bytes];
    this.#openBytes = bytes.length;
    this.#openLine = line;
    if (++this.#numTries > maxTries) throw this.#neverClosed();
  }

  #continue(bytes: Uint8Array): void {
    this.#open.push(newline, bytes);
    this.#openBytes += bytes.length + 1;
    if (this.#openBytes > maxJoinedBytes) throw this.#neverClosed();
    if (closingQuote(bytes, 0, bytes.length) < 0) return;
    const line = this.#openLine;
    this.#openLine = 0;
    this.#readRow(Buffer.concat(this.#open), 0, this.#openBytes, line);
  }

  #neverClosed() {
    return badFile(this.file, {
      line: this.#openLine,
      got: 'a field whose opening quote is never closed',
      expected: 'a closing quote within 1 MiB',
      todo: 'mend the quotes; a quote within a quoted field is written twice',
    });
  }
}

const newline = new Uint8Array([10]);
