import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { csrFromRows } from '../../src/core/csr.ts';
import { idTableFromStrings } from '../../src/core/ids.ts';
import { sparseVector, vectorOfRow } from '../../src/core/sparse-vector.ts';
import { type EdgeQuery, openEdgeModel, openRemoteEdgeModel } from '../../src/edge.ts';
import { readWasm } from '../../src/kernels/open.ts';
import { retrievalVariant } from '../../src/retrieval/config.ts';
import { edgeFilePieces } from '../../src/retrieval/edge-file.ts';
import { buildItemIndex, type ItemIndexOptions } from '../../src/retrieval/item-index.ts';
import { Retriever } from '../../src/retrieval/retriever.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { Random } from '../fixtures/random.ts';

const test = suite('edge models');
const kernels = open(wasm(1));
test.after(() => kernels.close());

const numItems = 400;
const random = new Random('edge');
const embedding = random.csr(numItems, 20);
const birthMs = Float64Array.from({ length: numItems }, (_, i) =>
  i % 7 === 0 ? Number.NaN : 1e12 + random.below(1e8),
);
const ids = idTableFromStrings(Array.from({ length: numItems }, (_, i) => `post ${i} ☂`));
const sources = random.csr(10, 20);

async function fileOf(options: ItemIndexOptions): Promise<ArrayBuffer> {
  const index = await buildItemIndex(kernels, embedding, options);
  const pieces = edgeFilePieces({ index, ids, modelVersion: 'test', embeddingType: 'LogFavBasedTweet' });
  return new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer();
}

const builds = ['edge.wasm', 'edge.scalar.wasm'].map((file) => new WebAssembly.Module(readWasm(file)));
const file = await fileOf({ scale: 'unit', birthMs });

function queryOf(row: number, config?: EdgeQuery['config']): EdgeQuery {
  const { clusters, scores } = vectorOfRow(sources, row);
  return { vector: Array.from(clusters, (cluster, i) => [cluster, scores[i]] as const), config };
}
const configs: EdgeQuery['config'][] = [
  undefined,
  { annAlgorithm: 'log-cosine', candidateNorm: 'visited', maxNumResults: 7 },
  { annAlgorithm: 'dot', maxScanClusters: 2, maxTopTweetsPerCluster: 5 },
  { maxReRankingCandidates: 50, minScore: 0.3 },
];

for (const scale of ['unit', 'raw'] as const)
  test(`both builds answer what the library answers, ${scale} scores`, async () => {
    const options = { scale, birthMs };
    const index = await buildItemIndex(kernels, embedding, options);
    const bytes = await fileOf(options);
    const models = builds.map((build) => openEdgeModel(build, bytes));
    await kernels.scope(async () => {
      const retriever = new Retriever(kernels, index);
      for (let row = 0; row < sources.numRows; row++)
        for (const config of configs) {
          const full = { ...retrievalVariant('', '', 'WholeNorm').config, ...config };
          const { items, scores } = retriever.search(sparseVector(queryOf(row).vector!), full);
          const expected = Array.from(items, (item, i) => ({
            id: `post ${index.rowOf[item]} ☂`,
            score: scores[i],
          }));
          for (const model of models) assert.equal(model.search(queryOf(row, config)), expected);
        }
    });
  });

test('an item as source finds itself nowhere; ages count when the time is given', () => {
  const model = openEdgeModel(builds[0], file);
  const found = model.search({ itemId: 'post 5 ☂' });
  assert.ok(found.length > 10);
  assert.not(found.some(({ id }) => id === 'post 5 ☂'));
  const aged = model.search({
    itemId: 'post 5 ☂',
    nowMs: 1e12 + 5e7,
    config: { maxTweetCandidateAgeHours: 1 },
  });
  assert.ok(aged.length > 0 && aged.length < found.length);
  for (const { id } of aged) {
    const born = birthMs[Number(id.split(' ')[1])];
    assert.ok(born >= 1e12 + 5e7 - 3_600_000 && born <= 1e12 + 5e7, id);
  }
});

/** Ranges of the file, counted. */
function reader(bytes: ArrayBuffer) {
  const ranges: [number, number][] = [];
  const readRange = async (start: number, end: number) => {
    ranges.push([start, end]);
    return bytes.slice(start, Math.min(end, bytes.byteLength));
  };
  return { ranges, readRange };
}

