/** Artifact files on disk: written atomically with their hash, read whole into one buffer. */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SimClustersError } from '../core/errors.ts';
import type { Table } from '../core/table.ts';
import { type DecodedTable, decodeTable } from './parquet-reader.ts';
import { encodeTable } from './parquet-writer.ts';

/** Bytes handed to one system call; one call may not move 2 GiB or more. */
const sliceBytes = 8 * 1024 * 1024;

export interface WrittenFile {
  /** Size of the file. */
  readonly bytes: number;
  /** SHA-256 of the file, 64 lower-case hex digits. */
  readonly sha256: string;
}

export interface ReadOptions {
  /** SHA-256 the file must have, in hex. Not given: not checked. */
  readonly sha256?: string;
}

/** What to do about a failed write, by the error code of the system call. */
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'free space on the disk, or write to another one',
  EDQUOT: 'free space in your quota, or write to another disk',
  EFBIG: 'raise the limit of file sizes (ulimit -f)',
  EACCES: 'allow this user to write to the folder',
  EPERM: 'allow this user to write to the folder',
  EROFS: 'write to a folder that is not read-only',
  ENOENT: 'create the folder first',
  ENOTDIR: 'give a path inside a folder',
  EISDIR: 'give the path of a file, not of a folder',
};

/**
 * Writes one table as one artifact file, atomically: the bytes go to a temporary file in the same folder
 * (its name ends in `.tmp-<pid>`), are synced and then renamed. `path` holds the old file or the new one,
 * never a part, and nothing else is left behind by a failure that the process survives.
 * @throws SimClustersError WRITE_FAILED when the system refuses; BAD_PARAM or SHAPE_MISMATCH as `encodeTable`.
 */
export async function writeTable(
  path: string,
  table: Table,
  metadata: Record<string, string>,
): Promise<WrittenFile> {
  const pieces = encodeTable(table, metadata);
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp-${process.pid}`;
  try {
    const written = await writeSynced(temporary, pieces);
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return written;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeFailure(path, error);
  }
}

function writeFailure(path: string, error: unknown): unknown {
  if (error instanceof SimClustersError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new SimClustersError('WRITE_FAILED', {
    file: path,
    got: message,
    expected: 'a folder with room that may be written to',
    todo: remedies[code] ?? 'mend what the system reports, then run again',
    cause: error,
  });
}

async function writeSynced(path: string, pieces: Iterable<Uint8Array>): Promise<WrittenFile> {
  const file = await open(path, 'w');
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for (const piece of pieces) {
      await writePiece(file, hash, piece);
      bytes += piece.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The disk writes a slice while this thread hashes it. */
async function writePiece(file: FileHandle, hash: Hash, piece: Uint8Array): Promise<void> {
  for (let start = 0; start < piece.length; start += sliceBytes) {
    const slice = piece.subarray(start, start + sliceBytes);
    const writing = writeFully(file, slice);
    hash.update(slice);
    await writing;
  }
}

/** One write may take fewer bytes than it was given, for example at the edge of a full disk. */
async function writeFully(file: FileHandle, slice: Uint8Array): Promise<void> {
  for (let done = 0; done < slice.length; ) {
    const { bytesWritten } = await file.write(slice, done);
    done += bytesWritten;
  }
}

/** A rename is durable once its folder is synced. Some systems cannot sync a folder; the file is whole there too. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    const unsupported = ['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'ENOSYS'];
    if (!unsupported.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
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
