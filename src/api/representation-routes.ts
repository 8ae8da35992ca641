/** Embeddings by (type, model version, id), and the entities of a cluster. */
import * as z from 'zod';
import { SimClustersError } from '../core/errors.ts';
import { embeddingRoute } from './route.ts';
import * as s from './schemas.ts';

const cluster = z.strictObject({ clusterId: z.int(), name: z.string(), score: z.number() });
/** Numbers in a query string are text. */
const count = (most: number, usual: number) => z.coerce.number<number>().pipe(s.limit(most)).default(usual);

const types = embeddingRoute({
  method: 'get',
  path: '/v1/embedding-types',
  operationId: 'listEmbeddingTypes',
  tag: 'representation',
  summary: 'The (type, model version) pairs that are served',
  response: z.strictObject({
    embeddingTypes: z.array(z.strictObject({ embeddingType: z.string(), modelVersion: z.string() })),
  }),
  examples: () => [{ name: 'all' }],
  answer: ({ models }) => ({ embeddingTypes: models.flatMap(({ representation }) => representation.kinds) }),
});

const embedding = embeddingRoute({
  method: 'get',
  path: '/v1/embeddings/{embeddingType}/{modelVersion}/{id}',
  operationId: 'getEmbedding',
  tag: 'representation',
  summary: 'The clusters of an entity, the strongest first',
  params: z.strictObject({ embeddingType: s.embeddingType, modelVersion: s.modelVersion, id: s.id }),
  query: z.strictObject({ limit: count(s.MAX_IDS, s.MAX_IDS) }),
  response: z.strictObject({ clusters: z.array(cluster) }),
  examples: ({ modelVersion, source, target: { embeddingType, ids } }) => [
    { name: 'all', params: { embeddingType, modelVersion, id: ids[0] } },
    { name: 'strongest', params: { ...source, modelVersion }, query: { limit: 3 } },
  ],
  answer: ({ params, query, modelOf }) => {
    const { representation, nameOf } = modelOf(params.modelVersion);
    const clusters = representation.clustersOf(params, query.limit);
    if (!clusters) throw unknownEntity(params);
    return { clusters: clusters.map((entry) => ({ ...entry, name: nameOf(entry.clusterId) })) };
  },
});

const entities = embeddingRoute({
  method: 'get',
  path: '/v1/clusters/{clusterId}/entities',
  operationId: 'listEntities',
  tag: 'representation',
  summary: 'The best entities of a cluster',
  params: z.strictObject({ clusterId: z.coerce.number<number>().pipe(s.clusterId) }),
  query: z.strictObject({
    embeddingType: s.embeddingType.default('KnownFor'),
    modelVersion: s.modelVersion.optional(),
    limit: count(s.MAX_IDS, 50),
  }),
  response: z.strictObject({
    clusterId: z.int(),
    name: z.string(),
    entities: z.array(z.strictObject({ id: z.string(), score: z.number() })),
  }),
  examples: ({ clusterId }) => [
    { name: 'producers', params: { clusterId: String(clusterId) }, query: { limit: 3 } },
  ],
  answer: ({ params: { clusterId }, query, modelOf }) => {
    const { representation, modelVersion, nameOf } = modelOf(query.modelVersion);
    const { embeddingType, limit } = query;
    return {
      clusterId,
      name: nameOf(clusterId),
      entities: representation.entitiesOf({ embeddingType, modelVersion, clusterId }, limit),
    };
  },
});

function unknownEntity({ embeddingType, id }: { embeddingType: string; id: string }): SimClustersError {
  return new SimClustersError('UNKNOWN_ID', {
    got: `${embeddingType} of ${JSON.stringify(id)}`,
    expected: 'an id that has such an embedding',
    todo: 'Check the spelling of the id; ids are taken as the input gave them',
  });
}

export const lookupRoutes = [types, embedding];
export const representationRoutes = [...lookupRoutes, entities];
