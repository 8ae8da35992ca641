import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { csrFromRows } from '../../src/core/csr.ts';
import {
  type SparseVector,
  sparseVector,
  strongestEntries,
  vectorOfRow,
} from '../../src/core/sparse-vector.ts';
import {
  annAlgorithms,
  defaultRetrievalConfig,
  NO_AGE_LIMIT,
  type RetrievalConfig,
} from '../../src/retrieval/config.ts';
import { buildItemIndex, type ItemIndex, type ItemIndexOptions } from '../../src/retrieval/item-index.ts';
import { Retriever } from '../../src/retrieval/retriever.ts';
import { open, reference, wasm } from '../fixtures/backends.ts';
import { Random } from '../fixtures/random.ts';

const test = suite('retrieval');
const kernels = open(wasm(1));
const twins = open(reference);
test.after(() => kernels.close());

const embedding = (rows: [number, number][][], numClusters = 12) => csrFromRows(numClusters, rows);
const withConfig = (changes: Partial<RetrievalConfig>): RetrievalConfig => ({
  ...defaultRetrievalConfig,
  ...changes,
});

async function retriever(rows: [number, number][][], options: ItemIndexOptions = {}) {
  return new Retriever(kernels, await buildItemIndex(kernels, embedding(rows), options));
}

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-4, `${actual} is not about ${expected}`);

const service = await retriever([
  [
    [1, 2],
    [2, 1],
  ],
  [[1, 1]],
]);
const source = sparseVector([
  [1, 0.8],
  [2, 0.6],
]);

test('the worked example of the service: cosine, log-cosine, dot, no source norm', () => {
  const ask = (annAlgorithm: RetrievalConfig['annAlgorithm']) => {
    const { items, scores } = service.search(source, withConfig({ annAlgorithm }));
    return Array.from(items, (item, i) => [item, scores[i]] as const);
  };
  const [first, second] = ask('cosine');
  assert.equal([first[0], second[0]], [0, 1]);
  near(first[1], 0.98387);
  near(second[1], 0.8);
  near(ask('log-cosine')[0][1], 1.7714);
  near(ask('dot')[0][1], 2.2);
  near(ask('cosine-no-source-norm')[0][1], 2.2 / Math.sqrt(5));
});

test('the norm over the lists read may flatter a candidate; the whole norm does not', async () => {
  const flattering = await retriever([
    [
      [1, 1],
      [9, 9],
    ],
  ]);
  const one = sparseVector([[1, 1]]);
  near(flattering.search(one, withConfig({})).scores[0], 1);
  const exactCosine = 1 / Math.sqrt(82);
  near(flattering.search(one, withConfig({ candidateNorm: 'whole' })).scores[0], exactCosine);
  near(flattering.search(one, withConfig({ maxReRankingCandidates: 5 })).scores[0], exactCosine);
  near(flattering.search(one, withConfig({ exact: true })).scores[0], exactCosine);
});

test('minScore is inclusive, ties go to the lower item, results are cut', async () => {
  const tied = await retriever([
    [[1, 1]],
    [[1, 1]],
    [
      [1, 1],
      [2, 1],
    ],
    [[1, 1]],
  ]);
  const ask = (changes: Partial<RetrievalConfig>) => [
    ...tied.search(sparseVector([[1, 2]]), withConfig(changes)).items,
  ];
  assert.equal(ask({}), [0, 1, 2, 3]);
  assert.equal(ask({ maxNumResults: 2 }), [0, 1]);
  assert.equal(ask({ candidateNorm: 'whole', minScore: 1 }), [0, 1, 3]);
  assert.equal(ask({ minScore: 1.01 }), []);
  assert.equal(ask({ exact: true, minScore: 0.9 }), [0, 1, 3]);
});

test('limits on clusters and on entries of a list', async () => {
  const lists = await retriever([[[1, 5]], [[1, 4]], [[2, 5]], [[2, 4]]]);
  const both = sparseVector([
    [1, 1],
    [2, 2],
  ]);
  const ask = (changes: Partial<RetrievalConfig>) => {
    const { items, numScanned } = lists.search(both, withConfig({ annAlgorithm: 'dot', ...changes }));
    return [[...items], numScanned];
  };
  assert.equal(ask({}), [[2, 3, 0, 1], 4]);
  assert.equal(ask({ maxScanClusters: 1 }), [[2, 3], 2]);
  assert.equal(ask({ maxTopTweetsPerCluster: 1 }), [[2, 0], 2]);
});

test('the age window holds both ends, unknown births count as oldest, the source is left out', async () => {
  const hour = 3_600_000;
  const now = 1_700_000_000_000;
  // Rows are not in the order of birth; the index is.
  const birthMs = Float64Array.of(now, now - 24 * hour, now - 25 * hour, Number.NaN, now + 1, now - hour);
  const aged = await retriever(
    Array.from(birthMs, () => [[1, 1]]),
    { birthMs },
  );
  const ask = (changes: Partial<RetrievalConfig>, options: { nowMs?: number; excluded?: number }) =>
    Array.from(
      aged.search(sparseVector([[1, 1]]), withConfig(changes), options).items,
      (place) => rowOf[place],
    ).sort();
  const { rowOf } = await buildItemIndex(kernels, embedding(Array.from(birthMs, () => [[1, 1]])), {
    birthMs,
  });
  assert.equal([...rowOf], [3, 2, 1, 5, 0, 4]);
  assert.equal(ask({}, {}), [0, 1, 2, 3, 4, 5]);
  assert.equal(ask({}, { nowMs: now }), [0, 1, 5]);
  assert.equal(ask({ minTweetCandidateAgeHours: 1 }, { nowMs: now }), [1, 5]);
  assert.equal(ask({ maxTweetCandidateAgeHours: NO_AGE_LIMIT }, { nowMs: now }), [0, 1, 2, 3, 5]);
  assert.equal(ask({ minTweetCandidateAgeHours: 30 }, { nowMs: now }), []);
  assert.equal(ask({}, { nowMs: now, excluded: rowOf.indexOf(5) }), [0, 1]);
  assert.equal(ask({ exact: true }, { nowMs: now, excluded: rowOf.indexOf(5) }), [0, 1]);
});

