/** The seeded data that the works share, each made from the one before as the job makes it. */
import { placeDetectionGraph } from '../../src/communities/detection-graph.ts';
import { computeKnownFor } from '../../src/communities/known-for.ts';
import { type DetectionOptions, detectCommunities } from '../../src/communities/metropolis-hastings.ts';
import type { Csr } from '../../src/core/csr.ts';
import type { Memberships } from '../../src/core/memberships.ts';
import { randomKey, streamOf, uniform } from '../../src/core/rng.ts';
import {
  computeInterestedIn,
  type InterestedInInput,
  interestMatrix,
} from '../../src/embeddings/interested-in.ts';
import { columnCounts } from '../../src/graph/follow-graph.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { buildCsr, type Triplets } from '../../src/kernels/sparse.ts';
import { computeProducerSimilarity } from '../../src/similarity/producer-similarity.ts';

export interface SuiteSize {
  /** Consumers, and as many producers. */
  readonly users: number;
  /** Follows of each. */
  readonly follows: number;
}

export interface SuiteInputs {
  readonly size: SuiteSize;
  readonly follows: Triplets;
  /** Consumers × producers, ones. */
  readonly graph: Csr;
  /** The best 50 cosines of each producer. */
  readonly similarity: Csr;
  readonly sampler: DetectionOptions;
  readonly memberships: Memberships;
  readonly interestedIn: InterestedInInput;
  /** Consumers × clusters. */
  readonly interest: Csr;
  /** Followers of each producer. */
  readonly followerCounts: Uint32Array;
}

const GROUP_SIZE = 50;
export const SIMILAR = { weighting: 'cosine', threshold: 0, topK: 50, minFollowers: 1 } as const;
export const INTEREST_CUT = { socialProofThreshold: 1, maxClustersPerUser: 3 } as const;

/** Each consumer follows mostly one group of 50 producers, popular ones more often. */
export function plantedFollows({ users, follows }: SuiteSize): Triplets {
  const n = users * follows;
  const rows = new Uint32Array(n);
  const cols = new Uint32Array(n);
  const key = randomKey('bench', 'follows');
  for (let i = 0; i < n; i++) {
    const user = Math.floor(i / follows);
    const stream = streamOf(key, 0, i);
    const skewed = uniform(stream, 0) ** 2;
    const isAtHome = uniform(stream, 1) < 0.8;
    const home = (user * GROUP_SIZE) % users;
    rows[i] = user;
    cols[i] = isAtHome ? (home + Math.floor(skewed * GROUP_SIZE)) % users : Math.floor(skewed * users);
  }
  return { rows, cols };
}

/** The similarity graph of the planted follows: what the sampler gets. */
export async function plantedGraph(kernels: Kernels, size: SuiteSize): Promise<Csr> {
  const graph = await buildCsr(kernels, plantedFollows(size), size.users, size.users, 'max');
  return computeProducerSimilarity(kernels, graph, SIMILAR);
}

const samplerOf = ({ users }: SuiteSize): DetectionOptions => ({
  numCommunities: Math.max(2, Math.floor(users / GROUP_SIZE)),
  wtCoeff: 10,
  scaleCoeff: 0.5,
  maxEpochs: 3,
  eps: 0,
  runAllEpochs: true,
  evaluateEvery: 1,
  proposal: 'single-or-zero',
  maxMemberships: 1,
  hastings: false,
  update: 'phases',
  unitWeights: true,
  initialisation: 'random-neighborhoods',
  numStarts: 1,
  seed: '1',
});

/** @param kernels  to make them with */
export async function prepareInputs(kernels: Kernels, size: SuiteSize): Promise<SuiteInputs> {
  const { users } = size;
  const follows = plantedFollows(size);
  const graph = await buildCsr(kernels, follows, users, users, 'max');
  const similarity = await computeProducerSimilarity(kernels, graph, SIMILAR);
  const sampler = samplerOf(size);
  const { memberships, knownFor } = await kernels.scope(async () => {
    const placed = await placeDetectionGraph(kernels, similarity);
    const found = await detectCommunities(kernels, placed, sampler);
    return { ...found, knownFor: await computeKnownFor(kernels, placed.placed, found.memberships) };
  });
  const followerCounts = columnCounts(graph);
  const inverseNorm = Float32Array.from(followerCounts, (count) => (count > 0 ? 1 / Math.sqrt(count) : 0));
  const norms = { inverseFollowNorm: inverseNorm, inverseFavNorm: inverseNorm };
  const interestedIn = { followGraph: graph, knownFor, ...norms };
  const interest = interestMatrix(
    await computeInterestedIn(kernels, interestedIn, { ...INTEREST_CUT, maxClustersPerUser: 50 }),
    'followScoreClusterNormalizedOnly',
  );
  return { size, follows, graph, similarity, sampler, memberships, interestedIn, interest, followerCounts };
}
