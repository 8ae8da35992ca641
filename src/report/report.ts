/** report.html of a model: one self-contained file. */
import { join } from 'node:path';
import { writeFileAtomically } from '../io/atomic-file.ts';
import type { ModelReader } from '../pipeline/model-folder.ts';

/** @returns the path of the file written */
export async function writeReport(model: ModelReader): Promise<string> {
  const path = join(model.folder, 'report.html');
  await writeFileAtomically(path, [
    Buffer.from(`<!doctype html><title>${model.manifest.modelVersion}</title>`),
  ]);
  return path;
}
