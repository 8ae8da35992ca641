/** Which format an undirected graph is in, when nobody says. */
import { SimClustersError } from '../core/errors.ts';
import { looksLikeLists, sampleRows } from './delimited.ts';
import type { EdgeFormat } from './edge-input.ts';
import { isMetisName } from './edge-reader.ts';
import { openInput } from './input-files.ts';
import { isParquet } from './parquet-columns.ts';

/**
 * The format itself unless it is `auto`. METIS by its name, or by a first line of two to four whole numbers over lines of
 * varying length; a file of such lines without that header might be anything and is refused.
 * Errors: BAD_PARAM (nothing can be told, also of standard input), INPUT_MISSING, BAD_FILE.
 */
export async function graphFormatOf(
  file: string,
  format: EdgeFormat,
): Promise<Exclude<EdgeFormat, 'auto'> | 'auto'> {
  if (format !== 'auto') return format;
  if (file === '-') throw undecided('standard input', 'a graph from standard input');
  if (isMetisName(file)) return 'metis';
  const input = await openInput(file);
  try {
    if (isParquet(input.head)) return 'auto';
    const rows = sampleRows(input.head, input.isWhole, file);
    if (!looksLikeLists(rows)) return 'auto';
    if (/^\s*\d+(\s+\d+){1,3}\s*$/.test(new TextDecoder().decode(rows[0]))) return 'metis';
    throw undecided(file, 'lines with varying numbers of fields and no METIS header');
  } finally {
    await input.close();
  }
}

function undecided(file: string, got: string): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    file,
    got,
    expected: 'a format that can be told by name or content',
    todo: 'Say --format metis or --format edges',
  });
}
