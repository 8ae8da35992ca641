/** Events from a pipe, such as standard input. */
import type { Readable } from 'node:stream';
import { Interruptible } from '../interruptible.ts';
import type { Source, SourceBatch, SourceSession } from '../source.ts';

const NEWLINE = 10;

/**
 * One partition that cannot be read again: what was read and not journalled when the process dies is lost, unless whoever writes
 * the pipe sends it again. Position: bytes read so far, over all processes; for the record only.
 */
export class PipeSource implements Source {
  readonly name: string;
  readonly #input: Readable;
  readonly #pieces: AsyncIterator<Buffer>;
  #position = 0;
  #rest: Buffer = Buffer.alloc(0);
  #isDrained = false;
  readonly #reading = new Interruptible<IteratorResult<Buffer, undefined>>();

  constructor(name: string, input: Readable) {
    this.name = name;
    this.#input = input;
    this.#pieces = input[Symbol.asyncIterator]();
  }

  async open(session: SourceSession): Promise<void> {
    this.#position = Number(session.positionOf(this.name) ?? 0);
  }

  async read(): Promise<SourceBatch | undefined> {
    while (!this.#isDrained) {
      const { done, value } = await this.#reading.wait(this.#pieces.next());
      if (done) {
        this.#isDrained = true;
        break;
      }
      const bytes = Buffer.concat([this.#rest, value]);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      this.#rest = bytes.subarray(end);
      if (end > 0) return this.#batch(bytes.subarray(0, end));
    }
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length > 0 ? this.#batch(rest) : undefined;
  }

  #batch(events: Buffer): SourceBatch {
    this.#position += events.length;
    return { partition: this.name, events, position: String(this.#position) };
  }

  async acknowledge(): Promise<void> {}

  drain(): void {
    this.#isDrained = true;
    this.#reading.interrupt(async () => ({ done: true, value: undefined }));
  }

  async close(): Promise<void> {
    this.drain();
    this.#input.destroy();
  }
}
