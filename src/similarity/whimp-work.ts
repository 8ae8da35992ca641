/** How much each producer has to be drawn, by the sums that the draws are made of. */
import { rowSize, type WeightedFollowers } from './follower-weights.ts';

/** Rows of users are read whole where at least half as many draws are wanted as they have places. */
export const DRAW_COST = 2;

/** By producer. */
export interface ProducerWork {
  /** Σ over its followers of what they follow. */
  readonly wedges: Float64Array;
  readonly draws: Float64Array;
  /** Places of rows that are read whole. */
  readonly reads: Float64Array;
  /** Followers of the other end of a drawn pair, in the mean. */
  readonly otherEnd: Float64Array;
  /** Σ_q c(p, q), the producer itself included. */
  readonly sums: Float64Array;
}

/** Of a user: mass, row size, followers of a producer that is drawn; a line of the cache for two users. */
const STRIDE = 4;

/**
 * @param samples  draws of a pair of similarity 1 from one of its ends
 * Cost: two passes over the entries.
 */
export function estimateWork(followers: WeightedFollowers, samples: number): ProducerWork {
  const { producers, scale } = followers;
  const { indptr, indices, data } = producers;
  const perUser = describeUsers(followers);
  const n = producers.numRows;
  const work = {
    wedges: new Float64Array(n),
    draws: new Float64Array(n),
    reads: new Float64Array(n),
    otherEnd: new Float64Array(n),
    sums: new Float64Array(n),
  };
  for (let p = 0; p < n; p++) {
    if (scale[p] === 0) continue;
    let wedges = 0;
    let draws = 0;
    let reads = 0;
    let sum = 0;
    let ends = 0;
    for (let i = indptr[p]; i < indptr[p + 1]; i++) {
      const at = indices[i] * STRIDE;
      const size = perUser[at + 1];
      const similarity = scale[p] * (data ? data[i] : 1) * perUser[at];
      const share = samples * similarity;
      wedges += size;
      sum += similarity;
      // A little more is taken to be read than the kernel may find: what it reserves room by must not be too small.
      if (share * DRAW_COST * 1.000001 >= size) reads += size;
      else draws += share;
      ends += share * perUser[at + 2];
    }
    work.wedges[p] = wedges;
    work.draws[p] = draws;
    work.reads[p] = reads;
    work.sums[p] = sum;
    work.otherEnd[p] = ends / (samples * sum || 1);
  }
  return work;
}

function describeUsers({ users, producers, scale, innerScale }: WeightedFollowers): Float64Array {
  const { numRows, indptr, indices, data } = users;
  const perUser = new Float64Array(numRows * STRIDE);
  for (let u = 0; u < numRows; u++) {
    let weights = 0;
    let ends = 0;
    for (let i = indptr[u]; i < indptr[u + 1]; i++) {
      const weight = (data ? data[i] : 1) * scale[indices[i]];
      weights += weight;
      ends += weight * rowSize(producers, indices[i]);
    }
    perUser[u * STRIDE] = innerScale ? weights * innerScale[u] : weights;
    perUser[u * STRIDE + 1] = rowSize(users, u);
    perUser[u * STRIDE + 2] = ends / (weights || 1);
  }
  return perUser;
}
