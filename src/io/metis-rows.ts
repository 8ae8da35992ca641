/** Turns the lines of a METIS graph into blocks of rows, reading each byte once and making no strings. */
import { quote, type SimClustersError } from '../core/errors.ts';
import { mix } from '../core/rng.ts';
import { delimiters, FieldSplitter } from './field-splitter.ts';
import { badMetisRow, expectedLine, type MetisHeader } from './metis-header.ts';
import { sortRow } from './row-order.ts';
import { parseDecimal, textOf, toWeight, weightExpected } from './weight-text.ts';

/** Consecutive vertices: `firstVertex + i` has the neighbours `indices[indptr[i] .. indptr[i + 1])`. */
export interface MetisBlock {
  readonly firstVertex: number;
  /** u32[number of vertices + 1], from 0 */
  readonly indptr: Uint32Array;
  /** 0-based, ascending and unique, never the vertex itself. Valid, as all arrays here, until the next block. */
  readonly indices: Uint32Array;
  /** Present when the header says that edges have weights; > 0. */
  readonly weights?: Float32Array;
}

export class MetisRows {
  /** Rows read so far, those of earlier blocks among them. */
  numRows = 0;
  /** Entries read that are no loops, those left out below among them. */
  numEntries = 0;
  numLoops = 0;
  numZeroWeights = 0;
  numRepeats = 0;
  #firstVertex = 0;
  #size = 0;
  /** Σ (hash(u, v) - hash(v, u)) · hash(w) modulo 2^32, over all entries: 0 for a symmetric graph, in whatever order. */
  #imbalance = 0;
  #indices: Uint32Array;
  #weights: Float32Array | undefined;
  readonly #indptr: Uint32Array;
  #at = 0;
  readonly #bits = new Uint32Array(1);
  readonly #float = new Float32Array(this.#bits.buffer);

  constructor(
    private readonly file: string,
    private readonly header: MetisHeader,
    private readonly blockEntries: number,
  ) {
    const capacity = Math.max(16, Math.min(blockEntries, 2 * header.numEdges));
    this.#indices = new Uint32Array(capacity);
    if (header.isWeighted) this.#weights = new Float32Array(capacity);
    this.#indptr = new Uint32Array(Math.min(Math.max(1, blockEntries), header.numVertices) + 1);
  }

  get isSymmetric(): boolean {
    return this.#imbalance === 0;
  }

  get hasRows(): boolean {
    return this.numRows > this.#firstVertex;
  }

