/** Streaming decompression, chosen by the first bytes of the content and never by a file's name. */
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { SimClustersError } from '../core/errors.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

/** Compression of content that starts with `head` (four bytes are enough). */
export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd && head[0] === 0x28) return 'zstd';
  // A zstd file may open with a skippable frame (pzstd writes one).
  if ((head[0] & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18) return 'zstd';
  return 'none';
}

/** The decompressed bytes of `chunks`. Errors: BAD_FILE when the data are truncated or damaged. */
export function decompress(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
  file: string,
): AsyncGenerator<Uint8Array> {
  if (compression === 'gzip') return gunzip(chunks, file);
  return compression === 'zstd' ? unzstd(chunks, file) : passOn(chunks);
}

async function* passOn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function* gunzip(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  const stream = createGunzip({ chunkSize: 1 << 18 });
  // The error also comes out of the iteration below; pipeline only needs a callback to exist.
  pipeline(chunks, stream, () => {});
  try {
    yield* stream;
  } catch (cause) {
    throw damaged('gzip', file, cause);
  }
}

async function* unzstd(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  const { ZSTDDecoder } = await import('zstddec/stream');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  const pieces = zstdPieces(chunks);
  const pending: Uint8Array[] = [];
  const decoded = decoder.decodeStreaming(drain(pending));
  let numEmpty = 0;
  for (let isOver = false; ; ) {
    // The decoder is synchronous and takes at most one piece a step: have one ready before each step.
    if (pending.length === 0 && !isOver) {
      const next = await pieces.next();
      if (next.done) isOver = true;
      else pending.push(next.value);
    }
    const step = stepOf(decoded, file);
    if (step.done) return;
    numEmpty = step.value.length === 0 ? numEmpty + 1 : 0;
    // On damaged data the decoder yields nothing for ever. Empty frames also yield nothing, but each eats
    // at least 8 bytes of a piece of at most 64 KiB.
    if (numEmpty > maxPieceBytes / 8 + 16) throw damaged('zstd', file, new Error('data are damaged'));
    if (step.value.length > 0) yield step.value;
  }
}

function stepOf(decoded: Generator<Uint8Array>, file: string): IteratorResult<Uint8Array> {
  try {
    return decoded.next();
  } catch (cause) {
    throw damaged('zstd', file, cause);
  }
}

function* drain(pending: Uint8Array[]): Generator<Uint8Array> {
  for (let piece = pending.shift(); piece !== undefined; piece = pending.shift()) yield piece;
}

const maxPieceBytes = 1 << 16;

/**
 * Cuts the input so that its last two bytes come one by one. The decoder drops what its 128 KiB output buffer could
 * not take once the input is used up; a block is at most 128 KiB, so with one step to flush the block
 * before the last and one to decode the last, nothing is left over.
 */
async function* zstdPieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let tail: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    const bytes = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
    const cut = Math.max(0, bytes.length - 2);
    for (let at = 0; at < cut; at += maxPieceBytes)
      yield bytes.subarray(at, Math.min(cut, at + maxPieceBytes));
    tail = bytes.slice(cut);
  }
  for (let at = 0; at < tail.length; at++) yield tail.subarray(at, at + 1);
}

function damaged(kind: string, file: string, cause: unknown): unknown {
  if (cause instanceof SimClustersError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const isTruncated = /unexpected end|incomplete stream/i.test(message);
  return new SimClustersError('BAD_FILE', {
    file,
    got: isTruncated ? `${kind} data that break off before their end` : `damaged ${kind} data (${message})`,
    expected: `a whole ${kind} file`,
    todo: `fetch or write the file again; ${kind} -t tests a file`,
    cause,
  });
}
