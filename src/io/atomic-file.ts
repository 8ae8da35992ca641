/** Files written whole or not at all. */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SimClustersError } from '../core/errors.ts';

/** Bytes handed to one system call; one call may not move 2 GiB or more. */
const sliceBytes = 8 * 1024 * 1024;
/** Slices of a file under way at a time: one writer alone is slower than the disk. */
const slicesAtOnce = 3;

export interface WrittenFile {
  /** Size of the file. */
  readonly bytes: number;
  /** SHA-256 of the file, 64 lower-case hex digits. */
  readonly sha256: string;
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
 * Writes a file atomically: the bytes go to a temporary file in the same folder (its name ends in `.tmp-<pid>`), are
 * synced and then renamed. `path` holds the old file or the new one, never a part, and nothing else is left behind by
 * a failure that the process survives.
 * A link stays a link; a device or a pipe is written into.
 * @throws SimClustersError WRITE_FAILED when the system refuses
 */
export async function writeFileAtomically(path: string, pieces: Iterable<Uint8Array>): Promise<WrittenFile> {
  const target = await targetOf(path);
  return target.isReplaceable ? replaceFile(target.path, pieces) : writeInto(path, pieces);
}

/** Where a link leads; whether what is there, if anything, is a file that another may take the place of. */
async function targetOf(path: string): Promise<{ path: string; isReplaceable: boolean }> {
  try {
    const { isFile } = await stat(path).then((found) => ({ isFile: found.isFile() || found.isDirectory() }));
    return { path: await realpath(path), isReplaceable: isFile };
  } catch {
    return { path, isReplaceable: true };
  }
}

/** A device or a pipe is written to as it is. */
async function writeInto(path: string, pieces: Iterable<Uint8Array>): Promise<WrittenFile> {
  try {
    return await writeSynced(path, pieces, 1);
  } catch (error) {
    throw writeFailure(path, error);
  }
}

async function replaceFile(path: string, pieces: Iterable<Uint8Array>): Promise<WrittenFile> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp-${process.pid}`;
  try {
    const written = await writeSynced(temporary, pieces, slicesAtOnce);
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return written;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeFailure(path, error);
  }
}

/** The name of a temporary file that a killed process left behind. */
export function isLeftOver(fileName: string): boolean {
  return /\.tmp-\d+$/.test(fileName);
}

export function writeFailure(path: string, error: unknown): unknown {
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

async function writeSynced(
  path: string,
  pieces: Iterable<Uint8Array>,
  numAtOnce: number,
): Promise<WrittenFile> {
  const file = await open(path, 'w');
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for (const piece of pieces) {
      await writePiece({ file, hash, numAtOnce }, piece, bytes);
      bytes += piece.length;
    }
    // A pipe has nothing to sync.
    await file.sync().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EINVAL') throw error;
    });
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

interface Writing {
  readonly file: FileHandle;
  readonly hash: Hash;
  readonly numAtOnce: number;
}

/** The disk writes a few slices while this thread hashes them. */
async function writePiece(
  { file, hash, numAtOnce }: Writing,
  piece: Uint8Array,
  first: number,
): Promise<void> {
  for (let start = 0; start < piece.length; ) {
    const writes: Promise<void>[] = [];
    for (let i = 0; i < numAtOnce && start < piece.length; i++, start += sliceBytes) {
      const slice = piece.subarray(start, start + sliceBytes);
      // A pipe has no places: there the next byte goes wherever it goes.
      writes.push(writeFully(file, slice, numAtOnce > 1 ? first + start : undefined));
      hash.update(slice);
    }
    await Promise.all(writes);
  }
}

/** One write may take fewer bytes than it was given, for example at the edge of a full disk. */
async function writeFully(file: FileHandle, slice: Uint8Array, position?: number): Promise<void> {
  for (let done = 0; done < slice.length; ) {
    const at = position === undefined ? null : position + done;
    const { bytesWritten } = await file.write(slice, done, slice.length - done, at);
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
