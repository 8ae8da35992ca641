/** What candidates become for those who asked: ids, scores, where they came from, and why. */
import { SimClustersError } from '../core/errors.ts';
import { idAt } from '../core/ids.ts';
import type { SparseVector } from '../core/sparse-vector.ts';
import type { RetrievalVariant } from '../retrieval/config.ts';
import { withoutOptedOut } from './opt-out.ts';
import { type Reason, reasonsOf } from './reasons.ts';
import type { EmbeddingModel, Retrievable, ServingModel } from './serving-model.ts';

export interface Recommendation {
  readonly id: string;
  readonly score: number;
  /** Query that brought it: `SimClustersANN_{variant id}` for retrieval, else the name of the embedding type compared. */
  readonly source: string;
  /** Communities that carry the score, the strongest first. */
  readonly reasons: readonly Reason[];
  /** By the joined score: the followed producers that carry it, the strongest first, each with its part of the score. */
  readonly followed?: readonly { readonly id: string; readonly share: number }[];
}

/** What every application may be told about the one it answers. */
export interface Viewer {
  /** Entities the user hides (topics): their communities carry no answer. */
  readonly optedOut?: ReadonlySet<string>;
  /** Ids never to be shown: seen before, blocked, taken down. */
  readonly excludedIds?: ReadonlySet<string>;
  /** Now, ms since 1970: ages count from here. Absent: ages do not count. */
  readonly nowMs?: number;
}

const NOTHING: ReadonlySet<string> = new Set();

export interface Search {
  readonly vector: SparseVector;
  readonly variant: RetrievalVariant;
  /** Kept iff score > aboveScore: the client's cut is strict, the service's is not. */
  readonly aboveScore?: number;
  /** Row of the entity that is itself the source. */
  readonly excludedRow?: number;
}

/** Ranked answers of one query, opt-outs and exclusions taken away. */
export function searchFor(
  model: ServingModel,
  { ids, retriever, rowOf, placeOf, vectorOf }: Retrievable,
  { vector, variant, aboveScore = Number.NEGATIVE_INFINITY, excludedRow }: Search,
  { optedOut = NOTHING, excludedIds = NOTHING, nowMs }: Viewer,
): Recommendation[] {
  const source = withoutOptedOut(vector, model.legible, optedOut);
  if (!source) return [];
  const excluded = excludedRow === undefined ? undefined : placeOf[excludedRow];
  const { items, scores } = retriever.search(source, variant.config, { nowMs, excluded });
  return Array.from(items, (place, i) => ({
    row: rowOf[place],
    id: idAt(ids, rowOf[place]),
    score: scores[i],
  }))
    .filter(({ id, score }) => score > aboveScore && !excludedIds.has(id))
    .map(({ row, id, score }) => ({
      id,
      score,
      source: `SimClustersANN_${variant.id}`,
      reasons: reasonsOf(source, vectorOf(row), model.nameOf),
    }));
}

/** Kinds of a user's interests, the most telling first: what a user faved, else whom the user follows. */
export const userTypesInOrder = [
  'LogFavBasedUserInterestedIn',
  'FavBasedUserInterestedIn',
  'FollowBasedUserInterestedIn',
] as const;

/** The first embedding there is among these types. */
export function firstEmbedding(
  { representation, modelVersion }: ServingModel,
  embeddingTypes: readonly string[],
  id: string,
): { readonly embeddingType: string; readonly vector: SparseVector } | undefined {
  for (const embeddingType of embeddingTypes) {
    if (!representation.has(embeddingType, modelVersion)) continue;
    const vector = representation.embedding({ embeddingType, modelVersion, id });
    if (vector) return { embeddingType, vector };
  }
  return undefined;
}

/** @throws SimClustersError NO_MODEL */
export function requireProducers({ producers }: EmbeddingModel): Retrievable {
  if (producers) return producers;
  throw new SimClustersError('NO_MODEL', {
    got: 'a model without producers',
    expected: 'a model with an embedding of producers',
    todo: 'Serve such an embedding, too',
  });
}

/** @throws SimClustersError NO_MODEL */
export function requireItems({ items }: EmbeddingModel): Retrievable {
  if (items) return items;
  throw new SimClustersError('NO_MODEL', {
    got: 'a model without items',
    expected: 'a model with tweetEmbedding',
    todo: 'Run the job with --engagements',
  });
}
