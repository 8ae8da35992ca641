import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Csr, csrFromRows } from '../../src/core/csr.ts';
import type { EdgePart } from '../../src/core/edge-store.ts';
import type { SimClustersError } from '../../src/core/errors.ts';
import { inMemory } from '../../src/core/stored-csr.ts';
import { transpose } from '../../src/kernels/sparse.ts';
import { keepByEitherEnd, keepOnDisk } from '../../src/similarity/neighbor-rows.ts';
import {
  computeProducerSimilarity,
  type SimilarityOptions,
  type SimilarityWeighting,
  similarityWeightings,
} from '../../src/similarity/producer-similarity.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { MemoryStore } from '../fixtures/memory-store.ts';
import { dense, Random, rowOf } from '../fixtures/random.ts';

const test = suite('producer similarity');
const kernels = open(wasm(1));
test.after(() => kernels.close());

/** f32 scales and sums against f64: a few roundings of 2^-24 each. */
const TOLERANCE = 1e-6;

/** s(p, q) in f64, straight from the formulas; 0 on the diagonal and for producers of too few followers. */
function denseSimilarity(follows: Csr, weighting: SimilarityWeighting, minFollowers: number): number[][] {
  const asWeighed = (value: number): number =>
    weighting === 'log-fav-cosine' ? Math.log10(1 + value) : value;
  const isPattern = weighting === 'projection';
  const a = dense(isPattern ? { ...follows, data: undefined } : follows).map((row) => row.map(asWeighed));
  const isCosine = weighting !== 'degree-normalized';
  const sum = (values: readonly number[]) => values.reduce((x, y) => x + y, 0);
  const rowSums = a.map(sum);
  const column = (p: number) => a.map((row) => row[p]);
  const stored = new Uint32Array(follows.numCols);
  for (const p of follows.indices) stored[p]++;
  const scale = Array.from({ length: follows.numCols }, (_, p) => {
    const size = isCosine ? sum(column(p).map((x) => x * x)) : sum(column(p));
    return stored[p] < minFollowers || size === 0 ? 0 : 1 / Math.sqrt(size);
  });
  const pair = (p: number, q: number): number => {
    const terms = a.map((row, u) => {
      const product = row[p] * row[q];
      return isCosine || product === 0 ? product : product / rowSums[u];
    });
    return p === q ? 0 : sum(terms) * scale[p] * scale[q];
  };
  return scale.map((_, p) => scale.map((_, q) => pair(p, q)));
}

/** The k-th largest value of a row, or the threshold when fewer pass it. */
function cutOf(row: readonly number[], topK: number, threshold: number): number {
  const passing = row.filter((value) => value > threshold).sort((a, b) => b - a);
  return passing[topK - 1] ?? threshold;
}

/**
 * Every stored value is right and may stand; every pair that must stand is stored. Pairs within the tolerance of a cut
 * may go either way.
 */
function requireSimilarity(
  actual: Csr,
  exact: number[][],
  topK: number,
  threshold: number,
  what: string,
): void {
  const values = dense(actual);
  const cuts = exact.map((row) => cutOf(row, topK, threshold));
  exact.forEach((row, p) => {
    row.forEach((expected, q) => {
      const found = values[p][q];
      const cut = Math.min(cuts[p], cuts[q]);
      const where = `${what}: (${p}, ${q}) is ${found}, exactly ${expected}, cut ${cut}`;
      assert.is(found, values[q][p], `${where}: not symmetric`);
      if (found !== 0) {
        assert.ok(Math.abs(found - expected) < TOLERANCE, where);
        assert.ok(expected > threshold - TOLERANCE && expected >= cut - TOLERANCE, where);
      } else {
        assert.not.ok(expected > threshold + TOLERANCE && expected > cut + TOLERANCE, where);
      }
    });
    assert.not(
      rowOf(actual, p).some(([q]) => q === p),
      'no diagonal',
    );
  });
}

function similarity(follows: Csr, options: Partial<SimilarityOptions>): Promise<Csr> {
  return computeProducerSimilarity(kernels, follows, {
    weighting: 'cosine',
    threshold: 0,
    minFollowers: 1,
    topK: Math.max(1, follows.numCols),
    ...options,
  });
}

