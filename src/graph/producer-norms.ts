/** Norms and counts per producer: what the normalised scores divide by. */
import type { Csr } from '../core/csr.ts';
import { INVERSE_LN10, ln } from '../core/math.ts';
import { columnCounts } from './follow-graph.ts';

/** One value per producer in each array; the fields of NormsAndCounts. */
export interface ProducerNorms {
  readonly followerCount: Uint32Array;
  readonly faverCount: Uint32Array;
  /** √followerCount */
  readonly followerL2Norm: Float32Array;
  /** √Σ fav² over favers */
  readonly faverL2Norm: Float32Array;
  readonly favWeightsOnFavEdgesSum: Float32Array;
  /** Σ fav over favers who also follow. */
  readonly favWeightsOnFollowEdgesSum: Float32Array;
  /** The same three for log10(1 + fav). */
  readonly logFavL2Norm: Float32Array;
  readonly logFavWeightsOnFavEdgesSum: Float32Array;
  readonly logFavWeightsOnFollowEdgesSum: Float32Array;
}

/** Sums in f64, in the order of consumers. Cost O(follows + favs). */
export function computeProducerNorms(followGraph: Csr, engagementGraph?: Csr): ProducerNorms {
  const numProducers = followGraph.numCols;
  const sums = () => new Float64Array(numProducers);
  const [favSquares, favSum, favOnFollow] = [sums(), sums(), sums()];
  const [logSquares, logSum, logOnFollow] = [sums(), sums(), sums()];
  if (engagementGraph) {
    const fav = engagementGraph.data as Float32Array;
    for (let u = 0; u < engagementGraph.numRows; u++) {
      let follow = followGraph.indptr[u];
      for (let i = engagementGraph.indptr[u]; i < engagementGraph.indptr[u + 1]; i++) {
        const p = engagementGraph.indices[i];
        while (follow < followGraph.indptr[u + 1] && followGraph.indices[follow] < p) follow++;
        const isFollowed = follow < followGraph.indptr[u + 1] && followGraph.indices[follow] === p;
        const logFav = ln(1 + fav[i]) * INVERSE_LN10;
        favSquares[p] += fav[i] * fav[i];
        favSum[p] += fav[i];
        logSquares[p] += logFav * logFav;
        logSum[p] += logFav;
        if (!isFollowed) continue;
        favOnFollow[p] += fav[i];
        logOnFollow[p] += logFav;
      }
    }
  }
  const followerCount = columnCounts(followGraph);
  return {
    followerCount,
    faverCount: engagementGraph ? columnCounts(engagementGraph) : new Uint32Array(numProducers),
    followerL2Norm: Float32Array.from(followerCount, Math.sqrt),
    faverL2Norm: Float32Array.from(favSquares, Math.sqrt),
    favWeightsOnFavEdgesSum: Float32Array.from(favSum),
    favWeightsOnFollowEdgesSum: Float32Array.from(favOnFollow),
    logFavL2Norm: Float32Array.from(logSquares, Math.sqrt),
    logFavWeightsOnFavEdgesSum: Float32Array.from(logSum),
    logFavWeightsOnFollowEdgesSum: Float32Array.from(logOnFollow),
  };
}

/** 1 / x, and 0 where x is 0. */
export function inverse(values: Float32Array): Float32Array {
  return values.map((value) => (value > 0 ? 1 / value : 0));
}
