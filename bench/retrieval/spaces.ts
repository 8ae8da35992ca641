/** What is searched in the bench of retrieval: items, and sources that look for them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Csr } from '../../src/core/csr.ts';
import { type RandomKey, randomKey, streamOf, uniform } from '../../src/core/rng.ts';
import { keepEntries, type SparseVector, vectorOfRow } from '../../src/core/sparse-vector.ts';
import { computeTweetEmbedding } from '../../src/embeddings/tweet.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { buildCsr } from '../../src/kernels/sparse.ts';
import { openModel } from '../../src/pipeline/model-folder.ts';
import { runPipeline } from '../../src/pipeline/pipeline.ts';
import { matrixOf } from '../../src/stages/stage.ts';

export interface Space {
  readonly name: string;
  readonly about: string;
  /** items × (clusters + 1) */
  readonly items: Csr;
  readonly sources: readonly { readonly name: string; readonly vectors: readonly SparseVector[] }[];
}

/** The seed of the stream that the default setting was chosen on: it is reported on others. */
export const CHOSEN_ON = 'bench';

const NUM_CLUSTERS = 10_000;
/** Clusters of an item, at the most. */
const MAX_CLUSTERS = 50;
const NOW_MS = 1_700_000_000_000;
const HALF_LIFE_MS = 8 * 3_600_000;

/**
 * Items of a drawn stream: a fifth as many users as items, each at home in 1-4 clusters and loosely in up to 46 others; popular clusters are
 * popular with both. An item belongs to a home cluster and is faved by 2 users or more (power law), three in four of them at home
 * there; its vector is the decayed sum of their interests, computed as the job computes it.
 */
export async function drawStream(
  kernels: Kernels,
  numItems: number,
  numQueries: number,
  seed = CHOSEN_ON,
): Promise<Space> {
  const key = randomKey(seed, 'stream of items');
  const numUsers = Math.max(1000, Math.round(numItems / 5));
  const { interest, homes } = await drawUsers(kernels, key, numUsers);
  const items = await drawItems(kernels, key, numItems, interest, homes);
  const spread = (matrix: Csr) => {
    const step = Math.max(1, Math.floor(matrix.numRows / numQueries));
    return Array.from({ length: numQueries }, (_, i) => vectorOfRow(matrix, (i * step) % matrix.numRows));
  };
  return {
    name: `drawn stream, ${numItems} items`,
    about: `${numItems} items, ${(items.indices.length / numItems).toFixed(1)} clusters each (at most ${MAX_CLUSTERS}) of ${NUM_CLUSTERS}`,
    items,
    sources: [
      { name: 'users', vectors: spread(interest) },
      { name: 'items', vectors: spread(items) },
    ],
  };
}

/** Users' interests, each in 3-50 of 10,000 clusters, and who is at home in each cluster. */
export async function drawUsers(kernels: Kernels, key: RandomKey, numUsers: number) {
  const [rows, cols, data]: [number[], number[], number[]] = [[], [], []];
  const homes = Array.from({ length: NUM_CLUSTERS + 1 }, (): number[] => []);
  for (let user = 0; user < numUsers; user++) {
    const stream = streamOf(key, 0, user);
    const numHomes = 1 + Math.floor(uniform(stream, 0) * 4);
    const numLoose = 2 + Math.floor(45 * uniform(stream, 1) ** 2);
    for (let i = 0; i < numHomes + numLoose; i++) {
      const cluster = popularCluster(uniform(stream, 2 + 2 * i));
      rows.push(user);
      cols.push(cluster);
      data.push((i < numHomes ? 1 / (i + 1) : 0.15) * (0.3 + uniform(stream, 3 + 2 * i)));
      if (i < numHomes) homes[cluster].push(user);
    }
  }
  const triplets = {
    rows: Uint32Array.from(rows),
    cols: Uint32Array.from(cols),
    data: Float32Array.from(data),
  };
  return { interest: await buildCsr(kernels, triplets, numUsers, NUM_CLUSTERS + 1, 'max'), homes };
}

async function drawItems(
  kernels: Kernels,
  key: RandomKey,
  numItems: number,
  interest: Csr,
  homes: number[][],
) {
  const [items, consumers, times]: [number[], number[], number[]] = [[], [], []];
  for (let item = 0; item < numItems; item++) {
    const stream = streamOf(key, 1, item);
    const fans = homes[popularCluster(uniform(stream, 0))];
    const numFavs = Math.min(500, Math.floor(2 / (1 - uniform(stream, 1)) ** 0.8));
    for (let i = 0; i < numFavs; i++) {
      const isFan = fans.length > 0 && uniform(stream, 2 + 3 * i) < 0.75;
      const x = uniform(stream, 3 + 3 * i);
      items.push(item);
      consumers.push(isFan ? fans[Math.floor(x * fans.length)] : Math.floor(x * interest.numRows));
      times.push(NOW_MS + HALF_LIFE_MS * Math.log2(0.1 + 0.9 * uniform(stream, 4 + 3 * i)));
    }
  }
  const favs = {
    items: Uint32Array.from(items),
    consumers: Uint32Array.from(consumers),
    timesMs: Float64Array.from(times),
  };
  const options = { halfLifeMs: HALF_LIFE_MS, nowMs: NOW_MS, threshold: 0.02, topK: MAX_CLUSTERS };
  return computeTweetEmbedding(kernels, favs, numItems, interest, options);
}

function popularCluster(x: number): number {
  return 1 + Math.floor(x * x * NUM_CLUSTERS);
}

/**
 * Gowalla's locations by the users who visit them; users look for locations.
 * @param file  lists of visits (LightGCN)  @param seed  of the communities, and says which users look
 */
export async function gowalla(file: string, numQueries: number, seed = CHOSEN_ON): Promise<Space> {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  try {
    await runPipeline({ folder, given: { follows: [file], numCommunities: 400 }, seed });
    const model = openModel(folder);
    const items = matrixOf(model.read('followBasedProducer'), 'clusterId', 'score');
    const users = matrixOf(model.read('interestedIn'), 'clusterId', 'followScoreClusterNormalizedOnly');
    const step = Math.floor(users.numRows / numQueries);
    const first = Math.floor(uniform(streamOf(randomKey(seed, 'users who look'), 0, 0), 0) * step);
    const vectors = Array.from({ length: numQueries }, (_, i) =>
      keepEntries(vectorOfRow(users, i * step + first), (_cluster, score) => score > 0),
    );
    return {
      name: 'Gowalla',
      about: `${items.numRows} locations, ${(items.indices.length / items.numRows).toFixed(1)} clusters each of ${items.numCols - 1}`,
      items: copyOf(items),
      sources: [{ name: 'users', vectors: vectors.map(copyOfVector) }],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Artifacts are mapped from files that are about to go. */
function copyOf({ numRows, numCols, indptr, indices, data }: Csr): Csr {
  return { numRows, numCols, indptr: indptr.slice(), indices: indices.slice(), data: data?.slice() };
}

function copyOfVector({ clusters, scores }: SparseVector): SparseVector {
  return { clusters: clusters.slice(), scores: scores.slice() };
}
