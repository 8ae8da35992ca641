/** A model made ready to answer: embeddings by id, and indices of items and producers in kernel memory. */
import { type Csr, nnz } from '../core/csr.ts';
import { IdIndex, type IdTable, idAt } from '../core/ids.ts';
import { type SparseVector, vectorOfRow } from '../core/sparse-vector.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { openRecommender, type Recommender } from '../recommend/joined-score.ts';
import { CandidateTexts } from '../retrieval/candidate-texts.ts';
import { buildItemIndex, type ItemIndex, type ItemIndexOptions, placesOf } from '../retrieval/item-index.ts';
import { Retriever } from '../retrieval/retriever.ts';
import { type EmbeddingSet, Representation } from '../scoring/representation.ts';
import type { ArtifactName } from '../stages/artifacts.ts';
import { recommendationViews } from '../stages/recommendation-views.ts';
import { type Artifact, type Artifacts, idsOf, input, matrixOf, scalars } from '../stages/stage.ts';
import { type LegibleEntities, legibleEntities } from './opt-out.ts';

/** Entities that can be retrieved. */
export interface Retrievable {
  readonly ids: IdTable;
  readonly find: (id: string) => number;
  readonly retriever: Retriever;
  /** What is retrieved, as text. */
  readonly texts: CandidateTexts;
  /** Row of ids for each place of the index. */
  readonly rowOf: Uint32Array;
  /** Place in the index for each row of ids. */
  readonly placeOf: Uint32Array;
  /** What the index was made of, by row. */
  readonly vectorOf: (row: number) => SparseVector;
}

/** The part of a model that retrieval, scores and embeddings are answered from: all that there is at the edge. */
export interface EmbeddingModel {
  readonly modelVersion: string;
  readonly representation: Representation;
  readonly nameOf: (cluster: number) => string;
  /** Absent: not known, so nobody can be told without what they hide. */
  readonly legible?: LegibleEntities;
  /** Absent when the model has no items. */
  readonly items?: Retrievable;
  readonly producers?: Retrievable;
}

export interface ServingModel extends EmbeddingModel {
  readonly legible: LegibleEntities;
  readonly producers: Retrievable;
  /** Row of producers of each item's author, or 4294967295. */
  readonly authorOf?: Uint32Array;
  /** Rows of producers that a user follows. Empty for strangers. */
  readonly followedBy: (userId: string) => Uint32Array;
  /** Ranks producers by follows and communities; absent when the model has no views. */
  readonly recommender?: Recommender;
}

export interface ServingOptions {
  readonly modelVersion: string;
  /** Of the index of items. Default: unit, so that lists rank by cosine. */
  readonly itemIndex?: Omit<ItemIndexOptions, 'birthMs'>;
  /** Of the joined score, where the artifacts hold its views. Default that of the stage recommendation-views. */
  readonly communityWeight?: number;
}

/** The default store leaves out clusters with as many interested users, or more (UserInterestedInReadableStore). */
const MOST_USERS_OF_CLUSTER = 5_000_000;

/**
 * @param artifacts  followGraph, producers, knownFor, interestedIn, clusterInterest, followBasedProducer, producerNorms, clusters; more if there
 * @param kernels    their memory holds the indices as long as they live: a model of its own wants kernels of its own
 * @throws SimClustersError NO_MODEL when an artifact that is needed is missing, OUT_OF_MEMORY
 */
export async function openServingModel(
  kernels: Kernels,
  artifacts: Artifacts,
  {
    modelVersion,
    itemIndex = { scale: 'unit' },
    communityWeight = recommendationViews.params.communityWeight.default as number,
  }: ServingOptions,
): Promise<ServingModel> {
  const names = idsOf(input(artifacts, 'clusters'), 'name');
  const follows = input(artifacts, 'followGraph');
  const consumers = IdIndex.from(idsOf(follows, 'consumerId'));
  const followed = matrixOf(follows, 'producerIndex');
  const { tweetEmbedding, items, topicEmbedding, clusterToTopics, localView, globalView } = artifacts;
  const hasItems = tweetEmbedding !== undefined && items !== undefined;
  return {
    modelVersion,
    representation: new Representation(embeddingSets(artifacts, modelVersion)),
    nameOf: (cluster) => (cluster < names.size ? idAt(names, cluster) : ''),
    producers: await producersOf(kernels, artifacts),
    items: hasItems ? await itemsOf(kernels, tweetEmbedding, items, itemIndex) : undefined,
    authorOf: items && scalars<Uint32Array>(items, 'authorProducerIndex'),
    legible:
      topicEmbedding && clusterToTopics
        ? legibleEntities(matrixOf(clusterToTopics, 'topicIndex', 'score'), idsOf(topicEmbedding, 'topicId'))
        : new Map(),
    followedBy: (userId) => {
      const row = consumers.findText(userId);
      return row < 0
        ? new Uint32Array(0)
        : followed.indices.subarray(followed.indptr[row], followed.indptr[row + 1]);
    },
    recommender:
      localView &&
      globalView &&
      (await openRecommender(
        kernels,
        matrixOf(localView, 'producerIndex', 'score'),
        matrixOf(globalView, 'clusterId', 'score'),
        communityWeight,
      )),
  };
}

