/** All stages in the order they run: the table of contents of the main job. */
import { clusterIndices } from './cluster-indices.ts';
import { clusterNames } from './cluster-names.ts';
import { engagementGraph } from './engagement-graph.ts';
import { followGraph } from './follow-graph.ts';
import { interestedIn } from './interested-in.ts';
import { knownFor } from './known-for.ts';
import { previousKnownFor } from './previous-known-for.ts';
import { producerEmbeddings } from './producer-embeddings.ts';
import { producerNorms } from './producer-norms.ts';
import { producerSimilarity } from './producer-similarity.ts';
import { recommendationViews } from './recommendation-views.ts';
import type { Stage } from './stage.ts';
import { topicEmbeddings } from './topic-embeddings.ts';
import { tweetEmbeddings } from './tweet-embeddings.ts';

export const stages: readonly Stage[] = [
  followGraph,
  engagementGraph,
  producerNorms,
  producerSimilarity,
  previousKnownFor,
  knownFor,
  interestedIn,
  producerEmbeddings,
  topicEmbeddings,
  tweetEmbeddings,
  clusterIndices,
  clusterNames,
  recommendationViews,
];
