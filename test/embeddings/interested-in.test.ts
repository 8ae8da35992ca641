import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Csr } from '../../src/core/csr.ts';
import {
  computeInterestedIn,
  type InterestedIn,
  type InterestedInInput,
  interestMatrix,
  interestScoreNames,
} from '../../src/embeddings/interested-in.ts';
import { computeProducerNorms, inverse } from '../../src/graph/producer-norms.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { csrFromMaps, dense, Random, rowOf } from '../fixtures/random.ts';

const test = suite('interested-in');
const kernels = open(wasm(1));
test.after(() => kernels.close());

interface Sums {
  follow: number;
  followNorm: number;
  fav: number;
  favNorm: number;
  logFav: number;
  followed: number;
  faved: number;
  distinct: number;
}

/** Sums of one consumer and cluster over all producers, from dense matrices. */
function sumsOf(input: InterestedInInput, consumer: number, cluster: number): Sums {
  const isFollowed = dense({ ...input.followGraph, data: undefined })[consumer];
  const fav = input.engagementGraph ? dense(input.engagementGraph)[consumer] : isFollowed.map(() => 0);
  const sums = {
    follow: 0,
    followNorm: 0,
    fav: 0,
    favNorm: 0,
    logFav: 0,
    followed: 0,
    faved: 0,
    distinct: 0,
  };
  for (let p = 0; p < input.knownFor.numRows; p++) {
    const entry = rowOf(input.knownFor, p).find(([c]) => c === cluster);
    if (!entry || (!isFollowed[p] && !fav[p])) continue;
    const known = entry[1];
    sums.distinct++;
    sums.followed += isFollowed[p];
    sums.faved += fav[p] > 0 ? 1 : 0;
    sums.follow += isFollowed[p] * known;
    sums.followNorm += isFollowed[p] * known * input.inverseFollowNorm[p];
    sums.fav += fav[p] * known;
    sums.favNorm += fav[p] * known * input.inverseFavNorm[p];
    sums.logFav += Math.log10(1 + fav[p]) * known;
  }
  return sums;
}

function randomInput(random: Random): InterestedInInput {
  const [numConsumers, numProducers] = [1 + random.below(15), 1 + random.below(12)];
  const followGraph: Csr = { ...random.csr(numConsumers, numProducers), data: undefined };
  const favs = random.csr(numConsumers, numProducers);
  const engagementGraph = random.maybe({ ...favs, data: favs.data.map((value) => 5 * value + 0.01) });
  const norms = computeProducerNorms(followGraph, engagementGraph);
  return {
    followGraph,
    engagementGraph,
    knownFor: random.csr(numProducers, 8),
    inverseFollowNorm: inverse(norms.followerL2Norm),
    inverseFavNorm: inverse(norms.faverL2Norm),
  };
}

