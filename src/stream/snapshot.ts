/**
 * Snapshots for readers in other processes: a folder of artifact files each, never changed once it is there, and a pointer `latest.json`
 * that is swapped in one step.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Csr } from '../core/csr.ts';
import type { Column, Table } from '../core/table.ts';
import { type ItemKind, itemKinds } from '../embeddings/event-rows.ts';
import { type ItemRecord, itemRecords } from '../embeddings/item-records.ts';
import { writeTable } from '../io/artifact-file.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import type { StreamEngine } from './engine.ts';

const POINTER = 'latest.json';
const trendKinds = itemKinds.filter((kind) => kind !== 'tweet');

export interface SnapshotOptions {
  /** Least score of a cluster of a tweet or trend. Source: summingbird Configs. */
  readonly itemThreshold: number;
  /** Least score of an item of a cluster. Source: summingbird Configs. */
  readonly indexThreshold: number;
  /** Items per cluster. */
  readonly topK: number;
  /** Clusters per item. */
  readonly clustersPerItem: number;
  /** Age of the tweets of the light index, at the most. */
  readonly lightAgeMs: number;
  /** The light index is empty, as the original's is by mistake. */
  readonly isLightEmpty: boolean;
}

export const snapshotDefaults: SnapshotOptions = {
  itemThreshold: 0.02,
  indexThreshold: 0.001,
  topK: 1600,
  clustersPerItem: 50,
  lightAgeMs: 3_600_000,
  isLightEmpty: false,
};

export interface SnapshotPointer {
  readonly folder: string;
  /** Time of the latest event in it. */
  readonly timeMs: number;
  /** Last journal entry in it. */
  readonly sequence: number;
  readonly numTweets: number;
  readonly numTrends: number;
}

/** Where the latest snapshot lies; undefined: there is none yet. */
export function latestSnapshot(folder: string): SnapshotPointer | undefined {
  const path = join(folder, POINTER);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as SnapshotPointer) : undefined;
}

/** Writes a snapshot of the engine as it stands, and removes those before the last two. @throws SimClustersError WRITE_FAILED */
export async function writeSnapshot(
  folder: string,
  engine: StreamEngine,
  sequence: number,
  options: SnapshotOptions,
): Promise<SnapshotPointer> {
  const tables = await engine.exclusively(() => gather(engine, options));
  const name = `snapshot-${sequence}`;
  mkdirSync(join(folder, name), { recursive: true });
  for (const [artifact, { table, numCols }] of Object.entries(tables)) {
    await writeTable(join(folder, name, `${artifact}.parquet`), table, {
      'simclusters.artifact': artifact,
      'simclusters.attribute.numCols': String(numCols),
    });
  }
  const pointer: SnapshotPointer = {
    folder: name,
    timeMs: engine.maxTimeMs,
    sequence,
    numTweets: tables['tweetEmbedding'].table.numRows,
    numTrends: tables['trendEmbedding'].table.numRows,
  };
  await writeFileAtomically(join(folder, POINTER), [Buffer.from(`${JSON.stringify(pointer)}\n`)]);
  removeOld(folder, name);
  return pointer;
}

/** Readers may still be opening the one before the last. */
function removeOld(folder: string, name: string): void {
  const numberOf = (other: string) => Number(other.slice('snapshot-'.length));
  const old = readdirSync(folder).filter((other) => other.startsWith('snapshot-') && other !== name);
  old.sort((a, b) => numberOf(b) - numberOf(a));
  for (const other of old.slice(1)) rmSync(join(folder, other), { recursive: true, force: true });
}

interface ArtifactTable {
  readonly table: Table;
  readonly numCols: number;
}

