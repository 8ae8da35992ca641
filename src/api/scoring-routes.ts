/** Scores of pairs, and features for a ranker. */
import * as z from 'zod';
import {
  type EngagementSignal,
  engagementSignals,
  recentEngagementFeatures,
} from '../scoring/recent-engagement.ts';
import { listScore, score, weightedSum } from '../scoring/score.ts';
import { embeddingRoute } from './route.ts';
import * as s from './schemas.ts';

const entityId = z.strictObject({ embeddingType: s.embeddingType, id: s.id });
const optionalScore = z.number().nullable().describe('null: an embedding is missing');

const scorePair = embeddingRoute({
  method: 'post',
  path: '/v1/score',
  operationId: 'score',
  tag: 'scoring',
  summary: 'A measure of two embeddings',
  body: z.strictObject({
    algorithm: s.algorithm.default('cosine'),
    modelVersion: s.modelVersion.optional(),
    first: entityId,
    second: entityId,
  }),
  response: z.strictObject({ score: optionalScore }),
  examples: ({ source, target: { embeddingType, ids } }) => [
    { name: 'cosine', body: { first: source, second: { embeddingType, id: ids[0] } } },
    {
      name: 'nobody',
      body: {
        algorithm: 'jaccard',
        first: { ...source, id: 'an id that nobody has' },
        second: source,
      },
    },
  ],
  answer: ({ body: { algorithm, modelVersion, first, second }, modelOf }) => {
    const model = modelOf(modelVersion);
    const versioned = (entity: z.output<typeof entityId>) => ({
      ...entity,
      modelVersion: model.modelVersion,
    });
    const pair = { algorithm, first: versioned(first), second: versioned(second) };
    return { score: score(model.representation, pair) ?? null };
  },
});

const scoreList = embeddingRoute({
  method: 'post',
  path: '/v1/list-score',
  operationId: 'listScore',
  tag: 'scoring',
  summary: 'One target against many candidates, in the order of the request; null where one is missing',
  body: z.strictObject({
    algorithm: s.algorithm.default('cosine'),
    modelVersion: s.modelVersion.optional(),
    targetType: s.embeddingType,
    targetId: s.id,
    candidateType: s.embeddingType,
    candidateIds: s.ids,
  }),
  response: z.strictObject({ scores: z.array(optionalScore) }),
  examples: ({ source, target: { embeddingType, ids } }) => [
    {
      name: 'with-a-hole',
      body: {
        targetType: source.embeddingType,
        targetId: source.id,
        candidateType: embeddingType,
        candidateIds: [ids[0], 'an id that nobody has', ids.at(-1)],
      },
    },
  ],
  answer: ({ body, modelOf }) => {
    const { representation, modelVersion } = modelOf(body.modelVersion);
    const scores = listScore(representation, { ...body, modelVersion });
    return { scores: scores.map((value) => value ?? null) };
  },
});

const weighted = embeddingRoute({
  method: 'post',
  path: '/v1/weighted-score',
  operationId: 'weightedScore',
  tag: 'scoring',
  summary:
    'Σ weight · measure over parts that compare different embeddings of one pair; a missing part counts 0',
  body: z.strictObject({
    modelVersion: s.modelVersion.optional(),
    ids: z.tuple([s.id, s.id]),
    parts: z
      .array(
        z.strictObject({
          weight: z.number().min(-1e6).max(1e6),
          algorithm: s.algorithm.default('cosine'),
          types: z.tuple([s.embeddingType, s.embeddingType]),
        }),
      )
      .min(1)
      .max(20),
  }),
  response: z.strictObject({ score: optionalScore.describe('null: all parts are missing') }),
  examples: ({ source, target: { embeddingType, otherType, ids } }) => [
    {
      name: 'two-embeddings-of-one',
      body: {
        ids: [source.id, ids[0]],
        parts: [
          { weight: 0.7, types: [source.embeddingType, embeddingType] },
          { weight: 0.3, types: [source.embeddingType, otherType] },
        ],
      },
    },
  ],
  answer: ({ body: { modelVersion, ids, parts }, modelOf }) => {
    const model = modelOf(modelVersion);
    const pair = { modelVersion: model.modelVersion, ids };
    return { score: weightedSum(model.representation, parts, pair) ?? null };
  },
});

const authorTypes = ['FavBasedProducer', 'FollowBasedProducer'];
const signal = z.enum(Object.keys(engagementSignals) as [EngagementSignal]);

const recentEngagement = embeddingRoute({
  method: 'post',
  path: '/v1/recent-engagement',
  operationId: 'recentEngagement',
  tag: 'scoring',
  summary:
    'How like each item is to what a user engaged with of late: largest and mean cosine by signal and window',
  body: z.strictObject({
    modelVersion: s.modelVersion.optional(),
    engagements: z.array(z.strictObject({ signal, id: s.id, timeMs: s.timeMs })).max(s.MAX_IDS),
    itemIds: s.ids,
    nowMs: s.timeMs,
  }),
  response: z.strictObject({
    features: z
      .array(z.array(z.strictObject({ signal, windowDays: z.int(), max: z.number(), mean: z.number() })))
      .describe('For each item, in the order of the request'),
  }),
  examples: ({ itemIds, producerIds }) =>
    itemIds.length === 0
      ? []
      : [
          {
            name: 'one-of-each',
            body: {
              engagements: [
                { signal: 'fav', id: itemIds[0], timeMs: 1_700_000_000_000 },
                ...producerIds.slice(0, 1).map((id) => ({ signal: 'follow', id, timeMs: 1_700_000_000_000 })),
              ],
              itemIds,
              nowMs: 1_700_000_360_000,
            },
          },
        ],
  answer: ({ body: { engagements, itemIds, nowMs, ...body }, modelOf }) => {
    const { representation, modelVersion } = modelOf(body.modelVersion);
    // Without engagements of producers only follows say who an author is.
    const authorType = authorTypes.find((type) => representation.has(type, modelVersion));
    const types = { modelVersion, authorType };
    return { features: recentEngagementFeatures(representation, engagements, itemIds, nowMs, types) };
  },
});

export const scoringRoutes = [scorePair, scoreList, weighted, recentEngagement];
