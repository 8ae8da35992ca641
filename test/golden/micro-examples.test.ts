import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Csr } from '../../src/core/csr.ts';
import { csrFromRows } from '../../src/core/csr.ts';
import { randomKey, streamOf, uniform } from '../../src/core/rng.ts';
import {
  computeInterestedIn,
  type InterestedIn,
  type InterestScoreName,
  interestMatrix,
} from '../../src/embeddings/interested-in.ts';
import { computeProducerEmbedding } from '../../src/embeddings/producer.ts';
import { computeTopicEmbedding } from '../../src/embeddings/topic.ts';
import { buildEngagementGraph, decayValues } from '../../src/graph/engagement-graph.ts';
import { columnCounts } from '../../src/graph/follow-graph.ts';
import { computeProducerNorms, inverse } from '../../src/graph/producer-norms.ts';
import { actionKind } from '../../src/kernels/abi.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { eightVertices } from '../fixtures/golden-graphs.ts';
import { ACCEPTED, proposeMoves } from '../fixtures/propose.ts';
import { dense, rowOf } from '../fixtures/random.ts';
import { chiSquareTooLarge } from '../fixtures/statistics.ts';

const test = suite('worked examples');
const kernels = open(wasm(1));
const HOUR_MS = 3_600_000;

function near(actual: number, expected: number, tolerance = 1e-6): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `got ${actual}, expected ${expected}`);
}

/** [hour, user, item, kind] */
type Event = readonly [number, number, number, keyof typeof actionKind];

/** One producer per ten items. */
async function engagementsAt(hour: number, events: readonly Event[], minScoreToKeep = 1e-5): Promise<Csr> {
  const inTime = [...events].sort((a, b) => a[0] - b[0]);
  const column = (i: 1 | 2) => Uint32Array.from(inTime, (event) => event[i]);
  return buildEngagementGraph(
    kernels,
    {
      timesMs: Float64Array.from(inTime, ([at]) => at * HOUR_MS),
      users: column(1),
      items: column(2),
      kinds: Uint32Array.from(inTime, (event) => actionKind[event[3]]),
    },
    column(2).map((item) => Math.floor(item / 10)),
    2,
    2,
    { halfLifeMs: 8 * HOUR_MS, nowMs: hour * HOUR_MS, minScoreToKeep },
  );
}

async function favsAt(hour: number, events: readonly Event[]): Promise<number[][]> {
  return dense(await engagementsAt(hour, events));
}

test('decay: 1 at 0 h and 2 at 8 h are 2.5 at 8 h and 1.25 at 16 h, with a half-life of 8 h', async () => {
  const times = Float64Array.of(0, 8 * HOUR_MS);
  const sumAt = async (hour: number, order: readonly number[]): Promise<number> => {
    const timesMs = times.map((_, i) => times[order[i]]);
    const values = Float32Array.from(order, (i) => [1, 2][i]);
    const decayed = await decayValues(kernels, timesMs, values, hour * HOUR_MS, 8 * HOUR_MS);
    return decayed.reduce((a, b) => a + b);
  };
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    near(await sumAt(8, order), 2.5);
    near(await sumAt(16, order), 1.25);
  }
});

test('engagement graph: favs of different items of a producer add up, decayed', async () => {
  const events: Event[] = [
    [0, 0, 1, 'fav'],
    [8, 0, 2, 'fav'],
    [8, 0, 3, 'fav'],
    [8, 1, 11, 'fav'],
  ];
  const [first, second] = await favsAt(8, events);
  near(first[0], 2.5);
  assert.is(first[1], 0);
  assert.equal(second, [0, 1]);
  near((await favsAt(16, events))[0][0], 1.25);
});

