/** Reads files of communities, plain or compressed; `community-writer.ts` says what stands in them. */
import { SimClustersError } from '../core/errors.ts';
import { IdIndex, type IdTable } from '../core/ids.ts';
import type { Memberships } from '../core/memberships.ts';
import { badFile } from './bad-rows.ts';
import { repeatedKey, sortRow } from './row-order.ts';
import { badLine, badToken, numberIn, readTokenLines, splitTabs, type TokenLine } from './token-lines.ts';
import { parseDecimal } from './weight-text.ts';

/** Largest community number where nothing else limits it. */
const maxCommunities = 2 ** 31;

export interface RowsFileShape {
  readonly numVertices: number;
  /** Default: the largest number in the file, 0 when there is none. */
  readonly numCommunities?: number;
}

export interface ScoredMemberships {
  readonly memberships: Memberships;
  /** f32, parallel to `memberships.rows`; 0 where that says none. */
  readonly scores: Float32Array;
}

/**
 * Reads a rows file: line v holds the 1-based communities of vertex v, in any order; a blank line is a vertex of none.
 * Blank lines after the last vertex do no harm. Cost O(vertices · most communities of a vertex).
 * Errors: INPUT_MISSING, BAD_FILE (not one line per vertex), BAD_ROW (no number, out of range, twice in a line).
 */
export async function readRowsFile(file: string, shape: RowsFileShape): Promise<Memberships> {
  const collector = new RowCollector(shape, false);
  await readTokenLines(file, (line) => collector.add(line));
  return collector.finish(file).memberships;
}

/** Reads scored rows: as a rows file, with tokens `community:score`; scores are finite. Errors: as `readRowsFile`. */
export async function readScoredRowsFile(file: string, shape: RowsFileShape): Promise<ScoredMemberships> {
  const collector = new RowCollector(shape, true);
  await readTokenLines(file, (line) => collector.add(line));
  return collector.finish(file);
}

/**
 * Reads a cols file: line c holds the 1-based members of community c, in any order; a blank line is a community without
 * members. The number of lines is the number of communities.
 * Errors: INPUT_MISSING, EMPTY_INPUT (no line), BAD_ROW (no number, out of range, twice in a line).
 */
export async function readColsFile(file: string, numVertices: number): Promise<Memberships> {
  const collector = new ColumnCollector(numVertices);
  const vertex = { what: 'vertex', max: numVertices };
  const vertexAt = (line: TokenLine, token: number) =>
    numberIn(line, token, line.starts[token], line.ends[token], vertex) - 1;
  await readTokenLines(file, (line) => collector.add(line, vertexAt));
  return collector.finish(file);
}

/**
 * Reads members by id: as a cols file, with the ids of the members, separated by tabs. Ids need not be in the order of the
 * table, so a file may be made from another reading of the graph.
 * Errors: INPUT_MISSING, EMPTY_INPUT (no line), BAD_ROW (an id that is not in the table, or twice in a line).
 */
export async function readMembersByIdFile(file: string, ids: IdTable): Promise<Memberships> {
  const collector = new ColumnCollector(ids.size);
  const index = IdIndex.from(ids);
  const vertexAt = (line: TokenLine, token: number) => {
    const id = unescaped(line.bytes.subarray(line.starts[token], line.ends[token]));
    const v = index.find(id, 0, id.length);
    if (v < 0) throw badToken(line, token, 'the id of a vertex of the graph');
    return v;
  };
  await readTokenLines(file, (line) => collector.add(line, vertexAt), splitTabs);
  return collector.finish(file);
}

/** `\t`, `\n`, `\r` and `\\` as the bytes they stand for; any other backslash stands for itself. */
function unescaped(token: Uint8Array): Uint8Array {
  if (!token.includes(92)) return token;
  const byteOf: Readonly<Record<number, number>> = { 116: 9, 110: 10, 114: 13, 92: 92 };
  const bytes: number[] = [];
  for (let at = 0; at < token.length; at++) {
    const byte = token[at] === 92 ? byteOf[token[at + 1]] : undefined;
    bytes.push(byte ?? token[at]);
    if (byte !== undefined) at++;
  }
  return Uint8Array.from(bytes);
}

class RowCollector {
  #communities = new Uint32Array(1 << 10);
  #scores: Float32Array | undefined;
  readonly #rowEnds: Uint32Array;
  #numRows = 0;
  #width = 1;
  #largest = 0;

  constructor(
    private readonly shape: RowsFileShape,
    isScored: boolean,
  ) {
    this.#rowEnds = new Uint32Array(shape.numVertices + 1);
    if (isScored) this.#scores = new Float32Array(1 << 10);
  }

