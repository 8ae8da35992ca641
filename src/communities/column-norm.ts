/** Affiliation scores on one scale for all communities. */
import type { Csr } from '../core/csr.ts';

/**
 * Scales every column to unit L2 norm: value / √(Σ value² over the column). Source: sbf, outputRowsWithScoresFile.
 * @param scores producers × clusters, f32  @returns a matrix of the same places; columns of zeros stay as they are.
 *   Sums in f64, in row order. Cost O(nnz).
 */
export function normalizeColumns(scores: Csr): Csr & { readonly data: Float32Array } {
  const { indices, numCols } = scores;
  const values = scores.data ?? new Float32Array(indices.length).fill(1);
  const norms = new Float64Array(numCols);
  for (let i = 0; i < indices.length; i++) norms[indices[i]] += values[i] * values[i];
  for (let column = 0; column < numCols; column++) norms[column] = Math.sqrt(norms[column]) || 1;
  return { ...scores, data: values.map((value, i) => value / norms[indices[i]]) };
}
