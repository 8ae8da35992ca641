/** Graphs and settings at the edge of what makes sense, exactly and by sampling: defined results, or errors that say why. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Csr, csrFromRows } from '../../src/core/csr.ts';
import { SimClustersError } from '../../src/core/errors.ts';
import {
  type FindSimilarityOptions,
  findProducerSimilarity,
  similarityMethods,
} from '../../src/similarity/find-similarity.ts';
import { cosineTopK } from '../../src/similarity/top-k-cosine.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { rowOf } from '../fixtures/random.ts';

const test = suite('odd graphs');
const kernels = open(wasm(2));
test.after(() => kernels.close());

/** Rows of followed producers, all of weight 1. */
function follows(numProducers: number, rows: readonly (readonly number[])[]): Csr {
  const { data: _, ...pattern } = csrFromRows(
    numProducers,
    rows.map((row) => row.map((p) => [p, 1] as const)),
  );
  return pattern;
}

const isClose = (a: number, b: number) => Math.abs(a - b) < 1e-6;

/** By each method; WHIMP with every producer sampled and a recall that leaves nothing to chance. */
async function byEachMethod(
  graph: Csr,
  wanted: Partial<FindSimilarityOptions>,
  check: (similarity: Csr, method: string) => void,
): Promise<void> {
  for (const method of similarityMethods) {
    const { similarity } = await findProducerSimilarity(kernels, graph, {
      weighting: 'cosine',
      threshold: 0.1,
      topK: 10,
      minFollowers: 1,
      method,
      isMixed: false,
      recall: 1 - 1e-9,
      sketchBits: 0,
      seed: 'odd',
      maxUserDegree: 0,
      affordableSeconds: 0,
      ...wanted,
    });
    check(similarity, method);
  }
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => 'none',
    (error) => (error instanceof SimClustersError ? error.code : `not ours: ${error}`),
  );
}

test('consumers who follow nobody, producers whom nobody follows', async () => {
  const graph = follows(5, [[], [0, 3], [], [0, 3], []]);
  await byEachMethod(graph, {}, (similarity, method) => {
    assert.equal([...similarity.indptr], [0, 1, 1, 1, 2, 2], method);
    assert.equal([...similarity.indices], [3, 0], method);
    assert.ok(isClose(similarity.data?.[0] ?? 0, 1));
  });
  const byRow = await cosineTopK(kernels, graph, { topK: 3 });
  assert.equal([...byRow.indptr], [0, 0, 1, 1, 2, 2]);
});

test('all producers have the same followers: each is like all, and keeps those of the lowest numbers', async () => {
  const numProducers = 40;
  const everybody = Array.from({ length: numProducers }, (_, p) => p);
  const graph = follows(
    numProducers,
    Array.from({ length: 300 }, () => everybody),
  );
  await byEachMethod(graph, { topK: numProducers }, (similarity, method) => {
    assert.is(similarity.indices.length, numProducers * (numProducers - 1), method);
    assert.ok(
      similarity.data?.every((value) => isClose(value, 1)),
      method,
    );
  });
  await byEachMethod(graph, { topK: 2 }, (similarity, method) => {
    // 0 and 1 are among the best two of all; 2 of those two alone.
    assert.equal(
      rowOf(similarity, 5).map(([q]) => q),
      [0, 1],
      method,
    );
    assert.is(rowOf(similarity, 0).length, numProducers - 1, method);
  });
});

test('one producer whom everybody follows: like each by the root of the share that follow both', async () => {
  const numUsers = 900;
  // Producer 0 is the hub; producer 1 + g is followed by a ninth.
  const graph = follows(
    10,
    Array.from({ length: numUsers }, (_, u) => [0, 1 + (u % 9)]),
  );
  await byEachMethod(graph, {}, (similarity, method) => {
    assert.equal(
      rowOf(similarity, 0).map(([q]) => q),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
      method,
    );
    for (let p = 1; p < 10; p++) {
      assert.equal(
        rowOf(similarity, p).map(([q]) => q),
        [0],
        method,
      );
      assert.ok(isClose(rowOf(similarity, p)[0][1], 1 / 3), method);
    }
  });
});

test('weights of 0 make nothing similar; those below are refused', async () => {
  const withWeights = (weight: number) =>
    csrFromRows(
      3,
      Array.from({ length: 50 }, () => [
        [0, 1],
        [1, weight],
        [2, 1],
      ]),
    );
  await byEachMethod(withWeights(0), {}, (similarity, method) => {
    assert.equal([...similarity.indptr], [0, 1, 1, 2], method);
    assert.equal([...similarity.indices], [2, 0], method);
  });
  for (const method of similarityMethods) {
    const run = byEachMethod(withWeights(-1), { method }, () => {});
    assert.is(await codeOf(run), 'BAD_PARAM', method);
  }
});

