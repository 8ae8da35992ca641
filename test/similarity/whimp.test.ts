import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Csr, csrFromRows } from '../../src/core/csr.ts';
import { SimClustersError } from '../../src/core/errors.ts';
import { randomKey } from '../../src/core/rng.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { hammingDistances, placeSketches, placeWedgeTables } from '../../src/kernels/similarity.ts';
import { transpose } from '../../src/kernels/sparse.ts';
import { type FindSimilarityOptions, findProducerSimilarity } from '../../src/similarity/find-similarity.ts';
import {
  computeProducerSimilarity,
  type SimilarityWeighting,
  similarityWeightings,
} from '../../src/similarity/producer-similarity.ts';
import { sampleProducerSimilarity, type WhimpOptions } from '../../src/similarity/whimp.ts';
import { sketchError, whimpBounds } from '../../src/similarity/whimp-bounds.ts';
import { describeSampling } from '../../src/stages/producer-similarity.ts';
import { open, reference, wasm } from '../fixtures/backends.ts';
import { MemoryStore } from '../fixtures/memory-store.ts';
import { csrFromMaps, dense, Random, rowOf } from '../fixtures/random.ts';

const test = suite('WHIMP');
const kernels = open(wasm(1));
test.after(() => kernels.close());

const options: WhimpOptions = {
  weighting: 'cosine',
  threshold: 0.2,
  minFollowers: 1,
  topK: 10_000,
  recall: 0.95,
  sketchBits: 0,
  seed: 'seed',
};

/** Users of a group follow producers of the group, most of all its first; everybody some of anywhere. */
function plant(seed: string, numUsers: number, numProducers: number, numGroups: number): Csr {
  const random = new Random(seed);
  const rows = Array.from({ length: numUsers }, () => {
    const group = random.below(numGroups);
    const follows = new Map<number, number>();
    for (let i = 0; i < 30; i++) {
      const skewed = Math.floor((random.real() ** 3 * numProducers) / numGroups);
      const followed = random.chance(0.7) ? skewed * numGroups + group : random.below(numProducers);
      follows.set(Math.min(followed, numProducers - 1), Math.fround(0.1 + random.real()));
    }
    return follows;
  });
  return csrFromMaps(numProducers, rows);
}

const planted = plant('planted', 3000, 400, 8);
const binary: Csr = { ...planted, data: undefined };

const exactly = (follows: Csr, wanted: Partial<WhimpOptions> = {}) =>
  computeProducerSimilarity(kernels, follows, { ...options, ...wanted });
const sampled = (follows: Csr, wanted: Partial<WhimpOptions> = {}, by: Kernels = kernels) =>
  sampleProducerSimilarity(by, follows, { ...options, ...wanted });

/** Share of the exact pairs that were found. Every pair found must be an exact one, with its value. */
function recallOf(found: Csr, exact: Csr, what: string): number {
  let numFound = 0;
  for (let p = 0; p < exact.numRows; p++) {
    const values = new Map(rowOf(exact, p));
    for (const [q, value] of rowOf(found, p)) {
      const right = values.get(q);
      assert.ok(right !== undefined, `${what}: (${p}, ${q}) is ${value}, and not above the threshold`);
      assert.is(value, right, `${what}: (${p}, ${q})`);
      numFound++;
    }
  }
  return numFound / exact.indices.length;
}

for (const weighting of similarityWeightings) {
  for (const [weights, follows] of [
    ['binary', binary],
    ['weighted', planted],
  ] as const) {
    test(`${weighting}, ${weights}: finds what it promises, and nothing else`, async () => {
      for (const threshold of weighting === 'cosine' ? [0.1, 0.2] : [0.015]) {
        const exact = await exactly(follows, { weighting, threshold });
        assert.ok(exact.indices.length > 500, `${exact.indices.length} pairs`);
        for (const [recall, sketchBits] of [
          [0.8, 512],
          [0.95, 1024],
          [0.95, 0],
        ]) {
          const wanted = { weighting, threshold, recall, sketchBits };
          const { similarity, report } = await sampled(follows, { ...wanted, isMixed: false });
          const what = JSON.stringify(wanted);
          const found = recallOf(similarity, exact, what);
          assert.ok(found >= recall, `${what}: recall ${found}`);
          assert.ok(Math.abs((report.expectedRecall ?? 0) - recall) < 1e-9);
          assert.ok(report.numWedgesLooked > 0 && report.numSurvivors <= report.numPairs);
          assert.is(report.numExactProducers, 0);
        }
      }
    });
  }
}

