/**
 * The applications: what is asked of a model in a product. Each takes ids and gives ranked ids with reasons; an id nobody knows,
 * or one without an embedding, gets an empty answer, as in the original.
 */
import { idAt } from '../core/ids.ts';
import { type RetrievalConfig, type RetrievalVariant, retrievalVariant } from '../retrieval/config.ts';
import { type Blending, blendings } from './interleave.ts';
import { rankByViews } from './rank-by-views.ts';
import {
  firstEmbedding,
  type Recommendation,
  requireItems,
  searchFor,
  userTypesInOrder,
  type Viewer,
} from './recommendations.ts';
import type { ServingModel } from './serving-model.ts';

export interface ApplicationOptions extends Viewer {
  /** Default 100, as a request to the mixer. */
  readonly limit?: number;
  /** Named configuration of the queries. Default WholeNorm. */
  readonly suffix?: string;
  readonly overrides?: Partial<RetrievalConfig>;
  readonly blending?: Blending;
}

const DEFAULT_LIMIT = 100;
/** Least scores of the mixer, strict (cr-mixer). */
const ABOVE = { interestedIn: 0.072, producer: 0.7, tweet: 0.5 } as const;
/** Sources of one request to the mixer. */
const MAX_SOURCE_KEYS = 15;
const producerTypes = ['FavBasedProducer', 'FollowBasedProducer'] as const;

function variantOf(
  { modelVersion }: ServingModel,
  embeddingType: string,
  { suffix = 'WholeNorm', overrides }: ApplicationOptions,
): RetrievalVariant {
  return retrievalVariant(embeddingType, modelVersion, suffix, overrides);
}

function blend(lists: readonly Recommendation[][], options: ApplicationOptions): Recommendation[] {
  const { blending = 'interleave', limit = DEFAULT_LIMIT } = options;
  return blendings[blending](lists, ({ id }) => id, limit);
}

/**
 * Items like this one, from two sources taken in turn: the item's own embedding (score > .5) and its author's (score > .7).
 * @throws SimClustersError NO_MODEL when the model has no items
 */
export function similarItems(
  model: ServingModel,
  itemId: string,
  options: ApplicationOptions = {},
): Recommendation[] {
  const items = requireItems(model);
  const row = items.find(itemId);
  if (row < 0) return [];
  const author = model.authorOf?.[row];
  const authorId =
    author !== undefined && author < model.producers.ids.size ? idAt(model.producers.ids, author) : undefined;
  const sources = [
    { types: ['LogFavLongestL2EmbeddingTweet'], id: itemId, aboveScore: ABOVE.tweet },
    ...(authorId === undefined ? [] : [{ types: producerTypes, id: authorId, aboveScore: ABOVE.producer }]),
  ];
  const lists = sources.map(({ types, id, aboveScore }) => {
    const found = firstEmbedding(model, types, id);
    if (!found) return [];
    const variant = variantOf(model, found.embeddingType, options);
    return searchFor(model, items, { vector: found.vector, variant, aboveScore, excludedRow: row }, options);
  });
  return blend(lists, options);
}

export interface HomeOptions extends ApplicationOptions {
  /** Producers whose audiences are asked as well, the first 15; for example those followed last. */
  readonly producerIds?: readonly string[];
  /** As many more, those that the joined score puts first; where the model has views. Default 5, 0 where producers are given. */
  readonly numJoinedProducers?: number;
}

const NUM_JOINED_PRODUCERS = 5;

/** What is asked for candidates: the embedding of an entity. */
interface HomeSource {
  readonly types: readonly string[];
  readonly id: string;
  readonly aboveScore: number;
  /** Follows that led to it. */
  readonly followed?: Recommendation['followed'];
}

/**
 * Items for a user: those like the user's interests (score > .072), in turn with those like the producers given, and like those that
 * the joined score of follows and communities puts first for the user (score > .7; `followed` says which follows led there).
 * @throws SimClustersError NO_MODEL when the model has no items
 */
export function homeCandidates(
  model: ServingModel,
  userId: string,
  options: HomeOptions = {},
): Recommendation[] {
  const items = requireItems(model);
  const sources: readonly HomeSource[] = [
    { types: userTypesInOrder, id: userId, aboveScore: ABOVE.interestedIn },
    ...producerSources(model, userId, options).slice(0, MAX_SOURCE_KEYS),
  ];
  const lists = sources.map(({ types, id, aboveScore, followed }) => {
    const found = firstEmbedding(model, types, id);
    if (!found) return [];
    const variant = variantOf(model, found.embeddingType, options);
    const list = searchFor(model, items, { vector: found.vector, variant, aboveScore }, options);
    return followed ? list.map((candidate) => ({ ...candidate, followed })) : list;
  });
  return blend(lists, options);
}

function producerSources(model: ServingModel, userId: string, options: HomeOptions): HomeSource[] {
  const { producerIds = [], excludedIds, optedOut } = options;
  const { numJoinedProducers = producerIds.length > 0 ? 0 : NUM_JOINED_PRODUCERS } = options;
  const sourceOf = (id: string): HomeSource => ({ types: producerTypes, id, aboveScore: ABOVE.producer });
  const given = producerIds.map(sourceOf);
  if (!model.recommender || numJoinedProducers === 0) return given;
  const joined = whoToFollow(model, userId, { limit: numJoinedProducers, excludedIds, optedOut });
  return [...given, ...joined.map(({ id, followed }) => ({ ...sourceOf(id), followed }))];
}

/**
 * Producers for a user, without those already followed and without the user. By the joined score, where the model has the views
 * for it and no configuration is asked for; else
 *   score = Σ over clusters of interest(c) · cosine(producer, c) · √followers
 * `overrides` apply; the search is exact by default, for producers are few.
 */
export function whoToFollow(
  model: ServingModel,
  userId: string,
  options: ApplicationOptions = {},
): Recommendation[] {
  const { producers } = model;
  const found = firstEmbedding(model, ['ClusterNormalizedFollowBasedUserInterestedIn'], userId);
  const { limit = DEFAULT_LIMIT, suffix = 'Exact', overrides } = options;
  if (model.recommender && options.suffix === undefined && overrides === undefined) {
    const excludedIds = new Set(options.excludedIds).add(userId);
    const asked = { userId, interest: found?.vector, limit };
    return rankByViews(model, model.recommender, asked, { ...options, excludedIds });
  }
  if (!found) return [];
  const followed = model.followedBy(userId);
  const variant = retrievalVariant(found.embeddingType, model.modelVersion, suffix, {
    annAlgorithm: 'dot',
    maxNumResults: Math.min(1000, limit + followed.length + 1),
    ...overrides,
  });
  const excludedIds = new Set(options.excludedIds).add(userId);
  for (const row of followed) excludedIds.add(idAt(producers.ids, row));
  const ranked = searchFor(
    model,
    producers,
    { vector: found.vector, variant },
    { ...options, excludedIds, nowMs: undefined },
  );
  return ranked.slice(0, limit);
}
