/** Cosines of all pairs of sparse rows, the best of each row. */
import { type Csr, nnz } from '../core/csr.ts';
import { requireCsr } from '../core/csr-check.ts';
import { SimClustersError } from '../core/errors.ts';
import { inverseRoot } from '../core/math.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { transpose } from '../kernels/sparse.ts';
import { spgemmTopK } from '../kernels/spgemm.ts';
import { requireCount, requireOption } from './option-checks.ts';
import { requireWeights } from './weightings.ts';

export interface CosineOptions {
  /** Neighbours kept per row, at least 1. */
  readonly topK: number;
  /** A pair is kept iff its cosine is greater than this; from 0 to 1. Default 0. */
  readonly threshold?: number;
  /** Rows to compare with; absent: the rows themselves. Same number of columns. */
  readonly other?: Csr;
  /** Leaves out the pair of row i and row i. Default: true without `other`, else false. */
  readonly excludeSelf?: boolean;
  /** Columns that two rows must both have stored. Default 1. */
  readonly minCommon?: number;
  readonly onProgress?: Progress;
}

/**
 * cos(i, j) = Σ_c A[i,c] · B[j,c] / (‖A[i,:]‖ · ‖B[j,:]‖), B = `other` or A, but for f32 roundings of norms and results.
 * Row i of the result holds the best `topK` rows j by ascending j; ties go to the lower j; for best first: `topKRows`.
 * A row without entries (or of zeros, or of a norm below 3e-39) is like no other. Values must be ≥ 0; absent: all 1, and sums
 * are counts; others are summed in f64. A cosine that rounds above 1 is 1. Values and the threshold are compared as f32: a
 * pair that equals the threshold in exact arithmetic may stand or fall by its last bit.
 * Cost: Σ_c (rows of A with c) · (rows of B with c) multiply-adds; memory 16 bytes per kept pair beside the matrices.
 * @param rows  A; columns ascending within a row, each once; checked, as `other` is
 * @returns rows of A × rows of B
 * @throws SimClustersError BAD_PARAM, SHAPE_MISMATCH, OUT_OF_MEMORY
 */
export async function cosineTopK(kernels: Kernels, rows: Csr, options: CosineOptions): Promise<Csr> {
  requireOption('options', options, typeof options === 'object' && options !== null, 'at least { topK }');
  const { topK, threshold = 0, other, minCommon = 1 } = options;
  requireOption('topK', topK, Number.isInteger(topK) && topK >= 1, 'a whole number of at least 1');
  requireOption('threshold', threshold, threshold >= 0 && threshold <= 1, 'a number from 0 to 1');
  requireCount('minCommon', minCommon);
  requireCsr('rows', rows);
  requireWeights(rows);
  if (other !== undefined) {
    requireCsr('other', other);
    requireSameColumns(rows, other);
    requireWeights(other);
  }
  return spgemmTopK(kernels, rows, await transpose(kernels, other ?? rows), {
    topK,
    threshold,
    minCommon: Math.max(1, minCommon),
    maxValue: 1,
    rowScale: inverseRowNorms(rows),
    colScale: inverseRowNorms(other ?? rows),
    excludeDiagonal: options.excludeSelf ?? other === undefined,
    onProgress: options.onProgress,
  });
}

/** 1 / ‖row‖; sums in f64. */
function inverseRowNorms({ numRows, indptr, data }: Csr): Float32Array {
  return Float32Array.from({ length: numRows }, (_, row) => {
    let sum = data ? 0 : indptr[row + 1] - indptr[row];
    if (data) for (let i = indptr[row]; i < indptr[row + 1]; i++) sum += data[i] * data[i];
    return inverseRoot(sum);
  });
}

function requireSameColumns(rows: Csr, other: Csr): void {
  if (rows.numCols === other.numCols) return;
  throw new SimClustersError('SHAPE_MISMATCH', {
    got: `rows of ${rows.numCols} and of ${other.numCols} columns (${nnz(rows)} and ${nnz(other)} entries)`,
    expected: 'the same columns on both sides',
    todo: 'Number the columns of both matrices alike',
  });
}
