import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { initialise } from '../../src/communities/initialise.ts';
import type { DetectionOptions } from '../../src/communities/metropolis-hastings.ts';
import type { Csr } from '../../src/core/csr.ts';
import { singleMemberships } from '../../src/core/memberships.ts';
import { neighborhoodsOf } from '../../src/core/neighborhoods.ts';
import { randomKey } from '../../src/core/rng.ts';
import { drawSoftmax } from '../../src/kernels/reference/metropolis.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { detectOn } from '../fixtures/detection.ts';
import { plantCommunities } from '../fixtures/planted.ts';
import { PROPOSED_EMPTY, proposeMoves } from '../fixtures/propose.ts';
import { csrFromMaps, graphFromLists, Random } from '../fixtures/random.ts';
import { chiSquareTooLarge } from '../fixtures/statistics.ts';
import { pairF1, requireValidAssignment } from '../verify/communities.ts';

const test = suite('Metropolis-Hastings');
const kernels = open(wasm(1));
test.after(() => kernels.close());

const detect = (graph: Csr, options?: Partial<DetectionOptions>) => detectOn(kernels, graph, options);

const clear = plantCommunities({ sizes: [30, 25, 40, 20, 35], inside: 0.5, across: 0.01, seed: 'clear' });

for (const seed of ['a', 'b', 'c']) {
  test(`planted communities are found, seed ${seed}`, async () => {
    for (const graph of [clear.graph, { ...clear.graph, data: undefined }]) {
      const { memberships } = await detect(graph, { numCommunities: 5, numStarts: 8, seed });
      requireValidAssignment(graph, memberships.rows, 5);
      const f1 = pairF1(memberships.rows, clear.truth, 5);
      assert.ok(f1 >= 0.95, `F1 to the truth: ${f1}`);
    }
  });
}

const truth = singleMemberships(5, clear.truth);

test('from the truth the sampler does not stray', async () => {
  const { memberships } = await detect(clear.graph, { numCommunities: 5, initial: truth });
  assert.ok(pairF1(memberships.rows, clear.truth, 5) >= 0.99);
});

test('the reports of epochs are numbered, and their rates are shares', async () => {
  const { epochs } = await detect(clear.graph, { numStarts: 3, maxEpochs: 7, runAllEpochs: true });
  assert.equal(
    epochs.map(({ epoch }) => epoch),
    [1, 2, 3, 4, 5, 6, 7],
  );
  for (const { acceptRate, emptyProposalRate, sameProposalRate } of epochs)
    assert.ok([acceptRate, emptyProposalRate, sameProposalRate].every((rate) => rate >= 0 && rate <= 1));
  assert.ok(epochs[0].acceptRate > 0);
});

test('the sampler stops once few proposals are accepted, unless told to go on', async () => {
  const options = { numCommunities: 5, initial: truth, maxEpochs: 12 };
  const settled = await detect(clear.graph, { ...options, eps: 0.5 });
  assert.is(settled.epochs.length, 1);
  assert.ok(settled.epochs[0].acceptRate < 0.5);
  assert.is((await detect(clear.graph, { ...options, eps: 0.5, runAllEpochs: true })).epochs.length, 12);
  assert.is((await detect(clear.graph, { ...options, eps: 0 })).epochs.length, 12);
});

test('the start is the one given, and is left as it was', async () => {
  const rows = clear.truth.map((community) => (community === 2 ? 5 : community));
  const initial = singleMemberships(5, rows);
  const before = rows.slice();
  const { memberships, epochs } = await detect(clear.graph, { numCommunities: 5, initial, maxEpochs: 0 });
  assert.equal(memberships.rows, before);
  assert.equal(epochs, []);
  await detect(clear.graph, { numCommunities: 5, initial });
  assert.equal(rows, before);
});

test('progress never falls and ends at 1', async () => {
  const fractions: number[] = [];
  const onProgress = (fraction: number) => void fractions.push(fraction);
  await detect(clear.graph, { numStarts: 3, maxEpochs: 5, runAllEpochs: true, onProgress });
  assert.is(fractions[fractions.length - 1], 1);
  assert.ok(fractions.every((fraction, i) => i === 0 || fraction > fractions[i - 1]));
});

test('with unit weights the sampler does not see the weights, what is measured does', async () => {
  const options = { numCommunities: 5, maxEpochs: 3, runAllEpochs: true };
  const plain = await detect({ ...clear.graph, data: undefined }, options);
  const weighted = await detect(clear.graph, { ...options, unitWeights: true });
  assert.equal(plain.memberships, weighted.memberships);
  assert.is(plain.epochs[2].f1, weighted.epochs[2].f1);
  assert.is.not(plain.epochs[2].weightedF1, weighted.epochs[2].weightedF1);
  const seesWeights = await detect(clear.graph, options);
  assert.is.not(seesWeights.epochs[0].acceptRate, weighted.epochs[0].acceptRate);
});

test('quality is measured every so many epochs, and after the last', async () => {
  const measured = async (options: Partial<DetectionOptions>) => {
    const { epochs } = await detect(clear.graph, { maxEpochs: 7, runAllEpochs: true, ...options });
    return epochs.filter(({ f1 }) => f1 !== undefined).map(({ epoch }) => epoch);
  };
  assert.equal(await measured({ evaluateEvery: 3 }), [3, 6, 7]);
  assert.equal(await measured({ evaluateEvery: 100 }), [7]);
  const settled = { runAllEpochs: false, eps: 0.5, initial: truth, numCommunities: 5, evaluateEvery: 100 };
  assert.equal(await measured(settled), [1]);
});

