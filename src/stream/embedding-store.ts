/**
 * Tweet embeddings that are kept for good, by id and version: 0 the latest, 1 the longest, and the time of each update whose number is a power
 * of two from 8 on. Source: PersistentTweetJob.scala.
 */
import type { ItemRecord } from '../embeddings/item-records.ts';
import type { Journal } from './journal.ts';

export const LATEST = 0;
export const LONGEST = 1;

export interface KeptEmbedding {
  readonly updatedAtMs: number;
  /** Version 0 and powers: favs counted from the eighth on; the longest: favs. */
  readonly updatedCount: number;
  readonly clusters: Uint32Array;
  readonly scores: Float32Array;
}

type Versioned = readonly [id: string, version: number, embedding: KeptEmbedding];

/** Embeddings on their way to the store; the same records again change nothing. */
export class EmbeddingStore {
  readonly #journal: Journal;
  /** The last of each id and version. */
  readonly #waiting = new Map<string, Versioned>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  add(record: ItemRecord): void {
    const { id, timeMs, numUpdates, clusters, scores } = record;
    const embedding = { updatedAtMs: timeMs, updatedCount: numUpdates, clusters, scores };
    if (record.isPower) this.#offer(id, timeMs, embedding);
    if (record.isLatest) this.#offer(id, LATEST, embedding);
    if (record.isLongest) this.#offer(id, LONGEST, { ...embedding, updatedCount: record.numFavs });
  }

  #offer(id: string, version: number, embedding: KeptEmbedding): void {
    const before = this.read(id, version);
    if (before && !replaces(version, embedding, before)) return;
    this.#waiting.set(`${version} ${id}`, [id, version, embedding]);
  }

  /** Puts what waits into the store; to be called within a transaction. */
  write(): Promise<unknown>[] {
    const writes = [...this.#waiting.values()].map(([id, version, embedding]) =>
      this.#journal.embeddings.put([id, version], encode(embedding)),
    );
    this.#waiting.clear();
    return writes;
  }

  get numWaiting(): number {
    return this.#waiting.size;
  }

  read(id: string, version: number): KeptEmbedding | undefined {
    const waiting = this.#waiting.get(`${version} ${id}`);
    if (waiting) return waiting[2];
    const bytes = this.#journal.embeddings.getBinary([id, version]);
    return bytes && decode(bytes);
  }

  /** All versions of an id that are kept, ascending. */
  versions(id: string): number[] {
    const kept = [...this.#journal.embeddings.getKeys({ start: [id, 0], end: [id, Number.MAX_VALUE] })];
    const waiting = [...this.#waiting.values()].filter(([other]) => other === id);
    return [
      ...new Set([...kept.map(([, version]) => version), ...waiting.map(([, version]) => version)]),
    ].sort((a, b) => a - b);
  }
}

/** The latest: the later, or the same once more. The longest: the longer, or the same once more. Powers do not change. */
function replaces(version: number, next: KeptEmbedding, before: KeptEmbedding): boolean {
  if (version === LONGEST) return length(next) > length(before);
  return next.updatedAtMs >= before.updatedAtMs;
}

function length({ scores }: KeptEmbedding): number {
  return Math.sqrt(scores.reduce((sum, score) => sum + score * score, 0));
}

function encode({ updatedAtMs, updatedCount, clusters, scores }: KeptEmbedding): Uint8Array {
  const size = clusters.length;
  const value = new DataView(new ArrayBuffer(16 + 8 * size));
  value.setFloat64(0, updatedAtMs, true);
  value.setFloat64(8, updatedCount, true);
  clusters.forEach((cluster, i) => {
    value.setUint32(16 + 4 * i, cluster, true);
    value.setFloat32(16 + 4 * (size + i), scores[i], true);
  });
  return new Uint8Array(value.buffer);
}

function decode(bytes: Uint8Array): KeptEmbedding {
  const value = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = (bytes.length - 16) / 8;
  return {
    updatedAtMs: value.getFloat64(0, true),
    updatedCount: value.getFloat64(8, true),
    clusters: Uint32Array.from({ length: size }, (_, i) => value.getUint32(16 + 4 * i, true)),
    scores: Float32Array.from({ length: size }, (_, i) => value.getFloat32(16 + 4 * (size + i), true)),
  };
}
