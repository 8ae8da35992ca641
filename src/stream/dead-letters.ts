/** Events that cannot be counted go to a file of JSON lines, with the reason; none goes there twice. */
import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { writeFailure } from '../io/atomic-file.ts';

const TAIL_BYTES = 2 ** 18;
const MAX_EVENT_CHARS = 10_000;
const NEWLINE = 10;

interface DeadLetter {
  /** Entry of the journal, and line within it, from 1 on. */
  readonly sequence: number;
  readonly line: number;
  readonly partition: string;
  readonly reason: string;
  /** As it came; cut after 10,000 characters. */
  readonly event: string;
}

export class DeadLetters {
  readonly #path: string;
  readonly #file: number;
  #last: readonly [sequence: number, line: number];

  /** Opens the file; half a line at its end, from a process that was killed, is cut off. @throws SimClustersError WRITE_FAILED */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, 'a+');
      this.#last = this.#mendTail();
    } catch (error) {
      throw writeFailure(path, error);
    }
  }

  add(letter: DeadLetter): void {
    const [sequence, line] = this.#last;
    if (letter.sequence < sequence || (letter.sequence === sequence && letter.line <= line)) return;
    this.#last = [letter.sequence, letter.line];
    const text = JSON.stringify({ ...letter, event: letter.event.slice(0, MAX_EVENT_CHARS) });
    try {
      writeSync(this.#file, `${text}\n`);
    } catch (error) {
      throw writeFailure(this.#path, error);
    }
  }

  sync(): void {
    fdatasyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }

  #mendTail(): readonly [number, number] {
    const { size } = fstatSync(this.#file);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(this.#file, tail, 0, tail.length, size - tail.length);
    const end = tail.lastIndexOf(NEWLINE) + 1;
    if (end < tail.length) ftruncateSync(this.#file, size - (tail.length - end));
    if (end === 0) return [0, 0];
    const start = end === 1 ? 0 : tail.lastIndexOf(NEWLINE, end - 2) + 1;
    const { sequence, line } = JSON.parse(tail.toString('utf8', start, end)) as DeadLetter;
    return [sequence, line];
  }
}
