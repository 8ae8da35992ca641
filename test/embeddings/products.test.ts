import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Csr } from '../../src/core/csr.ts';
import { computeProducerEmbedding } from '../../src/embeddings/producer.ts';
import { computeTopicEmbedding } from '../../src/embeddings/topic.ts';
import { computeTweetEmbedding, gateByFavScore } from '../../src/embeddings/tweet.ts';
import { columnCounts } from '../../src/graph/follow-graph.ts';
import { buildClusterIndex } from '../../src/indices/cluster-index.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { dense, Random, rowOf } from '../fixtures/random.ts';

const test = suite('embeddings as products');
const kernels = open(wasm(1));
test.after(() => kernels.close());

const TOLERANCE = 1e-6;
const NOW_MS = 1_700_000_000_000;
const HALF_LIFE_MS = 8 * 3_600_000;

function transposed(matrix: number[][], numCols: number): number[][] {
  return Array.from({ length: numCols }, (_, c) => matrix.map((row) => row[c]));
}

function product(a: number[][], b: number[][], numCols: number): number[][] {
  return a.map((row) =>
    Array.from({ length: numCols }, (_, c) => row.reduce((sum, x, i) => sum + x * b[i][c], 0)),
  );
}

const length = (vector: readonly number[]) => Math.hypot(...vector) || Number.POSITIVE_INFINITY;

/** Rows hold the exact values above the threshold, the topK best; pairs near a cut may go either way. */
function requireEmbedding(
  actual: Csr,
  exact: number[][],
  topK: number,
  threshold: number,
  what: string,
): void {
  assert.is(actual.numRows, exact.length);
  exact.forEach((row, r) => {
    const entries = rowOf(actual, r);
    const cut = row.filter((v) => v > threshold).sort((a, b) => b - a)[topK - 1] ?? threshold;
    assert.ok(entries.length <= topK);
    assert.ok(entries.every(([column], i) => i === 0 || column > entries[i - 1][0]));
    const found = new Map(entries);
    row.forEach((expected, column) => {
      const value = found.get(column);
      const where = `${what}: row ${r}, column ${column}: ${value}, exactly ${expected}, cut ${cut}`;
      if (value === undefined) assert.ok(expected <= Math.max(cut, threshold) + TOLERANCE, where);
      else {
        assert.ok(Math.abs(value - expected) < TOLERANCE * Math.max(1, expected), where);
        assert.ok(expected > threshold - TOLERANCE && expected >= cut - TOLERANCE, where);
      }
    });
  });
}

/** What every embedding is made of: consumers × entities, and interests of the consumers. */
function randomInput(random: Random) {
  const [numConsumers, numEntities, numClusters] = [
    1 + random.below(20),
    1 + random.below(10),
    1 + random.below(12),
  ];
  const limits = { topK: 1 + random.below(6), threshold: random.chance() ? 0.001 : 0.3 * random.real() };
  const [entities, interest] = [random.csr(numConsumers, numEntities), random.csr(numConsumers, numClusters)];
  return { entities, interest, ...limits };
}

test('producer embedding: Mᵀ · N, for producers of enough followers', async () => {
  const random = new Random('producer');
  for (let round = 0; round < 40; round++) {
    const { entities, interest, topK, threshold } = randomInput(random);
    const counts = columnCounts(entities);
    const minFollowersForEmbedding = random.below(4);
    const columns = transposed(dense(entities), entities.numCols);
    const inverseNorm = Float32Array.from(columns, (column) => 1 / length(column));
    const options = { minFollowersForEmbedding, minScore: threshold, topK };
    const actual = await computeProducerEmbedding(kernels, entities, interest, inverseNorm, counts, options);
    const scaled = columns.map((column, p) =>
      column.map((x) => (counts[p] > minFollowersForEmbedding ? x / length(column) : 0)),
    );
    const exact = product(scaled, dense(interest), interest.numCols);
    requireEmbedding(actual, exact, topK, threshold, `round ${round}`);
  }
});

