import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Csr, csrFromRows } from '../../src/core/csr.ts';
import { selectRows } from '../../src/core/row-selection.ts';
import {
  recommendByItemKnn,
  recommendBySimilarityGraph,
  recommendByUserKnn,
} from '../../src/recommend/baselines.ts';
import { explain } from '../../src/recommend/explain.ts';
import { openRecommender, recommend, weighCarriers } from '../../src/recommend/joined-score.ts';
import { wasm, withKernels } from '../fixtures/backends.ts';
import { Random } from '../fixtures/random.ts';
import { type Dense, denseOf, sum } from './dense.ts';

const test = suite('joined score');

const numConsumers = 30;
const numProducers = 14;
const numClusters = 6;

interface Drawn {
  readonly follows: Csr;
  readonly interest: Csr;
  readonly local: Csr;
  readonly global: Csr;
}

function drawn(seed: string): Drawn {
  const random = new Random(seed);
  return {
    follows: { ...random.csr(numConsumers, numProducers), data: undefined },
    interest: random.csr(numConsumers, numClusters),
    local: random.csr(numProducers, numProducers),
    global: random.csr(numProducers, numClusters),
  };
}

/** Scores of all pairs as the formula says. */
function denseScores({ follows, interest, local, global }: Drawn, weight: number): Dense {
  const [A, N, L, Z] = [follows, interest, local, global].map(denseOf);
  return A.map((row, u) => {
    const producers = row.map((_, q) => q);
    const byFollows = producers.map((q) => sum(row.map((a, p) => a * L[p][q])));
    const byClusters = producers.map((q) => sum(N[u].map((n, c) => n * Z[q][c])));
    const [localSum, globalSum] = [sum(byFollows), sum(byClusters)];
    const share = localSum === 0 ? 1 : globalSum === 0 ? 0 : (weight * localSum) / globalSum;
    return producers.map((q) => byFollows[q] + share * byClusters[q]);
  });
}

async function ranked(from: Drawn, weight: number, k: number) {
  return withKernels(wasm(2), async (kernels) => {
    const recommender = await openRecommender(kernels, from.local, from.global, weight);
    const weights = weighCarriers(recommender, from.follows, from.interest);
    return {
      recommender,
      weights,
      result: await recommend(kernels, recommender, weights, from.follows, { k }),
    };
  });
}

for (const weight of [0, 0.1, 2]) {
  test(`the best unseen producers by the formula, weight ${weight}`, async () => {
    const from = drawn(`weight ${weight}`);
    const { result } = await ranked(from, weight, 4);
    const scores = denseScores(from, weight);
    for (let u = 0; u < numConsumers; u++) {
      const seen = from.follows.indices.subarray(from.follows.indptr[u], from.follows.indptr[u + 1]);
      const expected = scores[u]
        .filter((score, q) => score > 1e-9 && !seen.includes(q))
        .sort((a, b) => b - a)
        .slice(0, 4);
      const begin = result.indptr[u];
      assert.is(result.indptr[u + 1] - begin, expected.length);
      expected.forEach((score, i) => {
        const found = (result.data as Float32Array)[begin + i];
        assert.ok(Math.abs(found - score) < 1e-4 * Math.max(1, score), `${u}: ${found} for ${score}`);
        assert.ok(Math.abs(scores[u][result.indices[begin + i]] - score) < 1e-4 * Math.max(1, score));
        assert.not(seen.includes(result.indices[begin + i]));
      });
    }
  });
}

test('the global view alone where its weight is infinite', async () => {
  const from = drawn('global');
  const alone = await ranked(from, Number.POSITIVE_INFINITY, 5);
  const empty = csrFromRows(
    numProducers,
    Array.from({ length: numProducers }, () => []),
  );
  const withoutLocal = await ranked({ ...from, local: empty }, 0.1, 5);
  assert.equal(alone.result.indices, withoutLocal.result.indices);
});

test('an explanation is the score: shares of all carriers add up to one, and come from what the consumer has', async () => {
  const from = drawn('explain');
  const { recommender, weights, result } = await ranked(from, 0.5, 3);
  const [A, N, L, Z] = [from.follows, from.interest, from.local, from.global].map(denseOf);
  let numExplained = 0;
  for (let u = 0; u < numConsumers; u++) {
    for (let i = result.indptr[u]; i < result.indptr[u + 1]; i++) {
      const candidate = result.indices[i];
      const { producers, communities } = explain(recommender, weights, { consumer: u, candidate, count: 99 });
      const total = sum([...producers, ...communities].map(({ share }) => share));
      assert.ok(Math.abs(total - 1) < 1e-6, `${total}`);
      for (const { index } of producers) assert.ok(A[u][index] === 1 && L[index][candidate] > 0);
      for (const { index } of communities) assert.ok(N[u][index] > 0 && Z[candidate][index] > 0);
      const score = (result.data as Float32Array)[i];
      for (const { index, share } of producers)
        assert.ok(Math.abs(share * score - L[index][candidate]) < 1e-4, 'a share is what the carrier gives');
      const first = explain(recommender, weights, { consumer: u, candidate, count: 1 });
      assert.equal(first.producers, producers.slice(0, 1));
      numExplained++;
    }
  }
  assert.ok(numExplained > 20);
});

test('a consumer’s candidates do not depend on who else is asked for', async () => {
  const from = drawn('alone');
  const whole = await ranked(from, 0.1, 5);
  const place = Uint32Array.of(17, 3);
  const some = {
    ...from,
    follows: { ...selectRows(from.follows, place), data: undefined },
    interest: selectRows(from.interest, place),
  };
  const { result } = await ranked(some, 0.1, 5);
  assert.equal(selectRows(whole.result, place), result);
});

test('baselines by hand', async () => {
  // a: 0 1, b: 0 1 2, c: 2 3, d: 3
  const follows = csrFromRows(4, [
    [
      [0, 1],
      [1, 1],
    ],
    [
      [0, 1],
      [1, 1],
      [2, 1],
    ],
    [
      [2, 1],
      [3, 1],
    ],
    [[3, 1]],
  ]);
  const options = { k: 4, numNeighbors: 4 };
  await withKernels(wasm(1), async (kernels) => {
    const [item, user, graph] = [
      denseOf(await recommendByItemKnn(kernels, follows, options)),
      denseOf(await recommendByUserKnn(kernels, follows, options)),
      denseOf(await recommendBySimilarityGraph(kernels, follows, options)),
    ];
    const near = (found: number, value: number) =>
      assert.ok(Math.abs(found - value) < 1e-6, `${found} for ${value}`);
    // cos(0, 2) = cos(1, 2) = 1 / √(2 · 2)
    near(item[0][2], 1);
    near(item[3][2], 0.5);
    // cos(a, b) = 2 / √6, and b alone of a's neighbours follows 2
    near(user[0][2], 2 / Math.sqrt(6));
    near(user[3][2], 1 / Math.SQRT2);
    // D all 2: G(0, 2) = G(1, 2) = (1/3) / 2
    near(graph[0][2], 1 / 3);
    near(graph[3][2], 1 / 4);
    for (const scores of [item, user, graph]) assert.is(scores[1][0], 0, 'followed already');
  });
});

test.run();
