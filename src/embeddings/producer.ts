/**
 * Producer embeddings (Ṽ): the cosine of a producer's follower (faver) vector with a cluster's column of InterestedIn.
 *   Ṽ[p, c] = Σ_u M[u, p] · N[u, c]
 *   follow:  M = 1 / √followers(p) on follows,     N = followScoreClusterNormalizedOnly
 *   fav:     M = fav(u, p) / faverL2Norm(p),       N = favScoreClusterNormalizedOnly
 * Only producers with more than `minFollowersForEmbedding` followers (favers). Entries ≥ `minScore` are kept, the best
 * `topK` per producer. Source: ProducerEmbeddingsFromInterestedIn.scala.
 */
import type { Csr } from '../core/csr.ts';
import { previousFloat32 } from '../core/math.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { transpose } from '../kernels/sparse.ts';
import { spgemmTopK } from '../kernels/spgemm.ts';

export interface ProducerEmbeddingOptions {
  /** A producer is embedded iff it has more followers (favers) than this. */
  readonly minFollowersForEmbedding: number;
  /** Entries at least this are kept. */
  readonly minScore: number;
  /** Clusters per producer. */
  readonly topK: number;
  readonly onProgress?: Progress;
}

/**
 * @param consumerProducer  follows (binary) or decayed favs, consumers × producers
 * @param interest          cluster-normalised InterestedIn scores, consumers × (numCommunities + 1)
 * @param inverseNorm       f32[numProducers]: 1 / L2 norm of each column of consumerProducer
 * @param counts            u32[numProducers]: followers (favers)
 * @returns producers × (numCommunities + 1), by cluster id; about [0, 1]
 */
export async function computeProducerEmbedding(
  kernels: Kernels,
  consumerProducer: Csr,
  interest: Csr,
  inverseNorm: Float32Array,
  counts: Uint32Array,
  { minFollowersForEmbedding, minScore, topK, onProgress }: ProducerEmbeddingOptions,
): Promise<Csr> {
  const rowScale = inverseNorm.map((value, p) => (counts[p] > minFollowersForEmbedding ? value : 0));
  const producerConsumer = await transpose(kernels, consumerProducer);
  return spgemmTopK(kernels, producerConsumer, interest, {
    topK,
    threshold: previousFloat32(minScore),
    rowScale,
    onProgress,
  });
}