test('engagement graph: the last action on an item counts', async () => {
  const sumOf = async (...kinds: (keyof typeof actionKind)[]): Promise<number> => {
    // Two other favs of the same producer, so that what is taken away shows.
    const base: Event[] = [
      [8, 0, 5, 'fav'],
      [8, 0, 6, 'fav'],
    ];
    const events = kinds.map((kind, i): Event => [i / 1000, 0, 1, kind]);
    return (await favsAt(8, [...base, ...events]))[0][0];
  };
  near(await sumOf('fav'), 2.5);
  near(await sumOf('fav', 'fav'), 2.5, 1e-3);
  near(await sumOf('fav', 'unfav'), 2);
  near(await sumOf('unfav'), 1.5, 1e-3);
  near(await sumOf('unfav', 'unfav'), 1.5, 1e-3);
  near(await sumOf('unfav', 'fav'), 2.5, 1e-3);
  near(await sumOf('fav', 'unfav', 'fav'), 2.5, 1e-3);
  near(await sumOf('other'), 2);
  near(await sumOf('fav', 'other'), 2.5, 1e-3);
});

test('engagement graph: sums below the least score, and sums of nothing, are no edges', async () => {
  const undone: Event[] = [
    [0, 0, 1, 'fav'],
    [1, 0, 1, 'unfav'],
    [1, 1, 2, 'unfav'],
  ];
  const numEdges = async (events: readonly Event[], hour: number, minScoreToKeep: number) =>
    (await engagementsAt(hour, events, minScoreToKeep)).indices.length;
  // Nothing but a positive sum is an edge: products and social proof rely on it.
  for (const minScoreToKeep of [1e-5, 0, -2]) assert.is(await numEdges(undone, 8, minScoreToKeep), 0);
  const one: Event[] = [[0, 0, 1, 'fav']];
  assert.is(await numEdges(one, 24, 0.125), 1);
  assert.is(await numEdges(one, 24, 0.1251), 0);
});

interface Input {
  /** Producers that each consumer follows. */
  readonly follows: readonly (readonly number[])[];
  /** [producer, decayed favs] of each consumer. */
  readonly favs?: readonly (readonly (readonly [number, number])[])[];
  /** [cluster, score] of each producer. */
  readonly knownFor: readonly (readonly (readonly [number, number])[])[];
  readonly socialProofThreshold?: number;
  readonly maxClustersPerUser?: number;
}

function followGraphOf({ follows, knownFor }: Input): Csr {
  const ones = follows.map((list) => list.map((p) => [p, 1] as const));
  return { ...csrFromRows(knownFor.length, ones), data: undefined };
}

async function interestsOf(input: Input): Promise<InterestedIn> {
  const { favs, knownFor, socialProofThreshold = 1, maxClustersPerUser = 50 } = input;
  const followGraph = followGraphOf(input);
  const engagementGraph = favs && csrFromRows(knownFor.length, favs);
  const norms = computeProducerNorms(followGraph, engagementGraph);
  return computeInterestedIn(
    kernels,
    {
      followGraph,
      engagementGraph,
      knownFor: csrFromRows(4, knownFor),
      inverseFollowNorm: inverse(norms.followerL2Norm),
      inverseFavNorm: inverse(norms.faverL2Norm),
    },
    { socialProofThreshold, maxClustersPerUser },
  );
}

function scoreOf(
  interests: InterestedIn,
  name: InterestScoreName,
  consumer: number,
  cluster: number,
): number {
  return dense(interestMatrix(interests, name))[consumer][cluster];
}

test('social proof: following and faving one producer is one proof, two producers are two', async () => {
  const knownFor = [[[1, 0.25]], [[1, 0.5]]] as const;
  const interests = await interestsOf({
    follows: [[0], [0, 1], [0], []],
    favs: [[[0, 3]], [], [[1, 3]], [[1, 3]]],
    knownFor,
    socialProofThreshold: 2,
  });
  assert.equal([...interests.pattern.indptr], [0, 0, 1, 2, 2]);
  assert.is(scoreOf(interests, 'followScore', 1, 1), 0.75);
  assert.is(scoreOf(interests, 'followScore', 2, 1), 0.25);
  assert.is(scoreOf(interests, 'favScore', 2, 1), 1.5);
  assert.equal([...interests.numUsersBeingFollowed], [2, 1]);
  assert.equal([...interests.numUsersThatWereFaved], [0, 1]);
  assert.equal([...interests.numUsersInterestedInThisClusterUpperBound], [0, 2, 0, 0]);
});

