/** Checkpoints: the whole state with the place in the journal and in the sources that it belongs to, in one file. */

import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SimClustersError } from '../core/errors.ts';
import { isLeftOver, writeFileAtomically } from '../io/atomic-file.ts';

const POINTER = 'checkpoint.json';
const FORMAT = 'simclusters-stream-checkpoint';
const VERSION = 2;

/** What is kept beside the bytes of the state. */
export interface CheckpointHead {
  /** Last journal entry that is in the state. */
  readonly sequence: number;
  readonly receivedMs: number;
  /** Where each partition of the sources stood, the one whose last batch is the oldest first. */
  readonly positions: Readonly<Record<string, string>>;
  /** When that batch was received. Checkpoints did not always say. */
  readonly receivedMsOf?: Readonly<Record<string, number>>;
  /** Options that the state depends on. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** File of the interests that events added from here on. */
  readonly interests: string;
  /** What the engine knows besides the state. */
  readonly engine: Readonly<Record<string, unknown>>;
}

interface Pointer extends CheckpointHead {
  readonly format: string;
  readonly version: number;
  readonly file: string;
  readonly sha256: string;
  /** Bytes of each piece. */
  readonly pieces: readonly number[];
}

/** Writes the file, then swaps the pointer; the file before it goes. @throws SimClustersError WRITE_FAILED */
export async function writeCheckpoint(
  folder: string,
  head: CheckpointHead,
  pieces: readonly Uint8Array[],
): Promise<void> {
  // A name of its own: the pointer must never be at odds with what it points to.
  const file = `checkpoint-${head.sequence}-${randomBytes(4).toString('hex')}.bin`;
  const { sha256 } = await writeFileAtomically(join(folder, file), pieces);
  const sizes = pieces.map(({ length }) => length);
  const pointer: Pointer = { format: FORMAT, version: VERSION, ...head, file, sha256, pieces: sizes };
  await writeFileAtomically(join(folder, POINTER), [Buffer.from(`${JSON.stringify(pointer, null, 1)}\n`)]);
  for (const name of readdirSync(folder)) {
    const isOld = /^checkpoint-\d+-\w+\.bin$/.test(name) && name !== file;
    // Not those of others, such as a process that is about to find the folder locked.
    const isUnfinished = name.startsWith('checkpoint') && isLeftOver(name);
    if (isOld || isUnfinished) rmSync(join(folder, name), { force: true });
  }
}

/** The last checkpoint's head; undefined: there is none. @throws SimClustersError BAD_ARTIFACT */
export function readCheckpointHead(folder: string): CheckpointHead | undefined {
  return readPointer(folder);
}

/**
 * Reads the pieces of the last checkpoint to where `target` says, and holds them against their hash.
 * @throws SimClustersError BAD_ARTIFACT
 */
export function readCheckpoint(folder: string, target: (piece: number) => Uint8Array): void {
  const { file, sha256, pieces } = readPointer(folder)!;
  const path = join(folder, file);
  const hash = createHash('sha256');
  try {
    const opened = openSync(path, 'r');
    try {
      pieces.forEach((bytes, i) => {
        const region = target(i).subarray(0, bytes);
        for (let at = 0; at < bytes; ) {
          const numRead = readSync(opened, region, at, Math.min(bytes - at, 2 ** 28), null);
          if (numRead === 0) throw new Error(`the file ends in piece ${i}`);
          at += numRead;
        }
        hash.update(region);
      });
    } finally {
      closeSync(opened);
    }
  } catch (cause) {
    throw damaged(path, (cause as Error).message, cause);
  }
  const got = hash.digest('hex');
  if (got !== sha256) throw damaged(path, `SHA-256 ${got}`);
}

function readPointer(folder: string): Pointer | undefined {
  const path = join(folder, POINTER);
  if (!existsSync(path)) return undefined;
  let pointer: Pointer;
  try {
    pointer = JSON.parse(readFileSync(path, 'utf8')) as Pointer;
  } catch (cause) {
    throw damaged(path, (cause as Error).message, cause);
  }
  if (pointer.format === FORMAT && pointer.version === VERSION) return pointer;
  throw damaged(path, `${pointer.format}, version ${pointer.version}`);
}

function damaged(file: string, got: string, cause?: unknown): SimClustersError {
  return new SimClustersError('BAD_ARTIFACT', {
    file,
    got,
    expected: `a checkpoint as it was written (${FORMAT}, version ${VERSION})`,
    todo: 'Put the folder back from a copy, or start a new one with --state and read the sources from their beginning',
    cause,
  });
}
