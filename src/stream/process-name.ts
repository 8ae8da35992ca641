/** Names a stream by its folder: a broker keeps by this name what the stream was given and has not acknowledged. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../io/atomic-file.ts';

/**
 * The name of the stream that keeps its state in `folder`: drawn once, the same for every process that opens the folder later.
 * @throws SimClustersError WRITE_FAILED
 */
export async function processName(folder: string): Promise<string> {
  const file = join(folder, 'process-name');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const name = `simclusters-${randomUUID()}`;
  await writeFileAtomically(file, [Buffer.from(`${name}\n`)]);
  return name;
}
