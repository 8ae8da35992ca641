/**
 * InterestedIn (U): how much each consumer follows and favours what each cluster's producers are known for.
 * Formulas of the sums stand in assembly/interested-in.ts. Then, over all consumers that still have the cluster:
 *   X_ClusterNormalizedOnly = X / √Σ_u X(u, c)²       X ∈ {follow, fav, logFav}
 *   X_ClusterAndProducerNormalized = X_ProducerNormalizedOnly / √Σ_u X_ProducerNormalizedOnly(u, c)²
 * and each consumer keeps the best `maxClustersPerUser` by favScore, logFavScore, followScore,
 * logFavScoreClusterNormalizedOnly, followScoreProducerNormalizedOnly, then the lower cluster id.
 * Norms are taken before the cut. Source: InterestedInFromKnownFor.scala.
 */
import type { Csr } from '../core/csr.ts';
import { nnz } from '../core/csr.ts';
import type { Arena } from '../kernels/arena.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { inverseColumnNorms, prefixSum, scaleColumns } from '../kernels/sparse.ts';

export const interestScoreNames = [
  'followScore',
  'followScoreClusterNormalizedOnly',
  'followScoreProducerNormalizedOnly',
  'followScoreClusterAndProducerNormalized',
  'favScore',
  'favScoreClusterNormalizedOnly',
  'favScoreProducerNormalizedOnly',
  'favScoreClusterAndProducerNormalized',
  'logFavScore',
  'logFavScoreClusterNormalizedOnly',
] as const;
export type InterestScoreName = (typeof interestScoreNames)[number];

/** Rows by cluster id (from 1; column 0 is empty). All arrays run along the pattern's entries. */
export interface InterestedIn {
  /** numConsumers × (numCommunities + 1), no data. */
  readonly pattern: Csr;
  /** f32 scores ≥ 0. */
  readonly scores: Readonly<Record<InterestScoreName, Float32Array>>;
  /** Social proof: how many followed (faved) producers carry the entry. */
  readonly numUsersBeingFollowed: Uint32Array;
  readonly numUsersThatWereFaved: Uint32Array;
  /** u32[numCommunities + 1]: consumers with the cluster, before the cut. */
  readonly numUsersInterestedInThisClusterUpperBound: Uint32Array;
}

export interface InterestedInInput {
  /** consumers × producers; only its pattern counts. */
  readonly followGraph: Csr;
  /** consumers × producers, decayed fav sums; absent when there are no engagements. */
  readonly engagementGraph?: Csr;
  /** producers × (numCommunities + 1) */
  readonly knownFor: Csr;
  /** f32[numProducers]: 1 / L2 norm of followers, of favs received. */
  readonly inverseFollowNorm: Float32Array;
  readonly inverseFavNorm: Float32Array;
}

export interface InterestedInOptions {
  /** Distinct followed or faved producers a cluster needs. */
  readonly socialProofThreshold: number;
  readonly maxClustersPerUser: number;
  readonly onProgress?: Progress;
}

/** One cluster's scores of one consumer as one matrix: the pattern with that score as data. */
export function interestMatrix(interestedIn: InterestedIn, score: InterestScoreName): Csr {
  return { ...interestedIn.pattern, data: interestedIn.scores[score] };
}

/** Cost O(Σ over consumers of followed and faved producers), twice; memory about 40 bytes per (consumer, cluster). */
export async function computeInterestedIn(
  kernels: Kernels,
  input: InterestedInInput,
  options: InterestedInOptions,
): Promise<InterestedIn> {
  const sums = await sumInterests(kernels, input, options);
  const whole = await normalize(kernels, sums);
  const numUsersInterestedInThisClusterUpperBound = new Uint32Array(whole.pattern.numCols);
  for (const cluster of whole.pattern.indices) numUsersInterestedInThisClusterUpperBound[cluster]++;
  return {
    ...(await cutInterests(kernels, whole, options.maxClustersPerUser)),
    numUsersInterestedInThisClusterUpperBound,
  };
}

const sumNames = [
  'followScore',
  'followScoreProducerNormalizedOnly',
  'favScore',
  'favScoreProducerNormalizedOnly',
  'logFavScore',
] as const;

interface Sums {
  readonly pattern: Csr;
  readonly scores: Readonly<Record<(typeof sumNames)[number], Float32Array>>;
  readonly numUsersBeingFollowed: Uint32Array;
  readonly numUsersThatWereFaved: Uint32Array;
}

