/**
 * The streaming state: decayed embeddings of tweets and trends, and the best items of each cluster.
 *   W[i, c](now) = Σ over favs (u, i, t) of  N[u, c] · 0.5^((now − t) / halfLife)
 * An event is an addition, so events may come in any order; rounding is to 2^-34 at the beginning of the event's epoch of 8 half-lives,
 * and sums are exact while they stay below 2^53 of those. Items live in shards by the hash of their id, each a region
 * of kernel memory and the work of one thread. What the state becomes follows from the events and the calls of `sweep` and `rebase` between
 * them, never from threads, clocks or the sizes of batches. Source: TweetJob.scala, Monoids.scala.
 */
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import type { BlockValues, KernelName, layouts } from '../kernels/abi.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { topKRows } from '../kernels/sparse.ts';
import { EventRows, type ItemKind, itemKinds } from './event-rows.ts';
import { emptyShardBytes, readShard, startShard } from './shard-memory.ts';

export interface StateOptions {
  readonly halfLifeMs: number;
  /** Tweets older than this take no favs and are not read. Infinity: no limit. */
  readonly maxAgeMs: number;
  /** An item of which the length is less than this dies. */
  readonly negligible: number;
  /** Clusters per item when it is read or kept. */
  readonly clustersPerItem: number;
  /** From this number of favs on a tweet's embedding is kept. */
  readonly minFavs: number;
  /** Where the birth of a tweet is not known: its first event, or too long ago. */
  readonly bornByFirstEvent: boolean;
  /** Bytes of all shards together. */
  readonly budgetBytes: number;
}

const HOUR_MS = 3_600_000;
/** Source: summingbird Configs.scala. */
export const stateDefaults: StateOptions = {
  halfLifeMs: 8 * HOUR_MS,
  maxAgeMs: 72 * HOUR_MS,
  negligible: 1e-5,
  clustersPerItem: 50,
  minFavs: 8,
  bornByFirstEvent: true,
  budgetBytes: 2 ** 30,
};

/** Fixed, so that the number of threads changes nothing. A power of two. */
export const NUM_SHARDS = 4;
export const EPOCH_HALF_LIVES = 8;
/** Places of the table that a sweep looks at, at the least. */
const LEAST_SWEEP = 256;
/** Of a shard: four thousand records of the usual size. */
const RECORD_WORDS = 2 ** 19;

export interface StateCounts {
  readonly numItems: number;
  readonly numEntries: number;
  readonly usedBytes: number;
  readonly numApplied: number;
  readonly numTooOld: number;
  readonly numExpired: number;
  readonly numNegligible: number;
  readonly numEvicted: number;
  readonly numRefused: number;
  readonly numPruned: number;
}

/** What the kernels write out, shard by shard; valid until the next call. */
export type OnRecords = (words: Uint32Array, shard: number) => void;
type StreamKernel = Extract<
  KernelName,
  | 'applyEvents'
  | 'sweepItems'
  | 'rebaseItems'
  | 'exportItems'
  | 'readItems'
  | 'countEntries'
  | 'scatterEntries'
>;
type Block = BlockValues<(typeof layouts)['StreamParams']>;

export interface IndexOptions {
  readonly nowMs: number;
  /** Least score. */
  readonly threshold: number;
  /** Items per cluster. */
  readonly topK: number;
  readonly kinds: readonly ItemKind[];
  /** Only items younger than this. */
  readonly youngerMs: number;
  /** Number of the item at each place of the tables, and where each shard begins among them. */
  readonly items: { readonly numbers: Uint32Array; readonly starts: Uint32Array };
}

export class DecayedState {
  readonly options: StateOptions;
  readonly #kernels: Kernels;
  readonly #shardBytes: number;
  readonly #shards: Uint8Array;
  readonly #records: Uint32Array;
  readonly #wordsUsed: Uint32Array;
  readonly #rowsDone: Uint32Array;
  /** Highest cluster id + 1. */
  #numCols = 0;
  #interestMark = -1;
  #interest: Pick<Block, 'interestIndptr' | 'interestClusters' | 'interestScores'> = {};

