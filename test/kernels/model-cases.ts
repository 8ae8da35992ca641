/** Random cases for the kernels of InterestedIn and engagements. */
import { prefixSum } from '../../src/kernels/sparse.ts';
import { f32, type MakeCase, u32 } from './case.ts';

/** Follows, favs and known-for; outputs for as many entries as there could be. */
export const interests: MakeCase = (random, numConsumers) => {
  const numProducers = 1 + random.below(8);
  const numClusters = 1 + random.below(40);
  const follows = random.csr(numConsumers, numProducers);
  const favs = random.maybe(random.csr(numConsumers, numProducers));
  const knownFor = random.csr(numProducers, numClusters);
  const indptrOut = prefixSum(u32(numConsumers).fill(numClusters));
  const scores = () => f32(numConsumers * numClusters);
  return {
    values: {
      followIndptr: follows.indptr,
      followIndices: follows.indices,
      favIndptr: favs?.indptr,
      favIndices: favs?.indices,
      favData: favs?.data.map((value) => 3 * value + 0.001),
      knownForIndptr: knownFor.indptr,
      knownForClusters: knownFor.indices,
      // Below zero counts as zero.
      knownForScores: knownFor.data.map((value) => value - 0.1),
      inverseFollowNorm: random.f32(numProducers),
      inverseFavNorm: random.f32(numProducers),
      numClusters,
      socialProofThreshold: random.below(4),
      counts: u32(numConsumers),
      indptrOut,
      clustersOut: u32(numConsumers * numClusters),
      followScore: scores(),
      followScoreProducerNormalizedOnly: scores(),
      favScore: scores(),
      favScoreProducerNormalizedOnly: scores(),
      logFavScore: scores(),
      numUsersBeingFollowed: u32(numConsumers * numClusters),
      numUsersThatWereFaved: u32(numConsumers * numClusters),
    },
    count: numConsumers,
    scratchBytes: numClusters * 56 + (numClusters + 1) * 8,
  };
};

export const cutInterests: MakeCase = (random, numConsumers) => {
  const { indptr, indices } = random.csr(numConsumers, 1 + random.below(60));
  const maxClustersPerUser = 1 + random.below(random.chance() ? 5 : 40);
  const indptrOut = prefixSum(
    u32(numConsumers).map((_, row) => Math.min(maxClustersPerUser, indptr[row + 1] - indptr[row])),
  );
  // Few different values, so that all five keys are needed.
  const key = () => Float32Array.from(random.u32(indices.length, 2));
  return {
    values: {
      indptr,
      favScore: key(),
      logFavScore: key(),
      followScore: key(),
      logFavScoreClusterNormalizedOnly: key(),
      followScoreProducerNormalizedOnly: key(),
      maxClustersPerUser,
      indptrOut,
      placesOut: u32(indptrOut[numConsumers]),
    },
    count: numConsumers,
    scratchBytes: maxClustersPerUser * 12 + 16,
  };
};

export const decayValues: MakeCase = (random, numItems) => {
  const nowMs = 1.7e12;
  return {
    values: {
      // From far in the past, where nothing is left, to somewhat after now.
      timesMs: Float64Array.from({ length: numItems }, () => nowMs + 1e9 - 10 ** (13 * random.real())),
      values: random.f32(numItems).map((value) => 1 - 2 * value),
      nowMs,
      decayPerMs: 10 ** (-6 - 4 * random.real()),
      decayed: f32(numItems),
    },
    count: numItems,
  };
};

export const lastStates: MakeCase = (random, numUsers) => {
  const indptr = prefixSum(random.u32(numUsers, 12));
  const numEvents = indptr[numUsers];
  const itemOf = random.u32(numEvents, 4);
  const events = random.permutation(numEvents);
  for (let user = 0; user < numUsers; user++) {
    events.subarray(indptr[user], indptr[user + 1]).sort((a, b) => itemOf[a] - itemOf[b] || a - b);
  }
  return {
    values: { indptr, events, itemOf, kindOf: random.u32(numEvents, 4), contribution: f32(numEvents) },
    count: numUsers,
  };
};