async function gather(
  { state, maxTimeMs }: StreamEngine,
  options: SnapshotOptions,
): Promise<Record<string, ArtifactTable>> {
  const sizes = state.tableSizes;
  const starts = Uint32Array.from(sizes, (_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
  const numbers = new Uint32Array(sizes.reduce((a, b) => a + b, 0));
  const tweets = new ItemColumns();
  const trends = new ItemColumns();
  await state.exportItems(maxTimeMs, options.itemThreshold, (words, shard) => {
    for (const record of itemRecords(words)) {
      const columns = record.kind === 'tweet' ? tweets : trends;
      numbers[starts[shard] + record.tag] = columns.add(record);
    }
  });
  const index = (kinds: readonly ItemKind[], youngerMs: number) =>
    state.buildIndex({
      nowMs: maxTimeMs,
      threshold: options.indexThreshold,
      topK: options.topK,
      kinds,
      youngerMs,
      items: { numbers, starts },
    });
  const lightAgeMs = options.isLightEmpty ? Number.NEGATIVE_INFINITY : options.lightAgeMs;
  const clusterToTweets = await index(['tweet'], state.options.maxAgeMs);
  const numCols = clusterToTweets.numRows;
  return {
    tweetEmbedding: { table: tweets.toTable('itemId', false), numCols },
    trendEmbedding: { table: trends.toTable('trendId', true), numCols },
    clusterToTweets: indexTable(clusterToTweets, 'itemIndex', tweets.size),
    clusterToYoungTweets: indexTable(await index(['tweet'], lightAgeMs), 'itemIndex', tweets.size),
    clusterToTrends: indexTable(await index(trendKinds, Number.POSITIVE_INFINITY), 'trendIndex', trends.size),
  };
}

function indexTable(index: Csr, name: string, numCols: number): ArtifactTable {
  const { numRows, indptr } = index;
  const clusters = Uint32Array.from({ length: numRows }, (_, i) => i);
  return {
    numCols,
    table: {
      numRows,
      columns: {
        clusterId: { kind: 'scalar', values: clusters },
        [name]: { kind: 'list', indptr, values: index.indices },
        score: { kind: 'list', indptr, values: index.data! },
      },
    },
  };
}

/** Rows of an embedding that is being gathered; clusters of a row ascend. */
class ItemColumns {
  readonly #ids: Buffer[] = [];
  readonly #kinds: number[] = [];
  readonly #bornMs: number[] = [];
  readonly #ends: number[] = [];
  /** Of all rows, one after the other. */
  #clusters = new Uint32Array(1024);
  #scores = new Float32Array(1024);

  get size(): number {
    return this.#ends.length;
  }

  /** Number of the new row. */
  add({ id, kind, bornMs, clusters, scores }: ItemRecord): number {
    this.#ids.push(Buffer.from(id));
    this.#kinds.push(itemKinds.indexOf(kind));
    this.#bornMs.push(bornMs);
    const start = this.#ends.at(-1) ?? 0;
    const end = start + clusters.length;
    this.#makeRoom(end);
    for (let i = 0; i < clusters.length; i++) this.#insert(start, start + i, clusters[i], scores[i]);
    this.#ends.push(end);
    return this.#ends.length - 1;
  }

  /** Into the ascending entries from `start` to `end`: there are few. */
  #insert(start: number, end: number, cluster: number, score: number): void {
    let at = end;
    for (; at > start && this.#clusters[at - 1] > cluster; at--) {
      this.#clusters[at] = this.#clusters[at - 1];
      this.#scores[at] = this.#scores[at - 1];
    }
    this.#clusters[at] = cluster;
    this.#scores[at] = score;
  }

  #makeRoom(length: number): void {
    if (length <= this.#clusters.length) return;
    const clusters = new Uint32Array(2 * length);
    const scores = new Float32Array(2 * length);
    clusters.set(this.#clusters);
    scores.set(this.#scores);
    this.#clusters = clusters;
    this.#scores = scores;
  }

  toTable(idName: string, withKinds: boolean): Table {
    const indptr = new Uint32Array(this.size + 1);
    indptr.set(this.#ends, 1);
    const columns: Record<string, Column> = { [idName]: textColumn(this.#ids) };
    if (withKinds) columns['kind'] = textColumn(this.#kinds.map((kind) => Buffer.from(itemKinds[kind])));
    else columns['bornMs'] = { kind: 'scalar', values: Float64Array.from(this.#bornMs) };
    columns['clusterId'] = { kind: 'list', indptr, values: this.#clusters.slice(0, indptr[this.size]) };
    columns['score'] = { kind: 'list', indptr, values: this.#scores.slice(0, indptr[this.size]) };
    return { numRows: this.size, columns };
  }
}

function textColumn(texts: readonly Buffer[]): Column {
  const offsets = new Uint32Array(texts.length + 1);
  texts.forEach(({ length }, i) => {
    offsets[i + 1] = offsets[i] + length;
  });
  return { kind: 'string', offsets, bytes: new Uint8Array(Buffer.concat(texts)) };
}