  add(line: TokenLine): void {
    if (this.#numRows === this.shape.numVertices) {
      if (line.numTokens === 0) return;
      throw this.#wrongCount(line.file, `more than ${this.#numRows} lines`, line.line);
    }
    const from = this.#rowEnds[this.#numRows];
    const to = from + line.numTokens;
    this.#reserve(to);
    for (let token = 0; token < line.numTokens; token++) this.#addToken(line, token, from + token);
    sortRow(this.#communities, this.#scores, from, to);
    const twice = repeatedKey(this.#communities, from, to);
    if (twice >= 0) throw badLine(line, `community ${twice + 1} twice`, 'every community once in a line');
    if (to > from) this.#largest = Math.max(this.#largest, this.#communities[to - 1] + 1);
    this.#width = Math.max(this.#width, line.numTokens);
    this.#rowEnds[++this.#numRows] = to;
  }

  finish(file: string): ScoredMemberships {
    const { numVertices, numCommunities = this.#largest } = this.shape;
    if (this.#numRows < numVertices) throw this.#wrongCount(file, `${this.#numRows} lines`);
    const width = this.#width;
    const rows = new Uint32Array(numVertices * width).fill(numCommunities);
    const scores = new Float32Array(this.#scores ? rows.length : 0);
    for (let v = 0; v < numVertices; v++) {
      const [from, to] = [this.#rowEnds[v], this.#rowEnds[v + 1]];
      for (let at = from; at < to; at++) {
        rows[v * width + at - from] = this.#communities[at];
        if (this.#scores) scores[v * width + at - from] = this.#scores[at];
      }
    }
    return { memberships: { numVertices, numCommunities, width, rows }, scores };
  }

  #addToken(line: TokenLine, token: number, at: number): void {
    const community = { what: 'community', max: this.shape.numCommunities ?? maxCommunities };
    const start = line.starts[token];
    const end = line.ends[token];
    let idEnd = end;
    if (this.#scores) {
      const colonAt = line.bytes.subarray(start, end).indexOf(58);
      if (colonAt < 0) throw badToken(line, token, 'community:score, for example 3:0.25');
      idEnd = start + colonAt;
      const score = Math.fround(parseDecimal(line.bytes, idEnd + 1, end));
      if (!Number.isFinite(score)) throw badToken(line, token, 'a finite score behind the colon');
      this.#scores[at] = score;
    }
    this.#communities[at] = numberIn(line, token, start, idEnd, community) - 1;
  }

  #reserve(length: number): void {
    this.#communities = withRoom(this.#communities, length);
    if (this.#scores) this.#scores = withRoom(this.#scores, length);
  }

  #wrongCount(file: string, got: string, line?: number): SimClustersError {
    return badFile(file, {
      line,
      got,
      expected: `${this.shape.numVertices}, one for each vertex of the graph; a vertex without communities is a blank line`,
      todo: 'look whether the file belongs to this graph',
    });
  }
}

class ColumnCollector {
  #members = new Uint32Array(1 << 10);
  #size = 0;
  readonly #columnEnds: number[] = [];
  /** Of each vertex: how many communities so far, and the number of the last. */
  readonly #counts: Uint32Array;
  readonly #last: Uint32Array;

  constructor(private readonly numVertices: number) {
    this.#counts = new Uint32Array(numVertices);
    this.#last = new Uint32Array(numVertices);
  }

  add(line: TokenLine, vertexAt: (line: TokenLine, token: number) => number): void {
    const number = this.#columnEnds.length + 1;
    this.#members = withRoom(this.#members, this.#size + line.numTokens);
    for (let token = 0; token < line.numTokens; token++) {
      const v = vertexAt(line, token);
      if (this.#last[v] === number) throw badToken(line, token, 'every vertex once in a line', ' twice');
      this.#last[v] = number;
      this.#counts[v]++;
      this.#members[this.#size++] = v;
    }
    this.#columnEnds.push(this.#size);
  }

  finish(file: string): Memberships {
    const numCommunities = this.#columnEnds.length;
    if (numCommunities === 0) {
      throw new SimClustersError('EMPTY_INPUT', {
        file,
        got: 'no lines',
        expected: 'a line for each community',
        todo: 'look whether this is the right file',
      });
    }
    const width = this.#counts.reduce((max, count) => Math.max(max, count), 1);
    const rows = new Uint32Array(this.numVertices * width).fill(numCommunities);
    const filled = new Uint32Array(this.numVertices);
    // Communities come in ascending order, so rows do too.
    for (let c = 0, at = 0; c < numCommunities; c++) {
      for (; at < this.#columnEnds[c]; at++) {
        const v = this.#members[at];
        rows[v * width + filled[v]++] = c;
      }
    }
    return { numVertices: this.numVertices, numCommunities, width, rows };
  }
}

function withRoom<T extends Uint32Array | Float32Array>(array: T, length: number): T {
  if (length <= array.length) return array;
  const larger = new (array.constructor as new (length: number) => T)(Math.max(length, 2 * array.length));
  larger.set(array);
  return larger;
}