test('by ranges: the same answers, each list fetched once, only those a query needs', async () => {
  const { ranges, readRange } = reader(file);
  const remote = await openRemoteEdgeModel(builds[0], readRange);
  const whole = openEdgeModel(builds[0], file);
  const narrow = { maxScanClusters: 2 };
  const opened = ranges.length;
  await remote.search(queryOf(1, narrow));
  const lists = ranges.slice(opened).filter(([start, end]) => end - start < 16384).length;
  assert.ok(lists <= 2 + 2, `${lists} ranges for two lists and the ids`);
  for (let row = 0; row < sources.numRows; row++)
    for (const config of configs.slice(0, 3))
      assert.equal(await remote.search(queryOf(row, config)), whole.search(queryOf(row, config)));
  const fetched = ranges.length;
  await remote.search(queryOf(1, narrow));
  assert.is(ranges.length, fetched);
});

test('by ranges, with room for few lists: queries at once still get their answers, too large a one is refused', async () => {
  const { readRange } = reader(file);
  const remote = await openRemoteEdgeModel(builds[0], readRange, { maxEntries: 700 });
  const whole = openEdgeModel(builds[0], file);
  const queries = Array.from({ length: sources.numRows }, (_, row) => queryOf(row, { maxScanClusters: 2 }));
  const found = await Promise.all(queries.map((query) => remote.search(query)));
  assert.equal(
    found,
    queries.map((query) => whole.search(query)),
  );
  const tiny = await openRemoteEdgeModel(builds[0], readRange, { maxEntries: 3 });
  const refused = await tiny.search(queryOf(1)).catch((error) => error);
  assert.match(refused.message, /Raise maxEntries/);
  const exact = await remote
    .search(queryOf(1, { maxScanClusters: 1, maxReRankingCandidates: 5 }))
    .catch((error) => error);
  assert.is(exact.code, 'BAD_PARAM');
});

test('a source must be given, and known', () => {
  const model = openEdgeModel(builds[0], file);
  assert.throws(() => model.search({}), /BAD_PARAM/);
  assert.throws(() => model.search({ itemId: 'post 4000' }), /UNKNOWN_ID/);
  assert.throws(() => model.search(queryOf(1, { maxNumResults: 0 })), /BAD_PARAM/);
  assert.throws(() => model.search(queryOf(1, { exact: true })), /BAD_PARAM/);
});

test('without vectors, items are no sources', async () => {
  const bare = openEdgeModel(builds[0], await fileOf({ scale: 'unit', hasVectors: false }));
  assert.ok(bare.search(queryOf(1)).length > 0);
  assert.throws(() => bare.search({ itemId: 'post 5 ☂' }), /without whole vectors/);
});

test('an index of nothing answers nothing', async () => {
  const index = await buildItemIndex(kernels, csrFromRows(3, []), {});
  const pieces = edgeFilePieces({
    index,
    ids: idTableFromStrings([]),
    modelVersion: 'm',
    embeddingType: 't',
  });
  const empty = openEdgeModel(builds[0], await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  assert.equal(empty.search({ vector: [[1, 1]] }), []);
});

test('foreign, short and damaged files are refused, never read beyond their end', () => {
  const refuse = (bytes: ArrayBuffer) => assert.throws(() => openEdgeModel(builds[0], bytes), /BAD_ARTIFACT/);
  refuse(new ArrayBuffer(0));
  refuse(new ArrayBuffer(64));
  for (const length of [10, 100, 1000, file.byteLength >> 1]) refuse(file.slice(0, length));
  const damaged = (change: (words: Uint32Array) => void) => {
    const copy = file.slice(0);
    change(new Uint32Array(copy));
    refuse(copy);
  };
  damaged((words) => words.fill(0xffffffff, 2, 3));
  // Anything between header and lists: directory and lists are checked word by word.
  for (const share of [0.02, 0.1, 0.2])
    damaged((words) =>
      words.fill(0xffffffff, Math.floor(words.length * share), Math.floor(words.length * share) + 64),
    );
});

test.run();
