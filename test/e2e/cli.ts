/** The built command line, as a user runs it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const cliFile = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function simclusters(args: readonly string[], stdin?: string): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cliFile, ...args], {
    encoding: 'utf8',
    input: stdin ?? '',
  });
  return { status, stdout, stderr };
}

export function startSimclusters(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [cliFile, ...args], { stdio: 'ignore' });
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'simclusters-test-'));
}

/** Hash of every artifact of a model folder, by file name. */
export function artifactHashes(folder: string): Record<string, string> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.parquet'));
  return Object.fromEntries(
    files.sort().map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex'),
    ]),
  );
}
