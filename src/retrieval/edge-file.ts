/**
 * The compact file that retrieval at the edge reads: an index of items with their ids, nothing else.
 *
 *   "SCEDGE\0\1"  u32 length of the header  u32 0  header (JSON)  padding  sections, each at a multiple of 64 bytes
 *
 * Numbers are little-endian. The header names the sections; their offsets count from the end of the padded header. Section
 * `lists` holds the list of each cluster in one piece, items u32[n] and then scores f32[n], so that a list is one range of the file.
 */
import { SimClustersError } from '../core/errors.ts';
import type { IdTable } from '../core/ids.ts';
import type { ItemIndex, ItemScale } from './item-index.ts';

const MAGIC = 'SCEDGE\0\x01';
const PREFIX_BYTES = 16;
const ALIGNMENT = 64;

export const edgeSections = [
  'listStarts', // u32[numClusters + 1]: entries before each list
  'lists', // 8 bytes an entry
  'birthMs', // f64[numItems]; absent when no birth is known
  'norms', // f32[numItems]; absent when all are 1
  'idOffsets', // u32[numItems + 1]
  'idBytes', // UTF-8
  'vectorStarts', // u32[numItems + 1]; absent without whole vectors, as are the next two
  'vectorClusters', // u32
  'vectorScores', // f32
] as const;
export type EdgeSection = (typeof edgeSections)[number];

export interface EdgeHeader {
  readonly modelVersion: string;
  readonly embeddingType: string;
  readonly numItems: number;
  readonly numClusters: number;
  readonly numEntries: number;
  readonly scale: ItemScale;
  /** Offset from the end of the padded header, and length, in bytes. */
  readonly sections: Readonly<Partial<Record<EdgeSection, readonly [number, number]>>>;
}

/** First byte of the sections. */
export interface PlacedHeader {
  readonly header: EdgeHeader;
  readonly dataStart: number;
}

export interface EdgeFileInput {
  readonly index: ItemIndex;
  /** Ids by row of the embedding that the index was made of. */
  readonly ids: IdTable;
  readonly modelVersion: string;
  readonly embeddingType: string;
}

/** The bytes of the file, in pieces. Whole vectors go in when the index has them. */
export function edgeFilePieces({ index, ids, modelVersion, embeddingType }: EdgeFileInput): Uint8Array[] {
  const { numItems, numClusters, scale, lists, vectors, norms } = index;
  const idColumn = idsByPlace(ids, index.rowOf);
  const hasBirths = index.birthMs.some((time) => time > Number.NEGATIVE_INFINITY);
  const content: Partial<Record<EdgeSection, ArrayBufferView>> = {
    listStarts: lists.indptr,
    lists: listPieces(index),
    birthMs: hasBirths ? index.birthMs : undefined,
    norms: scale === 'raw' ? norms : undefined,
    idOffsets: idColumn.offsets,
    idBytes: idColumn.bytes,
    vectorStarts: vectors?.indptr,
    vectorClusters: vectors?.indices,
    vectorScores: vectors?.data,
  };
  const sections: Partial<Record<EdgeSection, readonly [number, number]>> = {};
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const name of edgeSections) {
    const array = content[name];
    if (!array) continue;
    sections[name] = [at, array.byteLength];
    pieces.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    pieces.push(new Uint8Array(padding(array.byteLength)));
    at += array.byteLength + padding(array.byteLength);
  }
  const numEntries = lists.indices.length;
  const header: EdgeHeader = {
    modelVersion,
    embeddingType,
    numItems,
    numClusters,
    numEntries,
    scale,
    sections,
  };
  return [headerBytes(header), ...pieces];
}

function headerBytes(header: EdgeHeader): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(PREFIX_BYTES + json.length + padding(PREFIX_BYTES + json.length));
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(8, json.length, true);
  bytes.set(json, PREFIX_BYTES);
  return bytes;
}

/** Bytes to read for `readEdgeHeader`: enough for any header of this version. */
export const HEADER_BYTES = 4096;

/** @param bytes the first HEADER_BYTES of the file, or all of it  @throws SimClustersError BAD_ARTIFACT */
export function readEdgeHeader(bytes: Uint8Array): PlacedHeader {
  const found = new TextDecoder().decode(bytes.subarray(0, MAGIC.length));
  if (found !== MAGIC)
    throw badEdgeFile(
      `a file that begins ${JSON.stringify(found)}`,
      `one that begins ${JSON.stringify(MAGIC)}`,
    );
  if (bytes.length < PREFIX_BYTES) throw badEdgeFile(`${bytes.length} bytes`, 'a whole header');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  const end = PREFIX_BYTES + length;
  if (end > bytes.length)
    throw badEdgeFile(`a header of ${length} bytes in ${bytes.length}`, 'a whole header');
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(PREFIX_BYTES, end)));
  requireLengths(header);
  return { header, dataStart: end + padding(end) };
}

