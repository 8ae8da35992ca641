/** Candidates for a source: an entity of the model, or a vector. */
import * as z from 'zod';
import { withoutOptedOut } from '../applications/opt-out.ts';
import { reasonsOf } from '../applications/reasons.ts';
import { requireItems, requireProducers } from '../applications/recommendations.ts';
import type { EmbeddingModel, Retrievable } from '../applications/serving-model.ts';
import { shortestDecimal } from '../core/float-text.ts';
import { idAt } from '../core/ids.ts';
import type { SparseVector } from '../core/sparse-vector.ts';
import { configSuffixes, type RetrievalVariant, retrievalVariant } from '../retrieval/config.ts';
import type { Candidates } from '../retrieval/retriever.ts';
import { candidatesJson } from './candidates-json.ts';
import { refusal } from './problems.ts';
import { embeddingRoute } from './route.ts';
import * as s from './schemas.ts';

const source = z.strictObject({ embeddingType: s.embeddingType, id: s.id });
const given = z.strictObject({ vector: s.vector });

const request = z.strictObject({
  source: z.union([source, given]).describe('An entity that has an embedding, or a vector of its own'),
  candidates: z.enum(['items', 'producers']).default('items'),
  modelVersion: s.modelVersion.optional(),
  config: s.suffix.default('WholeNorm'),
  overrides: s.overrides.default({}),
  optedOut: s.viewer.optedOut,
  nowMs: s.viewer.nowMs,
  withReasons: z.boolean().default(false).describe('Say which communities carry each score'),
});

const candidate = z.strictObject({
  id: z.string(),
  score: z.number().describe('A 32-bit float, as the shortest decimal that reads back as the same'),
  reasons: z.array(s.reason).optional(),
});

const retrieve = embeddingRoute({
  method: 'post',
  path: '/v1/retrieval',
  operationId: 'retrieve',
  tag: 'retrieval',
  summary: 'Items or producers nearest to a source, best first; none for a source that nobody knows',
  body: request,
  response: z.strictObject({
    variant: z.string().describe('{embedding type}_{model version}_{configuration}'),
    numScanned: z.int().describe('Entries of lists that were looked at'),
    candidates: z.array(candidate),
  }),
  examples: ({ itemIds, source, target, producerIds, clusterId, searchesExactly }) => [
    ...(producerIds.length === 0
      ? []
      : [
          {
            name: 'producers-by-producer',
            body: {
              source: { embeddingType: target.embeddingType, id: producerIds[0] },
              candidates: 'producers',
              overrides: { maxNumResults: 3 },
            },
          },
        ]),
    ...(itemIds.length === 0
      ? []
      : [
          { name: 'items', body: { source, overrides: { maxNumResults: 3 } } },
          {
            name: searchesExactly ? 'exactly' : 're-ranked',
            body: {
              source: { embeddingType: 'LogFavBasedTweet', id: itemIds[0] },
              config: searchesExactly ? 'Exact' : 'ReRanked',
              overrides: { maxNumResults: 3 },
              withReasons: true,
            },
          },
          {
            name: 'by-vector',
            body: {
              source: { vector: [[clusterId, 1]] },
              overrides: { maxNumResults: 3, annAlgorithm: 'dot' },
            },
          },
        ]),
  ],
  answer({ body, modelOf }) {
    const model = modelOf(body.modelVersion);
    const kind = 'vector' in body.source ? 'Vector' : body.source.embeddingType;
    const variant = retrievalVariant(kind, model.modelVersion, body.config, body.overrides);
    const places = body.candidates === 'items' ? requireItems(model) : requireProducers(model);
    const vector = sourceVector(model, body.source);
    const source = vector && withoutHidden(model, vector, body.optedOut);
    if (!source) return { variant: variant.id, numScanned: 0, candidates: [] };
    const found = search(places, source, variant, body);
    if (!body.withReasons) return candidatesJson(variant.id, found, places.texts);
    const candidates = explained(model, places, source, found);
    return { variant: variant.id, numScanned: found.numScanned, candidates };
  },
});

/** @throws SimClustersError BAD_PARAM where it is not known what topics hide: better no answer than one that shows it all the same */
function withoutHidden(
  { legible }: EmbeddingModel,
  vector: SparseVector,
  optedOut: readonly string[] = [],
): SparseVector | undefined {
  if (optedOut.length === 0) return vector;
  if (legible) return withoutOptedOut(vector, legible, new Set(optedOut));
  throw refusal('BAD_PARAM', 'optedOut', 'a request without it: no topics are known here', 'Ask a server');
}

type Source = z.output<typeof request>['source'];

function sourceVector(
  { representation, modelVersion }: EmbeddingModel,
  from: Source,
): SparseVector | undefined {
  return 'vector' in from ? s.vectorOf(from.vector) : representation.embedding({ ...from, modelVersion });
}

function search(
  places: Retrievable,
  source: SparseVector,
  { config }: RetrievalVariant,
  { source: from, candidates, nowMs }: z.output<typeof request>,
): Candidates {
  // Producers have no birth.
  const now = candidates === 'items' ? nowMs : undefined;
  const row = 'vector' in from || !isAmong(candidates, from.embeddingType) ? -1 : places.find(from.id);
  return places.retriever.search(source, config, {
    nowMs: now,
    excluded: row < 0 ? undefined : places.placeOf[row],
  });
}

/** Is the source itself one of those that are looked for? */
function isAmong(candidates: 'items' | 'producers', type: string): boolean {
  return candidates === 'items' ? type.endsWith('Tweet') : type.endsWith('Producer') || type === 'KnownFor';
}

function explained(
  { nameOf }: EmbeddingModel,
  { ids, rowOf, vectorOf }: Retrievable,
  source: SparseVector,
  { items, scores }: Candidates,
) {
  return Array.from(items, (place, i) => ({
    id: idAt(ids, rowOf[place]),
    score: shortestDecimal(scores[i]),
    reasons: reasonsOf(source, vectorOf(rowOf[place]), nameOf),
  }));
}

const configurations = embeddingRoute({
  method: 'get',
  path: '/v1/retrieval/configurations',
  operationId: 'listConfigurations',
  tag: 'retrieval',
  summary: 'The named configurations, with their values for an embedding type',
  query: z.strictObject({ embeddingType: s.embeddingType.default('LogFavBasedUserInterestedIn') }),
  response: z.strictObject({
    configurations: z.array(z.strictObject({ name: z.string(), config: s.retrievalConfig })),
  }),
  examples: () => [{ name: 'all' }],
  answer: ({ query, modelOf }) => ({
    configurations: configSuffixes.map((name) => ({
      name,
      config: retrievalVariant(query.embeddingType, modelOf().modelVersion, name).config,
    })),
  }),
});

export const retrievalRoutes = [retrieve, configurations];
