/** Reads a METIS graph block by block, in memory that depends on the block and the longest line and not on the graph. */
import { SimClustersError } from '../core/errors.ts';
import { badFile } from './bad-rows.ts';
import { type OpenInput, openInput, totalBytes } from './input-files.ts';
import { LineScanner } from './line-scanner.ts';
import { badHeader, demandEdgeCount, type MetisHeader, metisHeader, wrongLineCount } from './metis-header.ts';
import { type MetisBlock, MetisRows } from './metis-rows.ts';
import { textOf } from './weight-text.ts';

export type { MetisBlock } from './metis-rows.ts';

/** A line holds all neighbours of a vertex; the general limit would end at a hub of eight million. */
const maxLineBytes = 2 ** 30;
const defaultBlockEntries = 1 << 20;
const newline = new Uint8Array([10]);

/** What was left out; complete once the last block is there. */
export interface MetisLosses {
  /** Entries of a vertex in its own line. */
  readonly numLoops: number;
  readonly numZeroWeights: number;
  /** Further entries of the same edge at the same end; the largest weight counts. */
  readonly numRepeats: number;
}

export interface MetisStream {
  readonly numVertices: number;
  /** As the header says. */
  readonly numEdges: number;
  readonly isWeighted: boolean;
  readonly losses: MetisLosses;
  /**
   * All vertices in order, in blocks of about `blockEntries` entries or as many vertices, whichever comes first. To be
   * called once. The last block comes after the checks of the file as a whole: a caller that has seen the end has seen a
   * good file.
   * Errors: BAD_ROW (an entry that is no number or out of range), BAD_FILE (lines, edges or weights that do not add up).
   */
  blocks(blockEntries?: number): AsyncGenerator<MetisBlock>;
  close(): Promise<void>;
}

export interface MetisStreamOptions {
  /** Called now and then with bytes read so far and bytes in all (0 when not known). */
  readonly onProgress?: (bytesRead: number, bytesTotal: number) => void;
}

/**
 * Opens a METIS file of one graph, plain or compressed, and reads its header. Takes what `readMetis` takes, but for the
 * bipartite variant. Both ends of an edge must have the same weight as a 32-bit float; that, and that every edge stands at
 * both ends, is checked by a 32-bit sum of hashes, so a fault has no line. Close the stream when done.
 * Errors: INPUT_MISSING, EMPTY_INPUT (no header), BAD_FILE (a header that is none).
 */
export async function openMetisStream(file: string, options: MetisStreamOptions = {}): Promise<MetisStream> {
  const bytesTotal = await totalBytes([file]);
  const input = await openInput(file);
  const lines = new Lines(input, () => options.onProgress?.(input.bytesRead, bytesTotal));
  try {
    const header = metisHeader(file, await headerWords(file, lines));
    if (header.numVertices >= 2 ** 32 - 1) throw badHeader(file, [String(header.numVertices)]);
    return new OpenMetis(input, lines, header);
  } catch (error) {
    await input.close();
    throw error;
  }
}

async function headerWords(file: string, lines: Lines): Promise<string[]> {
  do {
    while (lines.next()) {
      const { bytes, start, end } = lines.scanner;
      const text = textOf(bytes, start, end).trim();
      if (text !== '' && bytes[start] !== 37) return text.split(/[ \t]+/);
    }
  } while (await lines.fill());
  throw new SimClustersError('EMPTY_INPUT', {
    file,
    got: 'no header',
    expected: 'a METIS graph, which begins with `vertices edges [format [constraints]]`',
    todo: 'look whether this is the right file',
  });
}

/** The lines of an input: `next` as long as it says true, then `fill`, until that says false. */
class Lines {
  readonly scanner: LineScanner;
  readonly #chunks: AsyncGenerator<Uint8Array>;
  #lastByte = 10;

  constructor(
    input: OpenInput,
    private readonly onChunk: () => void,
  ) {
    this.scanner = new LineScanner(input.name, maxLineBytes);
    this.#chunks = input.chunks();
  }

  next(): boolean {
    return this.scanner.next();
  }

  async fill(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    // A newline ends the last line where the file does not.
    const chunk = done && this.#lastByte !== 10 ? newline : value;
    if (!chunk) return false;
    if (chunk.length > 0) this.#lastByte = chunk[chunk.length - 1];
    this.scanner.push(chunk);
    this.onChunk();
    return true;
  }
}

class OpenMetis implements MetisStream {
  readonly numVertices: number;
  readonly numEdges: number;
  readonly isWeighted: boolean;
  #rows: MetisRows | undefined;

  constructor(
    private readonly input: OpenInput,
    private readonly lines: Lines,
    private readonly header: MetisHeader,
  ) {
    this.numVertices = header.numVertices;
    this.numEdges = header.numEdges;
    this.isWeighted = header.isWeighted;
  }

  get losses(): MetisLosses {
    const { numLoops = 0, numZeroWeights = 0, numRepeats = 0 } = this.#rows ?? {};
    return { numLoops, numZeroWeights, numRepeats };
  }

  async *blocks(blockEntries = defaultBlockEntries): AsyncGenerator<MetisBlock> {
    const { name: file } = this.input;
    const { scanner } = this.lines;
    const rows = (this.#rows = new MetisRows(file, this.header, blockEntries));
    do {
      while (this.lines.next()) {
        const { bytes, start, end } = scanner;
        if (end > start && bytes[start] === 37) continue;
        if (rows.numRows === this.numVertices) {
          if (isBlank(bytes, start, end)) continue;
          throw this.#surplus(scanner.lineNumber);
        }
        // Here and not at once: a block that is full at the end of the file waits for the checks.
        if (rows.isFull) yield rows.takeBlock();
        rows.readLine(bytes, start, end, scanner.lineNumber);
      }
    } while (await this.lines.fill());
    if (rows.numRows < this.numVertices)
      throw wrongLineCount(file, rows.numRows, this.numVertices, `${this.numVertices} vertices`);
    demandEdgeCount(file, rows.numEntries, rows.numLoops, this.numEdges);
    if (!rows.isSymmetric) throw asymmetric(file);
    if (rows.hasRows) yield rows.takeBlock();
  }

  async close(): Promise<void> {
    await this.input.close();
  }

  #surplus(line: number): SimClustersError {
    return badFile(this.input.name, {
      line,
      got: `a line after those of all ${this.numVertices} vertices`,
      expected: 'as many lines after the header as it says there are vertices',
      todo: 'mend the header, or the surplus lines',
    });
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 32 && bytes[at] !== 9) return false;
  return true;
}

function asymmetric(file: string): SimClustersError {
  return badFile(file, {
    got: 'an edge at one of its ends only, or with another weight at the other end',
    expected: 'every edge at both its ends, with the same weight',
    todo: 'read the graph as a whole, which names the line, or write it anew',
  });
}
