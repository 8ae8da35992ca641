/** Splits a stream of byte chunks into lines without making strings. */
import { SimClustersError } from '../core/errors.ts';
import type { OpenInput } from './input-files.ts';

/** Longest line read; list files hold all items of a user in one line, so lines may be long. */
export const maxLineBytes = 64 * 1024 * 1024;

/**
 * Push a chunk, then call `next()` until it says false; after the last chunk call `finish()`.
 * After a true answer the line is `bytes[start..end)`, without its `\n` or `\r\n`, and valid until the next call.
 * A UTF-8 byte order mark before line 1 is left out. Errors: BAD_FILE for NUL bytes and lines over 64 MiB.
 */
export class LineScanner {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** 1-based number of the current line. */
  lineNumber = 0;
  readonly #file: string;
  readonly #limit: number;
  #chunk: Uint8Array = new Uint8Array(0);
  #position = 0;
  /** The head of a line whose end is in a later chunk. */
  #carry: Uint8Array = new Uint8Array(0);
  #carryLength = 0;
  readonly #block = { bytes: this.bytes, at: 0, numLines: 0 };

  constructor(file: string, limit = maxLineBytes) {
    this.#file = file;
    this.#limit = limit;
  }

  push(chunk: Uint8Array): void {
    const zeroAt = chunk.indexOf(0);
    if (zeroAt >= 0) throw this.#binary(chunk, zeroAt);
    // Buffers are another shape than plain arrays; one shape only keeps the loops over bytes fast.
    this.#chunk = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    this.#position = 0;
  }

  next(): boolean {
    const chunk = this.#chunk;
    const length = chunk.length;
    const from = this.#position;
    let at = from;
    while (at < length && chunk[at] !== 10) at++;
    if (at === length) {
      this.#keep(from, length);
      this.#position = length;
      return false;
    }
    this.#position = at + 1;
    if (this.#carryLength === 0) this.#emit(chunk, from, at);
    else {
      this.#keep(from, at);
      this.#emit(this.#carry, 0, this.#carryLength);
      this.#carryLength = 0;
    }
    return true;
  }

  /** Lets a reader take the next lines as a block, unless the next line began in an earlier chunk or is the first. */
  offerBlock(reader: LineReader): void {
    if (reader.readBlock === undefined || this.#carryLength > 0 || this.lineNumber === 0) return;
    const block = this.#block;
    block.bytes = this.#chunk;
    block.at = this.#position;
    block.numLines = 0;
    reader.readBlock(block);
    this.#position = block.at;
    this.lineNumber += block.numLines;
  }

  /** Whether there is a last line without a newline; if so it is the current line. */
  finish(): boolean {
    if (this.#carryLength === 0) return false;
    this.#emit(this.#carry, 0, this.#carryLength);
    this.#carryLength = 0;
    return true;
  }

  #emit(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end > start && bytes[end - 1] === 13 ? end - 1 : end;
    if (
      ++this.lineNumber === 1 &&
      bytes[start] === 0xef &&
      bytes[start + 1] === 0xbb &&
      bytes[start + 2] === 0xbf
    ) {
      this.start = Math.min(start + 3, this.end);
    }
  }

  #keep(from: number, to: number): void {
    const length = this.#carryLength + to - from;
    if (length > this.#limit) throw this.#tooLong();
    if (length > this.#carry.length) {
      const larger = new Uint8Array(Math.max(length, Math.min(this.#limit, this.#carry.length * 2)));
      larger.set(this.#carry.subarray(0, this.#carryLength));
      this.#carry = larger;
    }
    this.#carry.set(this.#chunk.subarray(from, to), this.#carryLength);
    this.#carryLength = length;
  }

  #tooLong(): SimClustersError {
    return new SimClustersError('BAD_FILE', {
      file: this.#file,
      line: this.lineNumber + 1,
      got: `a line longer than ${this.#limit / 1024 / 1024} MiB`,
      expected: 'lines that end in a newline',
      todo: 'look whether the file is text; spread the items of a huge list over several lines of the same user',
    });
  }

  #binary(chunk: Uint8Array, zeroAt: number): SimClustersError {
    let line = this.lineNumber + 1;
    for (let at = 0; at < zeroAt; at++) if (chunk[at] === 10) line++;
    const isWide = (chunk[0] === 0xff && chunk[1] === 0xfe) || (chunk[0] === 0xfe && chunk[1] === 0xff);
    return new SimClustersError('BAD_FILE', {
      file: this.#file,
      line,
      got: isWide ? 'UTF-16 text' : 'a NUL byte: this is not text',
      expected: 'UTF-8 text (plain, gzip or zstd) or Parquet',
      todo: isWide
        ? 'turn it into UTF-8: iconv -f UTF-16 -t UTF-8'
        : 'look at the file with: file, head -c 200',
    });
  }
}

/** Whole lines from `at` on; `numLines` counts those taken. */
export interface LineBlock {
  readonly bytes: Uint8Array;
  at: number;
  numLines: number;
}

/** Takes the lines of a file one by one. */
export interface LineReader {
  /** May take lines from the start of a block, moving `at` behind them. */
  readBlock?(block: LineBlock): void;
  readLine(bytes: Uint8Array, start: number, end: number, lineNumber: number): void;
  /** Called after the last line. */
  endFile(): void;
}

/** Feeds all lines of an input to a reader; `onChunk` is called after each chunk. */
export async function readLines(input: OpenInput, reader: LineReader, onChunk: () => void): Promise<void> {
  const scanner = new LineScanner(input.name);
  for await (const chunk of input.chunks()) {
    scanner.push(chunk);
    for (scanner.offerBlock(reader); scanner.next(); scanner.offerBlock(reader)) {
      reader.readLine(scanner.bytes, scanner.start, scanner.end, scanner.lineNumber);
    }
    onChunk();
  }
  if (scanner.finish()) reader.readLine(scanner.bytes, scanner.start, scanner.end, scanner.lineNumber);
  reader.endFile();
}
