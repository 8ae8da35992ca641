/** Reads flat columns of a Parquet file, one row group at a time. */
import { open } from 'node:fs/promises';
import type { AsyncBuffer, DecodedArray, FileMetaData, SchemaElement } from 'hyparquet';
import { SimClustersError } from '../core/errors.ts';
import { badFile } from './bad-rows.ts';
import type { OpenInput } from './input-files.ts';

/** Whether content that starts with `head` is Parquet. */
export function isParquet(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x41 && head[2] === 0x52 && head[3] === 0x31;
}

/** The rows of one row group; `columns[i]` is the i-th column asked for. Values are as hyparquet gives them. */
export interface RowGroup {
  /** 0-based row of the file at which the group starts. */
  readonly firstRow: number;
  readonly numRows: number;
  readonly columns: readonly DecodedArray[];
}

/** An open Parquet file. */
export interface ParquetFile {
  /** Top-level columns, in file order. */
  readonly names: readonly string[];
  readonly numRows: number;
  /** Type of a column as a schema element. Errors: BAD_FILE for nested columns. */
  schemaOf(name: string): SchemaElement;
  groups(names: readonly string[]): AsyncGenerator<RowGroup>;
}

/**
 * Opens a Parquet file and hands it to `use`. Strings come as UTF-8 bytes, int64 as bigint, timestamps as Date.
 * A file on disk is read by its parts; from stdin or inside gzip or zstd it is first taken into memory as a whole.
 * Errors: BAD_FILE.
 */
export async function withParquet(
  input: OpenInput,
  use: (file: ParquetFile) => Promise<void>,
): Promise<void> {
  const [hyparquet, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const handle = input.name === '-' || input.compression !== 'none' ? undefined : await open(input.name, 'r');
  try {
    const file = handle ? await bufferOfFile(handle) : await bufferOfStream(input);
    const metadata = await guarded(input.name, () => hyparquet.parquetMetadataAsync(file));
    // Left as bytes: ids go into the index as they are, and decoding would cost most of the time.
    const parsers = { stringFromBytes: (bytes: Uint8Array) => bytes };
    const elements = topLevel(metadata);
    await use({
      names: elements.map(({ name }) => name),
      numRows: Number(metadata.num_rows),
      schemaOf: (name) => flatElement(input.name, elements.find((element) => element.name === name)!),
      async *groups(columns) {
        const options = { file, metadata, columns: [...new Set(columns)], compressors, parsers };
        const scan = await guarded(input.name, () => hyparquet.parquetScan(options));
        for (const { rowStart, rowEnd } of scan.ranges) {
          const read = (column: string) => scan.readColumn({ column, rowStart, rowEnd });
          const values = await guarded(input.name, () => Promise.all(columns.map(read)));
          yield { firstRow: rowStart, numRows: rowEnd - rowStart, columns: values };
        }
      },
    });
  } finally {
    await handle?.close();
  }
}

async function guarded<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof SimClustersError) throw cause;
    throw badFile(file, {
      got: `Parquet that cannot be decoded: ${cause instanceof Error ? cause.message : cause}`,
      expected: 'a whole Parquet file',
      todo: 'write or fetch the file again',
      cause,
    });
  }
}

function topLevel({ schema }: FileMetaData): SchemaElement[] {
  const elements: SchemaElement[] = [];
  for (let at = 1; at < schema.length; at = endOfSubtree(schema, at)) elements.push(schema[at]);
  return elements;
}

function endOfSubtree(schema: readonly SchemaElement[], at: number): number {
  let end = at + 1;
  for (let child = 0; child < (schema[at].num_children ?? 0); child++) end = endOfSubtree(schema, end);
  return end;
}

function flatElement(file: string, element: SchemaElement): SchemaElement {
  if (!element.num_children && element.repetition_type !== 'REPEATED') return element;
  throw badFile(file, {
    got: `the nested column ${element.name}`,
    expected: 'flat columns of text or numbers',
    todo: 'unnest the column, or choose other columns',
  });
}

type Handle = Awaited<ReturnType<typeof open>>;

async function bufferOfFile(handle: Handle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      const buffer = new ArrayBuffer(Math.max(0, Math.min(end, size) - start));
      let numRead = 0;
      while (numRead < buffer.byteLength) {
        const { bytesRead } = await handle.read(new Uint8Array(buffer, numRead), {
          position: start + numRead,
        });
        if (bytesRead === 0) break;
        numRead += bytesRead;
      }
      return buffer;
    },
  };
}

async function bufferOfStream(input: OpenInput): Promise<AsyncBuffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input.chunks()) chunks.push(chunk.slice());
  const whole = new Uint8Array(Buffer.concat(chunks)).buffer;
  return { byteLength: whole.byteLength, slice: (start, end) => whole.slice(start, end) };
}
