/**
 * Tweet embeddings in batch: the decayed sum of the interests of those who faved it.
 *   W[i, c] = Σ over favs (u, i, t) of  N[u, c] · 0.5^((now − t) / halfLife)
 * N = logFavScoreClusterNormalizedOnly where favScore ≥ `favScoreThresholdForUserInterest`, else 0. The favs are replayed, in order of
 * time, into the state that streams keep (decayed-state.ts), so both say the same. Source: TweetJob.scala.
 */
import type { Csr } from '../core/csr.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { DecayedState } from './decayed-state.ts';
import { type ItemRecord, itemRecords } from './item-records.ts';
import { StateFeeder } from './state-feeder.ts';

/** Favs by number. */
export interface Favs {
  readonly items: Uint32Array;
  /** Rows of the interests. */
  readonly consumers: Uint32Array;
  readonly timesMs: Float64Array;
}

export interface TweetEmbeddingOptions {
  readonly halfLifeMs: number;
  readonly nowMs: number;
  /** An entry is kept iff it is greater than this. */
  readonly threshold: number;
  /** Clusters per tweet. */
  readonly topK: number;
  /** Bytes of the state at a time; more items are replayed part by part. Default: 1 GiB. */
  readonly budgetBytes?: number;
  readonly onProgress?: Progress;
}

/** The embedding of one item at a time of its life, best cluster first. */
export interface TweetMoment {
  readonly timeMs: number;
  readonly clusters: readonly number[];
  readonly scores: readonly number[];
}

const DEFAULT_BUDGET_BYTES = 2 ** 30;
/** Of the state: an item with its place in the table; an entry, in a vector that has just grown. */
const ITEM_BYTES = 256;
const ENTRY_BYTES = 40;
const LEAST_BYTES = 2 ** 20;
/** Items do not fall evenly into the shards. */
const UNEVEN = 1.5;

/**
 * @param interest  N, consumers × (numCommunities + 1); column 0 is empty
 * @returns items × (numCommunities + 1), by cluster id
 * @throws SimClustersError OUT_OF_MEMORY
 */
export async function computeTweetEmbedding(
  kernels: Kernels,
  favs: Favs,
  numItems: number,
  interest: Csr,
  options: TweetEmbeddingOptions,
): Promise<Csr> {
  const rows = new Array<ItemRecord | undefined>(numItems);
  const order = byTime(favs.timesMs);
  const { budgetBytes = DEFAULT_BUDGET_BYTES, threshold, nowMs, onProgress } = options;
  for (const part of partsOf(favs, numItems, interest, budgetBytes)) {
    const replay = { favs, order: order.filter((f) => part.has(favs.items[f])), interest, ...options };
    await replayWhole(kernels, replay, part.bytes, async (state) => {
      await state.exportItems(nowMs, threshold, (words) => {
        for (const record of itemRecords(words)) rows[Number(record.id)] = record;
      });
    });
    onProgress?.(part.end / numItems);
  }
  return csrOf(rows, interest.numCols, threshold);
}

/** How the embedding of one item moved: at `numMoments` times from its first fav to its last. */
export async function followTweet(
  kernels: Kernels,
  favs: Favs,
  item: number,
  numMoments: number,
  interest: Csr,
  options: TweetEmbeddingOptions,
): Promise<TweetMoment[]> {
  const order = byTime(favs.timesMs).filter((f) => favs.items[f] === item);
  const first = favs.timesMs[order[0]];
  const span = favs.timesMs[order[order.length - 1]] - first;
  const moments: TweetMoment[] = [];
  for (let i = 0; i < numMoments; i++) {
    const nowMs = first + (span * i) / Math.max(1, numMoments - 1);
    const past = order.filter((f) => favs.timesMs[f] <= nowMs);
    const replay = { favs, order: past, interest, ...options };
    await replayWhole(kernels, replay, LEAST_BYTES, async (state) => {
      await state.exportItems(nowMs, options.threshold, (words) => {
        for (const { clusters, scores } of itemRecords(words))
          moments.push({ timeMs: nowMs, clusters: [...clusters], scores: [...scores] });
      });
    });
  }
  return moments;
}

/** N: `scores` where the raw favScore reaches the threshold, else 0. */
export function gateByFavScore(interest: Csr, favScore: Float32Array, threshold: number): Csr {
  const scores = interest.data as Float32Array;
  return { ...interest, data: scores.map((score, i) => (favScore[i] >= threshold ? score : 0)) };
}

