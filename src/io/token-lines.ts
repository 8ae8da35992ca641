/** Text files whose lines are lists of tokens, and nothing else: no header, no comments, blank lines count. */
import { quote, SimClustersError } from '../core/errors.ts';
import { delimiters, FieldSplitter } from './field-splitter.ts';
import { openInput } from './input-files.ts';
import { readLines } from './line-scanner.ts';
import { textOf } from './weight-text.ts';

/** A line cut into tokens: token i is `bytes[starts[i]..ends[i])`. Valid during the call it is given to. */
export interface TokenLine {
  readonly file: string;
  readonly line: number;
  readonly bytes: Uint8Array;
  readonly numTokens: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

type Split = (
  bytes: Uint8Array,
  start: number,
  end: number,
) => Pick<TokenLine, 'numTokens' | 'starts' | 'ends'>;

/** Reads a file, plain or compressed, line by line. Errors: INPUT_MISSING, BAD_FILE, and those of `consume`. */
export async function readTokenLines(
  file: string,
  consume: (line: TokenLine) => void,
  split: Split = splitBlanks(),
): Promise<void> {
  const input = await openInput(file);
  const reader = {
    readLine: (bytes: Uint8Array, start: number, end: number, line: number) =>
      consume({ file, line, bytes, ...split(bytes, start, end) }),
    endFile: () => {},
  };
  try {
    await readLines(input, reader, () => {});
  } finally {
    await input.close();
  }
}

/** Tokens are separated by any run of spaces and tabs. */
function splitBlanks(): Split {
  const splitter = new FieldSplitter(delimiters.blank);
  return (bytes, start, end) => {
    const numTokens = splitter.split(bytes, start, end);
    return { numTokens, starts: splitter.starts, ends: splitter.ends };
  };
}

/** Tokens are separated by single tabs, and may hold blanks and quotes; an empty line has none. */
export const splitTabs: Split = (bytes, start, end) => {
  const ends: number[] = [];
  for (let at = start; at < end; at++) if (bytes[at] === delimiters.tab) ends.push(at);
  if (end > start) ends.push(end);
  const starts = ends.map((_, i) => (i === 0 ? start : ends[i - 1] + 1));
  return { numTokens: ends.length, starts: Int32Array.from(starts), ends: Int32Array.from(ends) };
};

/**
 * The whole number from 1 to `max` that `bytes[start..end)` of the line spell.
 * @throws SimClustersError BAD_ROW
 */
export function numberIn(
  line: TokenLine,
  token: number,
  start: number,
  end: number,
  { what, max }: { readonly what: string; readonly max: number },
): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = line.bytes[at] - 48;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  if (start < end && value >= 1 && value <= max) return value;
  throw badToken(line, token, `a ${what} number from 1 to ${max}`);
}

/** BAD_ROW for a token that is not what it should be. @param fault  what is wrong with it, behind its text */
export function badToken(line: TokenLine, token: number, expected: string, fault = ''): SimClustersError {
  const got = quote(textOf(line.bytes, line.starts[token], line.ends[token]));
  return badLine(line, got + fault, expected, token + 1);
}

/** BAD_ROW for a line. @param column 1-based ordinal of the token */
export function badLine(
  { file, line }: TokenLine,
  got: string,
  expected: string,
  column?: number,
): SimClustersError {
  const todo = 'mend the line; line numbers carry meaning here, so none can be skipped';
  return new SimClustersError('BAD_ROW', { file, line, column, got, expected, todo });
}
