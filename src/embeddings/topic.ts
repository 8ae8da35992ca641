/**
 * Topic embeddings (TFG, topic-follow graph): the cosine of a topic's follower vector with a cluster's column of
 * InterestedIn.
 *   T[t, c] = Σ_u F[u, t] / √followers(t) · X[u, c] / ‖X[:, c]‖       F binary, X = favScore (or another score)
 * Kept iff > `threshold`, the best `topK` per topic, topics with at least `minTopicFollowers` followers.
 * Source: TfgBasedTopicEmbeddingsBaseApp.scala.
 */
import type { Csr } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { inverseColumnNorms, transpose } from '../kernels/sparse.ts';
import { spgemmTopK } from '../kernels/spgemm.ts';

export interface TopicEmbeddingOptions {
  readonly minTopicFollowers: number;
  readonly threshold: number;
  readonly topK: number;
}

/**
 * @param topicFollows  consumers × topics, pattern only
 * @param interest      InterestedIn with the wanted raw score as data
 * @returns topics × (numCommunities + 1), by cluster id, f32 in (threshold, 1]
 */
export async function computeTopicEmbedding(
  kernels: Kernels,
  topicFollows: Csr,
  interest: Csr,
  { minTopicFollowers, threshold, topK }: TopicEmbeddingOptions,
): Promise<Csr> {
  const topicConsumer = await transpose(kernels, { ...topicFollows, data: undefined });
  const rowScale = new Float32Array(topicConsumer.numRows);
  for (let topic = 0; topic < topicConsumer.numRows; topic++) {
    const followers = topicConsumer.indptr[topic + 1] - topicConsumer.indptr[topic];
    rowScale[topic] = followers >= Math.max(1, minTopicFollowers) ? 1 / Math.sqrt(followers) : 0;
  }
  const colScale = await inverseColumnNorms(kernels, interest);
  return spgemmTopK(kernels, topicConsumer, interest, { topK, threshold, rowScale, colScale });
}
