/** Artifact files on disk: written atomically with their hash, read whole into one buffer. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { SimClustersError } from '../core/errors.ts';
import type { WritableTable } from '../core/table.ts';
import { type WrittenFile, writeFileAtomically } from './atomic-file.ts';
import { type DecodedTable, decodeTable } from './parquet-reader.ts';
import { encodeTable } from './parquet-writer.ts';

/** Bytes handed to one system call; one call may not move 2 GiB or more. */
const sliceBytes = 8 * 1024 * 1024;

export interface ReadOptions {
  /** SHA-256 the file must have, in hex. Not given: not checked. */
  readonly sha256?: string;
}

/**
 * Writes one table as one artifact file, atomically (see writeFileAtomically).
 * @throws SimClustersError WRITE_FAILED when the system refuses; BAD_PARAM or SHAPE_MISMATCH as `encodeTable`.
 */
export async function writeTable(
  path: string,
  table: WritableTable,
  metadata: Record<string, string>,
): Promise<WrittenFile> {
  return writeFileAtomically(path, encodeTable(table, metadata));
}

/**
 * Reads one artifact file. The table's numbers are views into one buffer that holds the whole file.
 * @throws SimClustersError INPUT_MISSING when the file cannot be opened; BAD_ARTIFACT when it is foreign,
 * damaged, of another version, or its SHA-256 is not the one given; OUT_OF_MEMORY when it does not fit.
 */
export function readTable(path: string, options: ReadOptions = {}): DecodedTable {
  const hash = options.sha256 === undefined ? undefined : createHash('sha256');
  const buffer = readWhole(path, hash);
  const got = hash?.digest('hex');
  if (got !== options.sha256?.toLowerCase()) {
    throw badFile(path, `SHA-256 ${got}`, `SHA-256 ${options.sha256}, as recorded when the file was written`);
  }
  return decodeTable(buffer, path);
}

function badFile(file: string, got: string, expected: string, cause?: unknown): SimClustersError {
  const todo = 'build the model again, or copy the file again from where it is whole';
  return new SimClustersError('BAD_ARTIFACT', { file, got, expected, todo, cause });
}

function readWhole(path: string, hash: Hash | undefined): ArrayBuffer {
  const file = openToRead(path);
  try {
    const size = fstatSync(file).size;
    const buffer = allocate(path, size);
    for (let start = 0; start < size; ) {
      const slice = new Uint8Array(buffer, start, Math.min(sliceBytes, size - start));
      const numRead = readSync(file, slice);
      if (numRead === 0) throw badFile(path, `an end after ${start} bytes`, `${size} bytes`);
      hash?.update(slice.subarray(0, numRead));
      start += numRead;
    }
    return buffer;
  } catch (error) {
    if (error instanceof SimClustersError) throw error;
    throw badFile(path, (error as Error).message, 'a file that can be read', error);
  } finally {
    closeSync(file);
  }
}

function openToRead(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    const todo = 'check the path and the permissions; build the model if it was not built yet';
    const got = (cause as Error).message;
    throw new SimClustersError('INPUT_MISSING', {
      file: path,
      got,
      expected: 'an artifact file',
      todo,
      cause,
    });
  }
}

function allocate(file: string, size: number): ArrayBuffer {
  try {
    return new ArrayBuffer(size);
  } catch (cause) {
    const todo = 'use a machine with more memory, or a smaller model';
    throw new SimClustersError('OUT_OF_MEMORY', {
      file,
      got: `${size} bytes to read`,
      expected: 'a file that fits memory',
      todo,
      cause,
    });
  }
}