test('a source without entries, or in clusters nobody knows, finds nothing', () => {
  for (const vector of [sparseVector([]), sparseVector([[4000, 1]])]) {
    for (const changes of [{}, { exact: true }, { maxReRankingCandidates: 10 }])
      assert.is(service.search(vector, withConfig(changes)).items.length, 0);
  }
});

test('an index without vectors refuses exact scores and says what to do', async () => {
  const bare = await retriever([[[1, 1]]], { hasVectors: false, hasInverse: false });
  assert.is(bare.search(source, withConfig({})).items.length, 1);
  assert.throws(() => bare.search(source, withConfig({ exact: true })), /BAD_PARAM/);
  assert.throws(
    () => bare.search(source, withConfig({ maxReRankingCandidates: 1 })),
    /Build the index with them/,
  );
});

/** What the definition says, in numbers of the host: dot and squares over the entries that are read. */
function bruteForce(index: ItemIndex, vector: SparseVector, config: RetrievalConfig): Map<number, number> {
  const read = strongestEntries(vector).slice(0, config.exact ? undefined : config.maxScanClusters);
  const sums = new Map<number, [number, number]>();
  for (const i of read) {
    const lists = config.exact ? index.inverse! : index.lists;
    const [start, end] = [lists.indptr[vector.clusters[i]], lists.indptr[vector.clusters[i] + 1]];
    for (
      let at = start;
      at < (config.exact ? end : Math.min(end, start + config.maxTopTweetsPerCluster));
      at++
    ) {
      const [dot, n] = sums.get(lists.indices[at]) ?? [0, 0];
      const score = lists.data![at];
      sums.set(lists.indices[at], [dot + score * vector.scores[i], n + score * score]);
    }
  }
  const squares = vector.scores.reduce((sum, s) => sum + s * s, 0);
  return new Map(
    [...sums].map(([item, [dot, visited]]) => {
      const n = config.exact || config.candidateNorm === 'whole' ? index.norms[item] ** 2 : visited;
      const score = {
        dot,
        cosine: dot / Math.sqrt(squares) / Math.sqrt(n),
        'log-cosine': dot / Math.log(1 + squares) / Math.log(1 + n),
        'cosine-no-source-norm': dot / Math.sqrt(n),
      }[config.annAlgorithm];
      return [item, score];
    }),
  );
}

for (const annAlgorithm of annAlgorithms)
  for (const scale of ['raw', 'unit'] as const)
    for (const changes of [
      {},
      { candidateNorm: 'whole' },
      { exact: true },
      { maxScanClusters: 3, maxTopTweetsPerCluster: 4 },
    ] as Partial<RetrievalConfig>[])
      test(`${annAlgorithm}, ${scale}, ${JSON.stringify(changes)}: as by definition, and with the twins' bytes`, async () => {
        const random = new Random(`${annAlgorithm} ${scale}`);
        const index = await buildItemIndex(kernels, random.csr(150, 12), { scale });
        const sources = random.csr(12, 12);
        const config = withConfig({ annAlgorithm, maxNumResults: 20, ...changes });
        await kernels.scope(async () => {
          const found = new Retriever(kernels, index);
          await twins.scope(async () => {
            const slow = new Retriever(twins, index);
            for (let row = 0; row < sources.numRows; row++) {
              const vector = positive(vectorOfRow(sources, row));
              const { items, scores } = found.search(vector, config);
              const expected = bruteForce(index, vector, config);
              assert.is(items.length, Math.min(20, expected.size));
              for (const [i, item] of items.entries())
                assert.ok(Math.abs(scores[i] - expected.get(item)!) < 1e-5 * (1 + expected.get(item)!));
              const bar = [...expected.values()].sort((a, b) => b - a)[items.length - 1] ?? 0;
              assert.ok(items.every((item) => expected.get(item)! >= bar - 1e-5 * (1 + bar)));
              assert.equal(slow.search(vector, config), found.search(vector, config));
            }
          });
        });
      });

function positive({ clusters, scores }: SparseVector): SparseVector {
  return sparseVector(Array.from(clusters, (cluster, i) => [cluster, scores[i]] as const));
}

test('the same search twice, in any order with others, gives the same bytes', async () => {
  const random = new Random('order');
  const index = await buildItemIndex(kernels, random.csr(300, 12), {});
  const busy = new Retriever(kernels, index);
  const sources = Array.from({ length: 8 }, (_, row) => positive(vectorOfRow(random.csr(8, 12), row)));
  const configs = [
    withConfig({}),
    withConfig({ exact: true, maxNumResults: 3 }),
    withConfig({ maxReRankingCandidates: 9 }),
  ];
  const ask = () => sources.map((vector) => configs.map((config) => busy.search(vector, config)));
  const first = ask();
  configs.reverse();
  const second = ask().map((found) => found.reverse());
  assert.equal(second, first);
});

test.run();
