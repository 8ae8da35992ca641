/** SparseVector: one embedding, the scores of one entity in a few clusters. */
import type { Csr } from './csr.ts';
import { SimClustersError } from './errors.ts';
import { exp, ln } from './math.ts';

/** Entry i says: in cluster `clusters[i]`, score `scores[i]` > 0. Clusters ascend and are unique, as in a row of a Csr. */
export interface SparseVector {
  readonly clusters: Uint32Array;
  readonly scores: Float32Array;
}

/** Entries that may stand in a vector given from outside: more than any embedding has. */
export const MAX_VECTOR_ENTRIES = 100_000;

/**
 * A vector from [cluster, score] pairs in any order; scores that are not positive are dropped, as the original does.
 * @throws SimClustersError BAD_PARAM for clusters that are no whole numbers, given twice, or scores that are not finite
 */
export function sparseVector(entries: Iterable<readonly [number, number]>): SparseVector {
  const sorted = [...entries].sort((a, b) => a[0] - b[0]);
  if (sorted.length > MAX_VECTOR_ENTRIES)
    throw badVector(`${sorted.length} entries`, `at most ${MAX_VECTOR_ENTRIES}`);
  sorted.forEach(([cluster, score], i) => {
    if (!Number.isInteger(cluster) || cluster < 0 || cluster >= 2 ** 32)
      throw badVector(`cluster ${cluster}`, 'a cluster id');
    if (i > 0 && sorted[i - 1][0] === cluster)
      throw badVector(`cluster ${cluster} twice`, 'each cluster once');
    if (!Number.isFinite(Math.fround(score))) throw badVector(`score ${score}`, 'a finite number');
  });
  const kept = sorted.filter(([, score]) => Math.fround(score) > 0);
  return {
    clusters: Uint32Array.from(kept, ([cluster]) => cluster),
    scores: Float32Array.from(kept, ([, score]) => score),
  };
}

/** Row of a matrix with positive values, without copying. */
export function vectorOfRow(matrix: Csr, row: number): SparseVector {
  const [start, end] = [matrix.indptr[row], matrix.indptr[row + 1]];
  const scores = matrix.data?.subarray(start, end) ?? new Float32Array(end - start).fill(1);
  return { clusters: matrix.indices.subarray(start, end), scores };
}

/** More than a vector has entries: what a key is a multiple of, its place added. */
const PLACES = 2 ** 20;

/**
 * Places of the entries, the strongest first; ties to the lower cluster. The original's primary order.
 * Bits of positive floats order as the floats do; with the place below them in one number, sorting calls nothing back.
 */
export function strongestEntries({ scores }: SparseVector): number[] {
  const bits = new Uint32Array(scores.slice().buffer);
  const keys = new Float64Array(bits.length);
  for (let place = 0; place < bits.length; place++) keys[place] = (0xffffffff - bits[place]) * PLACES + place;
  keys.sort();
  const places: number[] = [];
  for (const key of keys) places.push(key - Math.floor(key / PLACES) * PLACES);
  return places;
}

/** The `count` strongest entries. */
export function truncate(vector: SparseVector, count: number): SparseVector {
  if (vector.clusters.length <= count) return vector;
  return take(vector, strongestEntries(vector).slice(0, Math.max(0, count)));
}

/** Entries that pass the test. */
export function keepEntries(
  vector: SparseVector,
  isKept: (cluster: number, score: number) => boolean,
): SparseVector {
  const { clusters, scores } = vector;
  let numKept = 0;
  while (numKept < clusters.length && isKept(clusters[numKept], scores[numKept])) numKept++;
  if (numKept === clusters.length) return vector;
  const kept = Array.from({ length: numKept }, (_, i) => i);
  for (let i = numKept + 1; i < clusters.length; i++) if (isKept(clusters[i], scores[i])) kept.push(i);
  return take(vector, kept);
}

function take({ clusters, scores }: SparseVector, places: readonly number[]): SparseVector {
  const ascending = [...places].sort((a, b) => a - b);
  return {
    clusters: Uint32Array.from(ascending, (i) => clusters[i]),
    scores: Float32Array.from(ascending, (i) => scores[i]),
  };
}

/** Σ s² */
export function squareSum({ scores }: SparseVector): number {
  let sum = 0;
  for (const score of scores) sum += score * score;
  return sum;
}

/** √Σ s² */
export function l2Norm(vector: SparseVector): number {
  return Math.sqrt(squareSum(vector));
}

/** ln(1 + Σ s²) */
export function logNorm(vector: SparseVector): number {
  return ln(1 + squareSum(vector));
}

/** (Σ s²)^0.3 */
export function expScaledNorm(vector: SparseVector): number {
  const sum = squareSum(vector);
  return sum > 0 ? exp(0.3 * ln(sum)) : 0;
}

function badVector(got: string, expected: string): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    got: `a vector with ${got}`,
    expected,
    todo: 'Give pairs of a cluster id and a score',
  });
}
