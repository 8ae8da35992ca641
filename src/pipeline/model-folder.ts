/** A model on disk: a folder with manifest.json and a file per artifact. Writers hold its lock. */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { SimClustersError } from '../core/errors.ts';
import { readTable, writeTable } from '../io/artifact-file.ts';
import { isLeftOver, writeFailure, writeFileAtomically } from '../io/atomic-file.ts';
import { type ArtifactName, SCHEMA_VERSION } from '../stages/artifacts.ts';
import type { Artifact, StoredArtifact } from '../stages/stage.ts';
import { MANIFEST_VERSION, type Manifest, type OutputRecord } from './manifest.ts';

const MANIFEST_FILE = 'manifest.json';
const LOCK_FILE = 'lock';
const ATTRIBUTE_PREFIX = 'simclusters.attribute.';

/** Reads artifacts by name, each verified against the manifest. */
export interface ModelReader {
  readonly folder: string;
  readonly manifest: Manifest;
  has(name: ArtifactName): boolean;
  /** @throws SimClustersError NO_MODEL when the model has no such artifact, BAD_ARTIFACT when it is damaged */
  read(name: ArtifactName): Artifact;
}

/**
 * @param verify  hold each artifact against its hash; needless right after writing it
 * @throws SimClustersError NO_MODEL, BAD_ARTIFACT
 */
export function openModel(
  folder: string,
  { verify = true }: { readonly verify?: boolean } = {},
): ModelReader {
  const manifest = readManifest(folder);
  if (!manifest) {
    throw new SimClustersError('NO_MODEL', {
      file: folder,
      got: 'no manifest.json',
      expected: 'a model folder',
      todo: 'Build one with `simclusters run --model DIR`, or check the path',
    });
  }
  const outputs = outputsOf(manifest);
  return {
    folder,
    manifest,
    has: (name) => outputs.has(name),
    read(name) {
      const record = outputs.get(name);
      if (record) return readArtifact(folder, record, verify);
      throw new SimClustersError('NO_MODEL', {
        file: folder,
        got: `a model without ${name}`,
        expected: `a model with ${name}`,
        todo: 'Run the stages that make it, with the inputs they need (see `simclusters run --help`)',
      });
    },
  };
}

export function outputsOf(manifest: Manifest): Map<ArtifactName, OutputRecord> {
  const outputs = new Map<ArtifactName, OutputRecord>();
  for (const stage of Object.values(manifest.stages)) {
    for (const [name, record] of Object.entries(stage.outputs)) outputs.set(name as ArtifactName, record);
  }
  return outputs;
}

/** Has the stage run, and on what the model now holds? */
export function isUpToDate(manifest: Manifest, stage: string): boolean {
  const record = manifest.stages[stage];
  if (!record) return false;
  const outputs = outputsOf(manifest);
  return Object.entries(record.reads ?? {}).every(
    ([name, sha256]) => outputs.get(name as ArtifactName)?.sha256 === sha256,
  );
}

export function readArtifact(folder: string, { file, sha256 }: OutputRecord, verify = true): Artifact {
  const { table, metadata } = readTable(join(folder, file), { sha256: verify ? sha256 : undefined });
  const attributes: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata)) {
    if (key.startsWith(ATTRIBUTE_PREFIX)) attributes[key.slice(ATTRIBUTE_PREFIX.length)] = value;
  }
  return { table, attributes };
}

/** Nothing in the file depends on time or place, so equal artifacts are equal bytes. */
export async function writeArtifact(
  folder: string,
  name: ArtifactName,
  artifact: Pick<StoredArtifact, 'table' | 'attributes'>,
): Promise<OutputRecord> {
  const metadata: Record<string, string> = {
    'simclusters.artifact': name,
    'simclusters.schema': SCHEMA_VERSION,
  };
  for (const [key, value] of Object.entries(artifact.attributes)) metadata[ATTRIBUTE_PREFIX + key] = value;
  const file = `${name}.parquet`;
  return {
    file,
    ...(await writeTable(join(folder, file), artifact.table, metadata)),
    numRows: artifact.table.numRows,
  };
}

