/** Retrieval from one compact file held in memory. */
import { SimClustersError } from '../core/errors.ts';
import { IdIndex, type IdTable, idAt } from '../core/ids.ts';
import { type SparseVector, sparseVector } from '../core/sparse-vector.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { openEdgeKernels } from '../kernels/open-edge.ts';
import { CandidateTexts } from './candidate-texts.ts';
import { checkConfig, type RetrievalConfig, retrievalVariant } from './config.ts';
import {
  badEdgeFile,
  type EdgeHeader,
  type EdgeSection,
  type PlacedHeader,
  readEdgeHeader,
  requireList,
  requireStarts,
} from './edge-file.ts';
import type { PlacedIndex, PlacedVectors } from './placed-index.ts';
import { Retriever } from './retriever.ts';
import { retrieverBytes } from './scratch.ts';

export interface EdgeQuery {
  /** What is looked for: [cluster, score] pairs, for example a user's interests. */
  readonly vector?: Iterable<readonly [number, number]>;
  /** Or: items like this one, which is left out. Needs whole vectors in the file. */
  readonly itemId?: string;
  /** Changes to the configuration `WholeNorm`. */
  readonly config?: Partial<RetrievalConfig>;
  /** Now, ms since 1970; absent: ages do not count. */
  readonly nowMs?: number;
}

export interface EdgeResult {
  readonly id: string;
  readonly score: number;
}

export class EdgeModel {
  readonly header: EdgeHeader;
  readonly retriever: Retriever;
  /** By place in the index. */
  readonly ids: IdTable;
  /** Whole vectors, by place, as the index scales them. Absent: the file was written without. */
  readonly vectors: EdgeVectors | undefined;
  readonly #kernels: Kernels;
  #index: IdIndex | undefined;
  #texts: CandidateTexts | undefined;

  constructor(kernels: Kernels, file: EdgeFile) {
    this.#kernels = kernels;
    this.header = file.header;
    this.ids = file.ids;
    const index = placeFile(kernels, file);
    this.retriever = new Retriever(kernels, index);
    this.vectors = file.vectors;
  }

  /**
   * The best items, best first; ties to the older item.
   * @throws SimClustersError BAD_PARAM for a query without a source or a configuration out of range, UNKNOWN_ID for an item not in the file
   */
  search(query: EdgeQuery): EdgeResult[] {
    const config = edgeConfig(this.header, query.config);
    const place = query.itemId === undefined ? undefined : this.#placeOf(query.itemId);
    const source = place === undefined ? vectorOf(query) : this.#vectorAt(place);
    const { items, scores } = this.retriever.search(source, config, { nowMs: query.nowMs, excluded: place });
    return Array.from(items, (item, i) => ({ id: idAt(this.ids, item), score: scores[i] }));
  }

  /** Writes candidates as text. The first call takes the kernel memory that is kept for the ids. */
  get texts(): CandidateTexts {
    this.#texts ??= new CandidateTexts(this.#kernels, this.ids);
    return this.#texts;
  }

  /** Place of an item, or -1. */
  find(id: string): number {
    this.#index ??= IdIndex.from(this.ids);
    return this.#index.findText(id);
  }

  #placeOf(id: string): number {
    const place = this.find(id);
    if (place >= 0) return place;
    throw new SimClustersError('UNKNOWN_ID', {
      got: `item ${JSON.stringify(id)}`,
      expected: `one of the ${this.header.numItems} items of the file`,
      todo: 'Ask for an item that was exported',
    });
  }

  #vectorAt(place: number): SparseVector {
    if (!this.vectors) throw noVectors();
    const { starts, clusters, scores } = this.vectors;
    const [start, end] = [starts[place], starts[place + 1]];
    return { clusters: clusters.subarray(start, end), scores: scores.subarray(start, end) };
  }
}

/** @throws SimClustersError BAD_PARAM */
export function edgeConfig(
  { embeddingType, modelVersion }: EdgeHeader,
  changes: Partial<RetrievalConfig> = {},
): RetrievalConfig {
  return checkConfig({ ...retrievalVariant(embeddingType, modelVersion, 'WholeNorm').config, ...changes });
}

/** @throws SimClustersError BAD_PARAM */
export function vectorOf({ vector }: EdgeQuery): SparseVector {
  if (vector) return sparseVector(vector);
  throw new SimClustersError('BAD_PARAM', {
    got: 'a query without a source',
    expected: '`vector`, or `itemId`',
    todo: 'Say what to look for',
  });
}

function noVectors(): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    got: 'an item as source, and a file without whole vectors',
    expected: 'a vector as source',
    todo: 'Give a `vector`, or export with vectors',
  });
}

/** The vector of place p: entries starts[p] .. starts[p + 1]. */
export interface EdgeVectors {
  readonly starts: Uint32Array;
  readonly clusters: Uint32Array;
  readonly scores: Float32Array;
}

/** What a file holds, as arrays over its bytes. */
interface EdgeFile {
  readonly header: EdgeHeader;
  readonly listStarts: Uint32Array;
  /** As in the file: items and scores of each list in turn. */
  readonly lists: Uint32Array;
  readonly birthMs: Float64Array;
  readonly norms: Float32Array | undefined;
  readonly ids: IdTable;
  readonly vectors: EdgeVectors | undefined;
}

/** Bytes that kernels need beside the arrays of the file: parameter blocks, results, static data. */
const SPARE_BYTES = 2 ** 20;