for (const weighting of similarityWeightings) {
  for (const weights of ['binary', 'weighted']) {
    test(`${weighting}, ${weights}: equals the dense computation`, async () => {
      const random = new Random(`${weighting} ${weights}`);
      for (let round = 0; round < 40; round++) {
        const weighted = random.csr(1 + random.below(40), 1 + random.below(25));
        const follows = weights === 'binary' ? { ...weighted, data: undefined } : weighted;
        const threshold = random.chance() ? 0 : 0.5 * random.real();
        const cut = weighting === 'projection' ? threshold + 1e-5 : threshold;
        const minFollowers = 1 + random.below(5);
        const topK = 1 + random.below(random.chance() ? 4 : 25);
        const actual = await similarity(follows, { weighting, threshold, minFollowers, topK });
        const exact = denseSimilarity(follows, weighting, minFollowers);
        requireSimilarity(actual, exact, topK, cut, `round ${round}`);
      }
    });
  }
}

/** Follower lists of producers, as consumers × producers. */
function followedBy(numConsumers: number, followers: readonly (readonly number[])[]): Csr {
  const rows = Array.from({ length: numConsumers }, (_, u) =>
    followers.flatMap((list, p) => (list.includes(u) ? [[p, 1] as const] : [])),
  );
  return { ...csrFromRows(followers.length, rows), data: undefined };
}

/** 0 and 1 share two of four followers; 2 shares one follower with each of them. */
const three = followedBy(7, [
  [0, 1, 2, 3],
  [2, 3, 4, 5],
  [0, 4, 6],
]);

test('an edge is kept iff it is greater than the threshold', async () => {
  assert.is(dense(await similarity(three, { threshold: 0.49999 }))[0][1], 0.5);
  assert.is(dense(await similarity(three, { threshold: 0.5 }))[0][1], 0);
});

test('an edge stands if either end keeps it', async () => {
  // 0 and 1 prefer each other; 2 has none it prefers to 0, which it likes as much as 1 and keeps for its lower index.
  const values = dense(await similarity(three, { topK: 1 }));
  assert.is(values[0][1], 0.5);
  assert.ok(values[0][2] > 0 && values[2][0] === values[0][2]);
  assert.is(values[1][2], 0);
});

test('producers of too few followers are no neighbours and have none', async () => {
  const made = await similarity(three, { minFollowers: 4 });
  assert.equal([...made.indptr], [0, 1, 2, 2]);
  assert.equal([...made.indices], [1, 0]);
});

test('degree-normalised: whoever follows many says little', async () => {
  // One common follower each: 0 of producers 0 and 1 alone; 1 of 2, 3 and 4.
  const follows = followedBy(2, [[0], [0], [1], [1], [1]]);
  const values = dense(await similarity(follows, { weighting: 'degree-normalized' }));
  assert.ok(Math.abs(values[0][1] - 1 / 2) < TOLERANCE);
  assert.ok(Math.abs(values[2][3] - 1 / 3) < TOLERANCE);
  assert.is(values[1][2], 0);
});

test('the projection clears its threshold by 1e-5, and takes follows for ones', async () => {
  // 0 and 1 share two followers of four each.
  const weighted = { ...three, data: Float32Array.from(three.indices, (_, i) => i + 1) };
  const projection = { weighting: 'projection', topK: 3 } as const;
  assert.is(dense(await similarity(weighted, { ...projection, threshold: 0.49998 }))[0][1], 0.5);
  assert.is(dense(await similarity(weighted, { ...projection, threshold: 0.499995 }))[0][1], 0);
});

test('ten squares, after threshold and top-k', async () => {
  const values = dense(await similarity(three, { transform: 'ten-squares', threshold: 0.45 }));
  assert.is(values[0][1], 2.5);
  assert.is(values[0][2], 0);
});

test('pairs with too few common followers are none', async () => {
  for (const weighting of ['cosine', 'degree-normalized'] as const) {
    const made = await similarity(three, { weighting, minCommonFollowers: 2 });
    assert.equal([...made.indices], [1, 0], weighting);
  }
});

test('weights below 0 and weights that are no numbers are refused', async () => {
  for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const follows = csrFromRows(2, [
      [
        [0, 1],
        [1, bad],
      ],
    ]);
    const code = await similarity(follows, {}).then(
      () => 'none',
      (error: SimClustersError) => error.code,
    );
    assert.is(code, 'BAD_PARAM', String(bad));
  }
});

test('a threshold outside of 0 to 1 and no neighbours at all are refused', async () => {
  for (const wrong of [
    { threshold: -0.1 },
    { threshold: 1.1 },
    { threshold: Number.NaN },
    { topK: 0 },
    { topK: 1.5 },
  ]) {
    const code = await similarity(three, wrong).then(
      () => 'none',
      (error: SimClustersError) => error.code,
    );
    assert.is(code, 'BAD_PARAM', JSON.stringify(wrong));
  }
});

