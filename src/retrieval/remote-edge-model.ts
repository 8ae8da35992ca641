/** Retrieval from a compact file that stays where it is: lists are fetched as queries need them, one range each, and kept. */
import { SimClustersError } from '../core/errors.ts';
import { type SparseVector, strongestEntries } from '../core/sparse-vector.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { openEdgeKernels } from '../kernels/open-edge.ts';
import type { RetrievalConfig } from './config.ts';
import {
  badEdgeFile,
  type EdgeHeader,
  type EdgeSection,
  HEADER_BYTES,
  type PlacedHeader,
  readEdgeHeader,
  requireList,
  requireStarts,
} from './edge-file.ts';
import { type EdgeQuery, type EdgeResult, edgeConfig, scratchBytes, vectorOf } from './edge-model.ts';
import { ListPool } from './list-pool.ts';
import { PagedBytes } from './paged-bytes.ts';
import { Retriever } from './retriever.ts';

/** Bytes start .. end (exclusive) of the file; fewer only at its end. For example an HTTP range request. */
export type ReadRange = (start: number, end: number) => Promise<ArrayBuffer>;

/** Bytes start .. end of a section. */
type ReadSection = (section: EdgeSection, start: number, end: number) => Promise<ArrayBuffer>;

export interface RemoteOptions {
  /** Entries of lists kept in memory, 8 bytes each. Default 2^20. */
  readonly maxEntries?: number;
}

const DEFAULT_ENTRIES = 2 ** 20;
const SPARE_BYTES = 2 ** 20;

export class RemoteEdgeModel {
  readonly header: EdgeHeader;
  readonly #read: ReadSection;
  readonly #listStarts: Uint32Array;
  readonly #pool: ListPool;
  readonly #retriever: Retriever;
  readonly #offsets: PagedBytes;
  readonly #bytes: PagedBytes;
  readonly #birthMs: Float64Array;

