/** Compresses text piece by piece, so that no more than a piece is held. */
import { gzipSync } from 'node:zlib';

/** Each piece as a gzip member of its own; members end to end are a gzip file (RFC 1952). The same bytes each time. */
export function* gzipPieces(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const piece of pieces) yield gzipSync(piece, { level: 6 });
}