function parseHeader(text: string): EdgeHeader {
  try {
    return JSON.parse(text) as EdgeHeader;
  } catch (cause) {
    throw badEdgeFile(String(cause), 'a header in JSON');
  }
}

/** Each section has the length that the counts of the header ask for, so no reader runs past its end. */
function requireLengths({ numItems, numClusters, numEntries, sections }: EdgeHeader): void {
  for (const [name, count] of Object.entries({ numItems, numClusters, numEntries }))
    if (!Number.isInteger(count) || count < 0 || count >= 2 ** 31)
      throw badEdgeFile(`${name} ${count}`, 'a number of things');
  const wanted: Partial<Record<EdgeSection, number>> = {
    listStarts: 4 * (numClusters + 1),
    lists: 8 * numEntries,
    birthMs: 8 * numItems,
    norms: 4 * numItems,
    idOffsets: 4 * (numItems + 1),
    vectorStarts: 4 * (numItems + 1),
    vectorScores: sections.vectorClusters?.[1],
  };
  for (const name of ['listStarts', 'lists', 'idOffsets', 'idBytes'] as const)
    if (!sections[name]) throw badEdgeFile(`no section ${name}`, 'all sections of the format');
  for (const [name, [offset, length]] of Object.entries(sections)) {
    const expected = wanted[name as EdgeSection];
    if (!(offset >= 0) || offset % ALIGNMENT !== 0 || (expected !== undefined && length !== expected))
      throw badEdgeFile(
        `section ${name} of ${length} bytes at ${offset}`,
        `${expected} bytes at a multiple of ${ALIGNMENT}`,
      );
  }
}

/** A list as it lies in the file, checked: items known, scores positive. @throws SimClustersError BAD_ARTIFACT */
export function requireList(items: Uint32Array, scores: Float32Array, numItems: number): void {
  for (let i = 0; i < items.length; i++) {
    if (items[i] < numItems && scores[i] > 0 && scores[i] < Number.POSITIVE_INFINITY) continue;
    throw badEdgeFile(
      `item ${items[i]} with score ${scores[i]} in a list`,
      `items below ${numItems}, scores above 0`,
    );
  }
}

/** Starts of rows or lists, checked: from 0, ascending, to the end. @throws SimClustersError BAD_ARTIFACT */
export function requireStarts(starts: Uint32Array, end: number, what: string): void {
  let last = 0;
  for (const start of starts) {
    if (start < last) throw badEdgeFile(`${what} that go back from ${last} to ${start}`, 'ascending offsets');
    last = start;
  }
  if (starts[0] !== 0 || last !== end)
    throw badEdgeFile(`${what} from ${starts[0]} to ${last}`, `from 0 to ${end}`);
}

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
}

function listPieces({ lists }: ItemIndex): Uint8Array {
  const bytes = new Uint8Array(8 * lists.indices.length);
  const [items, scores] = [new Uint32Array(bytes.buffer), new Float32Array(bytes.buffer)];
  for (let cluster = 0; cluster < lists.numRows; cluster++) {
    const [start, end] = [lists.indptr[cluster], lists.indptr[cluster + 1]];
    items.set(lists.indices.subarray(start, end), 2 * start);
    scores.set((lists.data as Float32Array).subarray(start, end), start + end);
  }
  return bytes;
}

function idsByPlace(ids: IdTable, rowOf: Uint32Array): { offsets: Uint32Array; bytes: Uint8Array } {
  const offsets = new Uint32Array(rowOf.length + 1);
  for (let place = 0; place < rowOf.length; place++)
    offsets[place + 1] = offsets[place] + ids.offsets[rowOf[place] + 1] - ids.offsets[rowOf[place]];
  const bytes = new Uint8Array(offsets[rowOf.length]);
  for (let place = 0; place < rowOf.length; place++)
    bytes.set(ids.bytes.subarray(ids.offsets[rowOf[place]], ids.offsets[rowOf[place] + 1]), offsets[place]);
  return { offsets, bytes };
}

export function badEdgeFile(got: string, expected: string): SimClustersError {
  return new SimClustersError('BAD_ARTIFACT', {
    got,
    expected,
    todo: 'Write the file again with `simclusters export ARTIFACT --format edge`, and see that all of it arrives',
  });
}