test('norms: a producer of 4 followers has norm 2; known for .8 it gives followScore .8, normalised .4', async () => {
  const input: Input = { follows: [[0], [0], [0], [0]], knownFor: [[[1, 0.8]]] };
  assert.equal([...computeProducerNorms(followGraphOf(input)).followerL2Norm], [2]);
  const interests = await interestsOf(input);
  near(scoreOf(interests, 'followScore', 0, 1), 0.8);
  near(scoreOf(interests, 'followScoreProducerNormalizedOnly', 0, 1), 0.4);
});

test('favs: 3 and 4 have norm 5, log favs are log10(1 + fav)', async () => {
  const input: Input = { follows: [[], []], favs: [[[0, 99]], [[0, 20]]], knownFor: [[[1, 0.5]]] };
  const interests = await interestsOf(input);
  near(scoreOf(interests, 'logFavScore', 0, 1), 0.5 * 2);
  near(scoreOf(interests, 'favScoreProducerNormalizedOnly', 0, 1), (0.5 * 99) / Math.hypot(99, 20));
  const favs = csrFromRows(1, [[[0, 3]], [[0, 4]]]);
  const norms = computeProducerNorms({ ...csrFromRows(1, [[[0, 1]], []]), data: undefined }, favs);
  assert.equal([norms.faverL2Norm[0], norms.faverCount[0]], [5, 2]);
  assert.equal([norms.favWeightsOnFavEdgesSum[0], norms.favWeightsOnFollowEdgesSum[0]], [7, 3]);
  near(norms.logFavWeightsOnFollowEdgesSum[0], Math.log10(4));
  near(norms.logFavWeightsOnFavEdgesSum[0], Math.log10(20));
});

test('cluster normalisation: 3 and 4 become .6 and .8, and stay so when one loses the cluster to the cut', async () => {
  const input: Input = {
    follows: [[], []],
    favs: [
      [[0, 3]],
      [
        [0, 4],
        [1, 10],
      ],
    ],
    knownFor: [[[1, 1]], [[2, 1]]],
  };
  const whole = await interestsOf(input);
  near(scoreOf(whole, 'favScoreClusterNormalizedOnly', 0, 1), 0.6);
  near(scoreOf(whole, 'favScoreClusterNormalizedOnly', 1, 1), 0.8);
  const cut = await interestsOf({ ...input, maxClustersPerUser: 1 });
  near(scoreOf(cut, 'favScoreClusterNormalizedOnly', 0, 1), 0.6);
  assert.equal(rowOf(cut.pattern, 1), [[2, 1]]);
  assert.equal([...cut.numUsersInterestedInThisClusterUpperBound], [0, 2, 1, 0]);
});

const twoFollowers = csrFromRows(2, [
  [[0, 1]],
  [
    [0, 1],
    [1, 1],
  ],
]);

/** Normalised interests .6 and .8 in cluster 1. */
const twoInterests = csrFromRows(3, [
  [[1, 0.6]],
  [
    [1, 0.8],
    [2, 0.5],
  ],
]);

test('producer embedding: followers with .6 and .8 give 1.4 / √2', async () => {
  const embedding = (minFollowersForEmbedding: number, minScore = 0.01) =>
    computeProducerEmbedding(
      kernels,
      { ...twoFollowers, data: undefined },
      twoInterests,
      inverse(computeProducerNorms(twoFollowers).followerL2Norm),
      columnCounts(twoFollowers),
      { minFollowersForEmbedding, minScore, topK: 60 },
    );
  const values = dense(await embedding(0));
  near(values[0][1], 0.98995, 5e-6);
  near(values[1][1], 0.8);
  // More than the least number of followers are needed, and at least the least score.
  assert.equal([...(await embedding(1)).indptr], [0, 2, 2]);
  assert.equal([...(await embedding(2)).indptr], [0, 0, 0]);
  assert.is(values[1][2], 0.5);
  assert.equal([...(await embedding(0, 0.5)).indptr], [0, 1, 3]);
  assert.equal([...(await embedding(0, 0.51)).indptr], [0, 1, 2]);
});

