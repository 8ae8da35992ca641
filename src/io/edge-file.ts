/** EdgeStore on disk: two temporary files that vanish with the process, also when it is killed. */

import { randomBytes } from 'node:crypto';
import { readSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EdgePart, EdgeStore } from '../core/edge-store.ts';
import { SimClustersError } from '../core/errors.ts';
import { writeFailure } from './atomic-file.ts';

/** One system call may not move 2 GiB or more. */
const MAX_BYTES = 2 ** 30;

/**
 * @param folder  must exist, with room for 4 bytes per directed edge, and as many again for weights
 * @throws SimClustersError WRITE_FAILED
 */
export async function openEdgeFile(folder: string, name: string): Promise<EdgeStore> {
  const indices = await openPart(folder, name, 'indices');
  const weights = await openPart(folder, name, 'weights').catch(async (error) => {
    await closePart(indices);
    throw error;
  });
  const parts = { indices, weights };
  const ends = { indices: 0, weights: 0 };
  return {
    async read(part, firstByte, into) {
      for (let at = 0; at < into.length; ) {
        const length = Math.min(MAX_BYTES, into.length - at);
        const { bytesRead } = await parts[part].handle.read(into, at, length, firstByte + at);
        if (bytesRead === 0) throw tooShort(parts[part].path);
        at += bytesRead;
      }
    },
    readNow(part, firstByte, into) {
      for (let at = 0; at < into.length; ) {
        const bytesRead = readSync(parts[part].handle.fd, into, at, into.length - at, firstByte + at);
        if (bytesRead === 0) throw tooShort(parts[part].path);
        at += bytesRead;
      }
    },
    async append(part, bytes) {
      const { handle, path } = parts[part];
      try {
        for (let at = 0; at < bytes.length; ) {
          const length = Math.min(MAX_BYTES, bytes.length - at);
          const { bytesWritten } = await handle.write(bytes, at, length, ends[part]);
          at += bytesWritten;
          ends[part] += bytesWritten;
        }
      } catch (error) {
        throw writeFailure(path, error);
      }
    },
    async close() {
      for (const part of Object.values(parts)) await closePart(part);
    },
  };
}

interface Part {
  readonly handle: FileHandle;
  readonly path: string;
}

async function openPart(folder: string, name: string, part: EdgePart): Promise<Part> {
  // A name that isLeftOver knows, where a kill comes between the next two calls.
  const random = randomBytes(4).toString('hex');
  const path = join(folder, `simclusters-${name}-${part}.${random}.tmp-${process.pid}`);
  try {
    const handle = await open(path, 'wx+', 0o600);
    // The open file lives on without its name; where the system does not allow that, `close` removes it.
    await rm(path).catch(() => undefined);
    return { handle, path };
  } catch (error) {
    throw writeFailure(path, error);
  }
}

async function closePart({ handle, path }: Part): Promise<void> {
  await handle.close();
  await rm(path, { force: true });
}

function tooShort(path: string): SimClustersError {
  return new SimClustersError('BAD_FILE', {
    file: path,
    got: 'fewer bytes than were written',
    expected: 'a temporary file that nobody else touches',
    todo: 'Run again; look whether the disk is full or faulty',
  });
}
