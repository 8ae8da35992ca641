/** Reads METIS graphs: plain, weighted, and the bipartite variant with the header `L R E`. */
import { quote } from '../core/errors.ts';
import { badFile, badParam } from './bad-rows.ts';
import type { InputOptions } from './edge-input.ts';
import type { EdgeSink } from './edge-sink.ts';
import { delimiters, FieldSplitter } from './field-splitter.ts';
import type { IdLookup } from './id-lookup.ts';
import type { OpenInput } from './input-files.ts';
import { type LineReader, readLines } from './line-scanner.ts';
import { type Adjacency, demandMirror } from './metis-check.ts';
import {
  badHeader,
  badMetisRow,
  demandEdgeCount,
  expectedLine,
  type MetisHeader,
  metisHeader,
  wrongLineCount,
} from './metis-header.ts';
import { parseDecimal, textOf, toWeight, weightExpected } from './weight-text.ts';

/** Lines of numbers: line i holds `values[indptr[i]..indptr[i + 1])` and stands in the file at `lineNumbers[i]`. */
interface NumberLines {
  readonly values: Float64Array;
  readonly indptr: readonly number[];
  readonly lineNumbers: readonly number[];
}

/**
 * Reads one METIS file into the sink. Vertex i is the i-th line after the header, its id the text of i.
 * A plain graph gives one edge per entry, so two per undirected edge, and the same ids on both sides; a bipartite one
 * gives the left half, the right half being checked against it. Vertices without neighbours get ids too.
 * The file counts as a whole: the bad-row policy has no say. Errors: BAD_FILE (header, counts, halves that
 * disagree), BAD_ROW (an entry that is no number or out of range), BAD_PARAM when columns are asked for.
 */
export async function readMetis(
  input: OpenInput,
  options: InputOptions,
  sink: EdgeSink,
  onChunk: () => void,
): Promise<void> {
  if (options.columns) throw badParam('columns for METIS', 'no columns', 'leave them out');
  const collector = new NumberCollector(input.name);
  await readLines(input, collector, onChunk);
  const { header, lines } = collector.finish();
  if (header.length === 0) return;
  const isTwoSided = isBipartite(header, lines);
  const graph = isTwoSided ? bipartite(input.name, header, lines) : plain(input.name, header, lines);
  sink.report.numRows += graph.numLeft + (isTwoSided ? graph.numRight : 0);
  addVertices(sink.consumers, graph.numLeft);
  addVertices(sink.producers, graph.numRight);
  addEdges(sink, graph, !isTwoSided);
}

interface Graph {
  readonly numLeft: number;
  readonly numRight: number;
  readonly adjacency: Adjacency;
}

/** `n m fmt` and `L R E` both have three numbers; a third number that may be a format is told by the line count. */
function isBipartite(header: readonly string[], lines: NumberLines): boolean {
  if (header.length !== 3) return false;
  const [first, second] = header.map(Number);
  return !/^[01]{1,3}$/.test(header[2]) || (!hasLines(lines, first) && hasLines(lines, first + second));
}

/** Whether the lines can be so many: blank lines at the end may be there or not. */
function hasLines({ indptr, lineNumbers }: NumberLines, numWanted: number): boolean {
  return numWanted <= lineNumbers.length && indptr[numWanted] === indptr[lineNumbers.length];
}

function plain(file: string, words: readonly string[], lines: NumberLines): Graph {
  const header = metisHeader(file, words);
  const { numVertices, numEdges } = header;
  demandLines(file, lines, numVertices, `${numVertices} vertices`);
  const adjacency = adjacencyOf(file, lines, numVertices, header);
  let numLoops = 0;
  for (let row = 0; row < numVertices; row++) {
    for (let at = adjacency.indptr[row]; at < adjacency.indptr[row + 1]; at++) {
      if (adjacency.columns[at] === row) numLoops++;
    }
  }
  demandEdgeCount(file, adjacency.columns.length - numLoops, numLoops, numEdges);
  demandMirror(file, adjacency, adjacency, lines.lineNumbers, numVertices);
  return { numLeft: numVertices, numRight: numVertices, adjacency };
}

function bipartite(file: string, header: readonly string[], lines: NumberLines): Graph {
  if (!header.every((word) => /^\d{1,15}$/.test(word))) throw badHeader(file, header);
  const [numLeft, numRight, numEdges] = header.map(Number);
  demandLines(file, lines, numLeft + numRight, `${numLeft} left and ${numRight} right vertices`);
  const split = (from: number, to: number): NumberLines => ({
    values: lines.values,
    indptr: lines.indptr.slice(from, to + 1),
    lineNumbers: lines.lineNumbers.slice(from, to),
  });
  const rightLines = split(numLeft, numLeft + numRight);
  const halfOf = (numVertices: number) => ({ numVertices, numEdges, isWeighted: false, numSkipped: 0 });
  const left = adjacencyOf(file, split(0, numLeft), numRight, halfOf(numLeft));
  const right = adjacencyOf(file, rightLines, numLeft, halfOf(numRight));
  if (left.columns.length !== numEdges || right.columns.length !== numEdges) {
    throw badFile(file, {
      got: `${left.columns.length} entries in the left half and ${right.columns.length} in the right`,
      expected: `${numEdges} in each, as the header says`,
      todo: 'mend the header, or list every edge in both halves',
    });
  }
  demandMirror(file, left, right, rightLines.lineNumbers, numRight);
  return { numLeft, numRight, adjacency: left };
}

