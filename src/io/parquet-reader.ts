/**
 * Reader of artifact files: a restricted profile of Apache Parquet whose numbers can be used where they lie.
 * The profile (written by parquet-writer.ts): one row group, one data page per column chunk, PLAIN,
 * UNCOMPRESSED, every field REQUIRED, numbers at 64-byte-aligned file offsets. The footer's key-value
 * metadata says where each column's values start, and where the `indptr` of its lists lies as raw u32, so
 * neither page headers nor levels need decoding. Runs anywhere: no Node API.
 */
import { type ColumnMetaData, type FileMetaData, parquetMetadata } from 'hyparquet';
import { quote, SimClustersError } from '../core/errors.ts';
import type { Column, ColumnValues, Table, ValueType } from '../core/table.ts';

/** Key of the footer's key-value metadata under which the `FileLayout` lies, as JSON. */
export const layoutKey = 'simclusters.layout';
export const layoutVersion = 1;
/** Bytes; numbers and indptr start at multiples of it (a cache line, and the widest SIMD load). */
export const alignment = 64;

/** Where one column lies in the file. Offsets and lengths are in bytes, counts in values. */
export interface ColumnLayout {
  readonly name: string;
  readonly kind: Column['kind'];
  readonly type: ValueType | 'utf8';
  readonly valuesOffset: number;
  readonly valuesLength: number;
  readonly numValues: number;
  /** Lists only: offset of u32[numRows + 1]. Lists of one matrix name the same offset. */
  readonly indptrOffset?: number;
  readonly indptrLength?: number;
}

export interface FileLayout {
  readonly version: number;
  readonly columns: readonly ColumnLayout[];
}

/** An artifact in memory: its table and the caller's own key-value metadata. */
export interface DecodedTable {
  readonly table: Table;
  readonly metadata: Record<string, string>;
}

const constructors = {
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
} as const;

/** Parquet's physical type of each value type; unsigned is INT32 with the UINT_32 annotation. */
export const physicalTypes = {
  int32: 'INT32',
  uint32: 'INT32',
  float32: 'FLOAT',
  float64: 'DOUBLE',
  int64: 'INT64',
  utf8: 'BYTE_ARRAY',
} as const;

const magic = 0x31524150; // 'PAR1', little-endian
const writeAgain = 'build the model again, or copy the file again from where it is whole';
/** Short strings are copied byte by byte; from here on a call of `set` is cheaper. */
export const longString = 48;

/** What the parts of one decoding share. */
interface Source {
  readonly buffer: ArrayBufferLike;
  readonly name: string;
  readonly numRows: number;
  /** Data ends where the footer starts. */
  readonly dataEnd: number;
  /** One array per distinct offset, so that columns of one matrix share one `indptr` object again. */
  readonly indptrs: Map<number, Uint32Array>;
}

/**
 * Opens one artifact file that lies whole in `buffer`.
 * Numbers and indptr are views into `buffer` (nothing is copied, so it must stay unchanged); string columns
 * are parsed into arrays of their own. `source` is the name errors give the file.
 * @throws SimClustersError BAD_ARTIFACT when the file is foreign, truncated, damaged or of another version.
 */
export function decodeTable(buffer: ArrayBufferLike, source: string): DecodedTable {
  const dataEnd = checkedFooterStart(buffer, source);
  try {
    return decodeBody(buffer, source, dataEnd);
  } catch (error) {
    if (error instanceof SimClustersError) throw error;
    // Damaged Thrift can parse into values of any shape; whatever trips over them says the same thing.
    const got = `a footer that cannot be read (${(error as Error).message})`;
    return damaged(source, got, 'Parquet metadata as this package writes it', writeAgain, error);
  }
}