/**
 * @param source  edge.wasm, or edge.scalar.wasm where `supportsSimd()` is false: a compiled module, or its bytes where the host
 *                allows compiling
 * @param file    what `simclusters export ARTIFACT --format edge` wrote; not needed afterwards except for ids and vectors, which are not copied
 * Cost: one pass over the file. Memory: the file, and again its lists and vectors with about 20 bytes per item.
 * @throws SimClustersError BAD_ARTIFACT for a file that is foreign, cut short or damaged, OUT_OF_MEMORY
 */
export function openEdgeModel(
  source: WebAssembly.Module | Uint8Array<ArrayBuffer>,
  file: ArrayBuffer,
): EdgeModel {
  const decoded = decodeEdgeFile(file);
  return new EdgeModel(
    openEdgeKernels(source, file.byteLength + scratchBytes(decoded.header) + SPARE_BYTES),
    decoded,
  );
}

/** What a Retriever takes for itself, at the most. */
export function scratchBytes({ numItems, numClusters }: EdgeHeader): number {
  return retrieverBytes(numItems, numClusters);
}

export function decodeEdgeFile(file: ArrayBuffer): EdgeFile {
  const placed = readEdgeHeader(new Uint8Array(file));
  const { header } = placed;
  const bytesOf = (name: EdgeSection) => sectionOf(file, placed, name);
  const words = (name: EdgeSection) => new Uint32Array(file, ...required(bytesOf(name), name, 4));
  const listStarts = words('listStarts');
  requireStarts(listStarts, header.numEntries, 'list starts');
  const idOffsets = words('idOffsets');
  const [idStart, numIdBytes] = required(bytesOf('idBytes'), 'idBytes', 1);
  requireStarts(idOffsets, numIdBytes, 'id offsets');
  const births = bytesOf('birthMs');
  const norms = bytesOf('norms');
  return {
    header,
    listStarts,
    lists: words('lists'),
    birthMs: births
      ? new Float64Array(file, births[0], header.numItems)
      : new Float64Array(header.numItems).fill(Number.NEGATIVE_INFINITY),
    norms: norms && new Float32Array(file, norms[0], header.numItems),
    ids: { size: header.numItems, offsets: idOffsets, bytes: new Uint8Array(file, idStart, numIdBytes) },
    vectors:
      bytesOf('vectorStarts') &&
      vectorsOf(file, header, words('vectorStarts'), words('vectorClusters'), bytesOf('vectorScores')),
  };
}

function vectorsOf(
  file: ArrayBuffer,
  { numClusters }: EdgeHeader,
  starts: Uint32Array,
  clusters: Uint32Array,
  scores: readonly [number, number] | undefined,
) {
  const [offset, length] = required(scores, 'vectorScores', 4);
  requireStarts(starts, clusters.length, 'vector starts');
  let largest = 0;
  for (let i = 0; i < clusters.length; i++) if (clusters[i] > largest) largest = clusters[i];
  if (clusters.length > 0 && largest >= numClusters)
    throw badEdgeFile('a vector in a cluster beyond the last', `clusters below ${numClusters}`);
  return { starts, clusters, scores: new Float32Array(file, offset, length) };
}

/** Offset and length in bytes of a section, counted from the start of the file. */
function sectionOf(
  file: ArrayBuffer,
  { header, dataStart }: PlacedHeader,
  name: EdgeSection,
): [number, number] | undefined {
  const section = header.sections[name];
  if (!section) return undefined;
  const start = dataStart + section[0];
  if (start + section[1] <= file.byteLength) return [start, section[1]];
  throw badEdgeFile(`${file.byteLength} bytes`, `at least ${start + section[1]}, the end of section ${name}`);
}

/** Offset in bytes and length in elements. */
function required(
  section: readonly [number, number] | undefined,
  name: string,
  width: number,
): [number, number] {
  if (section) return [section[0], section[1] / width];
  throw badEdgeFile(`no section ${name}`, 'all sections of the format');
}

function placeFile(
  { arena }: Kernels,
  { header, listStarts, lists, birthMs, norms, vectors }: EdgeFile,
): PlacedIndex {
  const items = arena.u32(header.numEntries);
  const scores = arena.f32(header.numEntries);
  const scoresOfFile = new Float32Array(lists.buffer, lists.byteOffset, lists.length);
  for (let cluster = 0; cluster < header.numClusters; cluster++) {
    const [start, end] = [listStarts[cluster], listStarts[cluster + 1]];
    items.set(lists.subarray(2 * start, start + end), start);
    scores.set(scoresOfFile.subarray(start + end, 2 * end), start);
  }
  requireList(items, scores, header.numItems);
  return {
    buffer: arena.buffer,
    numItems: header.numItems,
    numClusters: header.numClusters,
    scale: header.scale,
    birthMs,
    norms: norms ? arena.put(norms).byteOffset : 0,
    lists: {
      starts: listStarts.subarray(0, header.numClusters),
      ends: listStarts.subarray(1),
      items: items.byteOffset,
      scores: scores.byteOffset,
    },
    vectors: vectors && placeVectors({ arena }, vectors),
  };
}

function placeVectors(
  { arena }: Pick<Kernels, 'arena'>,
  { starts, clusters, scores }: EdgeVectors,
): PlacedVectors {
  return {
    starts: arena.put(starts).byteOffset,
    clusters: arena.put(clusters).byteOffset,
    scores: arena.put(scores).byteOffset,
  };
}
