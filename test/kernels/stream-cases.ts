/** Random cases for the kernels of the streaming state: a state that other events have made, and more events. */
import { emptyShardBytes, startShard } from '../../src/embeddings/shard-memory.ts';
import {
  type BlockValues,
  type KernelName,
  layouts,
  placeFields,
  writeBlock,
} from '../../src/kernels/abi.ts';
import { createReferenceKernels } from '../../src/kernels/reference/index.ts';
import type { Random } from '../fixtures/random.ts';
import { type CaseArray, f32, f64, type KernelCase, type MakeCase, u32 } from './case.ts';

const HOUR_MS = 3_600_000;
const START_MS = 1_700_000_000_000;
const NUM_SHARDS = 2;
const RECORD_WORDS = 5000;
/** Many more than the least vector has places. */
const MAX_CLUSTERS = 92;

type Values = Record<string, number | CaseArray>;

/** Empty shards, small enough that items must make room for others in some cases. */
function emptyShards(random: Random): Values {
  const room = 64 * (random.chance() ? 40 + random.below(200) : 4000);
  const shardBytes = Math.ceil((emptyShardBytes(room) + room + 4096) / 64) * 64;
  const shards = new Uint8Array(NUM_SHARDS * shardBytes);
  for (let shard = 0; shard < NUM_SHARDS; shard++) {
    startShard(new DataView(shards.buffer), shard * shardBytes, {
      bytes: shardBytes,
      landmark: Math.floor(START_MS / (64 * HOUR_MS)),
    });
  }
  return { shards, shardBytes, numShards: NUM_SHARDS };
}

function settings(random: Random): Values {
  return {
    clustersPerItem: 1 + random.below(12),
    minFavs: 1 + random.below(4),
    bornByFirstEvent: random.below(4) > 0 ? 1 : 0,
    halfLifeMs: 8 * HOUR_MS,
    maxAgeMs: random.chance() ? Number.POSITIVE_INFINITY : 40 * HOUR_MS,
    kindMask: 1 + random.below(3),
    youngerMs: random.chance() ? Number.POSITIVE_INFINITY : 20 * HOUR_MS,
    threshold: 0.001,
    negligible: 1e-4,
    nowMs: START_MS + random.below(60) * HOUR_MS,
  };
}

/** Rows of events; few items, so that they are met again, with ids of all lengths. */
function rows(random: Random, numRows: number, numActors: number): Values {
  const numItems = 1 + random.below(2 * numRows + 1);
  const text = new Uint8Array(numItems * 80).map(() => 97 + random.below(26));
  const lengths = u32(numItems).map(() => 1 + random.below(random.chance() ? 20 : 80));
  const kindOf = u32(numItems).map(() => (random.below(3) === 0 ? 1 : 0));
  const hashOf = random.u32(numItems, 2 ** 31);
  const items = random.u32(numRows, numItems);
  const hour = () => START_MS + Math.floor(random.real() * 30 * HOUR_MS);
  return {
    numRows,
    timesMs: f64(numRows).map(hour),
    actors: random.u32(numRows, numActors),
    kinds: u32(numRows).map(() => (random.below(6) === 0 ? 1 : 0)),
    hashes: items.map((item) => hashOf[item]),
    idInfos: items.map((item) => lengths[item] | (kindOf[item] << 16)),
    idStarts: items.map((item) => item * 80),
    bornMs: f64(numRows).map(() =>
      random.below(3) === 0 ? START_MS - random.below(50) * HOUR_MS : Number.NaN,
    ),
    numFavs: u32(numRows).map(() => (random.below(5) === 0 ? random.below(12) : 0)),
    text,
  };
}

function interests(random: Random, numActors: number, numClusters: number): Values {
  const { indptr, indices, data } = random.csr(numActors, numClusters);
  return {
    interestIndptr: indptr,
    interestClusters: indices.map((cluster) => cluster + 1),
    interestScores: data,
  };
}