function decodeBody(buffer: ArrayBufferLike, source: string, dataEnd: number): DecodedTable {
  // A copy: text decoders of browsers refuse views of shared memory.
  const footer = parquetMetadata(new Uint8Array(buffer, dataEnd).slice(), { geoparquet: false });
  const metadata = new Map((footer.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']));
  const layout = parseLayout(metadata.get(layoutKey), source);
  metadata.delete(layoutKey);
  const chunks = checkedChunks(footer, layout, source);
  const numRows = Number(footer.num_rows);
  const shared: Source = { buffer, name: source, numRows, dataEnd, indptrs: new Map() };
  // fromEntries defines own properties, so a column may even be called __proto__.
  const columns = Object.fromEntries(
    layout.columns.map((column, i) => {
      checkPlace(shared, column, chunks[i]);
      return [column.name, readColumn(shared, column)];
    }),
  );
  return { table: { numRows, columns }, metadata: Object.fromEntries(metadata) };
}

function damaged(file: string, got: string, expected: string, todo = writeAgain, cause?: unknown): never {
  throw new SimClustersError('BAD_ARTIFACT', { file, got, expected, todo, cause });
}

/** Checks both magic numbers and the footer's length; gives the offset at which the footer starts. */
function checkedFooterStart(buffer: ArrayBufferLike, source: string): number {
  const size = buffer.byteLength;
  // Smallest Parquet file: magic, empty footer, its length, magic.
  if (size < 12) damaged(source, `${size} bytes`, 'a Parquet file of at least 12 bytes');
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== magic) {
    const start = new Uint8Array(buffer, 0, 4).slice();
    damaged(
      source,
      `a file that starts with ${quote(new TextDecoder().decode(start))}`,
      '"PAR1" at its start',
    );
  }
  if (view.getUint32(size - 4, true) !== magic) {
    damaged(source, `${size} bytes without "PAR1" at their end`, 'a whole file, not a truncated one');
  }
  const footerLength = view.getUint32(size - 8, true);
  if (footerLength > size - 12) {
    damaged(source, `a footer of ${footerLength} bytes in a file of ${size}`, 'a footer inside the file');
  }
  return size - 8 - footerLength;
}

function parseLayout(json: string | undefined, source: string): FileLayout {
  if (json === undefined) {
    const todo = 'give the path of an artifact of a model; other Parquet files are read as input files';
    damaged(
      source,
      `a Parquet file without the metadata key ${layoutKey}`,
      'an artifact of this package',
      todo,
    );
  }
  const layout = parseJson(json) as FileLayout | undefined;
  if (layout?.version !== layoutVersion) {
    const todo = 'build the model again with this version, or read it with the version that wrote it';
    damaged(source, `layout version ${layout?.version ?? quote(json)}`, `version ${layoutVersion}`, todo);
  }
  const { columns } = layout;
  if (!Array.isArray(columns) || !columns.every(isColumnLayout)) {
    damaged(source, `${layoutKey} = ${quote(json)}`, 'name, kind, type, offset and length of each column');
  }
  return layout;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json) ?? undefined;
  } catch {
    return undefined;
  }
}

function isColumnLayout(column: ColumnLayout): boolean {
  if (typeof column?.name !== 'string') return false;
  const counts = [column.valuesOffset, column.valuesLength, column.numValues];
  if (column.kind === 'list') counts.push(column.indptrOffset as number, column.indptrLength as number);
  if (!counts.every((count) => Number.isSafeInteger(count) && count >= 0)) return false;
  if (column.kind === 'string') return column.type === 'utf8';
  return (column.kind === 'scalar' || column.kind === 'list') && Object.hasOwn(constructors, column.type);
}

/** The footer's own account of each column of the layout, in the same order. */
function checkedChunks(footer: FileMetaData, layout: FileLayout, source: string): ColumnMetaData[] {
  const groups = footer.row_groups;
  const chunks = groups[0]?.columns.map((chunk) => chunk.meta_data) ?? [];
  const agree = chunks.length === layout.columns.length && chunks.every((chunk) => chunk !== undefined);
  if (groups.length !== 1 || !agree) {
    const got = `${groups.length} row groups of ${chunks.length} columns`;
    damaged(source, got, `1 row group of ${layout.columns.length} columns`);
  }
  // `>>> 0` changes whatever is not a u32.
  if (Number(footer.num_rows) !== Number(footer.num_rows) >>> 0) {
    damaged(source, `${footer.num_rows} rows`, 'a number of rows that fits 32 bits');
  }
  return chunks as ColumnMetaData[];
}

