/** What a product asks: each answer says which communities carry it. */
import * as z from 'zod';
import { homeCandidates, similarItems, whoToFollow } from '../applications/applications.ts';
import { personalizedTrends, topicsOfItem } from '../applications/by-embedding.ts';
import { type Csr, nnz } from '../core/csr.ts';
import type { SparseVector } from '../core/sparse-vector.ts';
import { route } from './route.ts';
import * as s from './schemas.ts';

const common = {
  modelVersion: s.modelVersion.optional(),
  limit: s.limit(1000).optional(),
  ...s.viewer,
};
const searching = {
  ...common,
  config: s.suffix.optional(),
  overrides: s.overrides.optional(),
};
const blending = z
  .enum(['interleave', 'front-load'])
  .default('interleave')
  .describe('Sources in turn, or one after the other');

type Searching = z.output<z.ZodObject<typeof searching>>;

function searchOptions({ limit, config, overrides, ...viewer }: Searching) {
  return { limit, suffix: config, overrides, ...s.viewerOf(viewer) };
}

const similar = route({
  method: 'post',
  path: '/v1/similar-items',
  operationId: 'similarItems',
  tag: 'applications',
  summary: 'Items like an item, by its own embedding and by that of its author',
  body: z.strictObject({ itemId: s.id, blending, ...searching }),
  response: s.recommendations,
  examples: ({ itemIds }) =>
    itemIds.slice(0, 1).map((itemId) => ({ name: 'similar', body: { itemId, limit: 3 } })),
  answer: ({ body, modelOf }) => {
    const model = modelOf(body.modelVersion);
    const options = { ...searchOptions(body), blending: body.blending };
    return {
      modelVersion: model.modelVersion,
      recommendations: similarItems(model, body.itemId, options),
    };
  },
});

const home = route({
  method: 'post',
  path: '/v1/home',
  operationId: 'homeCandidates',
  tag: 'applications',
  summary:
    'Items for a user, by interests, in turn with items near producers given or found by the joined score',
  body: z.strictObject({
    userId: s.id,
    producerIds: s.ids.describe('For example those followed last; the first 15 count').optional(),
    numJoinedProducers: z
      .number()
      .int()
      .min(0)
      .max(15)
      .describe(
        'As many more, those that the joined score of follows and communities puts first, where the model has views; default 5, 0 where producers are given',
      )
      .optional(),
    blending,
    ...searching,
  }),
  response: s.recommendations,
  examples: ({ itemIds, userId, producerIds }) =>
    itemIds.length === 0
      ? []
      : [
          { name: 'by-interests', body: { userId, limit: 3 } },
          { name: 'with-producers', body: { userId, producerIds, blending: 'front-load', limit: 3 } },
        ],
  answer: ({ body, modelOf }) => {
    const model = modelOf(body.modelVersion);
    const { producerIds, numJoinedProducers, blending, userId } = body;
    const options = { ...searchOptions(body), blending, producerIds, numJoinedProducers };
    return { modelVersion: model.modelVersion, recommendations: homeCandidates(model, userId, options) };
  },
});

const follow = route({
  method: 'post',
  path: '/v1/who-to-follow',
  operationId: 'whoToFollow',
  tag: 'applications',
  summary: 'Producers for a user, without those followed already',
  body: z.strictObject({ userId: s.id, ...searching }),
  response: s.recommendations,
  examples: ({ userId }) => [{ name: 'three', body: { userId, limit: 3 } }],
  answer: ({ body, modelOf }) => {
    const model = modelOf(body.modelVersion);
    return {
      modelVersion: model.modelVersion,
      recommendations: whoToFollow(model, body.userId, searchOptions(body)),
    };
  },
});

const aboveScore = z.number().min(-1e9).max(1e9).describe('Kept if the score is above').optional();

const topics = route({
  method: 'post',
  path: '/v1/topics-of-item',
  operationId: 'topicsOfItem',
  tag: 'applications',
  summary: 'Which of the topics given an item is about',
  body: z.strictObject({ itemId: s.id, topicIds: s.ids, aboveScore, ...common }),
  response: s.recommendations,
  examples: ({ itemIds, topicIds }) =>
    itemIds.length === 0 || topicIds.length === 0
      ? []
      : [{ name: 'topics', body: { itemId: itemIds[0], topicIds, limit: 3 } }],
  answer: ({ body, modelOf }) => {
    const model = modelOf(body.modelVersion);
    const { itemId, topicIds, aboveScore, limit } = body;
    const options = { topicIds, aboveScore, limit, ...s.viewerOf(body) };
    return { modelVersion: model.modelVersion, recommendations: topicsOfItem(model, itemId, options) };
  },
});

const trends = route({
  method: 'post',
  path: '/v1/trends',
  operationId: 'personalizedTrends',
  tag: 'applications',
  summary: 'The trends given, by how like they are to the interests of a user',
  body: z.strictObject({
    userId: s.id,
    trends: z.array(z.strictObject({ id: s.id, vector: s.vector })).max(s.MAX_IDS),
    algorithm: s.algorithm.optional(),
    aboveScore,
    ...common,
  }),
  response: s.recommendations,
  examples: ({ userId, clusterId }) => [
    {
      name: 'one-trend',
      body: { userId, trends: [{ id: '#trend', vector: [[clusterId, 1]] }], aboveScore: -1 },
    },
  ],
  answer: ({ body, modelOf }) => {
    const model = modelOf(body.modelVersion);
    const { userId, algorithm, aboveScore, limit } = body;
    const given = {
      ids: body.trends.map(({ id }) => id),
      embedding: matrixOfVectors(body.trends.map(({ vector }) => s.vectorOf(vector))),
    };
    const options = { algorithm, aboveScore, limit, ...s.viewerOf(body) };
    return {
      modelVersion: model.modelVersion,
      recommendations: personalizedTrends(model, userId, given, options),
    };
  },
});

/** Vectors as rows. */
function matrixOfVectors(vectors: readonly SparseVector[]): Csr {
  const indptr = new Uint32Array(vectors.length + 1);
  vectors.forEach(({ clusters }, row) => {
    indptr[row + 1] = indptr[row] + clusters.length;
  });
  const shape = { numRows: vectors.length, numCols: 2 ** 32 };
  const matrix = { ...shape, indptr, indices: new Uint32Array(0) };
  const indices = new Uint32Array(nnz(matrix));
  const data = new Float32Array(indices.length);
  vectors.forEach(({ clusters, scores }, row) => {
    indices.set(clusters, indptr[row]);
    data.set(scores, indptr[row]);
  });
  return { ...matrix, indices, data };
}

export const applicationRoutes = [similar, home, follow, topics, trends];