test('any allowance of memory gives the same bytes', async () => {
  const random = new Random('allowance');
  for (let round = 0; round < 20; round++) {
    const a = random.csr(1 + random.below(60), 1 + random.below(60));
    const options = { topK: 1 + random.below(12), threshold: 0.1 * random.real() };
    const turned = await transpose(kernels, a);
    const whole = await keepByEitherEnd(kernels, turned, a, options);
    for (const maxBytes of [1, 200, 3000, 1e6]) {
      const opened: MemoryStore[] = [];
      const openStore = async () => {
        const store = new MemoryStore();
        opened.push(store);
        return store;
      };
      const spilled = await inMemory(await keepOnDisk(kernels, turned, a, options, { maxBytes, openStore }));
      assert.equal({ ...spilled }, { ...whole }, `round ${round}, ${maxBytes} bytes`);
      assert.ok(opened.every(({ isClosed }) => isClosed));
    }
  }
});

/** Counts what is read, and fails at an append or a read of one's choice. */
class WatchedStore extends MemoryStore {
  static numRead = 0;
  static numCalls = 0;
  static failingCall = Number.POSITIVE_INFINITY;

  override readNow(part: EdgePart, firstByte: number, into: Uint8Array): void {
    WatchedStore.#called();
    WatchedStore.numRead += into.length;
    super.readNow(part, firstByte, into);
  }

  override async append(part: EdgePart, bytes: Uint8Array): Promise<void> {
    WatchedStore.#called();
    await super.append(part, bytes);
  }

  static #called(): void {
    if (++WatchedStore.numCalls === WatchedStore.failingCall) throw new Error('the disk is full');
  }
}

test('little memory does not read the disk over and over', async () => {
  const a = new Random('often').csr(200, 150);
  const turned = await transpose(kernels, a);
  const bytesRead: number[] = [];
  for (const maxBytes of [24 * 200, 24 * 100_000]) {
    WatchedStore.numRead = 0;
    const openStore = async () => new WatchedStore();
    const options = { topK: 150, threshold: 0 };
    const stored = await keepOnDisk(kernels, turned, a, options, { maxBytes, openStore });
    bytesRead.push(WatchedStore.numRead);
    assert.ok(stored.indptr[150] > 10_000, 'a hundred blocks and more of the smaller size');
  }
  assert.is(bytesRead[0], bytesRead[1]);
});

test('whatever call of the disk fails, all of it is given back', async () => {
  const a = new Random('full').csr(40, 30);
  const turned = await transpose(kernels, a);
  const options = { topK: 5, threshold: 0 };
  let numFailed = 0;
  for (WatchedStore.failingCall = 1; ; WatchedStore.failingCall++) {
    WatchedStore.numCalls = 0;
    const opened: WatchedStore[] = [];
    const openStore = async () => {
      const store = new WatchedStore();
      opened.push(store);
      return store;
    };
    const made = keepOnDisk(kernels, turned, a, options, { maxBytes: 600, openStore });
    const result = await made.catch((error: Error) => error);
    if (!(result instanceof Error)) break;
    numFailed++;
    assert.is(result.message, 'the disk is full');
    assert.ok(opened.every(({ isClosed }) => isClosed));
  }
  WatchedStore.failingCall = Number.POSITIVE_INFINITY;
  assert.ok(numFailed > 20);
});

test('too little memory is said before anything is computed', async () => {
  const openStore = () => Promise.reject(new Error('opened'));
  const code = await similarity(three, { memory: { bytes: 1e6, openStore } }).then(
    () => 'none',
    (error: SimClustersError) => error.code,
  );
  assert.is(code, 'OUT_OF_MEMORY');
});

test('the memory that is asked for is enough', async () => {
  const openStore = async () => new MemoryStore();
  for (const numProducers of [0, 2500, 5000, 7500, 10_000]) {
    const follows = csrFromRows(numProducers, [[]]);
    const bytes = (mebibytes: number) => ({ memory: { bytes: mebibytes * 2 ** 20, openStore } });
    const refusal = await similarity(follows, bytes(1)).catch((error: SimClustersError) => error);
    const asked = /at least (\d+) MiB/.exec((refusal as SimClustersError).facts.expected)?.[1];
    assert.is((await similarity(follows, bytes(Number(asked)))).numRows, numProducers);
  }
});

test('nobody, one producer, nobody followed', async () => {
  for (const [numConsumers, numProducers] of [
    [0, 0],
    [3, 0],
    [0, 3],
    [3, 1],
    [3, 3],
  ]) {
    const empty = Array.from({ length: numConsumers }, () => []);
    for (const weighting of similarityWeightings) {
      const made = await similarity(csrFromRows(numProducers, empty), { weighting });
      assert.equal([made.numRows, made.numCols, made.indices.length], [numProducers, numProducers, 0]);
    }
  }
});

test.run();