  /**
   * Takes its memory for good: the kernels are to be closed with it.
   * @param firstMs  about the time of the first event
   * @throws SimClustersError OUT_OF_MEMORY, BAD_PARAM
   */
  constructor(kernels: Kernels, options: Partial<StateOptions>, firstMs: number) {
    this.#kernels = kernels;
    this.options = { ...stateDefaults, ...options };
    this.#shardBytes = Math.floor(this.options.budgetBytes / NUM_SHARDS / 64) * 64;
    this.#demandRoom();
    const { arena } = kernels;
    this.#shards = arena.u8(this.#shardBytes * NUM_SHARDS);
    this.#records = arena.u32(RECORD_WORDS * NUM_SHARDS);
    this.#wordsUsed = arena.u32(NUM_SHARDS);
    this.#rowsDone = arena.u32(NUM_SHARDS);
    const landmark = Math.floor(firstMs / (this.options.halfLifeMs * EPOCH_HALF_LIVES));
    for (const address of this.#addresses()) {
      new Uint8Array(this.#shards.buffer, address, emptyShardBytes(this.#shardBytes)).fill(0);
      startShard(arena.view, address, { bytes: this.#shardBytes, landmark });
    }
  }

  #demandRoom(): void {
    const least = NUM_SHARDS * (emptyShardBytes(this.#shardBytes) + 2 ** 16);
    if (this.options.budgetBytes >= least) return;
    throw new SimClustersError('BAD_PARAM', {
      got: `${this.options.budgetBytes} bytes for the state`,
      expected: `at least ${least} bytes`,
      todo: 'Allow more memory',
    });
  }

  #addresses(): number[] {
    return Array.from({ length: NUM_SHARDS }, (_, i) => this.#shards.byteOffset + i * this.#shardBytes);
  }

  /** New rows for `apply`. To be made before `setInterests`. */
  rows(capacity: number): EventRows {
    return new EventRows(this.#kernels.arena, capacity);
  }

  /**
   * From now on events add these interests.
   * @param interest  actors × (highest cluster + 1), f32
   * @throws SimClustersError OUT_OF_MEMORY
   */
  setInterests(interest: Csr): void {
    this.#numCols = interest.numCols;
    const { arena } = this.#kernels;
    if (this.#interestMark < 0) this.#interestMark = arena.mark();
    else arena.release(this.#interestMark);
    this.#interest = {
      interestIndptr: arena.put(interest.indptr),
      interestClusters: arena.put(interest.indices),
      interestScores: arena.put(interest.data!),
    };
  }

  get landmarkEpoch(): number {
    return readShard(this.#kernels.arena.view, this.#shards.byteOffset).landmark;
  }

  get counts(): StateCounts {
    const counts: Record<string, number> = {};
    for (const address of this.#addresses()) {
      for (const [field, value] of Object.entries(readShard(this.#kernels.arena.view, address)))
        counts[field] = (counts[field] ?? 0) + value;
    }
    return counts as unknown as StateCounts;
  }

  /** Adds the rows, in order. `onRecords` gets embeddings to be kept. */
  async apply(rows: EventRows, onRecords: OnRecords): Promise<void> {
    if (rows.size > 0) await this.#run('applyEvents', { ...rows.block, ...this.#interest }, { onRecords });
  }

  /**
   * Looks at 1/share of all items, or a few hundred places if that is more: those too old or negligible at
   * `nowMs` die.
   */
  async sweep(nowMs: number, share: number, onRecords: OnRecords): Promise<void> {
    const start = this.tableSizes.map((size) => Math.max(Math.ceil(size / share), LEAST_SWEEP));
    await this.#run('sweepItems', { nowMs }, { onRecords, start, isDone: (left) => left === 0 });
  }

  /** Moves the landmark on by whole epochs; no bit of a value is lost. */
  async rebase(epochs: number): Promise<void> {
    await this.#run('rebaseItems', { shift: epochs }, { isDone: () => true });
  }

  /** Records of all items at `nowMs`, clusters of at least `threshold`. */
  async exportItems(nowMs: number, threshold: number, onRecords: OnRecords): Promise<void> {
    const ends = this.tableSizes;
    const isDone = (place: number, shard: number) => place >= ends[shard];
    await this.#run('exportItems', { nowMs, threshold }, { onRecords, isDone });
  }

  /** Records of the items of these rows that are there; the tag is the row. */
  async read(rows: EventRows, nowMs: number, threshold: number, onRecords: OnRecords): Promise<void> {
    await this.#run('readItems', { ...rows.block, nowMs, threshold }, { onRecords });
  }

  /**
   * The best items of each cluster at `nowMs`, out of all entries.
   * @returns clusters × items, best first, ties to the lower item; row 0 is empty
   */
  async buildIndex({ nowMs, threshold, topK, kinds, youngerMs, items }: IndexOptions): Promise<Csr> {
    const numRows = this.#numCols;
    const kindMask = kinds.reduce((mask, kind) => mask | (1 << itemKinds.indexOf(kind)), 0);
    return this.#kernels.scope(async (arena) => {
      const counts = arena.u32(NUM_SHARDS * numRows);
      counts.fill(0);
      const values: Block = { nowMs, threshold, kindMask, youngerMs, counts, numClusters: numRows };
      await this.#run('countEntries', values, { isDone: () => true });
      const indptr = placeCounts(counts, numRows);
      const indices = arena.u32(indptr[numRows]);
      const data = arena.f32(indptr[numRows]);
      const places: Block = {
        itemNumbers: arena.put(items.numbers),
        itemStarts: arena.put(items.starts),
        itemsOut: indices,
        scoresOut: data,
      };
      await this.#run('scatterEntries', { ...values, ...places }, { isDone: () => true });
      const entries = { numRows, numCols: items.numbers.length, indptr, indices, data };
      return topKRows(this.#kernels, entries, topK, Number.NEGATIVE_INFINITY);
    });
  }

  /** Number of places of the table of each shard: those that records are tagged with. */
  get tableSizes(): number[] {
    return this.#addresses().map((address) => 2 ** readShard(this.#kernels.arena.view, address).tableBits);
  }

  /** The bytes of the state that are in use, shard by shard. Valid until the next call. */
  *pieces(): Generator<Uint8Array> {
    for (const address of this.#addresses()) {
      const used = readShard(this.#kernels.arena.view, address).heapNext;
      yield this.#shards.subarray(
        address - this.#shards.byteOffset,
        address - this.#shards.byteOffset + used,
      );
    }
  }

  /** Where shard i begins: for reading pieces back. */
  shardMemory(shard: number): Uint8Array {
    return this.#shards.subarray(shard * this.#shardBytes, (shard + 1) * this.#shardBytes);
  }

  async #run(
    kernel: StreamKernel,
    values: Block,
    how: {
      readonly onRecords?: OnRecords;
      readonly start?: readonly number[];
      readonly isDone?: (done: number, shard: number) => boolean;
    },
  ): Promise<void> {
    const numRows = Number(values.numRows ?? 0);
    const isDone = how.isDone ?? ((row) => row >= numRows);
    this.#rowsDone.set(how.start ?? new Array(NUM_SHARDS).fill(0));
    // Keys among which the clusters of a record are chosen, and one.
    const scratchBytes = 8 * (4 * this.options.clustersPerItem + 1);
    await this.#kernels.scope(async () => {
      const params = this.#kernels.block(kernel, { ...this.#settings(), ...values });
      for (let left = true; left; left = !this.#rowsDone.every(isDone)) {
        this.#wordsUsed.fill(0);
        await this.#kernels.run([this.#kernels.step(kernel, params, NUM_SHARDS, 1)], { scratchBytes });
        for (let shard = 0; shard < NUM_SHARDS; shard++) {
          const from = shard * RECORD_WORDS;
          if (this.#wordsUsed[shard] > 0)
            how.onRecords?.(this.#records.subarray(from, from + this.#wordsUsed[shard]), shard);
        }
      }
    });
  }

  #settings(): Block {
    const o = this.options;
    return {
      shards: this.#shards,
      shardBytes: this.#shardBytes,
      numShards: NUM_SHARDS,
      rowsDone: this.#rowsDone,
      records: this.#records,
      recordWords: RECORD_WORDS,
      wordsUsed: this.#wordsUsed,
      clustersPerItem: o.clustersPerItem,
      minFavs: o.minFavs,
      bornByFirstEvent: Number(o.bornByFirstEvent),
      halfLifeMs: o.halfLifeMs,
      maxAgeMs: o.maxAgeMs,
      negligible: o.negligible,
    };
  }
}

/** Turns counts per shard and cluster into places, by cluster and then by shard; gives where each cluster begins. */
function placeCounts(counts: Uint32Array, numRows: number): Uint32Array {
  const indptr = new Uint32Array(numRows + 1);
  let next = 0;
  for (let cluster = 0; cluster < numRows; cluster++) {
    for (let at = cluster; at < counts.length; at += numRows) {
      const count = counts[at];
      counts[at] = next;
      next += count;
    }
    indptr[cluster + 1] = next;
  }
  return indptr;
}