test('topic embedding: cosine of the follower set with the column of interests', async () => {
  const random = new Random('topic');
  for (let round = 0; round < 40; round++) {
    const { entities, interest, topK, threshold } = randomInput(random);
    const minTopicFollowers = random.below(4);
    // The values of follows must not count.
    const actual = await computeTopicEmbedding(kernels, entities, interest, {
      minTopicFollowers,
      threshold,
      topK,
    });
    const interestColumns = transposed(dense(interest), interest.numCols);
    const exact = transposed(dense({ ...entities, data: undefined }), entities.numCols).map((followers) => {
      const size = followers.reduce((a, b) => a + b, 0);
      return interestColumns.map((column) => {
        const dot = column.reduce((sum, x, u) => sum + x * followers[u], 0);
        return size === 0 || size < minTopicFollowers ? 0 : dot / Math.sqrt(size) / length(column);
      });
    });
    requireEmbedding(actual, exact, topK, threshold, `round ${round}`);
  }
});

test('tweet embedding: the decayed sum of the interests of those who faved, each fav counting', async () => {
  const random = new Random('tweet');
  for (let round = 0; round < 40; round++) {
    const { interest: fromZero, topK, threshold } = randomInput(random);
    // Clusters are numbered from 1.
    const indices = fromZero.indices.map((cluster) => cluster + 1);
    const interest = { ...fromZero, numCols: fromZero.numCols + 1, indices };
    const [numItems, numFavs] = [1 + random.below(8), random.below(60)];
    const ages = Array.from({ length: numFavs }, () => random.real() * 20 * HALF_LIFE_MS);
    const favs = {
      items: random.u32(numFavs, numItems),
      consumers: random.u32(numFavs, interest.numRows),
      timesMs: Float64Array.from(ages, (age) => NOW_MS - age),
    };
    const options = { halfLifeMs: HALF_LIFE_MS, nowMs: NOW_MS, threshold, topK };
    const actual = await computeTweetEmbedding(kernels, favs, numItems, interest, options);
    const exact = Array.from({ length: numItems }, () => new Array<number>(interest.numCols).fill(0));
    for (let i = 0; i < numFavs; i++) {
      for (const [cluster, score] of rowOf(interest, favs.consumers[i]))
        exact[favs.items[i]][cluster] += score * 0.5 ** (ages[i] / HALF_LIFE_MS);
    }
    const inParts = await computeTweetEmbedding(kernels, favs, numItems, interest, {
      ...options,
      budgetBytes: 1,
    });
    assert.equal(inParts, actual, 'part by part');
    requireEmbedding(actual, exact, topK, threshold, `round ${round}`);
  }
});

test('interests count from the least favScore on', () => {
  const interest = new Random('gate').csr(3, 4);
  const favScore = interest.data.map((_, i) => i / 4);
  const { data } = gateByFavScore(interest, favScore, 0.5);
  assert.equal(
    [...(data as Float32Array)],
    [...interest.data].map((score, i) => (i >= 2 ? score : 0)),
  );
});

test('a cluster index lists the best entities of each cluster, best first', async () => {
  const random = new Random('index');
  for (let round = 0; round < 30; round++) {
    const embedding = random.csr(random.below(30), 1 + random.below(8));
    const [topK, threshold] = [1 + random.below(6), random.chance() ? 0 : random.weight()];
    const index = await buildClusterIndex(kernels, embedding, topK, threshold);
    assert.equal([index.numRows, index.numCols], [embedding.numCols, embedding.numRows]);
    for (let cluster = 0; cluster < embedding.numCols; cluster++) {
      const scored = Array.from({ length: embedding.numRows }, (_, entity) => {
        return rowOf(embedding, entity)
          .filter(([c]) => c === cluster)
          .map(([, score]): [number, number] => [entity, score]);
      }).flat();
      const best = scored.filter(([, score]) => score > threshold).sort((a, b) => b[1] - a[1] || a[0] - b[0]);
      assert.equal(rowOf(index, cluster), best.slice(0, topK));
    }
  }
});

test.run();