function demandLines(file: string, lines: NumberLines, numWanted: number, meaning: string): void {
  if (hasLines(lines, numWanted)) return;
  throw wrongLineCount(file, lines.lineNumbers.length, numWanted, meaning);
}

function adjacencyOf(
  file: string,
  { values, indptr, lineNumbers }: NumberLines,
  numColumns: number,
  header: MetisHeader,
): Adjacency {
  const { numVertices: numRows, numSkipped, isWeighted } = header;
  const step = isWeighted ? 2 : 1;
  const rowEnds = new Uint32Array(numRows + 1);
  const columns = new Uint32Array(values.length);
  const weights = isWeighted ? new Float32Array(values.length) : undefined;
  let size = 0;
  for (let row = 0; row < numRows; row++) {
    const first = indptr[row] + numSkipped;
    const end = indptr[row + 1];
    const fail = (at: number, got: string, expected: string) =>
      badMetisRow(file, lineNumbers[row], at - indptr[row] + 1, got, expected);
    if (first > end || (end - first) % step !== 0)
      throw fail(end, 'a line that breaks off', expectedLine(header));
    for (let at = first; at < end; at += step, size++) {
      const vertex = values[at];
      if (!(Number.isInteger(vertex) && vertex >= 1 && vertex <= numColumns)) {
        throw fail(at, `vertex ${vertex}`, `a vertex number from 1 to ${numColumns}`);
      }
      columns[size] = vertex - 1;
      if (!weights) continue;
      weights[size] = toWeight(values[at + 1]);
      if (Number.isNaN(weights[size])) throw fail(at + 1, `weight ${values[at + 1]}`, weightExpected);
    }
    rowEnds[row + 1] = size;
  }
  return { indptr: rowEnds, columns: columns.subarray(0, size), weights: weights?.subarray(0, size) };
}

const encoder = new TextEncoder();

function addVertices(ids: IdLookup, count: number): void {
  for (let number = 1; number <= count; number++) {
    const text = encoder.encode(String(number));
    ids.add(text, 0, text.length);
  }
}

/** On a bipartite graph equal numbers on the two sides are different vertices, so no edge is a self-follow. */
function addEdges(sink: EdgeSink, { numLeft, adjacency }: Graph, isOneSided: boolean): void {
  const { indptr, columns, weights } = adjacency;
  for (let row = 0; row < numLeft; row++) {
    for (let at = indptr[row]; at < indptr[row + 1]; at++) {
      const weight = weights ? weights[at] : 1;
      if (sink.accepts(isOneSided && columns[at] === row, weight)) sink.push(row, columns[at], weight);
    }
  }
}

/** Collects the header and the numbers of all lines; `%` lines are comments, blank lines count. */
class NumberCollector implements LineReader {
  readonly #splitter = new FieldSplitter(delimiters.blank);
  #header: string[] = [];
  #values = new Float64Array(1 << 12);
  #size = 0;
  readonly #indptr: number[] = [0];
  readonly #lineNumbers: number[] = [];

  constructor(private readonly file: string) {}

  readLine(bytes: Uint8Array, start: number, end: number, lineNumber: number): void {
    if (bytes[start] === 37 && end > start) return;
    const numFields = this.#splitter.split(bytes, start, end);
    const { starts, ends } = this.#splitter;
    if (this.#header.length === 0) {
      for (let i = 0; i < numFields; i++) this.#header.push(textOf(bytes, starts[i], ends[i]));
      return;
    }
    for (let i = 0; i < numFields; i++) this.#add(bytes, starts[i], ends[i], lineNumber, i + 1);
    this.#indptr.push(this.#size);
    this.#lineNumbers.push(lineNumber);
  }

  endFile(): void {}

  finish(): { header: readonly string[]; lines: NumberLines } {
    return {
      header: this.#header,
      lines: {
        values: this.#values.subarray(0, this.#size),
        indptr: this.#indptr,
        lineNumbers: this.#lineNumbers,
      },
    };
  }

  #add(bytes: Uint8Array, start: number, end: number, line: number, column: number): void {
    const value = parseDecimal(bytes, start, end);
    if (Number.isNaN(value))
      throw badMetisRow(this.file, line, column, quote(textOf(bytes, start, end)), 'a number');
    if (this.#size === this.#values.length) {
      const larger = new Float64Array(this.#size * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#size++] = value;
  }
}