test('a threshold outside of 0 to 1, no neighbours to keep: refused by either method', async () => {
  const graph = follows(3, [
    [0, 1],
    [0, 2],
  ]);
  for (const wrong of [{ threshold: -0.1 }, { threshold: 1.01 }, { threshold: Number.NaN }, { topK: 0 }]) {
    for (const method of similarityMethods) {
      const what = `${method} ${JSON.stringify(wrong)}`;
      const options = { weighting: 'cosine', threshold: 0.1, topK: 1, minFollowers: 1, recall: 0.9 } as const;
      const more = { sketchBits: 0, seed: '', maxUserDegree: 0, method };
      const run = findProducerSimilarity(kernels, graph, { ...options, ...more, ...wrong });
      assert.is(await codeOf(run), 'BAD_PARAM', what);
    }
    assert.is(await codeOf(cosineTopK(kernels, graph, { topK: 1, ...wrong })), 'BAD_PARAM');
  }
});

test('options that mean nothing are refused by any method', async () => {
  const graph = follows(3, [[0, 1]]);
  for (const wrong of [
    { minCommonFollowers: Number.NaN },
    { minCommonFollowers: -1 },
    { minCommonFollowers: 2 ** 32 },
    { maxUserDegree: -1 },
    { maxUserDegree: Number.NaN },
    { minFollowers: Number.NaN },
    { minFollowers: -1 },
    { weighting: 'bogus' },
    { transform: 'bogus' },
    { sketchBits: 100 },
    { sketchBits: Number.NaN },
    { recall: 1 },
  ]) {
    for (const method of similarityMethods) {
      const wanted = { weighting: 'cosine', threshold: 0.1, topK: 1, minFollowers: 1, recall: 0.9 } as const;
      const more = { sketchBits: 0, seed: '', maxUserDegree: 0, method };
      const run = findProducerSimilarity(kernels, graph, {
        ...wanted,
        ...more,
        ...wrong,
      } as FindSimilarityOptions);
      assert.is(await codeOf(run), 'BAD_PARAM', `${method} ${Object.entries(wrong).join()}`);
    }
  }
  const options = { weighting: 'cosine', threshold: 0.1, topK: 1, minFollowers: 1, recall: 0.9 } as const;
  const more = { sketchBits: 0, seed: '', maxUserDegree: 0, method: 'bogus' as 'auto' };
  assert.is(await codeOf(findProducerSimilarity(kernels, graph, { ...options, ...more })), 'BAD_PARAM');
});

test('no matrix is taken for one where rows are cut first; memory and follower counts are looked at', async () => {
  const good: Csr = {
    numRows: 2,
    numCols: 3,
    indptr: Uint32Array.of(0, 2, 3),
    indices: Uint32Array.of(0, 2, 1),
  };
  const openStore = () => Promise.reject(new Error('opened'));
  const cosine = { weighting: 'cosine', threshold: 0.1, topK: 3, minFollowers: 1 } as const;
  const wanted = { ...cosine, method: 'exact', recall: 0.9, sketchBits: 0, seed: 's' } as const;
  const find = (graph: unknown, more: object) =>
    codeOf(findProducerSimilarity(kernels, graph as Csr, { ...wanted, maxUserDegree: 1, ...more }));
  assert.is(await find(good, {}), 'none');
  for (const wrong of [
    null,
    { ...good, indptr: undefined },
    { ...good, indices: Uint32Array.of(2, 0, 1) },
    { ...good, data: new Float32Array(2) },
    { ...good, data: Float32Array.of(1, Number.NaN, 1) },
  ])
    assert.is(await find(wrong, {}), 'BAD_PARAM', JSON.stringify(wrong));
  for (const wrong of [
    { memory: { bytes: Number.NaN, openStore } },
    { memory: { bytes: -1, openStore } },
    { numFollowers: Uint32Array.of(1, 2) },
    { numFollowers: [1, 2, 3] },
  ])
    assert.is(await find(good, wrong), 'BAD_PARAM', JSON.stringify(wrong));
});

test('a threshold of 1 leaves nothing: no similarity rounds above it', async () => {
  const twins = follows(2, [
    [0, 1],
    [0, 1],
    [0, 1],
  ]);
  await byEachMethod(twins, { threshold: 1 }, (similarity, method) => {
    assert.is(similarity.indices.length, 0, method);
  });
  await byEachMethod(follows(2, [[0, 1], [0]]), { threshold: 1 }, (similarity, method) => {
    assert.is(similarity.indices.length, 0, method);
  });
});

test.run();
