/** Reads follow edges from files of any supported format. */
import { BadRows, badFile, badParam, demandFormat, demandRows, emptyReport } from './bad-rows.ts';
import { looksLikeLists, sampleRows } from './delimited.ts';
import type { EdgeFormat, EdgeInput, InputOptions } from './edge-input.ts';
import { edgeLineReader, listLineReader } from './edge-rows.ts';
import { EdgeSink } from './edge-sink.ts';
import { type OpenInput, openInput, totalBytes } from './input-files.ts';
import { expandInputs } from './input-paths.ts';
import { readLines } from './line-scanner.ts';
import { readMetis } from './metis-reader.ts';
import { isParquet } from './parquet-columns.ts';
import { readParquetEdges } from './parquet-edges.ts';

type KnownFormat = Exclude<EdgeFormat, 'auto'>;

const wanted = 'rows of consumer, producer and perhaps weight (> 0)';

/**
 * Reads edges from one or more files, in order, as one input: ids are shared, duplicates stay.
 *
 * Formats: `edges` (delimited rows consumer, producer[, weight]), `lists` (lines `user item item …`), `metis`
 * (one graph a file; ids are 1-based vertex numbers), `parquet`. `auto` goes by the content of the first file and by
 * the names `.metis` and `.graph`; all files must have the same format. Each text file may have its own
 * delimiter, header and compression. `columns`: consumer, producer[, weight], by name or 1-based position.
 *
 * Rows with weight 0, and self-follows unless kept, are dropped and counted; their ids get no index.
 * Errors: BAD_PARAM, INPUT_MISSING, EMPTY_INPUT, BAD_FILE, BAD_ROW (under the policy `stop`).
 */
export async function readEdges(options: InputOptions): Promise<EdgeInput> {
  const { format = 'auto' } = options;
  demandFormat(format, ['auto', 'edges', 'lists', 'metis', 'parquet']);
  const files = await expandInputs(options.files);
  const bytesTotal = await totalBytes(files);
  const run = new EdgeRun(files, options, bytesTotal);
  for (const file of files) await run.readFile(file);
  return run.finish();
}

class EdgeRun {
  readonly #options: InputOptions;
  readonly #files: readonly string[];
  readonly #bytesTotal: number;
  #format: KnownFormat | undefined;
  #sink: EdgeSink | undefined;
  #badRows: BadRows;

  constructor(files: readonly string[], options: InputOptions, bytesTotal: number) {
    this.#files = files;
    this.#options = options;
    this.#bytesTotal = bytesTotal;
    this.#badRows = new BadRows(emptyReport(files, 'edges'), options.badRows);
  }

  async readFile(file: string): Promise<void> {
    const input = await openInput(file);
    try {
      if (input.head.length > 0) await this.#read(input);
      this.#badRows.report.numBytes += input.bytesRead;
    } finally {
      await input.close();
    }
  }

  finish(): EdgeInput {
    demandRows(this.#badRows.report, this.#sink?.numEdges ?? 0, wanted);
    return this.#sink!.toInput();
  }

  async #read(input: OpenInput): Promise<void> {
    const format = (this.#format ??= this.#chooseFormat(input));
    demandSameKind(input, format);
    const sink = (this.#sink ??= this.#makeSink(format));
    const { onProgress } = this.#options;
    const before = this.#badRows.report.numBytes;
    const progress = () => onProgress?.(before + input.bytesRead, this.#bytesTotal);
    if (format === 'parquet') await readParquetEdges(input, this.#options, sink, this.#badRows, progress);
    else if (format === 'metis') await readMetis(input, this.#options, sink, progress);
    else {
      const makeReader = format === 'lists' ? listLineReader : edgeLineReader;
      await readLines(input, makeReader(input, this.#options, sink, this.#badRows), progress);
    }
  }

  #chooseFormat(input: OpenInput): KnownFormat {
    const { format = 'auto', columns } = this.#options;
    const chosen = format === 'auto' ? detectFormat(input, columns !== undefined) : format;
    if (chosen === 'metis' && this.#files.length > 1) {
      throw badParam(`${this.#files.length} METIS files`, 'one METIS file', 'read one graph at a time');
    }
    return chosen;
  }

  #makeSink(format: KnownFormat): EdgeSink {
    this.#badRows.report.format = format;
    const byDefault = format === 'lists' || format === 'metis' ? 'keep' : 'drop';
    return new EdgeSink(this.#badRows.report, this.#options.selfFollows ?? byDefault);
  }
}

/** Whether a file of this name is taken for METIS. */
export function isMetisName(name: string): boolean {
  return /\.(metis|graph)(\.gz|\.zst)?$/i.test(name);
}

function detectFormat(input: OpenInput, hasColumns: boolean): KnownFormat {
  if (isParquet(input.head)) return 'parquet';
  if (isMetisName(input.name)) return 'metis';
  const rows = sampleRows(input.head, input.isWhole, input.name);
  return !hasColumns && looksLikeLists(rows) ? 'lists' : 'edges';
}

function demandSameKind(input: OpenInput, format: KnownFormat): void {
  if (isParquet(input.head) === (format === 'parquet')) return;
  throw badFile(input.name, {
    got: format === 'parquet' ? 'no Parquet file' : 'a Parquet file',
    expected: format === 'parquet' ? 'Parquet (PAR1 at its start)' : `text of the format ${format}`,
    todo: 'read files of one format at a time, or mend --follows-format',
  });
}
