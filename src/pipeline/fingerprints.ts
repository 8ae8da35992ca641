/** Hashes of what outputs depend on: input files, the code, a stage with its params. */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SimClustersError } from '../core/errors.ts';
import { expandInputs } from '../io/input-paths.ts';
import type { InputRecord } from './manifest.ts';

const moduleFolder = dirname(dirname(fileURLToPath(import.meta.url)));

export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Hash of every module of this package, so that no result outlives the code that made it. */
export function codeVersion(wasmSha256: string): string {
  const hash = createHash('sha256').update(wasmSha256);
  const files = readdirSync(moduleFolder, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => /(?<!\.d)\.[jt]s$/.test(name)).sort()) {
    hash.update(file).update(readFileSync(join(moduleFolder, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Content hashes of input files, in reading order. Stdin counts as ever new. */
export async function fingerprintInputs(patterns: readonly string[]): Promise<InputRecord[]> {
  if (patterns.length === 0) return [];
  const records: InputRecord[] = [];
  for (const file of await expandInputs(patterns)) records.push(await fingerprintFile(file));
  return records;
}

async function fingerprintFile(file: string): Promise<InputRecord> {
  if (file === '-') return { file, bytes: 0, sha256: `stdin ${process.pid} ${Date.now()}` };
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
    return { file, bytes: statSync(file).size, sha256: hash.digest('hex') };
  } catch (cause) {
    throw new SimClustersError('INPUT_MISSING', {
      file,
      got: (cause as Error).message,
      expected: 'a file that can be read',
      todo: 'Check the path and the permissions',
      cause,
    });
  }
}
