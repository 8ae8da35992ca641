/** Events from a file of JSON lines that may still be growing. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { SimClustersError } from '../../core/errors.ts';
import type { Source, SourceBatch, SourceSession } from '../source.ts';

export interface FileSourceOptions {
  /** Wait for more at the end of the file, and go on with the new file when another takes its name. */
  readonly follow?: boolean;
  /** Bytes of a batch, at the most, unless a single line is longer. */
  readonly batchBytes?: number;
  /** How often a followed file is looked at. */
  readonly pollMs?: number;
}

const NEWLINE = 10;
const DEFAULT_BATCH_BYTES = 2 ** 20;
const MAX_LINE_BYTES = 64 * 2 ** 20;
/** Enough of the beginning of a file to tell it from another one. */
const HEAD_BYTES = 4096;

/**
 * One partition, the path as given. Position: `<bytes read>:<hash of the beginning, at most 4 KiB of what was read>`, so that
 * a file that was replaced while nobody looked is refused rather than read from the middle.
 * A last line without line break is a line where the file is not followed, and waited for where it is.
 */
export class FileSource implements Source {
  readonly name: string;
  readonly #path: string;
  readonly #options: Required<FileSourceOptions>;
  #file: FileHandle | undefined;
  #offset = 0;
  #head = '';
  #headBytes = 0;
  #buffer: Uint8Array;
  #isDrained = false;
  readonly #stop = new AbortController();

  constructor(
    path: string,
    { follow = false, batchBytes = DEFAULT_BATCH_BYTES, pollMs = 50 }: FileSourceOptions = {},
  ) {
    this.name = `file ${path}`;
    this.#path = path;
    this.#options = { follow, batchBytes, pollMs };
    this.#buffer = new Uint8Array(batchBytes);
  }

  async open(session: SourceSession): Promise<void> {
    this.#file = await openFile(this.#path);
    const position = session.positionOf(this.#path);
    if (position === undefined) return;
    const [offset, head] = position.split(':');
    this.#offset = Number(offset);
    const { size } = await this.#file.stat();
    if (size >= this.#offset && (await this.#headOf(this.#offset)) === head) return;
    await this.close();
    throw new SimClustersError('BAD_FILE', {
      file: this.#path,
      got: `${size} bytes that are not the file of which ${offset} bytes have been read`,
      expected: 'the same file, with more at its end',
      todo: 'Put the old file back, or give the new one under another path',
    });
  }

  async read(): Promise<SourceBatch | undefined> {
    for (;;) {
      const batch = this.#isDrained ? undefined : await this.#next();
      if (batch || this.#isDrained || !this.#options.follow) return batch;
      if (await this.#wasReplaced()) {
        await this.#file?.close();
        this.#file = await openFile(this.#path);
        this.#offset = this.#headBytes = 0;
      } else {
        await wait(this.#options.pollMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      }
    }
  }

  async acknowledge(): Promise<void> {}

  drain(): void {
    this.#isDrained = true;
    this.#stop.abort();
  }

  async close(): Promise<void> {
    this.drain();
    await this.#file?.close();
    this.#file = undefined;
  }

  /** Whole lines from here on, as many as a batch may hold; undefined: there are none yet. */
  async #next(): Promise<SourceBatch | undefined> {
    const length = await this.#fill(0);
    const end = length === 0 ? 0 : await this.#endOfLines(length);
    if (end === 0) return undefined;
    this.#offset += end;
    const position = `${this.#offset}:${await this.#headOf(this.#offset)}`;
    return { partition: this.#path, events: this.#buffer.subarray(0, end), position };
  }

  async #fill(from: number): Promise<number> {
    let length = from;
    while (length < this.#buffer.length) {
      const { bytesRead } = await this.#file!.read(
        this.#buffer,
        length,
        this.#buffer.length - length,
        this.#offset + length,
      );
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length;
  }

  /** Length of the whole lines in the buffer; reads on when a line is longer than that. */
  async #endOfLines(length: number): Promise<number> {
    const end = this.#buffer.lastIndexOf(NEWLINE, length - 1) + 1;
    if (end > 0) return end;
    if (length < this.#buffer.length) return this.#options.follow ? 0 : length;
    if (length >= MAX_LINE_BYTES) {
      throw new SimClustersError('BAD_FILE', {
        file: this.#path,
        got: `more than ${MAX_LINE_BYTES} bytes without a line break, after byte ${this.#offset}`,
        expected: 'one JSON object a line',
        todo: 'Look whether this is the right file',
      });
    }
    const larger = new Uint8Array(length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
    return this.#endOfLines(await this.#fill(length));
  }

  /** The beginning of the file does not change, so it is hashed only until it is long enough. */
  async #headOf(offset: number): Promise<string> {
    const length = Math.min(offset, HEAD_BYTES);
    if (length === this.#headBytes) return this.#head;
    const head = new Uint8Array(length);
    await this.#file!.read(head, 0, length, 0);
    this.#headBytes = length;
    this.#head = createHash('sha256').update(head).digest('hex').slice(0, 16);
    return this.#head;
  }

  /** Whether another file goes by the name now. What is left of the old one has been read. */
  async #wasReplaced(): Promise<boolean> {
    const [named, opened] = await Promise.all([stat(this.#path).catch(() => undefined), this.#file!.stat()]);
    return named !== undefined && named.ino !== opened.ino && opened.size === this.#offset;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw new SimClustersError('INPUT_MISSING', {
      file: path,
      got: (cause as Error).message,
      expected: 'a file of events, one JSON object a line',
      todo: 'Check the path and the permissions',
      cause,
    });
  }
}
