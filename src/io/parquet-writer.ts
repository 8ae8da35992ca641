/**
 * Writer of artifact files: a restricted profile of Apache Parquet that any Parquet reader opens and that
 * parquet-reader.ts maps without copying. See there for the profile and for the layout record.
 * Parquet addresses pages by offsets in the footer, so bytes may lie between them: padding that brings
 * numbers to aligned offsets, and the raw `indptr` arrays.
 */
import type { ColumnChunk, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { quote, SimClustersError } from '../core/errors.ts';
import {
  type Column,
  type StoredListColumn,
  type StringColumn,
  type ValueType,
  valueTypeOf,
  type WritableTable,
} from '../core/table.ts';
import {
  alignment,
  type ColumnLayout,
  layoutKey,
  layoutVersion,
  longString,
  physicalTypes,
} from './parquet-reader.ts';

type Metadata = Record<string, string>;

/** Page sizes and value counts are signed 32-bit in Parquet's page header. */
const maxPageBytes = 2 ** 31 - 1;
const magicBytes = new TextEncoder().encode('PAR1');

/** Repetition and definition levels of a data page, as they stand in the file. */
interface Levels {
  /** Values plus one entry for each empty list. */
  readonly numEntries: number;
  readonly bytes: Uint8Array;
}

/** Columns of one matrix have the same levels: one encoding for each distinct indptr. */
type LevelCache = Map<Uint32Array, Levels>;

/** The values of a column, wherever they are. */
interface Content {
  readonly kind: ColumnLayout['kind'];
  readonly type: ColumnLayout['type'];
  readonly numValues: number;
  readonly length: number;
  readonly pieces: () => Iterable<Uint8Array>;
}

/** A column checked and measured, before its place in the file is known. */
interface PlannedColumn {
  readonly name: string;
  /** Of a list: which values belong to which row. */
  readonly indptr?: Uint32Array;
  readonly content: Content;
  readonly levels: Levels;
  /** Thrift page header. */
  readonly header: Uint8Array;
}

/**
 * The bytes of an artifact file, as pieces in file order; numeric columns are yielded as views, not copied,
 * and must not change before the last piece is taken. `metadata` goes to the footer's key-value metadata.
 * @throws SimClustersError at the call: SHAPE_MISMATCH when columns do not fit `numRows`, BAD_PARAM when
 * `metadata` uses the reserved key, WRITE_FAILED when a column exceeds Parquet's page size (2^31 - 1 bytes).
 */
export function encodeTable(table: WritableTable, metadata: Record<string, string>): Iterable<Uint8Array> {
  if (Object.hasOwn(metadata, layoutKey)) {
    const got = `metadata with the key ${layoutKey}`;
    throw new SimClustersError('BAD_PARAM', { got, expected: 'any other key', todo: 'rename the key' });
  }
  const entries = Object.entries(table.columns);
  if (entries.length === 0) refuseShape('a table without columns', 'at least one column');
  const cache: LevelCache = new Map();
  const plans = entries.map(([name, column]) => planColumn(name, column, table.numRows, cache));
  return filePieces(table.numRows, plans, metadata);
}

function refuseShape(got: string, expected: string): never {
  const todo = 'mend the stage that made this table';
  throw new SimClustersError('SHAPE_MISMATCH', { got, expected, todo });
}

type AnyColumn = Column | StoredListColumn;

function planColumn(name: string, column: AnyColumn, numRows: number, cache: LevelCache): PlannedColumn {
  const content = contentOf(column);
  const indptr = 'indptr' in column ? column.indptr : undefined;
  if (column.kind === 'string') checkOffsets(name, column.offsets, numRows, column.bytes.length);
  else if (indptr) checkOffsets(name, indptr, numRows, content.numValues);
  else checkRows(name, content.numValues, numRows);
  // A required field outside of any list has no levels at all.
  const levels = indptr ? sharedLevels(indptr, cache) : { numEntries: numRows, bytes: new Uint8Array(0) };
  const pageLength = levels.bytes.length + content.length;
  if (Math.max(pageLength, levels.numEntries) > maxPageBytes) refuseSize(name, pageLength);
  return { name, indptr, content, levels, header: pageHeader(levels.numEntries, pageLength) };
}

function contentOf(column: AnyColumn): Content {
  if (column.kind === 'string') {
    const numValues = column.offsets.length - 1;
    const length = 4 * numValues + column.bytes.length;
    return { kind: 'string', type: 'utf8', numValues, length, pieces: () => [plainStrings(column)] };
  }
  if (column.kind === 'stored-list') {
    const { type, indptr, pieces } = column;
    const numValues = indptr[indptr.length - 1];
    return { kind: 'list', type, numValues, length: numValues * widths[type], pieces };
  }
  const { kind, values } = column;
  const type = valueTypeOf(values);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { kind, type, numValues: values.length, length: bytes.length, pieces: () => [bytes] };
}

const widths: Readonly<Record<ValueType, number>> = { int32: 4, uint32: 4, float32: 4, float64: 8, int64: 8 };

function checkRows(name: string, rows: number, numRows: number): void {
  if (rows !== numRows) refuseShape(`column ${quote(name)} of ${rows} rows`, `${numRows} rows`);
}

function checkOffsets(name: string, offsets: Uint32Array, numRows: number, end: number): void {
  checkRows(name, offsets.length - 1, numRows);
  let isAscending = offsets[0] === 0;
  for (let row = 0; row < numRows; row++) if (offsets[row] > offsets[row + 1]) isAscending = false;
  if (!isAscending || offsets[numRows] !== end) {
    const got = `offsets of column ${quote(name)} ${isAscending ? `that end at ${offsets[numRows]}` : 'that descend'}`;
    refuseShape(got, `offsets ascending from 0 to ${end}`);
  }
}

function refuseSize(name: string, pageLength: number): never {
  throw new SimClustersError('WRITE_FAILED', {
    got: `column ${quote(name)} of ${pageLength} bytes`,
    expected: `at most ${maxPageBytes} bytes in one column, the limit of a Parquet page`,
    todo: 'keep fewer entries for each row, or split the table by rows',
  });
}

function sharedLevels(indptr: Uint32Array, cache: LevelCache): Levels {
  const levels = cache.get(indptr) ?? listLevels(indptr);
  cache.set(indptr, levels);
  return levels;
}

/**
 * Levels of a required list of required elements (Parquet format, "Nested Encoding"): an entry repeats (1)
 * unless it opens a row (0); it is defined (1) unless it stands for an empty list (0). Both are one bit wide.
 * All bits start as 1, so only rows are visited, not values.
 */
function listLevels(indptr: Uint32Array): Levels {
  const numRows = indptr.length - 1;
  const numValues = indptr[numRows];
  let numEmpty = 0;
  for (let row = 0; row < numRows; row++) if (indptr[row] === indptr[row + 1]) numEmpty++;
  const numEntries = numValues + numEmpty;
  const bitBytes = Math.ceil(numEntries / 8);
  const repetition = new Uint8Array(bitBytes).fill(0xff);
  const definition = new Uint8Array(numEmpty === 0 ? 0 : bitBytes).fill(0xff);
  let entry = 0;
  for (let row = 0; row < numRows; row++) {
    const length = indptr[row + 1] - indptr[row];
    const keep = ~(1 << (entry & 7));
    repetition[entry >>> 3] &= keep;
    if (length === 0) definition[entry >>> 3] &= keep;
    entry += length === 0 ? 1 : length;
  }
  const writer = new ByteWriter(2 * bitBytes + 32);
  appendLevels(writer, numEntries, repetition, numEntries === numRows ? 0 : undefined);
  appendLevels(writer, numEntries, definition, numEmpty === 0 ? 1 : numValues === 0 ? 0 : undefined);
  return { numEntries, bytes: writer.getBytes() };
}

/**
 * One run of the RLE / bit-packing hybrid, behind its length as data page V1 wants it: an RLE run when all
 * levels are `same`, else a bit-packed run of groups of 8 one-bit levels.
 */
function appendLevels(writer: ByteWriter, numEntries: number, bits: Uint8Array, same?: number): void {
  const run = new ByteWriter(16);
  if (numEntries > 0) run.appendVarInt(same === undefined ? (bits.length << 1) | 1 : numEntries << 1);
  if (numEntries > 0 && same !== undefined) run.appendUint8(same);
  const packed = same === undefined ? bits : bits.subarray(0, 0);
  writer.appendUint32(run.offset + packed.length);
  writer.appendBytes(run.getBytes());
  writer.appendBytes(packed);
}

/** Data page V1: the one kind every reader knows. */
function pageHeader(numEntries: number, pageLength: number): Uint8Array {
  const writer = new ByteWriter(64);
  writePageHeader(writer, {
    type: 'DATA_PAGE',
    uncompressed_page_size: pageLength,
    compressed_page_size: pageLength,
    data_page_header: {
      num_values: numEntries,
      encoding: 'PLAIN',
      definition_level_encoding: 'RLE',
      repetition_level_encoding: 'RLE',
    },
  });
  return writer.getBytes();
}

function* filePieces(numRows: number, plans: PlannedColumn[], metadata: Metadata): Generator<Uint8Array> {
  const layouts: ColumnLayout[] = [];
  const indptrOffsets = new Map<Uint32Array, number>();
  yield magicBytes;
  let offset = magicBytes.length;
  for (const plan of plans) {
    const { indptr, content, header, levels } = plan;
    if (indptr && !indptrOffsets.has(indptr)) {
      const gap = padding(offset);
      yield gap;
      yield new Uint8Array(indptr.buffer, indptr.byteOffset, indptr.byteLength);
      indptrOffsets.set(indptr, offset + gap.length);
      offset += gap.length + indptr.byteLength;
    }
    const gap = padding(offset + header.length + levels.bytes.length);
    yield gap;
    yield header;
    yield levels.bytes;
    yield* content.pieces();
    const valuesOffset = offset + gap.length + header.length + levels.bytes.length;
    layouts.push(layoutOf(plan, valuesOffset, indptr && indptrOffsets.get(indptr)));
    offset = valuesOffset + content.length;
  }
  yield footer(numRows, plans, layouts, metadata);
}

/** Zeros that bring `offset` to the next multiple of the alignment. */
function padding(offset: number): Uint8Array {
  return new Uint8Array((alignment - (offset % alignment)) % alignment);
}

/** PLAIN BYTE_ARRAY: each value is its length as little-endian u32, then its bytes. */
function plainStrings({ offsets, bytes }: StringColumn): Uint8Array {
  const numRows = offsets.length - 1;
  const page = new Uint8Array(4 * numRows + bytes.length);
  let to = 0;
  for (let row = 0; row < numRows; row++) {
    const start = offsets[row];
    const length = offsets[row + 1] - start;
    page[to++] = length;
    page[to++] = length >>> 8;
    page[to++] = length >>> 16;
    page[to++] = length >>> 24;
    if (length < longString) for (let i = 0; i < length; i++) page[to + i] = bytes[start + i];
    else page.set(bytes.subarray(start, start + length), to);
    to += length;
  }
  return page;
}

function layoutOf(
  { name, indptr, content }: PlannedColumn,
  valuesOffset: number,
  indptrOffset?: number,
): ColumnLayout {
  const { kind, type, length, numValues } = content;
  const layout = { name, kind, type, valuesOffset, valuesLength: length, numValues };
  return indptr ? { ...layout, indptrOffset, indptrLength: indptr.byteLength } : layout;
}

function footer(
  numRows: number,
  plans: readonly PlannedColumn[],
  layouts: readonly ColumnLayout[],
  metadata: Metadata,
): Uint8Array {
  const chunks = plans.map((plan, i) => columnChunk(plan, layouts[i]));
  const totalBytes = chunks.reduce((sum, { meta_data }) => sum + meta_data!.total_compressed_size, 0n);
  const layout = JSON.stringify({ version: layoutVersion, columns: layouts });
  const writer = new ByteWriter();
  writeMetadata(writer, {
    version: 1,
    created_by: 'simclusters',
    schema: [{ name: 'schema', num_children: plans.length }, ...plans.flatMap(schemaElements)],
    num_rows: BigInt(numRows),
    row_groups: [{ columns: chunks, total_byte_size: totalBytes, num_rows: BigInt(numRows) }],
    key_value_metadata: [...Object.entries(metadata), [layoutKey, layout]].map(([key, value]) => ({
      key,
      value,
    })),
    metadata_length: 0, // not written; writeMetadata appends the real one
  });
  writer.appendBytes(magicBytes);
  return writer.getBytes();
}

/** Signedness is told by the converted type alone: every reader still honours it. */
function schemaElements({ name, indptr, content: { type } }: PlannedColumn): SchemaElement[] {
  const leaf: SchemaElement = { name, type: physicalTypes[type], repetition_type: 'REQUIRED' };
  if (type === 'uint32') leaf.converted_type = 'UINT_32';
  if (type === 'utf8') Object.assign(leaf, { converted_type: 'UTF8', logical_type: { type: 'STRING' } });
  if (!indptr) return [leaf];
  const list: SchemaElement = { name, repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' };
  return [
    { ...list, logical_type: { type: 'LIST' } },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { ...leaf, name: 'element' },
  ];
}

function columnChunk(
  { name, indptr, content: { type }, header, levels }: PlannedColumn,
  layout: ColumnLayout,
): ColumnChunk {
  const prefix = header.length + levels.bytes.length;
  const size = BigInt(prefix + layout.valuesLength);
  return {
    file_offset: 0n, // deprecated; the format asks writers for 0
    meta_data: {
      type: physicalTypes[type],
      encodings: ['PLAIN', 'RLE'],
      path_in_schema: indptr ? [name, 'list', 'element'] : [name],
      codec: 'UNCOMPRESSED',
      num_values: BigInt(levels.numEntries),
      total_uncompressed_size: size,
      total_compressed_size: size,
      data_page_offset: BigInt(layout.valuesOffset - prefix),
    },
  };
}