test('what is told of sampling: the promise, and what it took', async () => {
  const told = async (wanted: Partial<WhimpOptions>) =>
    describeSampling((await sampled(binary, { isMixed: false, ...wanted })).report).join('\n');
  assert.match(
    await told({}),
    /^recall at the threshold at least 95\.0 %: [\d.]+ draws .*\n[\d.]+ % of the exact/,
  );
  assert.match(await told({ sketchBits: 512 }), /[1-9]\d* sketches of 512 bits/);
  assert.match(await told({ isVerified: false }), /^no recall is promised, .*\n.* estimated; 0 producers/);
});

test('sampling reads fewer wedges than there are, and sketches drop pairs', async () => {
  const { report } = await sampled(binary, { threshold: 0.3, sketchBits: 1024, isMixed: false });
  assert.ok(
    report.numWedgesLooked < 0.5 * report.numWedges,
    `${report.numWedgesLooked} of ${report.numWedges}`,
  );
  assert.ok(report.numSurvivors < 0.7 * report.numPairs, `${report.numSurvivors} of ${report.numPairs}`);
});

test('where every wedge is read the graph is the exact one, at all lane edges', async () => {
  for (const numProducers of [0, 1, 2, 127, 128, 129]) {
    const follows = new Random(`edges ${numProducers}`).csr(60, numProducers);
    for (const data of [undefined, follows.data]) {
      for (const weighting of similarityWeightings) {
        const wanted = { weighting, threshold: 1e-7, topK: 5, isMixed: false, sketchBits: 128 };
        const { similarity } = await sampled({ ...follows, data }, wanted);
        const exact = await exactly({ ...follows, data }, wanted);
        assert.equal(similarity, exact, `${numProducers} producers, ${weighting}`);
      }
    }
  }
});

test('1 thread, 2 threads and the twins give the same bytes; another seed does not', async () => {
  const wanted = { threshold: 0.15, sketchBits: 256, isMixed: false, topK: 20 };
  const expected = await sampled(planted, wanted);
  for (const backend of [wasm(2), reference]) {
    const others = open(backend);
    assert.equal(await sampled(planted, wanted, others), expected);
    await others.close();
  }
  const other = await sampled(planted, { ...wanted, seed: 'another', recall: 0.5 });
  assert.not.equal(other.similarity.indices, expected.similarity.indices);
});

test('any allowance of memory gives the same bytes, and all of the disk is given back', async () => {
  for (const isMixed of [false, true]) {
    for (const [follows, transform] of [
      [planted, 'none'],
      [binary, 'ten-squares'],
    ] as const) {
      const wanted = { threshold: 0.15, isMixed, topK: 20, transform };
      const { similarity } = await sampled(follows, wanted);
      const stores: MemoryStore[] = [];
      const openStore = async () => {
        const store = new MemoryStore();
        stores.push(store);
        return store;
      };
      const bounded = await sampled(follows, { ...wanted, memory: { bytes: 118e6, openStore } });
      assert.equal(bounded.similarity, similarity);
      assert.ok(stores.length >= 3 && stores.every(({ isClosed }) => isClosed));
    }
  }
});

test('too little memory is said before anything is drawn', async () => {
  const openStore = () => Promise.reject(new Error('opened'));
  const refused = await sampled(planted, { threshold: 0.15, memory: { bytes: 100e6, openStore } }).then(
    () => 'none',
    (error: SimClustersError) => error.code,
  );
  assert.is(refused, 'OUT_OF_MEMORY');
});