/** Embedding type → artifact, column of ids, column of scores, index of the cluster's entities. */
const entityTypes: readonly (readonly [string, ArtifactName, string, string, ArtifactName?, string?])[] = [
  ['KnownFor', 'knownFor', 'producerId', 'knownForScore', 'clusterToProducers', 'producerIndex'],
  [
    'FollowBasedProducer',
    'followBasedProducer',
    'producerId',
    'score',
    'clusterToProducers',
    'producerIndex',
  ],
  ['FavBasedProducer', 'favBasedProducer', 'producerId', 'score', 'clusterToProducers', 'producerIndex'],
  ['FavTfgTopic', 'topicEmbedding', 'topicId', 'score', 'clusterToTopics', 'topicIndex'],
  ['LogFavBasedTweet', 'tweetEmbedding', 'itemId', 'score', 'clusterToTweets', 'itemIndex'],
  ['LogFavLongestL2EmbeddingTweet', 'tweetEmbedding', 'itemId', 'score', 'clusterToTweets', 'itemIndex'],
];

/** Type → score of InterestedIn, as the serving view maps them. */
const userTypes = {
  FollowBasedUserInterestedIn: 'followScore',
  FavBasedUserInterestedIn: 'favScore',
  LogFavBasedUserInterestedIn: 'logFavScore',
  // Ours: what ranks producers best (see evaluate recommend).
  ClusterNormalizedFollowBasedUserInterestedIn: 'followScoreClusterNormalizedOnly',
} as const;

function embeddingSets(artifacts: Artifacts, modelVersion: string): EmbeddingSet[] {
  // Types over one artifact share its id table, and so one index of ids.
  const tables = new Map<Artifact, IdTable>();
  const idsOnce = (artifact: Artifact, column: string) => {
    const ids = tables.get(artifact) ?? idsOf(artifact, column);
    tables.set(artifact, ids);
    return ids;
  };
  const entities = entityTypes.flatMap(([embeddingType, name, idColumn, scoreColumn, indexName, entity]) => {
    const artifact = artifacts[name];
    const index = indexName && artifacts[indexName];
    if (!artifact) return [];
    return {
      embeddingType,
      modelVersion,
      ids: idsOnce(artifact, idColumn),
      embedding: matrixOf(artifact, 'clusterId', scoreColumn),
      clusterIndex: index && entity ? matrixOf(index, entity, 'score') : undefined,
    };
  });
  const interest = input(artifacts, 'interestedIn');
  const numUsers = scalars<Uint32Array>(
    input(artifacts, 'clusterInterest'),
    'numUsersInterestedInThisClusterUpperBound',
  );
  const isServed = (cluster: number) => numUsers[cluster] < MOST_USERS_OF_CLUSTER;
  const users = Object.entries(userTypes).map(([embeddingType, score]) => ({
    embeddingType,
    modelVersion,
    ids: idsOnce(interest, 'consumerId'),
    embedding: matrixOf(interest, 'clusterId', score),
    isServed,
  }));
  return [...entities, ...users];
}

/** Producers by follow-based embedding, each times √followers, which gives back what its cosines were divided by. */
async function producersOf(kernels: Kernels, artifacts: Artifacts): Promise<Retrievable> {
  const artifact = input(artifacts, 'followBasedProducer');
  const norms = scalars<Float32Array>(input(artifacts, 'producerNorms'), 'followerL2Norm');
  const cosines = matrixOf(artifact, 'clusterId', 'score');
  const data = new Float32Array(nnz(cosines));
  for (let row = 0; row < cosines.numRows; row++)
    for (let i = cosines.indptr[row]; i < cosines.indptr[row + 1]; i++)
      data[i] = (cosines.data as Float32Array)[i] * norms[row];
  const embedding = { ...cosines, data };
  return retrievable(
    kernels,
    idsOf(artifact, 'producerId'),
    embedding,
    await buildItemIndex(kernels, embedding),
  );
}

async function itemsOf(
  kernels: Kernels,
  tweets: Artifact,
  items: Artifact,
  options: ItemIndexOptions,
): Promise<Retrievable> {
  const embedding = matrixOf(tweets, 'clusterId', 'score');
  const birthMs = scalars<Float64Array>(items, 'firstEventTimeMs');
  const index = await buildItemIndex(kernels, embedding, { ...options, birthMs });
  return retrievable(kernels, idsOf(tweets, 'itemId'), embedding, index);
}

/** Types under which a stream's tweets are read. */
const LIVE_TYPE = 'LogFavBasedTweet';

/**
 * A model with the tweets of a stream in place of its items.
 * @param snapshot  `tweetEmbedding` (itemId, bornMs, clusterId, score) and `clusterToTweets` of a snapshot
 * @param kernels   their memory holds the index of the tweets
 */
export async function withLiveItems(
  kernels: Kernels,
  model: ServingModel,
  { tweetEmbedding, clusterToTweets }: { tweetEmbedding: Artifact; clusterToTweets: Artifact },
  options: ItemIndexOptions = { scale: 'unit' },
): Promise<ServingModel> {
  const ids = idsOf(tweetEmbedding, 'itemId');
  const embedding = matrixOf(tweetEmbedding, 'clusterId', 'score');
  const birthMs = scalars<Float64Array>(tweetEmbedding, 'bornMs');
  const items = retrievable(
    kernels,
    ids,
    embedding,
    await buildItemIndex(kernels, embedding, { ...options, birthMs }),
  );
  const { modelVersion, representation } = model;
  const clusterIndex = matrixOf(clusterToTweets, 'itemIndex', 'score');
  const live = { embeddingType: LIVE_TYPE, modelVersion, ids, embedding, clusterIndex };
  return { ...model, items, authorOf: undefined, representation: representation.with([live]) };
}

function retrievable(kernels: Kernels, ids: IdTable, embedding: Csr, index: ItemIndex): Retrievable {
  const known = IdIndex.from(ids);
  return {
    ids,
    find: (id) => known.findText(id),
    retriever: new Retriever(kernels, index),
    texts: new CandidateTexts(kernels, ids, index.rowOf),
    rowOf: index.rowOf,
    placeOf: placesOf(index),
    vectorOf: (row) => vectorOfRow(embedding, row),
  };
}
