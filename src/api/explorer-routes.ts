/** What the explorer page asks for. */
import * as z from 'zod';
import type { ServingModel } from '../applications/serving-model.ts';
import { mapOf } from '../explorer/map.ts';
import { communityPortrait, entityKinds, entityPortrait, findEntities } from '../explorer/portraits.ts';
import { route } from './route.ts';
import * as s from './schemas.ts';

const scored = z.array(z.strictObject({ id: z.string(), score: z.number() }));
const kind = z.enum(entityKinds);

/** A map takes a while, and stays what it is. */
const maps = new WeakMap<ServingModel, ReturnType<typeof mapOf>>();

const map = route({
  method: 'get',
  path: '/v1/explorer/map',
  operationId: 'getMap',
  tag: 'explorer',
  summary: 'The largest communities in the plane, near each other when they share an audience',
  response: z.strictObject({
    communities: z.array(
      z.strictObject({
        clusterId: z.int(),
        name: z.string(),
        size: z.int(),
        x: z.number().min(0).max(1),
        y: z.number().min(0).max(1),
      }),
    ),
    links: z.array(z.tuple([z.int(), z.int(), z.number().min(0).max(1)])),
    numLeftOut: z.int(),
  }),
  examples: () => [{ name: 'map' }],
  answer({ modelOf }) {
    const model = modelOf();
    const known = maps.get(model) ?? mapOf(model);
    maps.set(model, known);
    return known;
  },
});

const find = route({
  method: 'get',
  path: '/v1/explorer/entities',
  operationId: 'findEntities',
  tag: 'explorer',
  summary: 'Producers and items whose id holds a text',
  query: z.strictObject({ text: s.id }),
  response: z.strictObject({ entities: z.array(z.strictObject({ kind, id: z.string() })) }),
  examples: ({ producerIds }) => [{ name: 'one', query: { text: producerIds[0] ?? 'x' } }],
  answer: ({ query, modelOf }) => ({ entities: findEntities(modelOf(), query.text, 20) }),
});

const entity = route({
  method: 'get',
  path: '/v1/explorer/entities/{kind}/{id}',
  operationId: 'getEntity',
  tag: 'explorer',
  summary:
    'The communities of an entity, and the entities most like it, with the communities that make them so',
  params: z.strictObject({ kind, id: s.id }),
  response: z.strictObject({
    kind,
    id: z.string(),
    communities: z.array(z.strictObject({ clusterId: z.int(), name: z.string(), score: z.number() })),
    neighbors: z.array(s.recommendation),
  }),
  examples: ({ producerIds }) =>
    producerIds.slice(0, 1).map((id) => ({ name: 'producer', params: { kind: 'producer', id } })),
  answer: ({ params, modelOf }) => entityPortrait(modelOf(), params.kind, params.id),
});

const community = route({
  method: 'get',
  path: '/v1/explorer/communities/{clusterId}',
  operationId: 'getCommunity',
  tag: 'explorer',
  summary: 'The name of a community, and its best producers and items',
  params: z.strictObject({ clusterId: z.coerce.number<number>().pipe(s.clusterId) }),
  response: z.strictObject({ clusterId: z.int(), name: z.string(), producers: scored, items: scored }),
  examples: ({ clusterId }) => [{ name: 'community', params: { clusterId: String(clusterId) } }],
  answer: ({ params, modelOf }) => communityPortrait(modelOf(), params.clusterId),
});

export const explorerRoutes = [map, find, entity, community];