test('pairs with too few common followers are none, drawn or looked at whole', async () => {
  const minCommonFollowers = 60;
  for (const isMixed of [false, true]) {
    for (const weighting of similarityWeightings) {
      const wanted = {
        weighting,
        threshold: 1e-7,
        minCommonFollowers,
        isMixed,
        transform: 'ten-squares',
      } as const;
      const { similarity } = await sampled(planted, wanted);
      const exact = await exactly(planted, wanted);
      const unbounded = await exactly(planted, { ...wanted, minCommonFollowers: 1 });
      assert.ok(exact.indices.length > 0 && exact.indices.length < unbounded.indices.length / 2);
      assert.equal([...similarity.indices], [...exact.indices], `${weighting}, ${isMixed}`);
      assert.equal([...(similarity.data as Float32Array)], [...(exact.data as Float32Array)]);
    }
  }
});

test('unverified similarities are off by what the formula says', async () => {
  const wanted = { threshold: 0.15, sketchBits: 2048, isVerified: false };
  const exact = dense(await exactly(binary, { ...wanted, threshold: 0 }));
  const { similarity, report } = await sampled(binary, wanted);
  assert.is(report.isVerified, false);
  assert.is(report.expectedRecall, undefined);
  let numPairs = 0;
  for (let p = 0; p < similarity.numRows; p++) {
    for (const [q, value] of rowOf(similarity, p)) {
      assert.ok(value > 0.15 && Math.abs(value - exact[p][q]) < 6 * report.sketchError);
      numPairs++;
    }
  }
  assert.ok(numPairs > 1000);
});

/** Disjoint pairs of columns, each of 41 entries, so that no sum is 0; some are common. */
function pairsOfColumns(numPairs: number, numCommon: (pair: number) => number): Csr {
  const rows: (readonly [number, number])[][] = [];
  for (let pair = 0; pair < numPairs; pair++) {
    const common = numCommon(pair);
    for (let i = 0; i < 82 - common; i++) {
      const columns = i < common ? [2 * pair, 2 * pair + 1] : [2 * pair + ((i - common) % 2)];
      rows.push(columns.map((column) => [column, 1] as const));
    }
  }
  return csrFromRows(2 * numPairs, rows);
}

test('sums of the errors of sketches fit the formula', async () => {
  const numPairs = 1500;
  const numCommon = (pair: number) => 4 * (pair % 10);
  const columns = await transpose(kernels, pairsOfColumns(numPairs, numCommon));
  for (const matrix of [{ ...columns, data: undefined }, columns]) {
    for (const numBits of [128, 1024]) {
      await kernels.scope(async () => {
        const every = Uint32Array.from({ length: 2 * numPairs }, (_, i) => i);
        const sketches = await placeSketches(kernels, matrix, every, numBits, randomKey('seed', 'test'));
        const [left, right] = [0, 1].map((side) => every.filter((column) => column % 2 === side));
        const distances = await hammingDistances(kernels, sketches, numBits, left, right);
        let sum = 0;
        let squares = 0;
        distances.forEach((distance, pair) => {
          const cosine = numCommon(pair) / 41;
          const error = (Math.cos((Math.PI * distance) / numBits) - cosine) / sketchError(cosine, numBits);
          sum += error;
          squares += error ** 2;
        });
        assert.ok(Math.abs(sum / numPairs) < 0.12, `${numBits} bits: bias of ${sum / numPairs} errors`);
        assert.ok(
          squares / numPairs > 0.85 && squares / numPairs < 1.15,
          `${numBits} bits: ${squares / numPairs}`,
        );
      });
    }
  }
});

test('alias tables hold the weights they were made of', async () => {
  const random = new Random('alias');
  const users = random.csr(60, 50);
  const scale = random.f32(50);
  await kernels.scope(async () => {
    const { table, masses } = await placeWedgeTables(kernels, users, scale);
    for (let user = 0; user < users.numRows; user++) {
      const row = rowOf(users, user);
      const mass = row.reduce((sum, [q, value]) => sum + value * scale[q], 0);
      assert.ok(Math.abs(masses[user] - mass) < 1e-9);
      if (mass === 0) continue;
      const shares = new Map<number, number>();
      const add = (q: number, share: number) => shares.set(q, (shares.get(q) ?? 0) + share / row.length);
      row.forEach(([q], i) => {
        const kept = table[2 * (users.indptr[user] + i)] / 2 ** 32;
        add(q, kept);
        add(table[2 * (users.indptr[user] + i) + 1], 1 - kept);
      });
      for (const [q, value] of row)
        assert.ok(Math.abs((shares.get(q) as number) - (value * scale[q]) / mass) < 1e-7, `user ${user}`);
    }
  });
});

