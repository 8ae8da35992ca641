/** Reads engagement events from files. */
import { BadRows, badFile, demandFormat, demandRows, emptyReport } from './bad-rows.ts';
import type { EventInput, InputOptions, InputReport } from './edge-input.ts';
import { eventLineReader, jsonLineReader, readParquetEvents } from './event-rows.ts';
import { EventSink } from './event-sink.ts';
import { type OpenInput, openInput, totalBytes } from './input-files.ts';
import { expandInputs } from './input-paths.ts';
import { readLines } from './line-scanner.ts';
import { isParquet } from './parquet-columns.ts';

type EventFormat = Extract<InputReport['format'], 'events' | 'ndjson' | 'parquet'>;

const wanted = 'events of time, user, item and perhaps verb and author';

/**
 * Reads events from one or more files, in order, as one input; ids are shared. Each file is Parquet, JSON lines (its
 * first character is `{`) or delimited text, told by its content; all must be of one kind.
 *
 * `columns`: time, user, item[, verb[, author]], by name, 1-based position or JSON key, `-` for none. Events
 * without a verb are of the verb `fav`; without an author the item is its own author. Rows that are rejected
 * leave no ids. Errors: BAD_PARAM, INPUT_MISSING, EMPTY_INPUT, BAD_FILE, BAD_ROW (under the policy `stop`).
 */
export async function readEvents(options: InputOptions): Promise<EventInput> {
  demandFormat(options.format ?? 'auto', ['auto', 'edges', 'parquet']);
  const files = await expandInputs(options.files);
  const bytesTotal = await totalBytes(files);
  const badRows = new BadRows(emptyReport(files, 'events'), options.badRows);
  const sink = new EventSink(badRows);
  let format: EventFormat | undefined;
  for (const file of files) {
    const input = await openInput(file);
    try {
      if (input.head.length > 0) {
        const found = formatOf(input);
        format ??= badRows.report.format = found;
        demandSameFormat(file, found, format);
        await readFile(input, found, options, sink, badRows, bytesTotal);
      }
      badRows.report.numBytes += input.bytesRead;
    } finally {
      await input.close();
    }
  }
  demandRows(badRows.report, sink.numEvents, wanted);
  return sink.toInput();
}

async function readFile(
  input: OpenInput,
  format: EventFormat,
  options: InputOptions,
  sink: EventSink,
  badRows: BadRows,
  bytesTotal: number,
): Promise<void> {
  const before = badRows.report.numBytes;
  const progress = () => options.onProgress?.(before + input.bytesRead, bytesTotal);
  if (format === 'parquet') {
    await readParquetEvents(input, options, sink, badRows, progress);
    return;
  }
  const makeReader = format === 'ndjson' ? jsonLineReader : eventLineReader;
  await readLines(input, makeReader(input, options, sink, badRows), progress);
}

function formatOf({ head }: OpenInput): EventFormat {
  if (isParquet(head)) return 'parquet';
  // Behind a byte order mark and blanks.
  let at = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  while (at < head.length && head[at] <= 32 && head[at] !== 0) at++;
  return head[at] === 123 ? 'ndjson' : 'events';
}

function demandSameFormat(file: string, found: EventFormat, format: EventFormat): void {
  if (found === format) return;
  throw badFile(file, {
    got: `a file of the format ${found}`,
    expected: `${format}, like the files before it`,
    todo: 'read files of one format at a time',
  });
}
