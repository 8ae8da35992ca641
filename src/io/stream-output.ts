/** Writes to a stream such as standard output, no faster than its reader takes. */
import type { Writable } from 'node:stream';
import { writeFailure } from './atomic-file.ts';

/**
 * Writes the pieces one after the other, each once the one before is taken. A reader that has read enough and gone
 * (`| head`) ends the writing; that is no error.
 * @param name  what errors call the stream
 * @throws SimClustersError WRITE_FAILED
 */
export async function writeToStream(
  stream: Writable,
  name: string,
  pieces: Iterable<Uint8Array>,
): Promise<void> {
  // The stream tells of a failure twice: to the writer below, and as an event that would end the process.
  stream.on('error', () => undefined);
  try {
    for (const piece of pieces) await writePiece(stream, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw writeFailure(name, error);
  }
}

function writePiece(stream: Writable, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}
