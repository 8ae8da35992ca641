/**
 * What the similarity of two producers p and q is computed from. A: consumers × producers, values ≥ 0.
 *   cosine, fav-cosine, log-fav-cosine:  s = Σ_u A[u,p] · A[u,q] / (‖A[:,p]‖ · ‖A[:,q]‖)
 *     of follows, of decayed favs, of log10(1 + decayed favs)
 *   degree-normalized:  s = Σ_u A[u,p] · A[u,q] / d(u) / (√d(p) · √d(q)),  d = row and column sums of A
 *   projection:         s = |N(p) ∩ N(q)| / √(|N(p)| · |N(q)|), kept iff s - threshold > 1e-5: the projection of sbf, which
 *     takes follows for ones whatever their weights
 * Degree normalisation is that of LightGCN and GF-CF: a consumer who follows thousands says little about any pair.
 */
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { INVERSE_LN10, inverse, inverseRoot, ln } from '../core/math.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { inverseColumnNorms } from '../kernels/sparse.ts';

export const similarityWeightings = [
  'cosine',
  'fav-cosine',
  'log-fav-cosine',
  'degree-normalized',
  'projection',
] as const;
export type SimilarityWeighting = (typeof similarityWeightings)[number];

/** sbf keeps a weight only if it clears its threshold by this much. */
const PROJECTION_TOLERANCE = 1e-5;

/** What s(p, q) = scale[p] · scale[q] · Σ_u A[u,p] · consumerScale[u] · A[u,q] is made of. */
export interface WeighedGraph {
  readonly graph: Csr;
  readonly scale: Float32Array;
  readonly consumerScale?: Float32Array;
  /** A pair is kept iff its similarity is greater than this. */
  readonly threshold: number;
}

/** Is the graph of favs what this weighting reads, and not that of follows? */
export function readsFavs(weighting: SimilarityWeighting): boolean {
  return weighting === 'fav-cosine' || weighting === 'log-fav-cosine';
}

/** @throws SimClustersError BAD_PARAM for a value below 0, or one that is no number. Cost O(nnz). */
export async function weighGraph(
  kernels: Kernels,
  graph: Csr,
  weighting: SimilarityWeighting,
  threshold: number,
): Promise<WeighedGraph> {
  requireWeights(graph);
  if (weighting === 'degree-normalized') {
    const consumerScale = Float32Array.from(rowSums(graph), inverse);
    const scale = Float32Array.from(columnSums(graph), inverseRoot);
    return { graph, scale, consumerScale, threshold };
  }
  const isProjection = weighting === 'projection';
  const values = isProjection ? undefined : weighting === 'log-fav-cosine' ? logarithms(graph) : graph.data;
  const weighed = { ...graph, data: values };
  const scale = await inverseColumnNorms(
    kernels,
    weighed,
    values ?? new Float32Array(graph.indices.length).fill(1),
  );
  return { graph: weighed, scale, threshold: isProjection ? threshold + PROJECTION_TOLERANCE : threshold };
}

/** @throws SimClustersError BAD_PARAM */
export function requireWeights({ data }: Csr): void {
  const bad = data?.findIndex((value) => !(value >= 0 && value < Number.POSITIVE_INFINITY)) ?? -1;
  if (!data || bad < 0) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `the weight ${data[bad]} at entry ${bad}`,
    expected: 'weights of 0 or more',
    todo: 'Drop such entries, or take the absolute or the clipped value',
  });
}

function logarithms({ data }: Csr): Float32Array | undefined {
  // Without values all are alike, and cosines do not change with the unit.
  return data?.map((value) => ln(1 + value) * INVERSE_LN10);
}

function rowSums({ numRows, indptr, data }: Csr): Float64Array {
  return Float64Array.from({ length: numRows }, (_, row) => {
    if (!data) return indptr[row + 1] - indptr[row];
    let sum = 0;
    for (let i = indptr[row]; i < indptr[row + 1]; i++) sum += data[i];
    return sum;
  });
}

function columnSums({ numCols, indices, data }: Csr): Float64Array {
  const sums = new Float64Array(numCols);
  for (let i = 0; i < indices.length; i++) sums[indices[i]] += data ? data[i] : 1;
  return sums;
}
