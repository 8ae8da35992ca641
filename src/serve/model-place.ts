/** Where a model is served from, and whether there is a newer one. */
import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readManifest } from '../pipeline/model-folder.ts';

export interface ModelPlace {
  readonly folder: string;
  /** Differs as soon as another model is there. */
  readonly mark: string;
}

/**
 * The model in the folder; else the one that `latest` in it leads to: a link, or a file with the name of a folder beside it.
 * Undefined while there is none, or one that is being written.
 * @throws SimClustersError BAD_ARTIFACT for a manifest that cannot be read
 */
export function findModel(path: string): ModelPlace | undefined {
  const folder = folderOf(path);
  if (folder === undefined) return undefined;
  const manifest = readManifest(folder);
  if (manifest?.status !== 'complete') return undefined;
  const { mtimeMs, ino } = statSync(join(folder, 'manifest.json'));
  return { folder, mark: [folder, mtimeMs, ino].join(' ') };
}

function folderOf(path: string): string | undefined {
  if (existsSync(join(path, 'manifest.json'))) return realpathSync(path);
  const latest = join(path, 'latest');
  if (!existsSync(latest)) return undefined;
  if (statSync(latest).isDirectory() || lstatSync(latest).isSymbolicLink()) return realpathSync(latest);
  const named = resolve(path, readFileSync(latest, 'utf8').trim());
  return existsSync(named) ? realpathSync(named) : undefined;
}
