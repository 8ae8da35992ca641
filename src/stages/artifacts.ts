/** The artifacts of a model: what each holds, column by column. File name = artifact name + `.parquet`. */

/**
 * Columns by name with their meaning. `list` columns of one artifact run in parallel: entry i of each belongs together.
 * Indices count from 0 and are row numbers of the artifact named; cluster ids count from 1.
 */
export interface ArtifactType {
  readonly summary: string;
  readonly columns: Readonly<Record<string, string>>;
}

const cluster = 'list u32: cluster id';

export const artifactTypes = {
  followGraph: {
    summary: 'Who follows whom: a row per consumer',
    columns: {
      consumerId: 'text',
      producerIndex: 'list u32: row of producers',
      weight: 'list f32, absent when follows are binary',
    },
  },
  producers: {
    summary: 'The producers, in order of first appearance',
    columns: { producerId: 'text', followerCount: 'u32: distinct followers' },
  },
  engagementGraph: {
    summary: 'Decayed favs of each consumer on each producer',
    columns: {
      consumerId: 'text',
      producerIndex: 'list u32: row of producers',
      fav: 'list f32: decayed sum',
    },
  },
  items: {
    summary: 'Items (tweets) that were engaged with',
    columns: {
      itemId: 'text',
      authorProducerIndex: 'u32: row of producers; 4294967295 when the author is none',
      firstEventTimeMs: 'f64: ms since 1970; NaN when no fav of it counts',
      numEvents: 'u32',
    },
  },
  engagements: {
    summary: 'Favs by known consumers, in order of time',
    columns: {
      timeMs: 'f64: ms since 1970',
      consumerIndex: 'u32: row of followGraph',
      itemIndex: 'u32: row of items',
    },
  },
  producerNorms: {
    summary: 'Norms and counts per producer',
    columns: {
      producerId: 'text',
      followerCount: 'u32',
      faverCount: 'u32',
      followerL2Norm: 'f32: √followerCount',
      faverL2Norm: 'f32: √Σ fav²',
      favWeightsOnFavEdgesSum: 'f32: Σ fav',
      favWeightsOnFollowEdgesSum: 'f32: Σ fav of favers who follow',
      logFavL2Norm: 'f32: √Σ log10(1 + fav)²',
      logFavWeightsOnFavEdgesSum: 'f32',
      logFavWeightsOnFollowEdgesSum: 'f32',
    },
  },
  producerSimilarity: {
    summary: 'Similar producers by followers: symmetric, by neighbour index',
    columns: { producerId: 'text', neighborIndex: 'list u32: row of this file', similarity: 'list f32' },
  },
  previousKnownFor: {
    summary: 'The knownFor of the model that this one renews',
    columns: { producerId: 'text', clusterId: cluster, knownForScore: 'list f32: affiliation in [0, 1]' },
  },
  knownFor: {
    summary: 'The community of each producer, at most one',
    columns: { producerId: 'text', clusterId: cluster, knownForScore: 'list f32: affiliation in [0, 1]' },
  },
  interestedIn: {
    summary: 'Clusters each consumer is interested in',
    columns: {
      consumerId: 'text',
      clusterId: cluster,
      followScore: 'list f32',
      followScoreClusterNormalizedOnly: 'list f32',
      followScoreProducerNormalizedOnly: 'list f32',
      followScoreClusterAndProducerNormalized: 'list f32',
      favScore: 'list f32',
      favScoreClusterNormalizedOnly: 'list f32',
      favScoreProducerNormalizedOnly: 'list f32',
      favScoreClusterAndProducerNormalized: 'list f32',
      logFavScore: 'list f32',
      logFavScoreClusterNormalizedOnly: 'list f32',
      numUsersBeingFollowed: 'list u32: social proof',
      numUsersThatWereFaved: 'list u32: social proof',
    },
  },
  clusterInterest: {
    summary: 'How many consumers are interested in each cluster, before the cut per consumer',
    columns: { clusterId: 'u32', numUsersInterestedInThisClusterUpperBound: 'u32' },
  },
  followBasedProducer: {
    summary: 'Producer embeddings from follows',
    columns: { producerId: 'text', clusterId: cluster, score: 'list f32: cosine' },
  },
  favBasedProducer: {
    summary: 'Producer embeddings from favs',
    columns: { producerId: 'text', clusterId: cluster, score: 'list f32: cosine' },
  },
  topicEmbedding: {
    summary: 'Topic embeddings from topic follows',
    columns: { topicId: 'text', clusterId: cluster, score: 'list f32: cosine' },
  },
  tweetEmbedding: {
    summary: 'Embeddings of items from decayed favs',
    columns: { itemId: 'text', clusterId: cluster, score: 'list f32: decayed sum' },
  },
  clusterToProducers: {
    summary: 'Top producers of each cluster, best first',
    columns: { clusterId: 'u32', producerIndex: 'list u32: row of producers', score: 'list f32' },
  },
  clusterToTweets: {
    summary: 'Top items of each cluster, best first',
    columns: { clusterId: 'u32', itemIndex: 'list u32: row of items', score: 'list f32' },
  },
  clusterToTopics: {
    summary: 'Top topics of each cluster, best first',
    columns: { clusterId: 'u32', topicIndex: 'list u32: row of topicEmbedding', score: 'list f32' },
  },
  clusters: {
    summary: 'The communities, with readable names',
    columns: { clusterId: 'u32', name: 'text', numProducers: 'u32', numConsumers: 'u32' },
  },
  localView: {
    summary: 'The producers each producer speaks for, by producer index',
    columns: { producerId: 'text', producerIndex: 'list u32: row of producers', score: 'list f32' },
  },
  globalView: {
    summary: 'The clusters that speak for each producer',
    columns: { producerId: 'text', clusterId: cluster, score: 'list f32' },
  },
} as const satisfies Record<string, ArtifactType>;

export type ArtifactName = keyof typeof artifactTypes;
export const artifactNames = Object.keys(artifactTypes) as readonly ArtifactName[];

/** Version of the columns above; a reader refuses another one. */
export const SCHEMA_VERSION = '1';