test('topic embedding: cosine of the topic’s followers with the column of a cluster', async () => {
  const raw = csrFromRows(2, [[[1, 3]], [[1, 4]]]);
  const options = { minTopicFollowers: 1, threshold: 0.001, topK: 50 };
  const values = dense(await computeTopicEmbedding(kernels, twoFollowers, raw, options));
  near(values[0][1], 1.4 / Math.SQRT2);
  near(values[1][1], 0.8);
  const popular = await computeTopicEmbedding(kernels, twoFollowers, raw, {
    ...options,
    minTopicFollowers: 2,
  });
  assert.equal([...popular.indptr], [0, 1, 1]);
  const strong = await computeTopicEmbedding(kernels, twoFollowers, raw, { ...options, threshold: 0.9 });
  assert.equal([...strong.indptr], [0, 1, 1]);
});

const key = randomKey('golden', 'examples');
/** Both cliques are communities; vertex 1 has its three neighbours in its own and none outside. */
const cliques = { graph: eightVertices, assignment: [0, 0, 0, 0, 1, 1, 1, 1], numCommunities: 2, key };

/** Does vertex 1, whose one proposal is to leave, leave? */
async function leaves(wtCoeff: number, acceptScale: number, epoch: number): Promise<boolean> {
  const { next, outcomes } = await proposeMoves(kernels, { ...cliques, wtCoeff, acceptScale, epoch });
  assert.is(next[1] === 2, (outcomes[1] & ACCEPTED) !== 0);
  return next[1] === 2;
}

test('likelihood: 19 with the row {A}, 5 with the empty row', async () => {
  const [n, degree, wtCoeff, truePositives, size] = [8, 3, 5, 3, 4];
  const likelihoodA = wtCoeff * truePositives + (n - size - (degree - truePositives));
  const likelihoodEmpty = n - 0 - degree;
  assert.equal([likelihoodA, likelihoodEmpty], [19, 5]);
  // The sampler leaves out the (n - d) common to both, so what it must show is the difference: leaving is accepted
  // iff ln U < scale · (5 - 19). U being known, the scale at which the decision turns tells the difference.
  for (let epoch = 0; epoch < 30; epoch++) {
    const turn = Math.log(uniform(streamOf(key, epoch, 1), 1)) / (likelihoodEmpty - likelihoodA);
    assert.is(await leaves(wtCoeff, turn * (1 - 1e-9), epoch), true);
    assert.is(await leaves(wtCoeff, turn * (1 + 1e-9), epoch), false);
  }
});

test('acceptance: with scale .5, a drop of 4 is accepted with probability e^-2', async () => {
  // score {A} = wtCoeff · 3 + (3 - 4) = 4
  const wtCoeff = 5 / 3;
  const numEpochs = 8000;
  let numAccepted = 0;
  for (let epoch = 0; epoch < numEpochs; epoch++) if (await leaves(wtCoeff, 0.5, epoch)) numAccepted++;
  const expected = numEpochs * Math.exp(-2);
  assert.not(chiSquareTooLarge([numAccepted, numEpochs - numAccepted], [expected, numEpochs - expected]));
});

test('acceptance: a gain is always accepted', async () => {
  const assignment = [0, 2, 0, 0, 1, 1, 1, 1];
  for (let epoch = 0; epoch < 200; epoch++) {
    // Joining scores 5 · 3 + (3 - 3) = 15: the softmax proposes it all but always.
    const sampling = { ...cliques, assignment, wtCoeff: 5, acceptScale: 100, epoch };
    assert.is((await proposeMoves(kernels, sampling)).next[1], 0);
  }
});

test.run();