function byTime(timesMs: Float64Array): Uint32Array {
  const order = Uint32Array.from(timesMs.keys());
  const isSorted = timesMs.every((time, i) => i === 0 || timesMs[i - 1] <= time);
  return isSorted ? order : order.sort((a, b) => timesMs[a] - timesMs[b] || a - b);
}

interface Part {
  readonly end: number;
  readonly bytes: number;
  has(item: number): boolean;
}

/** Runs of items whose state surely fits. */
function* partsOf(
  { items, consumers }: Favs,
  numItems: number,
  interest: Csr,
  budgetBytes: number,
): Generator<Part> {
  const entries = new Float64Array(numItems);
  items.forEach((item, fav) => {
    const row = consumers[fav];
    entries[item] += interest.indptr[row + 1] - interest.indptr[row];
  });
  const part = (begin: number, end: number, bytes: number): Part => ({
    ...{ end, bytes: Math.ceil(Math.max(LEAST_BYTES, bytes * UNEVEN) / 64) * 64 },
    has: (item) => item >= begin && item < end,
  });
  let begin = 0;
  let bytes = 0;
  for (let item = 0; item < numItems; item++) {
    const more = ITEM_BYTES + ENTRY_BYTES * Math.min(entries[item], interest.numCols);
    if (item > begin && (bytes + more) * UNEVEN > budgetBytes) {
      yield part(begin, item, bytes);
      begin = item;
      bytes = 0;
    }
    bytes += more;
  }
  yield part(begin, numItems, bytes);
}

interface Replay extends TweetEmbeddingOptions {
  readonly favs: Favs;
  /** Numbers of the favs, in order of time. */
  readonly order: Uint32Array;
  readonly interest: Csr;
}

/** Replays with as much memory as it takes for no item to make room for another, and hands the state to `read`. */
async function replayWhole(
  kernels: Kernels,
  replay: Replay,
  bytes: number,
  read: (state: DecayedState) => Promise<void>,
): Promise<void> {
  const isWhole = await kernels.scope(async () => {
    const state = await replayInto(kernels, replay, bytes);
    const { numEvicted, numRefused, numPruned } = state.counts;
    if (numEvicted + numRefused + numPruned > 0) return false;
    await read(state);
    return true;
  });
  if (!isWhole) await replayWhole(kernels, replay, 2 * bytes, read);
}

async function replayInto(
  kernels: Kernels,
  { favs, order, interest, halfLifeMs, nowMs, topK }: Replay,
  budgetBytes: number,
): Promise<DecayedState> {
  const { items, consumers, timesMs } = favs;
  const forever = { maxAgeMs: Number.POSITIVE_INFINITY, negligible: 0, minFavs: 2 ** 31 };
  const settings = { halfLifeMs, clustersPerItem: topK, budgetBytes, ...forever };
  const state = new DecayedState(kernels, settings, order.length > 0 ? timesMs[order[0]] : nowMs);
  const feeder = new StateFeeder(state, () => {});
  state.setInterests(interest);
  feeder.resume({ numRows: 0, landmark: state.landmarkEpoch });
  for (const fav of order) {
    const id = idOf(items[fav]);
    const facts = { timeMs: timesMs[fav], actor: consumers[fav] };
    const waiting = feeder.add(facts.timeMs, id, 0, id.length, 0, facts);
    if (waiting) await waiting;
  }
  await feeder.exclusively(async () => {});
  return state;
}

const encoder = new TextEncoder();
const idOf = (item: number) => encoder.encode(String(item));

function csrOf(rows: readonly (ItemRecord | undefined)[], numCols: number, threshold: number): Csr {
  const indptr = new Uint32Array(rows.length + 1);
  for (let item = 0; item < rows.length; item++)
    indptr[item + 1] = indptr[item] + (rows[item]?.scores.filter((score) => score > threshold).length ?? 0);
  const indices = new Uint32Array(indptr[rows.length]);
  const data = new Float32Array(indptr[rows.length]);
  for (let item = 0; item < rows.length; item++) {
    const { clusters, scores } = rows[item] ?? NOTHING;
    // Best first, so that those above the threshold come first.
    const kept = Array.from({ length: indptr[item + 1] - indptr[item] }, (_, i) => i);
    kept.sort((a, b) => clusters[a] - clusters[b]);
    kept.forEach((from, i) => {
      indices[indptr[item] + i] = clusters[from];
      data[indptr[item] + i] = scores[from];
    });
  }
  return { numRows: rows.length, numCols, indptr, indices, data };
}

const NOTHING = { clusters: new Uint32Array(), scores: new Float32Array() };
