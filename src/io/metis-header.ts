/** The first line of a METIS file of one graph: `vertices edges [format [constraints]]`. */
import { quote, SimClustersError } from '../core/errors.ts';
import { badFile } from './bad-rows.ts';

export interface MetisHeader {
  readonly numVertices: number;
  readonly numEdges: number;
  /** Format `..1`: neighbours come in pairs of vertex and weight. */
  readonly isWeighted: boolean;
  /** Numbers before the neighbours: a vertex size (format `1..`) and vertex weights (format `.1.`). */
  readonly numSkipped: number;
}

/** @throws SimClustersError BAD_FILE */
export function metisHeader(file: string, words: readonly string[]): MetisHeader {
  const [vertices, edges, format = '0', numConstraints = '1'] = words;
  const isGood = words.length >= 2 && words.length <= 4 && words.every((word) => /^\d{1,15}$/.test(word));
  if (!isGood || !/^[01]{1,3}$/.test(format)) throw badHeader(file, words);
  const flags = Number(format);
  const numWeights = Math.floor(flags / 10) % 10 === 1 ? Number(numConstraints) : 0;
  return {
    numVertices: Number(vertices),
    numEdges: Number(edges),
    isWeighted: flags % 10 === 1,
    numSkipped: (flags >= 100 ? 1 : 0) + numWeights,
  };
}

export function badHeader(file: string, words: readonly string[]): SimClustersError {
  return badFile(file, {
    got: `the header ${quote(words.join(' '))}`,
    expected:
      '`vertices edges [format [constraints]]` with a format such as 0, 1 or 11, or `left right edges`',
    todo: 'mend the first line that is no comment',
  });
}

/** What a line of a vertex holds, for messages. */
export function expectedLine({ numSkipped, isWeighted }: MetisHeader): string {
  const skipped = numSkipped > 0 ? `${numSkipped} vertex sizes or weights, then ` : '';
  return `${skipped}${isWeighted ? 'pairs of vertex and weight' : 'vertices'}`;
}

/** @param meaning  what there is a line for */
export function wrongLineCount(
  file: string,
  numLines: number,
  numWanted: number,
  meaning: string,
): SimClustersError {
  return badFile(file, {
    got: `${numLines} lines after the header`,
    expected: `${numWanted}, one for each of ${meaning}; a vertex without neighbours is a blank line`,
    todo: 'mend the header, or the missing or surplus lines',
  });
}

/**
 * A loop may be listed once or twice, so only the other entries are held against the header, and only by their parity
 * when there are loops.
 * @param numEntries  entries that are no loops
 * @throws SimClustersError BAD_FILE
 */
export function demandEdgeCount(file: string, numEntries: number, numLoops: number, numEdges: number): void {
  if (numEntries % 2 === 0 && (numLoops > 0 || numEntries === 2 * numEdges)) return;
  throw badFile(file, {
    got: `${numEntries} entries, which makes ${numEntries / 2} edges`,
    expected: `${2 * numEdges} entries: each of the ${numEdges} edges of the header at both its ends`,
    todo: 'mend the header, or list every edge at both ends',
  });
}

/** BAD_ROW. @param column 1-based ordinal of the number */
export function badMetisRow(
  file: string,
  line: number,
  column: number,
  got: string,
  expected: string,
): SimClustersError {
  const todo = 'mend the line; the lines of a graph hang together, so none can be skipped';
  return new SimClustersError('BAD_ROW', { file, line, column, got, expected, todo });
}