  private constructor(kernels: Kernels, placed: PlacedHeader, read: ReadSection, parts: Parts) {
    const { header } = placed;
    this.header = header;
    this.#read = read;
    this.#listStarts = parts.listStarts;
    this.#pool = new ListPool(kernels.arena, header.numClusters, parts.maxEntries);
    this.#birthMs = parts.birthMs;
    this.#retriever = new Retriever(kernels, {
      buffer: kernels.arena.buffer,
      numItems: header.numItems,
      numClusters: header.numClusters,
      scale: header.scale,
      birthMs: this.#birthMs,
      norms: parts.norms ? kernels.arena.put(parts.norms).byteOffset : 0,
      lists: this.#pool.lists,
    });
    this.#offsets = new PagedBytes((start, end) => read('idOffsets', start, end), 4 * (header.numItems + 1));
    this.#bytes = new PagedBytes((start, end) => read('idBytes', start, end), lengthOf(header, 'idBytes'));
  }

  /** Reads the header, the directory of lists, the births and, for raw scores, the norms. */
  static async open(
    source: WebAssembly.Module | Uint8Array<ArrayBuffer>,
    readRange: ReadRange,
    { maxEntries = DEFAULT_ENTRIES }: RemoteOptions = {},
  ): Promise<RemoteEdgeModel> {
    const placed = readEdgeHeader(new Uint8Array(await readRange(0, HEADER_BYTES)));
    const { header, dataStart } = placed;
    const read = async (name: EdgeSection, start: number, end: number) => {
      const first = dataStart + (header.sections[name]?.[0] ?? 0);
      const bytes = await readRange(first + start, first + end);
      if (bytes.byteLength === end - start) return bytes;
      throw badEdgeFile(`${bytes.byteLength} bytes of ${name}`, `${end - start}`);
    };
    const whole = async (name: EdgeSection) =>
      header.sections[name] && (await read(name, 0, lengthOf(header, name)));
    const [starts, births, norms] = await Promise.all([
      whole('listStarts'),
      whole('birthMs'),
      whole('norms'),
    ]);
    const listStarts = new Uint32Array(starts as ArrayBuffer);
    requireStarts(listStarts, header.numEntries, 'list starts');
    const kernels = openEdgeKernels(
      source,
      8 * maxEntries + 4 * header.numItems + scratchBytes(header) + SPARE_BYTES,
    );
    return new RemoteEdgeModel(kernels, placed, read, {
      maxEntries,
      listStarts,
      birthMs: births
        ? new Float64Array(births)
        : new Float64Array(header.numItems).fill(Number.NEGATIVE_INFINITY),
      norms: norms && new Float32Array(norms),
    });
  }

  /**
   * As EdgeModel.search, from a vector. Fetches lists that are not in memory, at once.
   * @throws SimClustersError BAD_PARAM also for what needs whole vectors, and for a query whose lists do not fit into memory together
   */
  async search(query: EdgeQuery): Promise<EdgeResult[]> {
    const config = edgeConfig(this.header, query.config);
    const source = vectorOf(query);
    const clusters = this.#clustersOf(source, config);
    // Other queries may push lists out while this one waits for its own.
    while (!this.#pool.holds(clusters)) await this.#fetch(clusters);
    const { items, scores } = this.#retriever.search(source, config, { nowMs: query.nowMs });
    const ids = await Promise.all(Array.from(items, (item) => this.#idAt(item)));
    return ids.map((id, i) => ({ id, score: scores[i] }));
  }

  #clustersOf(source: SparseVector, { maxScanClusters }: RetrievalConfig): number[] {
    const strongest = strongestEntries(source).slice(0, maxScanClusters);
    return strongest.map((i) => source.clusters[i]).filter((cluster) => cluster < this.header.numClusters);
  }

  async #fetch(clusters: readonly number[]): Promise<void> {
    const starts = this.#listStarts;
    const numEntries = clusters.reduce((sum, cluster) => sum + starts[cluster + 1] - starts[cluster], 0);
    if (numEntries > this.#pool.capacity) throw tooManyEntries(numEntries, this.#pool.capacity);
    const missing = clusters.filter((cluster) => !this.#pool.holds([cluster]));
    const lists = await Promise.all(
      missing.map(async (cluster) => {
        const [start, end] = [starts[cluster], starts[cluster + 1]];
        const bytes = start === end ? new ArrayBuffer(0) : await this.#read('lists', 8 * start, 8 * end);
        const items = new Uint32Array(bytes, 0, end - start);
        const scores = new Float32Array(bytes, 4 * (end - start));
        requireList(items, scores, this.header.numItems);
        return { cluster, items, scores };
      }),
    );
    this.#pool.add(lists);
  }

  async #idAt(item: number): Promise<string> {
    const bounds = await this.#offsets.slice(4 * item, 4 * item + 8);
    const view = new DataView(bytesOf(bounds));
    const [start, end] = [view.getUint32(0, true), view.getUint32(4, true)];
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await this.#bytes.slice(start, end));
  }
}

interface Parts {
  readonly maxEntries: number;
  readonly listStarts: Uint32Array;
  readonly birthMs: Float64Array;
  readonly norms: Float32Array | undefined;
}

/**
 * Opens a compact file by ranges: a few at first, then one for each list that a query is the first to need.
 * @param source  as for openEdgeModel
 * @throws SimClustersError BAD_ARTIFACT, OUT_OF_MEMORY, and whatever `readRange` throws
 */
export function openRemoteEdgeModel(
  source: WebAssembly.Module | Uint8Array<ArrayBuffer>,
  readRange: ReadRange,
  options: RemoteOptions = {},
): Promise<RemoteEdgeModel> {
  return RemoteEdgeModel.open(source, readRange, options);
}

function lengthOf(header: EdgeHeader, name: EdgeSection): number {
  return header.sections[name]?.[1] ?? 0;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

function tooManyEntries(numEntries: number, capacity: number): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    got: `a query over lists of ${numEntries} entries`,
    expected: `at most ${capacity}, as many as are kept in memory`,
    todo: 'Raise maxEntries, or lower maxScanClusters',
  });
}