test('bounds: more recall and lower thresholds take more draws, longer sketches cut closer', () => {
  const { samples, expectedRecall, sketchCut } = whimpBounds(0.2, 0.95, 1024);
  assert.ok(samples > Math.log(20) / 0.2 && samples < (1.1 * Math.log(20)) / 0.2);
  assert.ok(Math.abs(expectedRecall - 0.95) < 1e-12);
  assert.is(whimpBounds(0.1, 0.95, 1024).samples, 2 * samples);
  assert.ok(whimpBounds(0.2, 0.99, 1024).samples > samples);
  assert.ok(sketchCut < 0.2 && whimpBounds(0.2, 0.95, 8192).sketchCut > sketchCut);
  // Published figures at cosine 0.2, to three places.
  for (const [bits, error] of [
    [256, 0.095],
    [1024, 0.048],
    [4096, 0.024],
    [8192, 0.017],
  ])
    assert.is(sketchError(0.2, bits).toFixed(3), error.toFixed(3));
});

test('what sampling cannot work with is refused', async () => {
  for (const wrong of [
    { threshold: 0 },
    { threshold: 1.5 },
    { recall: 1 },
    { recall: 0 },
    { sketchBits: 100 },
    { sketchBits: 16384 },
  ]) {
    try {
      await sampled(binary, wrong);
      assert.unreachable(JSON.stringify(wrong));
    } catch (error) {
      assert.is((error as SimClustersError).code, 'BAD_PARAM', JSON.stringify(wrong));
      assert.instance(error, SimClustersError);
    }
  }
});

const find = (follows: Csr, wanted: Partial<FindSimilarityOptions>) =>
  findProducerSimilarity(kernels, follows, { ...options, method: 'auto', maxUserDegree: 0, ...wanted });

test('auto is exact where that is quicker, and says what either would cost', async () => {
  const { similarity, report } = await find(binary, {});
  assert.is(report.method, 'exact');
  assert.match(report.reason, /affordable; exactly about [\d.]+ s, by WHIMP about [\d.]+ s/);
  assert.equal(similarity, await exactly(binary));
  const without = await find(binary, { threshold: 0 });
  assert.match(without.report.reason, /no threshold/);
});

/** Few producers with very many followers, who have next to nothing in common. */
function crowd(): Csr {
  const random = new Random('worth');
  const rows = Array.from(
    { length: 15_000 },
    () => new Map([...random.u32(150, 1000)].map((p) => [p, 1] as const)),
  );
  const { data: _, ...crowded } = csrFromMaps(1000, rows);
  return crowded;
}

test('auto samples where that is worth it', async () => {
  const crowded = crowd();
  const wanted = { threshold: 0.9, affordableSeconds: 0 };
  const { report } = await find(crowded, wanted);
  assert.is(report.method, 'whimp', report.reason);
  assert.ok((report.whimp?.numWedgesLooked as number) < (report.whimp?.numWedges as number) / 2);
});

test('users above the cap are left out by either method, and counted', async () => {
  const rows = [...Array.from({ length: 30 }, (_, u) => [u % 5, 5 + (u % 3)]), [0, 1, 2, 3, 4, 5, 6, 7]];
  const follows = (kept: readonly number[][]): Csr =>
    csrFromRows(
      8,
      kept.map((row) => row.map((p) => [p, 1] as const)),
    );
  const expected = await exactly(follows([...rows.slice(0, 30), []]));
  for (const method of ['exact', 'whimp'] as const) {
    const { similarity, report } = await find(follows(rows), { method, maxUserDegree: 7 });
    assert.equal([report.numUsersCut, report.numFollowsCut], [1, 8]);
    assert.equal(similarity, expected);
  }
});

const weightings: readonly SimilarityWeighting[] = similarityWeightings;
test('producers of too few followers are never drawn', async () => {
  for (const weighting of weightings) {
    const minFollowers = 200;
    const wanted = { weighting, minFollowers, threshold: 0.01, isMixed: false };
    const { similarity } = await sampled(binary, wanted);
    recallOf(similarity, await exactly(binary, wanted), weighting);
  }
});

test.run();