/** Holds the layout against the footer: both must name the same column, type and end of page. */
function checkPlace(source: Source, column: ColumnLayout, chunk: ColumnMetaData): void {
  const { name, kind, type, valuesOffset, valuesLength, numValues } = column;
  const refuse = (got: string, expected: string): never =>
    damaged(source.name, `column ${quote(name)}: ${got}`, expected);
  const physical = physicalTypes[type];
  const isPlain = chunk.codec === 'UNCOMPRESSED' && chunk.encodings?.includes('PLAIN');
  if (chunk.path_in_schema[0] !== name || chunk.type !== physical || !isPlain) {
    const got = `${chunk.path_in_schema[0]} as ${chunk.codec} ${chunk.type} in the footer`;
    refuse(got, `${name} as UNCOMPRESSED ${physical}, PLAIN`);
  }
  const pageStart = Number(chunk.data_page_offset);
  const pageEnd = pageStart + Number(chunk.total_compressed_size);
  const valuesEnd = valuesOffset + valuesLength;
  if (valuesOffset < pageStart || valuesEnd !== pageEnd || pageEnd > source.dataEnd) {
    const got = `values at bytes ${valuesOffset} to ${valuesEnd}, its page at ${pageStart} to ${pageEnd}`;
    refuse(got, `values at the end of a page before byte ${source.dataEnd}`);
  }
  const wanted = kind === 'list' ? Math.min(numValues, Number(chunk.num_values)) : source.numRows;
  if (numValues !== wanted) refuse(`${numValues} values`, `${wanted} values`);
  if (type === 'utf8') return;
  if (valuesOffset % alignment !== 0) {
    refuse(`values at byte ${valuesOffset}`, `an offset that is a multiple of ${alignment}`);
  }
  const wantedLength = numValues * constructors[type].BYTES_PER_ELEMENT;
  if (valuesLength !== wantedLength) refuse(`${valuesLength} bytes of values`, `${wantedLength} bytes`);
}

function readColumn(source: Source, column: ColumnLayout): Column {
  const { type, valuesOffset, numValues } = column;
  if (type === 'utf8') return readStrings(source, column);
  const View = constructors[type] as new (at: ArrayBufferLike, offset: number, n: number) => ColumnValues;
  const values = new View(source.buffer, valuesOffset, numValues);
  if (column.kind === 'scalar') return { kind: 'scalar', values };
  return { kind: 'list', indptr: indptrOf(source, column), values };
}

function indptrOf(source: Source, column: ColumnLayout): Uint32Array {
  const offset = column.indptrOffset!;
  const known = source.indptrs.get(offset);
  const indptr = known ?? readIndptr(source, column, offset);
  source.indptrs.set(offset, indptr);
  const last = indptr[source.numRows];
  if (last !== column.numValues) {
    const got = `an indptr of column ${quote(column.name)} that ends at ${last}`;
    damaged(source.name, got, `its number of values, ${column.numValues}`);
  }
  return indptr;
}

function readIndptr(source: Source, column: ColumnLayout, offset: number): Uint32Array {
  const label = `an indptr of column ${quote(column.name)}`;
  const length = (source.numRows + 1) * 4;
  if (column.indptrLength !== length || offset % alignment !== 0 || offset + length > source.dataEnd) {
    const got = `${label} of ${column.indptrLength} bytes at byte ${offset}`;
    damaged(source.name, got, `${length} bytes at a multiple of ${alignment} before byte ${source.dataEnd}`);
  }
  const indptr = new Uint32Array(source.buffer, offset, source.numRows + 1);
  // Kernels index memory by these numbers unchecked, so every step is checked once here (memory speed).
  let isAscending = indptr[0] === 0;
  for (let row = 0; row < source.numRows; row++) if (indptr[row] > indptr[row + 1]) isAscending = false;
  if (!isAscending) damaged(source.name, `${label} that descends`, 'numbers ascending from 0');
  return indptr;
}

/** PLAIN BYTE_ARRAY: each value is its length as little-endian u32, then its bytes. */
function readStrings(source: Source, column: ColumnLayout): Column {
  const { numRows } = source;
  const refuse = (): never =>
    damaged(
      source.name,
      `strings of column ${quote(column.name)} that overrun`,
      `${numRows} strings in its page`,
    );
  const numBytes = column.valuesLength - 4 * numRows;
  if (numBytes < 0) refuse();
  const page = new Uint8Array(source.buffer, column.valuesOffset, column.valuesLength);
  const offsets = new Uint32Array(numRows + 1);
  const bytes = new Uint8Array(numBytes);
  let from = 0;
  let to = 0;
  for (let row = 0; row < numRows; row++) {
    const length = page[from] | (page[from + 1] << 8) | (page[from + 2] << 16) | (page[from + 3] << 24);
    from += 4;
    if (length < 0 || length > numBytes - to) refuse();
    if (length < longString) for (let i = 0; i < length; i++) bytes[to + i] = page[from + i];
    else bytes.set(page.subarray(from, from + length), to);
    from += length;
    to += length;
    offsets[row + 1] = to;
  }
  if (to !== numBytes) refuse();
  return { kind: 'string', offsets, bytes };
}