/** Runs a twin on values that are changed in place. */
function runTwin(name: KernelName, values: Values): void {
  const placed: Record<string, number> = {};
  let bytes = 64 + placeFields(layouts.StreamParams).size;
  for (const [field, value] of Object.entries(values)) {
    bytes = Math.ceil(bytes / 64) * 64;
    placed[field] = typeof value === 'number' ? value : bytes;
    if (typeof value === 'object') bytes += value.byteLength;
  }
  const buffer = new ArrayBuffer(Math.ceil(bytes / 64) * 64);
  const viewOf = (array: CaseArray, field: string) => new Uint8Array(buffer, placed[field], array.byteLength);
  const bytesOf = (array: CaseArray) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (const [field, value] of Object.entries(values))
    if (typeof value === 'object') viewOf(value, field).set(bytesOf(value));
  writeBlock(
    new DataView(buffer),
    64,
    layouts.StreamParams,
    placed as BlockValues<typeof layouts.StreamParams>,
  );
  createReferenceKernels(buffer)[name](64, 0, 0, NUM_SHARDS);
  for (const [field, value] of Object.entries(values))
    if (typeof value === 'object') bytesOf(value).set(viewOf(value, field));
}

const fresh = (done = 0): Values => ({
  rowsDone: u32(NUM_SHARDS).fill(done),
  records: u32(NUM_SHARDS * RECORD_WORDS),
  recordWords: RECORD_WORDS,
  wordsUsed: u32(NUM_SHARDS),
});

function streamCase(random: Random, size: number, more: Values): KernelCase {
  const numClusters = 1 + random.below(MAX_CLUSTERS - 1);
  const numActors = 1 + random.below(10);
  const values: Values = {
    ...emptyShards(random),
    ...settings(random),
    ...interests(random, numActors, numClusters),
    ...rows(random, 3 * size, numActors),
    ...fresh(),
  };
  runTwin('applyEvents', values);
  const next = { ...values, ...rows(random, size, numActors), ...fresh(), ...more };
  return { values: next, count: NUM_SHARDS, scratchBytes: 8 * 64 };
}

export const applyEvents: MakeCase = (random, size) => streamCase(random, size, {});
export const sweepItems: MakeCase = (random, size) =>
  streamCase(random, size, {
    rowsDone: u32(NUM_SHARDS).fill(1500),
    nowMs: START_MS + random.below(150) * HOUR_MS,
  });
export const rebaseItems: MakeCase = (random, size) =>
  streamCase(random, size, { shift: random.below(4) - 1 });
export const exportItems: MakeCase = (random, size) =>
  streamCase(random, size, { nowMs: START_MS + random.below(80) * HOUR_MS });
/** The rows may be of items that were never met. */
export const readItems: MakeCase = (random, size) => {
  const made = streamCase(random, size, {});
  const { hashes, idInfos, idStarts, text } = made.values;
  runTwin('applyEvents', { ...(made.values as Values) });
  return { ...made, values: { ...made.values, hashes, idInfos, idStarts, text, ...fresh() } };
};

function withCounts({ values, ...rest }: KernelCase): KernelCase {
  const numClusters = MAX_CLUSTERS;
  return { ...rest, values: { ...values, numClusters, counts: u32(NUM_SHARDS * numClusters) } };
}

export const countEntries: MakeCase = (random, size) => withCounts(streamCase(random, size, {}));
export const scatterEntries: MakeCase = (random, size) => {
  const made = withCounts(streamCase(random, size, {}));
  const counts = made.values.counts as Uint32Array;
  runTwin('countEntries', made.values as Values);
  let sum = 0;
  // Clusters one after the other, and within each the shards.
  for (let cluster = 0; cluster < MAX_CLUSTERS; cluster++) {
    for (let shard = 0; shard < NUM_SHARDS; shard++) {
      const count = counts[shard * MAX_CLUSTERS + cluster];
      counts[shard * MAX_CLUSTERS + cluster] = sum;
      sum += count;
    }
  }
  const values = {
    ...made.values,
    itemNumbers: u32(NUM_SHARDS * 1024).map((_, i) => i),
    itemStarts: u32(NUM_SHARDS).map((_, i) => i * 1024),
    itemsOut: u32(sum + 1),
    scoresOut: f32(sum + 1),
  };
  return { ...made, values };
};
