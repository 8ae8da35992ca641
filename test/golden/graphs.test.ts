import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { computeKnownFor } from '../../src/communities/known-for.ts';
import type { DetectionOptions } from '../../src/communities/metropolis-hastings.ts';
import type { Csr } from '../../src/core/csr.ts';
import { type Memberships, singleMemberships } from '../../src/core/memberships.ts';
import { computeInterestedIn, interestMatrix } from '../../src/embeddings/interested-in.ts';
import { computeProducerEmbedding } from '../../src/embeddings/producer.ts';
import { columnCounts } from '../../src/graph/follow-graph.ts';
import { computeProducerNorms, inverse } from '../../src/graph/producer-norms.ts';
import { computeProducerSimilarity } from '../../src/similarity/producer-similarity.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { detectOn, plainDetection, withPlaced } from '../fixtures/detection.ts';
import { bipartite, eightVertices, leftNeighbors, numSingles } from '../fixtures/golden-graphs.ts';
import { dense, rowOf } from '../fixtures/random.ts';

const test = suite('golden graphs');
const kernels = open(wasm(1));

/** The configuration of the outside tests. */
const options: DetectionOptions = {
  ...plainDetection,
  numCommunities: 3,
  wtCoeff: 5,
  scaleCoeff: 1,
  maxEpochs: 10,
  eps: 0.01,
  runAllEpochs: true,
  seed: 'golden',
  numStarts: 4,
};

/** Members of each community that has any, in order of the first. */
function membersOf({ rows, numCommunities }: Memberships): number[][] {
  const members = new Map<number, number[]>();
  rows.forEach((community, v) => {
    if (community !== numCommunities) members.set(community, [...(members.get(community) ?? []), v]);
  });
  return [...members.values()];
}

function near(actual = Number.NaN, expected: number, tolerance: number, what = ''): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: got ${actual}, expected ${expected}`);
}

test('eight vertices fall into the two cliques', async () => {
  const { memberships, epochs } = await detectOn(kernels, eightVertices, { ...options, numCommunities: 2 });
  assert.equal(membersOf(memberships), [
    [0, 1, 2, 3],
    [4, 5, 6, 7],
  ]);
  const { precision, recall, f1, numOrphans, numAssigned } = epochs[epochs.length - 1];
  // All 12 pairs are edges; the 13th edge is the bridge.
  assert.is(precision, 1);
  near(recall, 12 / 13, 1e-15);
  near(f1, 24 / 25, 1e-15);
  assert.equal([numOrphans, numAssigned], [0, 8]);
});

test('affiliation is .75 at the ends of the bridge, 1 elsewhere', async () => {
  const cliques = singleMemberships(2, Uint32Array.of(0, 0, 0, 0, 1, 1, 1, 1));
  const knownFor = await withPlaced(kernels, eightVertices, (placed) =>
    computeKnownFor(kernels, placed, cliques),
  );
  assert.equal([...(knownFor.data as Float32Array)], [0.75, 1, 1, 1, 0.75, 1, 1, 1]);
  assert.equal([...knownFor.indices], [1, 1, 1, 1, 2, 2, 2, 2]);
});

interface Model {
  readonly similarity: Csr;
  readonly memberships: Memberships;
  readonly knownFor: Csr;
  readonly interest: Csr;
  readonly producer: Csr;
}

async function bipartiteModel(socialProofThreshold: number): Promise<Model> {
  const similarity = await computeProducerSimilarity(kernels, bipartite, {
    weighting: 'cosine',
    threshold: 0,
    minFollowers: 1,
    topK: 9,
  });
  const { memberships } = await detectOn(kernels, similarity, options);
  const knownFor = await withPlaced(kernels, similarity, (placed) =>
    computeKnownFor(kernels, placed, memberships),
  );
  const inverseFollowNorm = inverse(computeProducerNorms(bipartite).followerL2Norm);
  const interestedIn = await computeInterestedIn(
    kernels,
    { followGraph: bipartite, knownFor, inverseFollowNorm, inverseFavNorm: new Float32Array(9) },
    { socialProofThreshold, maxClustersPerUser: 9 },
  );
  const producer = await computeProducerEmbedding(
    kernels,
    bipartite,
    interestMatrix(interestedIn, 'followScoreClusterNormalizedOnly'),
    inverseFollowNorm,
    columnCounts(bipartite),
    { minFollowersForEmbedding: 0, minScore: 0, topK: 9 },
  );
  return {
    similarity,
    memberships,
    knownFor,
    interest: interestMatrix(interestedIn, 'followScore'),
    producer,
  };
}

/** Community, counted from 1, of each right vertex. */
function clusterOf({ memberships }: Model, right: number): number {
  return memberships.rows[right] + 1;
}

test('bipartite graph: cosine of the projected vertices', async () => {
  assert.is(bipartite.indices.length, 42);
  const { similarity } = await bipartiteModel(1);
  const values = dense(similarity);
  near(values[0][1], 4 / Math.sqrt(24), 1e-7);
  near(values[1][2], 1, 1e-7);
  near(values[0][3], 1 / 6, 1e-7);
  assert.is(values[1][4], 0);
  assert.is(values[0][0], 0);
});

test('bipartite graph: three communities, with the bridged vertices less firm members', async () => {
  const model = await bipartiteModel(1);
  assert.equal(membersOf(model.memberships), [
    [0, 1, 2],
    [3, 4, 5],
    [6, 7, 8],
  ]);
  (model.knownFor.data as Float32Array).forEach((score, right) => {
    near(score, right % 3 === 0 ? 0.830479 : 1, 5e-7, `affiliation of ${right}`);
  });
});

test('bipartite graph: left values are 2.830479, and .830479 for each side of a bridge', async () => {
  const model = await bipartiteModel(1);
  leftNeighbors.forEach((list, left) => {
    const row = rowOf(model.interest, left);
    const clusters = [...new Set(list.map((right) => clusterOf(model, right)))].sort();
    assert.equal(
      row.map(([cluster]) => cluster),
      clusters,
    );
    for (const [, score] of row) near(score, left < numSingles ? 2.830479 : 0.830479, 5e-7, `left ${left}`);
  });
});

test('bipartite graph: right values are .916756666, .0586424 across a bridge, .97914902 off the bridges', async () => {
  const model = await bipartiteModel(1);
  for (let right = 0; right < 9; right++) {
    const row = new Map(rowOf(model.producer, right));
    const isBridged = right % 3 === 0;
    assert.is(row.size, isBridged ? 3 : 1);
    for (const [cluster, score] of row) {
      const isOwn = cluster === clusterOf(model, right);
      const expected = !isBridged ? 0.97914902 : isOwn ? 0.916756666 : 0.0586424;
      near(score, expected, 1e-7, `right ${right}, cluster ${cluster}`);
    }
  }
});

test('bipartite graph: with two edges wanted into a community, bridges have no interests', async () => {
  const model = await bipartiteModel(2);
  for (let left = 0; left < leftNeighbors.length; left++)
    assert.is(rowOf(model.interest, left).length, left < numSingles ? 1 : 0);
  // Only the four singles remain in a column: cosine 4/√(6·4) and 4/√(4·4).
  for (let right = 0; right < 9; right++) {
    const [[cluster, score], ...others] = rowOf(model.producer, right);
    assert.equal([cluster, others], [clusterOf(model, right), []]);
    near(score, right % 3 === 0 ? Math.sqrt(2 / 3) : 1, 1e-6);
  }
});

test.run();
