/** Reads member lists: a line per community, its members separated by blanks ("cols" files of sbf, SNAP). */
import { quote, SimClustersError } from '../core/errors.ts';
import { type MemberLists, sortedLists } from '../core/member-lists.ts';
import { delimiters, FieldSplitter } from './field-splitter.ts';
import { type IdLookup, idFault } from './id-lookup.ts';
import { openInput } from './input-files.ts';
import { type LineReader, readLines } from './line-scanner.ts';

/**
 * Reads a file, plain, gzip or zstd, or stdin for `-`. Members are ids of any kind, separated by blanks or tabs; one that
 * stands twice in a line counts once. A blank line is an empty community; lines that start with `#` are skipped.
 * @param ids  where members get their numbers; new ones are added, so that files read with the same `ids` go together
 * Errors: INPUT_MISSING, EMPTY_INPUT (no community), BAD_FILE, BAD_ROW (an id that is too long or not UTF-8).
 */
export async function readMemberLists(file: string, ids: IdLookup): Promise<MemberLists> {
  const input = await openInput(file);
  try {
    const collector = new ListCollector(input.name, ids);
    await readLines(input, collector, () => undefined);
    return collector.toLists();
  } finally {
    await input.close();
  }
}

class ListCollector implements LineReader {
  readonly #file: string;
  readonly #ids: IdLookup;
  readonly #splitter = new FieldSplitter(delimiters.blank);
  readonly #ends: number[] = [0];
  #members = new Uint32Array(1 << 12);
  #numMembers = 0;

  constructor(file: string, ids: IdLookup) {
    this.#file = file;
    this.#ids = ids;
  }

  readLine(bytes: Uint8Array, start: number, end: number, lineNumber: number): void {
    if (bytes[start] === 35 && end > start) return;
    const numFields = this.#splitter.split(bytes, start, end);
    const { starts, ends } = this.#splitter;
    this.#reserve(numFields);
    for (let i = 0; i < numFields; i++) {
      const fault = idFault(bytes, starts[i], ends[i]);
      if (fault) throw this.#badRow(lineNumber, i + 1, fault.got, fault.expected);
      this.#members[this.#numMembers++] = this.#ids.add(bytes, starts[i], ends[i]);
    }
    this.#ends.push(this.#numMembers);
  }

  endFile(): void {}

  toLists(): MemberLists {
    if (this.#ends.length > 1) {
      const members = this.#members.slice(0, this.#numMembers);
      return sortedLists({ indptr: Uint32Array.from(this.#ends), members });
    }
    throw new SimClustersError('EMPTY_INPUT', {
      file: this.#file,
      got: 'no community',
      expected: 'a line per community: the ids of its members, separated by blanks',
      todo: 'look whether this is the right file',
    });
  }

  #reserve(count: number): void {
    const length = this.#numMembers + count;
    if (length <= this.#members.length) return;
    const larger = new Uint32Array(Math.max(length, 2 * this.#members.length));
    larger.set(this.#members.subarray(0, this.#numMembers));
    this.#members = larger;
  }

  #badRow(line: number, column: number, got: string, expected: string): SimClustersError {
    const todo = `mend the line, or look whether ${quote(this.#file)} holds communities`;
    return new SimClustersError('BAD_ROW', { file: this.#file, line, column, got, expected, todo });
  }
}
