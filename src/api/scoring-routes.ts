/** Scores of pairs, and features for a ranker. */
import { z } from 'zod';
import {
  type EngagementSignal,
  engagementSignals,
  recentEngagementFeatures,
} from '../scoring/recent-engagement.ts';
import { listScore, score, weightedSum } from '../scoring/score.ts';
import { route } from './route.ts';
import * as s from './schemas.ts';

const entityId = z.strictObject({ embeddingType: s.embeddingType, id: s.id });
const optionalScore = z.number().nullable().describe('null: an embedding is missing');

const scorePair = route({
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
  examples: ({ producerIds, userId, userType }) => [
    {
      name: 'user-and-producer',
      body: {
        first: { embeddingType: userType, id: userId },
        second: { embeddingType: 'FollowBasedProducer', id: producerIds[0] },
      },
    },
    {
      name: 'nobody',
      body: {
        algorithm: 'jaccard',
        first: { embeddingType: userType, id: 'an id that nobody has' },
        second: { embeddingType: userType, id: userId },
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

const scoreList = route({
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
  examples: ({ producerIds, userId, userType }) => [
    {
      name: 'with-a-hole',
      body: {
        targetType: userType,
        targetId: userId,
        candidateType: 'FollowBasedProducer',
        candidateIds: [producerIds[0], 'an id that nobody has', producerIds.at(-1)],
      },
    },
  ],
  answer: ({ body, modelOf }) => {
    const { representation, modelVersion } = modelOf(body.modelVersion);
    const scores = listScore(representation, { ...body, modelVersion });
    return { scores: scores.map((value) => value ?? null) };
  },
});

const weighted = route({
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
  examples: ({ producerIds, userId, userType }) => [
    {
      name: 'two-embeddings-of-a-producer',
      body: {
        ids: [userId, producerIds[0]],
        parts: [
          { weight: 0.7, types: [userType, 'FollowBasedProducer'] },
          { weight: 0.3, types: [userType, 'KnownFor'] },
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

const recentEngagement = route({
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
            name: 'one-fav-one-follow',
            body: {
              engagements: [
                { signal: 'fav', id: itemIds[0], timeMs: 1_700_000_000_000 },
                { signal: 'follow', id: producerIds[0], timeMs: 1_700_000_000_000 },
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