  /** Whether the block should be taken before another line is read. */
  get isFull(): boolean {
    return (
      this.hasRows &&
      (this.#size >= this.blockEntries || this.numRows - this.#firstVertex === this.#indptr.length - 1)
    );
  }

  takeBlock(): MetisBlock {
    const block = {
      firstVertex: this.#firstVertex,
      indptr: this.#indptr.subarray(0, this.numRows - this.#firstVertex + 1),
      indices: this.#indices.subarray(0, this.#size),
    };
    const weights = this.#weights?.subarray(0, this.#size);
    this.#firstVertex = this.numRows;
    this.#size = 0;
    return weights ? { ...block, weights } : block;
  }

  /** Reads the line of the next vertex. @throws SimClustersError BAD_ROW */
  readLine(bytes: Uint8Array, start: number, end: number, line: number): void {
    const from = this.#size;
    // An entry takes two bytes at least, but for the last.
    this.#reserve(from + ((end - start + 1) >>> 1));
    this.#at = start;
    if (this.header.numSkipped > 0) this.#skip(bytes, start, end, line);
    const numZeroBefore = this.numZeroWeights;
    this.#readEntries(bytes, start, end, line);
    this.numEntries += this.#size - from + this.numZeroWeights - numZeroBefore;
    if (this.#size > from + 1) this.#tidy(from);
    this.numRows++;
    this.#indptr[this.numRows - this.#firstVertex] = this.#size;
  }

  /** Appends the entries of the line from `#at` on. One long loop over locals, since all of a file goes through it. */
  #readEntries(bytes: Uint8Array, start: number, end: number, line: number): void {
    const row = this.numRows;
    const rowHash = mix(row) | 0;
    const { numVertices } = this.header;
    const indices = this.#indices;
    const weights = this.#weights;
    const float = this.#float;
    const bits = this.#bits;
    let size = this.#size;
    let imbalance = this.#imbalance;
    let at = this.#at;
    for (;;) {
      while (at < end && (bytes[at] === 32 || bytes[at] === 9)) at++;
      if (at === end) break;
      const tokenStart = at;
      let number = 0;
      for (; at < end; at++) {
        const digit = bytes[at] - 48;
        if (digit < 0 || digit > 9) break;
        number = number * 10 + digit;
      }
      if (at < end && bytes[at] !== 32 && bytes[at] !== 9) {
        at = tokenEnd(bytes, at, end);
        number = this.#wholeNumber(bytes, start, tokenStart, at, line);
      }
      if (number < 1 || number > numVertices) throw this.#outOfRange(bytes, start, tokenStart, line, number);
      const vertex = number - 1;
      let weight = 1;
      let difference = (mix(rowHash + vertex) - mix(mix(vertex) + row)) | 0;
      if (weights) {
        while (at < end && (bytes[at] === 32 || bytes[at] === 9)) at++;
        if (at === end) throw this.#brokenOff(bytes, start, end, line);
        const weightStart = at;
        at = tokenEnd(bytes, at, end);
        weight = toWeight(parseDecimal(bytes, weightStart, at));
        if (Number.isNaN(weight)) throw this.#badWeight(bytes, start, weightStart, at, line);
        float[0] = weight;
        difference = Math.imul(difference, mix(bits[0]));
      }
      if (vertex === row) {
        this.numLoops++;
        continue;
      }
      imbalance = (imbalance + difference) | 0;
      if (weight === 0) {
        this.numZeroWeights++;
        continue;
      }
      if (weights) weights[size] = weight;
      indices[size++] = vertex;
    }
    this.#size = size;
    this.#imbalance = imbalance;
    this.#at = at;
  }

  /** Passes over vertex sizes and weights, which must be numbers. */
  #skip(bytes: Uint8Array, start: number, end: number, line: number): void {
    for (let i = 0; i < this.header.numSkipped; i++) {
      if (!this.#findToken(bytes, end)) throw this.#brokenOff(bytes, start, end, line);
      const from = this.#at;
      this.#at = tokenEnd(bytes, from, end);
      this.#number(bytes, start, from, this.#at, line);
    }
  }

  /** Moves on to the next token; false at the end of the line. */
  #findToken(bytes: Uint8Array, end: number): boolean {
    while (this.#at < end && (bytes[this.#at] === 32 || bytes[this.#at] === 9)) this.#at++;
    return this.#at < end;
  }

  /** Sorts the row that begins at `from` and merges what it says twice. */
  #tidy(from: number): void {
    const indices = this.#indices;
    const weights = this.#weights;
    sortRow(indices, weights, from, this.#size);
    let last = from;
    for (let at = from + 1; at < this.#size; at++) {
      if (indices[at] === indices[last]) {
        if (weights && weights[at] > weights[last]) weights[last] = weights[at];
        continue;
      }
      indices[++last] = indices[at];
      if (weights) weights[last] = weights[at];
    }
    this.numRepeats += this.#size - 1 - last;
    this.#size = last + 1;
  }

  #reserve(length: number): void {
    if (length <= this.#indices.length) return;
    const capacity = Math.max(length, 2 * this.#indices.length);
    const indices = new Uint32Array(capacity);
    indices.set(this.#indices.subarray(0, this.#size));
    this.#indices = indices;
    if (!this.#weights) return;
    const weights = new Float32Array(capacity);
    weights.set(this.#weights.subarray(0, this.#size));
    this.#weights = weights;
  }

  /** The number a token spells. @throws SimClustersError BAD_ROW */
  #number(bytes: Uint8Array, start: number, from: number, to: number, line: number): number {
    const value = parseDecimal(bytes, from, to);
    if (!Number.isNaN(value)) return value;
    const got = quote(textOf(bytes, from, to));
    throw badMetisRow(this.file, line, ordinal(bytes, start, from), got, 'a number');
  }

  #wholeNumber(bytes: Uint8Array, start: number, from: number, to: number, line: number): number {
    const value = this.#number(bytes, start, from, to, line);
    if (Number.isInteger(value)) return value;
    throw this.#outOfRange(bytes, start, from, line, value);
  }

  #outOfRange(bytes: Uint8Array, start: number, from: number, line: number, value: number): SimClustersError {
    const expected = `a vertex number from 1 to ${this.header.numVertices}`;
    return badMetisRow(this.file, line, ordinal(bytes, start, from), `vertex ${value}`, expected);
  }

  #badWeight(bytes: Uint8Array, start: number, from: number, to: number, line: number): SimClustersError {
    const value = this.#number(bytes, start, from, to, line);
    return badMetisRow(this.file, line, ordinal(bytes, start, from), `weight ${value}`, weightExpected);
  }

  #brokenOff(bytes: Uint8Array, start: number, end: number, line: number): SimClustersError {
    const expected = expectedLine(this.header);
    return badMetisRow(this.file, line, ordinal(bytes, start, end), 'a line that breaks off', expected);
  }
}

function tokenEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== 32 && bytes[at] !== 9) at++;
  return at;
}

/** 1-based ordinal of the token at `at`, of a line that begins at `start`. */
function ordinal(bytes: Uint8Array, start: number, at: number): number {
  return new FieldSplitter(delimiters.blank).split(bytes, start, at) + 1;
}
