/** Which files an input names: plain paths, globs and `-`. */
import { readdir, stat } from 'node:fs/promises';
import { SimClustersError } from '../core/errors.ts';

/**
 * Expands paths, globs (`*`, `?`, `**`) and `-` (stdin) into the files to read.
 * The matches of one glob come sorted by code unit; a file named twice is read once. A path that exists as it
 * stands is never taken for a glob. Errors: BAD_PARAM without any path, INPUT_MISSING for a glob without match.
 */
export async function expandInputs(patterns: readonly string[]): Promise<string[]> {
  if (patterns.length === 0) {
    throw new SimClustersError('BAD_PARAM', {
      got: 'no input file',
      expected: 'at least one path, glob or - (stdin)',
      todo: 'name the files to read',
    });
  }
  const files = new Set<string>();
  for (const pattern of patterns) {
    for (const file of await expandOne(pattern)) files.add(file);
  }
  return [...files];
}

async function expandOne(pattern: string): Promise<string[]> {
  if (pattern === '-' || !/[*?]/.test(pattern) || (await exists(pattern))) return [pattern];
  const isAbsolute = pattern.startsWith('/');
  const found = new Set<string>();
  await walk(isAbsolute ? '/' : '', pattern.split('/').filter(Boolean), found);
  if (found.size === 0) {
    throw new SimClustersError('INPUT_MISSING', {
      file: pattern,
      got: 'a glob that matches no file',
      expected: 'a glob over existing files',
      todo: 'look at the folder with ls; quote the glob so that the shell leaves it alone',
    });
  }
  return [...found].sort();
}

async function walk(folder: string, segments: readonly string[], found: Set<string>): Promise<void> {
  const [segment, ...rest] = segments;
  if (segment === '**') await walk(folder, rest.length > 0 ? rest : ['*'], found);
  const isMatch = segment === '**' ? /^[^.]/ : segmentPattern(segment);
  for (const entry of await entriesOf(folder)) {
    if (!isMatch.test(entry.name)) continue;
    const path = folder + entry.name;
    // `**` leaves linked folders alone: they may lead back to where the walk came from.
    const isFolder =
      entry.isDirectory() || (segment !== '**' && entry.isSymbolicLink() && (await isFolderAt(path)));
    if (segment === '**') {
      if (isFolder) await walk(`${path}/`, segments, found);
    } else if (rest.length === 0) {
      if (!isFolder) found.add(path);
    } else if (isFolder) await walk(`${path}/`, rest, found);
  }
}

/** `.` and `..` match themselves; `*` and `?` never match a leading dot, as in a shell. */
function segmentPattern(segment: string): RegExp {
  const body = segment
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${/^[*?]/.test(segment) ? '(?!\\.)' : ''}${body}$`, 's');
}

async function entriesOf(folder: string) {
  const entries = await readdir(folder || '.', { withFileTypes: true }).catch(() => []);
  const parents = ['.', '..'].map((name) => ({ name, isDirectory: () => true, isSymbolicLink: () => false }));
  return [...parents, ...entries];
}

async function isFolderAt(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