/** `undefined` when there is no manifest. @throws SimClustersError BAD_ARTIFACT */
export function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, MANIFEST_FILE);
  if (!existsSync(file)) return undefined;
  const manifest = parseManifest(file);
  if (
    manifest.format === 'simclusters-model' &&
    manifest.manifestVersion === MANIFEST_VERSION &&
    manifest.schemaVersion === SCHEMA_VERSION
  ) {
    return manifest;
  }
  throw new SimClustersError('BAD_ARTIFACT', {
    file,
    got: `format ${manifest.format}, manifest version ${manifest.manifestVersion}, schema ${manifest.schemaVersion}`,
    expected: `simclusters-model, ${MANIFEST_VERSION}, ${SCHEMA_VERSION}`,
    todo: 'Build the model again into an empty folder, or use the version of this package that made it',
  });
}

function parseManifest(file: string): Manifest {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  } catch (cause) {
    throw new SimClustersError('BAD_ARTIFACT', {
      file,
      got: String(cause),
      expected: 'the JSON this package writes',
      todo: 'Build the model again into an empty folder',
      cause,
    });
  }
}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFileAtomically(join(folder, MANIFEST_FILE), [
    Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`),
  ]);
}

/**
 * Makes the folder and takes its lock; a lock whose process is gone is taken over. Sweeps what a killed run left behind.
 * @returns a function that gives the lock back
 * @throws SimClustersError MODEL_LOCKED, WRITE_FAILED
 */
export function lockModel(folder: string): () => void {
  const lock = resolve(folder, LOCK_FILE);
  const draft = `${lock}.${randomBytes(4).toString('hex')}.tmp-${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    // Linked, so that the lock is never there without its owner's name in it.
    writeFileSync(draft, String(process.pid));
    takeLock(folder, lock, draft);
    held.add(lock);
  } catch (error) {
    throw writeFailure(folder, error);
  } finally {
    if (existsSync(draft)) rmSync(draft, { force: true });
  }
  for (const file of readdirSync(folder))
    if (isLeftOver(file) && !isOfAnother(file)) rmSync(join(folder, file), { force: true });
  return () => {
    held.delete(lock);
    rmSync(lock, { force: true });
  };
}

/** Locks that this process holds: its own number in a lock may also be that of a dead namesake. */
const held = new Set<string>();

/** Others may take the lock, give it back or take it over at any moment. */
function takeLock(folder: string, lock: string, draft: string): void {
  for (;;) {
    try {
      linkSync(draft, lock);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = ownerOf(lock);
    if (owner === undefined) continue;
    if (isHeld(lock, owner))
      throw new SimClustersError('MODEL_LOCKED', {
        file: folder,
        got: `a lock held by process ${owner}`,
        expected: 'one writer at a time',
        todo: `Wait for it, write to another --model folder, or remove ${lock} if that process is none of ours`,
      });
    putAside(lock, owner);
  }
}

/** Takes a dead process's lock away; one that took its place a moment ago comes back. */
function putAside(lock: string, deadOwner: string): void {
  const aside = `${lock}.${randomBytes(4).toString('hex')}.tmp-${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (ownerOf(aside) !== deadOwner) linkSync(aside, lock);
  rmSync(aside, { force: true });
}

/** Undefined: the lock is gone. */
function ownerOf(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isHeld(lock: string, owner: string): boolean {
  return Number(owner) === process.pid ? held.has(lock) : isAlive(Number(owner));
}

/** A temporary file of another process that is at work: it may be about to find the folder locked. */
function isOfAnother(file: string): boolean {
  const pid = Number(/\d+$/.exec(file)?.[0]);
  return pid !== process.pid && isAlive(pid);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