/** Near, relative to the value: f32 rounds at 2^-24. */
function requireNear(actual: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(actual - expected) <= 1e-6 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, ${expected}`,
  );
}

test('sums and social proof equal the dense computation', async () => {
  const random = new Random('interests');
  for (let round = 0; round < 30; round++) {
    const input = randomInput(random);
    const socialProofThreshold = 1 + random.below(3);
    const made = await computeInterestedIn(kernels, input, { socialProofThreshold, maxClustersPerUser: 8 });
    const { scores } = made;
    for (let u = 0; u < input.followGraph.numRows; u++) {
      let place = made.pattern.indptr[u];
      for (let cluster = 0; cluster < 8; cluster++) {
        const sums = sumsOf(input, u, cluster);
        if (sums.distinct < socialProofThreshold) continue;
        const where = `round ${round}, consumer ${u}, cluster ${cluster}`;
        assert.is(made.pattern.indices[place], cluster, where);
        requireNear(scores.followScore[place], sums.follow, where);
        requireNear(scores.followScoreProducerNormalizedOnly[place], sums.followNorm, where);
        requireNear(scores.favScore[place], sums.fav, where);
        requireNear(scores.favScoreProducerNormalizedOnly[place], sums.favNorm, where);
        requireNear(scores.logFavScore[place], sums.logFav, where);
        assert.is(made.numUsersBeingFollowed[place], sums.followed, where);
        assert.is(made.numUsersThatWereFaved[place], sums.faved, where);
        place++;
      }
      assert.is(place, made.pattern.indptr[u + 1], 'nothing else is stored');
    }
  }
});

const normalized = [
  ['followScoreClusterNormalizedOnly', 'followScore'],
  ['followScoreClusterAndProducerNormalized', 'followScoreProducerNormalizedOnly'],
  ['favScoreClusterNormalizedOnly', 'favScore'],
  ['favScoreClusterAndProducerNormalized', 'favScoreProducerNormalizedOnly'],
  ['logFavScoreClusterNormalizedOnly', 'logFavScore'],
] as const;

test('normalised scores are the raw ones over the length of their column', async () => {
  const random = new Random('norms');
  for (let round = 0; round < 20; round++) {
    const made = await computeInterestedIn(kernels, randomInput(random), {
      socialProofThreshold: 2,
      maxClustersPerUser: 8,
    });
    for (const [name, rawName] of normalized) {
      const raw = dense(interestMatrix(made, rawName));
      const scaled = dense(interestMatrix(made, name));
      for (let cluster = 0; cluster < 8; cluster++) {
        const length = Math.hypot(...raw.map((row) => row[cluster]));
        raw.forEach((row, u) => {
          requireNear(scaled[u][cluster], length === 0 ? 0 : row[cluster] / length, name);
        });
      }
    }
  }
});

/** Places of a row, the one that ranks first first. */
function ranked({ pattern, scores }: InterestedIn, row: number): number[] {
  const keys = [
    scores.favScore,
    scores.logFavScore,
    scores.followScore,
    scores.logFavScoreClusterNormalizedOnly,
    scores.followScoreProducerNormalizedOnly,
  ];
  const length = pattern.indptr[row + 1] - pattern.indptr[row];
  const places = Array.from({ length }, (_, i) => pattern.indptr[row] + i);
  return places.sort((a, b) => {
    const key = keys.find((values) => values[a] !== values[b]);
    return key ? key[b] - key[a] : pattern.indices[a] - pattern.indices[b];
  });
}

test('the cut keeps the best clusters of each consumer, and every score with them', async () => {
  const random = new Random('cut');
  for (let round = 0; round < 20; round++) {
    const input = randomInput(random);
    const options = { socialProofThreshold: 1, maxClustersPerUser: 8 };
    const whole = await computeInterestedIn(kernels, input, options);
    const cut = await computeInterestedIn(kernels, input, { ...options, maxClustersPerUser: 2 });
    for (let u = 0; u < input.followGraph.numRows; u++) {
      const kept = ranked(whole, u)
        .slice(0, 2)
        .sort((a, b) => a - b);
      for (const name of interestScoreNames) {
        const expected = kept.map((place) => [whole.pattern.indices[place], whole.scores[name][place]]);
        assert.equal(rowOf(interestMatrix(cut, name), u), expected, `round ${round}, ${name}`);
      }
    }
    assert.equal(
      cut.numUsersInterestedInThisClusterUpperBound,
      whole.numUsersInterestedInThisClusterUpperBound,
      'counted before the cut',
    );
  }
});

test('when nobody is known for anything, nobody is interested in anything', async () => {
  const input = randomInput(new Random('nothing'));
  const knownFor = csrFromMaps(
    8,
    Array.from({ length: input.knownFor.numRows }, () => new Map()),
  );
  const options = { socialProofThreshold: 1, maxClustersPerUser: 3 };
  const made = await computeInterestedIn(kernels, { ...input, knownFor }, options);
  assert.equal([...made.pattern.indptr], new Array(input.followGraph.numRows + 1).fill(0));
});

test.run();
