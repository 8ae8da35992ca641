/** What the explorer shows of an entity or a community, and how it finds them. */
import { type Recommendation, searchFor } from '../applications/recommendations.ts';
import type { Retrievable, ServingModel } from '../applications/serving-model.ts';
import { SimClustersError } from '../core/errors.ts';
import { type IdTable, idAt } from '../core/ids.ts';
import { retrievalVariant } from '../retrieval/config.ts';

export const entityKinds = ['producer', 'item'] as const;
export type EntityKind = (typeof entityKinds)[number];

export interface FoundEntity {
  readonly kind: EntityKind;
  readonly id: string;
}

export interface EntityPortrait extends FoundEntity {
  readonly communities: readonly {
    readonly clusterId: number;
    readonly name: string;
    readonly score: number;
  }[];
  /** The most alike of its kind, each with the communities that carry the likeness. */
  readonly neighbors: readonly Recommendation[];
}

export interface CommunityPortrait {
  readonly clusterId: number;
  readonly name: string;
  readonly producers: readonly { readonly id: string; readonly score: number }[];
  readonly items: readonly { readonly id: string; readonly score: number }[];
}

const SHOWN = 20;
const typeOf = { producer: 'FollowBasedProducer', item: 'LogFavBasedTweet' } as const;

/** @throws SimClustersError UNKNOWN_ID */
export function entityPortrait(model: ServingModel, kind: EntityKind, id: string): EntityPortrait {
  const { representation, modelVersion, nameOf } = model;
  const places = kind === 'item' ? model.items : model.producers;
  const row = places?.find(id) ?? -1;
  const embeddingId = { embeddingType: typeOf[kind], modelVersion, id };
  const vector = places && row >= 0 ? representation.embedding(embeddingId) : undefined;
  if (!places || !vector) throw unknown(kind, id);
  const variant = retrievalVariant(typeOf[kind], modelVersion, kind === 'item' ? 'WholeNorm' : 'Exact', {
    maxNumResults: SHOWN,
  });
  const clusters = representation.clustersOf(embeddingId, SHOWN) ?? [];
  return {
    kind,
    id,
    communities: clusters.map((entry) => ({ ...entry, name: nameOf(entry.clusterId) })),
    neighbors: searchFor(model, places, { vector, variant, excludedRow: row }, {}),
  };
}

/** @throws SimClustersError UNKNOWN_ID */
export function communityPortrait(model: ServingModel, clusterId: number): CommunityPortrait {
  const { representation, modelVersion, nameOf } = model;
  const best = (embeddingType: string) =>
    representation.listsEntities(embeddingType, modelVersion)
      ? representation.entitiesOf({ embeddingType, modelVersion, clusterId }, SHOWN)
      : [];
  return {
    clusterId,
    name: nameOf(clusterId),
    producers: best('KnownFor'),
    items: best('LogFavBasedTweet'),
  };
}

/** Entities whose id holds the text, whatever its case in ASCII: producers first, each in the order of the model. Cost O(bytes of ids). */
export function findEntities(model: ServingModel, text: string, count: number): FoundEntity[] {
  const found = (kind: EntityKind, places: Retrievable | undefined): FoundEntity[] =>
    places ? idsWith(places.ids, text, count).map((id) => ({ kind, id })) : [];
  const exact = entityKinds.flatMap((kind): FoundEntity[] => {
    const places = kind === 'item' ? model.items : model.producers;
    return places && places.find(text) >= 0 ? [{ kind, id: text }] : [];
  });
  const rest = [...found('producer', model.producers), ...found('item', model.items)];
  return [...exact, ...rest.filter(({ id }) => id !== text)].slice(0, count);
}

function idsWith(ids: IdTable, text: string, count: number): string[] {
  const wanted = new TextEncoder().encode(text).map(lower);
  const found: string[] = [];
  for (let row = 0; row < ids.size && found.length < count; row++)
    if (holds(ids.bytes, ids.offsets[row], ids.offsets[row + 1], wanted)) found.push(idAt(ids, row));
  return found;
}

function holds(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  for (let at = start; at + wanted.length <= end; at++) {
    let i = 0;
    while (i < wanted.length && lower(bytes[at + i]) === wanted[i]) i++;
    if (i === wanted.length) return true;
  }
  return false;
}

function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

function unknown(kind: EntityKind, id: string): SimClustersError {
  return new SimClustersError('UNKNOWN_ID', {
    got: `${kind} ${JSON.stringify(id)}`,
    expected: `a ${kind} that has an embedding`,
    todo: 'Search for it first',
  });
}
