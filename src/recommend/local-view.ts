/**
 * The local view: which producers a followed producer speaks for. With A: consumers × producers (ones), d(u) follows of a
 * consumer, d(p) followers of a producer, s(p) = d(p) + β:
 *   G[p, q] = Σ_u A[u,p] · A[u,q] · d(u)^-½ / √(s(p) · s(q)),   p ≠ q, the best `numNeighbors` of each row
 *   B       = the best `numBlurNeighbors` of each row of G, made symmetric by the larger of both values
 *   W[p, q] = max(0, G[p, q] - σ/λ · Σ_r G[p, r] · B[r, q])       for the q that row p of G keeps; λ: largest eigenvalue of B
 *   L[p, q] = s(p)^-a · W[p, q] · s(q)^(½-b)
 * W is G, sharpened: what p tells of q by way of third producers is taken off, so that a crowd of alike neighbours does not
 * outvote the one that matters. It is one step of the inverse filter (I + σ/λ B)^-1, whose series converges for σ < 1, on the
 * pattern of G: so σ means the same on dense and on thin graphs. Degree normalisation: LightGCN, GF-CF; sharpening of a blurred graph signal: BSPM (SIGIR 2023), which takes it off each user's scores.
 */
import type { Csr } from '../core/csr.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { topKRows, transpose, unionMaxTransposed } from '../kernels/sparse.ts';
import { degreeNormalizedGraph } from './degree-normalized-graph.ts';
import { spectralRadius } from './spectral-radius.ts';
import { columnDegrees, inversePowers, scaled } from './weights.ts';

export interface LocalViewOptions {
  /** Neighbours of each producer. */
  readonly numNeighbors: number;
  /** Neighbours through which similarity is taken off. */
  readonly numBlurNeighbors: number;
  /** σ; 0: not sharpened; 1: as much as the inverse filter bears. */
  readonly sharpening: number;
  /** β, followers: added to each producer's count, so that a chance follow of a rare producer weighs less. */
  readonly smoothing: number;
  /** a: how little a followed producer counts for being followed by many. */
  readonly sourceExponent: number;
  /** b: how much a candidate is held back for being followed by many. */
  readonly popularityExponent: number;
  readonly onProgress?: Progress;
}

/** Share of the work that the similarities are, for progress. */
const GRAPH_SHARE = 0.5;

/**
 * @param follows  consumers × producers; only its pattern counts
 * @returns L, producers × producers, values > 0, columns ascending. Cost: Σ_u d(u)² + producers · numNeighbors ·
 * numBlurNeighbors multiply-adds; memory about 24 bytes a kept pair
 */
export async function computeLocalView(
  kernels: Kernels,
  follows: Csr,
  options: LocalViewOptions,
): Promise<Csr> {
  const { numNeighbors, numBlurNeighbors, smoothing, sharpening, onProgress } = options;
  const graph = await degreeNormalizedGraph(kernels, follows, {
    numNeighbors,
    consumerExponent: 0.5,
    smoothing,
    onProgress: (share) => onProgress?.(GRAPH_SHARE * share),
  });
  const blur = await symmetricBest(kernels, graph, numBlurNeighbors);
  const radius = spectralRadius(blur);
  const strength = radius > 0 ? sharpening / radius : 0;
  const sharpened = await sharpen(kernels, graph, blur, strength, (share) =>
    onProgress?.(GRAPH_SHARE + (1 - GRAPH_SHARE) * share),
  );
  const followerCount = columnDegrees(follows);
  return scaled(
    withoutZeros(sharpened),
    inversePowers(followerCount, smoothing, options.sourceExponent),
    inversePowers(followerCount, smoothing, options.popularityExponent - 0.5),
  );
}

async function symmetricBest(kernels: Kernels, graph: Csr, topK: number): Promise<Csr> {
  // The best come best first: transposed, the columns of each row are in order.
  return unionMaxTransposed(kernels, await transpose(kernels, await topKRows(kernels, graph, topK)));
}

/** max(0, G - strength · G · B) on the pattern of G. */
async function sharpen(
  kernels: Kernels,
  graph: Csr,
  blur: Csr,
  strength: number,
  onProgress: Progress,
): Promise<Csr> {
  return kernels.scope(async (arena) => {
    const dataOut = arena.f32(graph.indices.length);
    const params = kernels.block('sharpenRows', {
      indptr: arena.put(graph.indptr),
      indices: arena.put(graph.indices),
      data: arena.put(graph.data as Float32Array),
      blurIndptr: arena.put(blur.indptr),
      blurIndices: arena.put(blur.indices),
      blurData: arena.put(blur.data as Float32Array),
      strength,
      dataOut,
    });
    const scratchBytes = graph.numCols * 4;
    await kernels.run([kernels.step('sharpenRows', params, graph.numRows)], { scratchBytes, onProgress });
    return { ...graph, data: dataOut.slice() };
  });
}

function withoutZeros(a: Csr): Csr {
  const data = a.data as Float32Array;
  const indptr = new Uint32Array(a.numRows + 1);
  let kept = 0;
  for (let row = 0; row < a.numRows; row++) {
    for (let i = a.indptr[row]; i < a.indptr[row + 1]; i++) if (data[i] > 0) kept++;
    indptr[row + 1] = kept;
  }
  const isKept = (_: number, i: number) => data[i] > 0;
  return { ...a, indptr, indices: a.indices.filter(isKept), data: data.filter(isKept) };
}