async function sumInterests(
  kernels: Kernels,
  input: InterestedInInput,
  options: InterestedInOptions,
): Promise<Sums> {
  const { followGraph, engagementGraph, knownFor } = input;
  const numConsumers = followGraph.numRows;
  return kernels.scope(async (arena) => {
    const values = {
      followIndptr: arena.put(followGraph.indptr),
      followIndices: arena.put(followGraph.indices),
      favIndptr: engagementGraph && arena.put(engagementGraph.indptr),
      favIndices: engagementGraph && arena.put(engagementGraph.indices),
      favData: engagementGraph?.data && arena.put(engagementGraph.data),
      knownForIndptr: arena.put(knownFor.indptr),
      knownForClusters: arena.put(knownFor.indices),
      knownForScores: arena.put(knownFor.data as Float32Array),
      inverseFollowNorm: arena.put(input.inverseFollowNorm),
      inverseFavNorm: arena.put(input.inverseFavNorm),
      numClusters: knownFor.numCols,
      socialProofThreshold: options.socialProofThreshold,
    };
    const scratchBytes = knownFor.numCols * 56 + (knownFor.numCols + 1) * 8;
    const counts = arena.u32(numConsumers);
    const count = kernels.block('countInterests', { ...values, counts });
    const onProgress = options.onProgress;
    await kernels.run([kernels.step('countInterests', count, numConsumers)], {
      scratchBytes,
      onProgress: (fraction) => onProgress?.(fraction / 2),
    });
    const indptr = arena.put(prefixSum(counts));
    const out = reserveSums(arena, indptr[numConsumers]);
    const fill = kernels.block('sumInterests', { ...values, indptrOut: indptr, ...out });
    await kernels.run([kernels.step('sumInterests', fill, numConsumers)], {
      scratchBytes,
      onProgress: (fraction) => onProgress?.(0.5 + fraction / 2),
    });
    return {
      pattern: {
        numRows: numConsumers,
        numCols: knownFor.numCols,
        indptr: indptr.slice(),
        indices: out.clustersOut.slice(),
      },
      scores: mapNames(sumNames, (name) => out[name].slice()),
      numUsersBeingFollowed: out.numUsersBeingFollowed.slice(),
      numUsersThatWereFaved: out.numUsersThatWereFaved.slice(),
    };
  });
}

function reserveSums(arena: Arena, length: number) {
  return {
    clustersOut: arena.u32(length),
    ...mapNames(sumNames, () => arena.f32(length)),
    numUsersBeingFollowed: arena.u32(length),
    numUsersThatWereFaved: arena.u32(length),
  };
}

type Entries = Omit<InterestedIn, 'numUsersInterestedInThisClusterUpperBound'>;

async function normalize(kernels: Kernels, sums: Sums): Promise<Entries> {
  const byCluster = async (data: Float32Array): Promise<Float32Array> =>
    scaleColumns(kernels, sums.pattern, data, await inverseColumnNorms(kernels, sums.pattern, data));
  const { scores } = sums;
  return {
    ...sums,
    scores: {
      ...scores,
      followScoreClusterNormalizedOnly: await byCluster(scores.followScore),
      followScoreClusterAndProducerNormalized: await byCluster(scores.followScoreProducerNormalizedOnly),
      favScoreClusterNormalizedOnly: await byCluster(scores.favScore),
      favScoreClusterAndProducerNormalized: await byCluster(scores.favScoreProducerNormalizedOnly),
      logFavScoreClusterNormalizedOnly: await byCluster(scores.logFavScore),
    },
  };
}

async function cutInterests(kernels: Kernels, whole: Entries, maxClustersPerUser: number): Promise<Entries> {
  const { pattern, scores } = whole;
  const counts = new Uint32Array(pattern.numRows);
  for (let row = 0; row < pattern.numRows; row++) {
    counts[row] = Math.min(maxClustersPerUser, pattern.indptr[row + 1] - pattern.indptr[row]);
  }
  const indptr = prefixSum(counts);
  if (indptr[pattern.numRows] === nnz(pattern)) return whole;
  return kernels.scope(async (arena) => {
    const placesOut = arena.u32(indptr[pattern.numRows]);
    const params = kernels.block('cutInterests', {
      indptr: arena.put(pattern.indptr),
      favScore: arena.put(scores.favScore),
      logFavScore: arena.put(scores.logFavScore),
      followScore: arena.put(scores.followScore),
      logFavScoreClusterNormalizedOnly: arena.put(scores.logFavScoreClusterNormalizedOnly),
      followScoreProducerNormalizedOnly: arena.put(scores.followScoreProducerNormalizedOnly),
      maxClustersPerUser,
      indptrOut: arena.put(indptr),
      placesOut,
    });
    await kernels.run([kernels.step('cutInterests', params, pattern.numRows)], {
      scratchBytes: maxClustersPerUser * 12 + 16,
    });
    const keep = <T extends Uint32Array | Float32Array>(array: T) => gather(kernels, array, placesOut);
    const kept: Partial<Record<InterestScoreName, Float32Array>> = {};
    for (const name of interestScoreNames) kept[name] = await keep(scores[name]);
    return {
      pattern: { ...pattern, indptr, indices: await keep(pattern.indices) },
      scores: kept as Record<InterestScoreName, Float32Array>,
      numUsersBeingFollowed: await keep(whole.numUsersBeingFollowed),
      numUsersThatWereFaved: await keep(whole.numUsersThatWereFaved),
    };
  });
}

async function gather<T extends Uint32Array | Float32Array>(
  kernels: Kernels,
  source: T,
  places: Uint32Array,
): Promise<T> {
  return kernels.scope(async (arena) => {
    const target = source instanceof Float32Array ? arena.f32(places.length) : arena.u32(places.length);
    const params = kernels.block('gather32', { source: arena.put(source), places, target });
    await kernels.run([kernels.step('gather32', params, places.length)]);
    return target.slice() as T;
  });
}

function mapNames<K extends string, T>(names: readonly K[], of: (name: K) => T): Record<K, T> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<K, T>;
}
