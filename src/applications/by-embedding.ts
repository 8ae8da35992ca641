/** Applications that hold one embedding against a few others: topics of an item, trends for a user. */
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { type SparseVector, vectorOfRow } from '../core/sparse-vector.ts';
import { pairMeasures, type ScoringAlgorithm } from '../scoring/pair-measures.ts';
import { topicTweetRanking } from '../scoring/score.ts';
import { withoutOptedOut } from './opt-out.ts';
import { reasonsOf } from './reasons.ts';
import { firstEmbedding, type Recommendation, userTypesInOrder, type Viewer } from './recommendations.ts';
import type { ServingModel } from './serving-model.ts';

export interface TopicOptions extends Viewer {
  /** Topics to choose from: those the item is labelled with, or those a user may be shown. */
  readonly topicIds: readonly string[];
  /** Kept iff score > aboveScore. Default 0. */
  readonly aboveScore?: number;
  /** Default 10. */
  readonly limit?: number;
}

/**
 * Topics of an item (topic social proof), best first, ties in the order given:
 *   score = Σ over topic embedding types of cosine(topic, item)
 * A topic the user hides is never given.
 */
export function topicsOfItem(model: ServingModel, itemId: string, options: TopicOptions): Recommendation[] {
  const { topicIds, aboveScore = 0, limit = 10, optedOut = new Set(), excludedIds } = options;
  const item = firstEmbedding(model, ['LogFavBasedTweet'], itemId)?.vector;
  if (!item) return [];
  const shown = [...new Set(topicIds)].filter((id) => !optedOut.has(id) && !excludedIds?.has(id));
  const told = withoutOptedOut(item, model.legible, optedOut);
  return rank(
    shown.map((id) => {
      const vectors = topicTweetRanking.flatMap(
        ({ types }) => firstEmbedding(model, [types[0]], id)?.vector ?? [],
      );
      const score = vectors.reduce((sum, vector) => sum + pairMeasures.cosine(vector, item), 0);
      const reasons = told && vectors.length > 0 ? reasonsOf(vectors[0], told, model.nameOf) : [];
      return { id, score, source: 'LogFavBasedTweet', reasons };
    }),
    aboveScore,
    limit,
  );
}

/** Trends and where they stand: a row of the embedding for each id. */
export interface Trends {
  readonly ids: readonly string[];
  /** trends × (numCommunities + 1), scores ≥ 0, decayed to now by whoever computes them */
  readonly embedding: Csr;
}

export interface TrendOptions extends Viewer {
  /** Default cosine. */
  readonly algorithm?: ScoringAlgorithm;
  readonly aboveScore?: number;
  /** Default 20. */
  readonly limit?: number;
}

/**
 * Trends for a user: by how like a trend is to the user's interests, best first, ties in the order given.
 * @throws SimClustersError SHAPE_MISMATCH when there is not a row for each id
 */
export function personalizedTrends(
  model: ServingModel,
  userId: string,
  trends: Trends,
  options: TrendOptions = {},
): Recommendation[] {
  const { algorithm = 'cosine', aboveScore = 0, limit = 20, optedOut = new Set(), excludedIds } = options;
  requireRows(trends);
  const found = firstEmbedding(model, userTypesInOrder, userId);
  const user = found && withoutOptedOut(found.vector, model.legible, optedOut);
  if (!found || !user) return [];
  const scored = trends.ids.map((id, row) => {
    const trend: SparseVector = vectorOfRow(trends.embedding, row);
    const score = pairMeasures[algorithm](user, trend);
    return { id, score, source: found.embeddingType, reasons: reasonsOf(user, trend, model.nameOf) };
  });
  const isShown = ({ id }: Recommendation) => !optedOut.has(id) && !excludedIds?.has(id);
  return rank(scored.filter(isShown), aboveScore, limit);
}

function rank(scored: readonly Recommendation[], aboveScore: number, limit: number): Recommendation[] {
  return scored
    .filter(({ score }) => score > aboveScore)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit);
}

function requireRows({ ids, embedding }: Trends): void {
  if (ids.length === embedding.numRows) return;
  throw new SimClustersError('SHAPE_MISMATCH', {
    got: `${ids.length} trends and an embedding of ${embedding.numRows} rows`,
    expected: 'a row for each trend',
    todo: 'Take ids and rows from the same snapshot',
  });
}
