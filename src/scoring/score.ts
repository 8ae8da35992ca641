/** Scores of pairs of entities, as the scoring service gives them (representation-scorer). */
import type { SparseVector } from '../core/sparse-vector.ts';
import { pairMeasures, type ScoringAlgorithm } from './pair-measures.ts';
import type { EmbeddingId, Representation } from './representation.ts';

export interface ScoreId {
  readonly algorithm: ScoringAlgorithm;
  readonly first: EmbeddingId;
  readonly second: EmbeddingId;
}

/** Undefined when either embedding is missing. */
export function score(
  representation: Representation,
  { algorithm, first, second }: ScoreId,
): number | undefined {
  const [a, b] = [representation.embedding(first), representation.embedding(second)];
  return a && b && pairMeasures[algorithm](a, b);
}

export interface ScoreList {
  readonly algorithm: ScoringAlgorithm;
  readonly modelVersion: string;
  readonly targetType: string;
  readonly targetId: string;
  readonly candidateType: string;
  readonly candidateIds: readonly string[];
}

/** A score for each candidate, in the order of the request; undefined for what is missing, and for all when the target is. */
export function listScore(representation: Representation, request: ScoreList): (number | undefined)[] {
  const { algorithm, modelVersion, targetType, targetId, candidateType, candidateIds } = request;
  const target = representation.embedding({ embeddingType: targetType, modelVersion, id: targetId });
  return candidateIds.map((id) => {
    const candidate = representation.embedding({ embeddingType: candidateType, modelVersion, id });
    return target && candidate && pairMeasures[algorithm](target, candidate);
  });
}

/** One part of a weighted sum: which embeddings of the pair it compares, and how. */
export interface WeightedPart {
  readonly weight: number;
  readonly algorithm: ScoringAlgorithm;
  /** Embedding type of the first and of the second id of the pair: the order matters. */
  readonly types: readonly [string, string];
  /** Applied to the score before it is weighted. Default: as it is. */
  readonly transform?: (score: number) => number;
}

/** A pair of ids of which each part picks its embeddings, for example (topic, tweet). */
export interface IdPair {
  readonly modelVersion: string;
  readonly ids: readonly [string, string];
}

function partScores(representation: Representation, parts: readonly WeightedPart[], pair: IdPair) {
  const { modelVersion, ids } = pair;
  const vectorOf = (embeddingType: string, id: string): SparseVector | undefined =>
    representation.has(embeddingType, modelVersion)
      ? representation.embedding({ embeddingType, modelVersion, id })
      : undefined;
  return parts.map(({ algorithm, types }) => {
    const [a, b] = [vectorOf(types[0], ids[0]), vectorOf(types[1], ids[1])];
    return a && b && pairMeasures[algorithm](a, b);
  });
}

/**
 * Σ weight · transform(score) over the parts. A missing part counts 0; undefined when all are missing. A type that the model
 * version does not have is missing too (WeightedSumAggregatedScoreStore).
 */
export function weightedSum(
  representation: Representation,
  parts: readonly WeightedPart[],
  pair: IdPair,
): number | undefined {
  const scores = partScores(representation, parts, pair);
  if (scores.every((value) => value === undefined)) return undefined;
  let sum = 0;
  scores.forEach((value, i) => {
    const { weight, transform = (plain) => plain } = parts[i];
    if (value !== undefined) sum += weight * transform(value);
  });
  return sum;
}

/** Topic against tweet: the cosines of both topic embeddings, added. Ids are (topic, tweet). */
export const topicTweetRanking: readonly WeightedPart[] = ['FavTfgTopic', 'LogFavBasedKgoApeTopic'].map(
  (topic) => ({
    weight: 1,
    algorithm: 'cosine',
    types: [topic, 'LogFavBasedTweet'],
  }),
);

/** 1 when any part reaches `minScore`, else 0; undefined when all parts are missing. */
export function thresholdLabel(
  representation: Representation,
  parts: readonly WeightedPart[],
  pair: IdPair,
  minScore: number,
): 0 | 1 | undefined {
  const scores = partScores(representation, parts, pair).filter((value) => value !== undefined);
  if (scores.length === 0) return undefined;
  return scores.some((value) => value >= minScore) ? 1 : 0;
}
