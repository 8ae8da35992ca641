/**
 * What makes a similarity out of common followers: factors of consumers and of producers, so that
 *   s(p, q) = Σ_u A[u,p] · A[u,q] · innerScale[u] · scale[p] · scale[q].
 */
import type { Csr } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { inverseColumnNorms, transpose } from '../kernels/sparse.ts';

export const similarityWeightings = ['cosine', 'degree-normalized'] as const;
export type SimilarityWeighting = (typeof similarityWeightings)[number];

export interface WeightedFollowers {
  /** A: consumers × producers. */
  readonly users: Csr;
  /** Aᵀ: producers × consumers. */
  readonly producers: Csr;
  /** f32 per consumer; absent: 1. */
  readonly innerScale?: Float32Array;
  /** f32 per producer; 0 for one that takes no part. */
  readonly scale: Float32Array;
}

/** @param minFollowers producers with fewer followers take no part */
export async function weighFollowers(
  kernels: Kernels,
  followGraph: Csr,
  weighting: SimilarityWeighting,
  minFollowers: number,
): Promise<WeightedFollowers> {
  const producers = await transpose(kernels, followGraph);
  const isCosine = weighting === 'cosine';
  const inverseNorm = isCosine ? await inverseNorms(kernels, followGraph) : inverseRootSums(producers);
  return {
    users: followGraph,
    producers,
    innerScale: isCosine ? undefined : inverseRowSums(followGraph),
    scale: inverseNorm.map((value, p) => (rowSize(producers, p) < minFollowers ? 0 : value)),
  };
}

export function rowSize({ indptr }: Csr, row: number): number {
  return indptr[row + 1] - indptr[row];
}

function inverseNorms(kernels: Kernels, matrix: Csr): Promise<Float32Array> {
  return inverseColumnNorms(kernels, matrix, matrix.data ?? new Float32Array(matrix.indices.length).fill(1));
}

function rowSum(matrix: Csr, row: number): number {
  const { indptr, data } = matrix;
  if (!data) return rowSize(matrix, row);
  let sum = 0;
  for (let i = indptr[row]; i < indptr[row + 1]; i++) sum += data[i];
  return sum;
}

function inverseRowSums(matrix: Csr): Float32Array {
  return Float32Array.from(
    { length: matrix.numRows },
    (_, row) => 1 / (rowSum(matrix, row) || Number.POSITIVE_INFINITY),
  );
}

function inverseRootSums(matrix: Csr): Float32Array {
  return inverseRowSums(matrix).map(Math.sqrt);
}
