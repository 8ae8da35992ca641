/** Opens an input as a stream of decompressed bytes, with its first bytes in hand for format detection. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { SimClustersError } from '../core/errors.ts';
import { type Compression, compressionOf, decompress } from './decompress.ts';

const chunkBytes = 1 << 19;
const headBytes = 1 << 18;

/** An open input. Close it when done, also after an error. */
export interface OpenInput {
  /** The path, or `-`. */
  readonly name: string;
  readonly compression: Compression;
  /** The first decompressed bytes, at least 256 KiB unless the input is shorter. Empty for an empty input. */
  readonly head: Uint8Array;
  /** Whether `head` is all there is. */
  readonly isWhole: boolean;
  /** Compressed bytes taken from the file so far. */
  readonly bytesRead: number;
  /** All decompressed bytes, head first. Each chunk is valid, and may be overwritten, until the next is asked for. */
  chunks(): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

/** Bytes on disk of all files; 0 when one is stdin or otherwise of unknown size. Missing files count nothing. */
export async function totalBytes(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    files.map((file) =>
      file === '-'
        ? 0
        : stat(file).then(
            ({ size }) => size,
            () => 0,
          ),
    ),
  );
  return sizes.includes(0) ? 0 : sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Opens a file, or stdin for `-`. gzip and zstd are recognised by their magic bytes.
 * Errors: INPUT_MISSING (missing, unreadable, a folder), BAD_FILE (truncated or damaged compression).
 */
export async function openInput(
  name: string,
  stdin: AsyncIterable<Uint8Array> = process.stdin,
): Promise<OpenInput> {
  const source =
    name === '-' ? new ByteSource(name, undefined, stdin) : new ByteSource(name, await openFile(name));
  try {
    const first = await source.takeFirst();
    const compression = compressionOf(first);
    source.mayReuse = compression === 'none';
    const decoded = decompress(source.from(first), compression, name);
    return await OpenStream.start(name, compression, source, decoded);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  const status = await stat(path).catch((cause) => {
    throw missing(path, cause.code === 'ENOENT' ? 'no such file' : cause.message, cause);
  });
  if (status.isDirectory()) throw missing(path, 'a folder');
  return open(path, 'r').catch((cause) => {
    throw missing(path, cause.code === 'EACCES' ? 'a file that may not be read' : cause.message, cause);
  });
}

function missing(file: string, got: string, cause?: unknown): SimClustersError {
  return new SimClustersError('INPUT_MISSING', {
    file,
    got,
    expected: 'a readable file',
    todo:
      got === 'a folder'
        ? `name the files in it, for example "${file}/*"`
        : 'mend the path or the rights of the file',
    cause,
  });
}

/** Raw bytes of a file handle or a stream, counted. */
class ByteSource {
  bytesRead = 0;
  /** Whether one buffer may serve all reads: true once nothing downstream holds on to chunks. */
  mayReuse = false;
  readonly #name: string;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #handle: FileHandle | undefined;
  #buffer = new Uint8Array(0);

  /** Exactly one of `handle` and `stream` is given. */
  constructor(name: string, handle: FileHandle | undefined, stream?: AsyncIterable<Uint8Array>) {
    this.#name = name;
    this.#handle = handle;
    this.#chunks = handle ? this.#readHandle(handle) : stream![Symbol.asyncIterator]();
  }

  /** The first four bytes or more, unless there are fewer: enough to tell the compression. */
  async takeFirst(): Promise<Uint8Array> {
    let first: Uint8Array = new Uint8Array(0);
    while (first.length < 4) {
      const next = await this.#chunks.next();
      if (next.done) break;
      this.bytesRead += next.value.length;
      first = first.length === 0 ? next.value : Buffer.concat([first, next.value]);
    }
    return first;
  }

  async *from(first: Uint8Array): AsyncGenerator<Uint8Array> {
    yield first;
    for (let next = await this.#chunks.next(); !next.done; next = await this.#chunks.next()) {
      this.bytesRead += next.value.length;
      yield next.value;
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close().catch(() => {});
  }

  async *#readHandle(handle: FileHandle): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (!this.mayReuse || this.#buffer.length === 0) this.#buffer = new Uint8Array(chunkBytes);
      // No position: pipes and devices cannot seek.
      const { bytesRead } = await handle.read(this.#buffer, 0, chunkBytes, null).catch((cause) => {
        throw missing(this.#name, `a file that cannot be read: ${cause.message}`, cause);
      });
      if (bytesRead === 0) return;
      yield this.#buffer.subarray(0, bytesRead);
    }
  }
}

class OpenStream implements OpenInput {
  private constructor(
    readonly name: string,
    readonly compression: Compression,
    private readonly source: ByteSource,
    private readonly decoded: AsyncGenerator<Uint8Array>,
    readonly head: Uint8Array,
    readonly isWhole: boolean,
  ) {}

  static async start(
    name: string,
    compression: Compression,
    source: ByteSource,
    decoded: AsyncGenerator<Uint8Array>,
  ): Promise<OpenStream> {
    const parts: Uint8Array[] = [];
    let isWhole = false;
    for (let length = 0; length < headBytes; length += parts.at(-1)!.length) {
      const next = await decoded.next();
      if ((isWhole = next.done === true)) break;
      parts.push(next.value!.slice());
    }
    return new OpenStream(name, compression, source, decoded, Buffer.concat(parts), isWhole);
  }

  get bytesRead(): number {
    return this.source.bytesRead;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    if (this.head.length > 0) yield this.head;
    yield* this.decoded;
  }

  async close(): Promise<void> {
    await this.decoded.return(undefined).catch(() => {});
    await this.source.close();
  }
}