test('isolated vertices end unassigned', async () => {
  const triangle = [
    [1, 2],
    [0, 2],
    [0, 1],
  ];
  for (const seed of ['a', 'b', 'c', 'd']) {
    const { memberships } = await detect(graphFromLists([...triangle, [], [], []]), {
      seed,
      runAllEpochs: true,
    });
    assert.equal([...memberships.rows.subarray(3)], [4, 4, 4]);
  }
  const initial = singleMemberships(4, Uint32Array.of(0, 0));
  const { memberships } = await detect(graphFromLists([[], []]), { initial });
  assert.equal([...memberships.rows], [4, 4]);
});

test('a graph of one vertex, and one of none', async () => {
  const one = await detect(graphFromLists([[]]));
  assert.equal([...one.memberships.rows], [4]);
  const empty = await detect(graphFromLists([]), { numStarts: 2 });
  assert.is(empty.memberships.rows.length, 0);
  assert.is(empty.epochs[empty.epochs.length - 1].f1, 0);
});

test('as many communities as vertices, and more', async () => {
  const graph = new Random('k').graph(12, 0.4);
  for (const numCommunities of [12, 40]) {
    const found = await detect(graph, { numCommunities, numStarts: 2 });
    requireValidAssignment(graph, found.memberships.rows, numCommunities);
    assert.ok((found.epochs[0].numNonEmpty ?? Number.NaN) <= 12);
  }
});

test('random neighbourhoods: each community has at least its founder, and all others are connected to it', () => {
  for (const seed of ['a', 'b', 'c']) {
    const { graph } = clear;
    const key = randomKey(seed, 'init');
    const { rows: assignment } = initialise('random-neighborhoods', neighborhoodsOf(graph), 6, key);
    requireValidAssignment(graph, assignment, 6);
    for (let community = 0; community < 6; community++) {
      const members = [...assignment.keys()].filter((v) => assignment[v] === community);
      const isFounder = (v: number) => {
        const neighbors = new Set(graph.indices.subarray(graph.indptr[v], graph.indptr[v + 1]));
        return members.every((u) => u === v || neighbors.has(u));
      };
      assert.ok(members.some(isFounder), `community ${community} is no neighbourhood`);
    }
  }
});

const NUM_DRAWS = 20_000;

test('drawSoftmax draws each index with probability e^score / sum', () => {
  const random = new Random('softmax');
  for (const scores of [
    [0, 0, 0],
    [0, 1, 2, -1],
    [-700, -701, -702],
    [0, 500, 499],
    [1, -60, 1],
  ]) {
    const best = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - best));
    const total = weights.reduce((a, b) => a + b);
    const counts = scores.map(() => 0);
    for (let i = 0; i < NUM_DRAWS; i++) counts[drawSoftmax(scores, best, random.real())]++;
    // What happens less than once in a thousand runs of this test is expected never to.
    const expected = weights.map((weight) => (weight / total < 1e-9 ? 0 : (NUM_DRAWS * weight) / total));
    assert.not(chiSquareTooLarge(counts, expected), `scores ${scores}: ${counts}, expected ${expected}`);
  }
});

test('drawSoftmax reaches both ends of the range', () => {
  assert.is(drawSoftmax([0, 0, 0], 0, Number.MIN_VALUE), 0);
  assert.is(drawSoftmax([0, 0, 0], 0, 1 - 2 ** -53), 2);
  assert.is(drawSoftmax([0, -100], 0, 1 - 2 ** -53), 0, 'never a candidate without weight');
});

test('proposals of the kernel follow the softmax of the scores', async () => {
  // Vertex 0 stands between communities 0, 1 and 2; it belongs to 2, which therefore is no proposal.
  const edges = [
    [1, 0.5],
    [2, 0.25],
    [3, 1],
    [4, 0.75],
  ] as const;
  const rows = [new Map(edges), ...edges.map(([, weight]) => new Map([[0, weight]])), new Map(), new Map()];
  const graph = csrFromMaps(7, rows as Map<number, number>[]);
  const assignment = [2, 0, 0, 1, 2, 1, 3];
  const [wtCoeff, meanWeight] = [1, 2.5 / 4];
  const scores = [0, wtCoeff * 0.75 + (2 - 2) * meanWeight, wtCoeff * 1 + (1 - 2) * meanWeight];
  const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
  const key = randomKey('proposals', 'test');
  const counts = [0, 0, 0];
  for (let epoch = 0; epoch < 6000; epoch++) {
    // Nothing is ever refused with scale 0, so what comes next is what was proposed.
    const sampling = { graph, assignment, numCommunities: 3, wtCoeff, acceptScale: 0, key, epoch };
    const { next, outcomes } = await proposeMoves(kernels, sampling);
    const index = next[0] === 3 ? 0 : next[0] + 1;
    counts[index]++;
    assert.is((outcomes[0] & PROPOSED_EMPTY) !== 0, index === 0);
  }
  assert.not(
    chiSquareTooLarge(
      counts,
      scores.map((score) => (6000 * Math.exp(score)) / total),
    ),
  );
});

test.run();
