/** All that a page needs to explore a model without a server: the map, its communities, and the entities that stand out in them. */
import type { ServingModel } from '../applications/serving-model.ts';
import { type CommunityMap, mapOf } from './map.ts';
import { type CommunityPortrait, communityPortrait, type EntityKind, entityPortrait } from './portraits.ts';

export interface Atlas {
  readonly map: CommunityMap;
  readonly communities: readonly CommunityPortrait[];
  /** Names of all communities that are spoken of. */
  readonly names: Readonly<Record<number, string>>;
  readonly entities: readonly PackedPortrait[];
}

/** A cluster id with a score or a share. */
export type Part = readonly [number, number];

/** An EntityPortrait without what is said elsewhere, as there are thousands of them in a page. */
export interface PackedPortrait {
  readonly kind: EntityKind;
  readonly id: string;
  readonly communities: readonly Part[];
  /** Id, score, reasons. */
  readonly neighbors: readonly (readonly [string, number, readonly Part[]])[];
}

/** Entities in a page: enough to look around, few enough to load. */
const MAX_ENTITIES = 3000;
const NEIGHBORS = 10;

/** The best of each community in turn, until there are enough. */
export function atlasOf(model: ServingModel, maxEntities = MAX_ENTITIES): Atlas {
  const map = mapOf(model);
  const communities = map.communities.map(({ clusterId }) => communityPortrait(model, clusterId));
  const chosen = new Map<string, PackedPortrait>();
  const most = Math.max(
    0,
    ...communities.map(({ producers, items }) => Math.max(producers.length, items.length)),
  );
  for (let rank = 0; rank < most; rank++) {
    for (const { producers, items } of communities) {
      for (const [kind, list] of [
        ['producer', producers],
        ['item', items],
      ] as const) {
        const key = `${kind} ${list[rank]?.id}`;
        if (rank >= list.length || chosen.has(key) || chosen.size >= maxEntities) continue;
        chosen.set(key, packed(model, kind, list[rank].id));
      }
    }
  }
  const entities = [...chosen.values()];
  return { map, communities, names: namesIn(model, entities), entities };
}

function packed(model: ServingModel, kind: EntityKind, id: string): PackedPortrait {
  const { communities, neighbors } = entityPortrait(model, kind, id);
  return {
    kind,
    id,
    communities: communities.map(({ clusterId, score }) => [clusterId, rounded(score)]),
    neighbors: neighbors
      .slice(0, NEIGHBORS)
      .map(({ id: other, score, reasons }) => [
        other,
        rounded(score),
        reasons.map(({ clusterId, share }): Part => [clusterId, rounded(share)]),
      ]),
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function namesIn({ nameOf }: ServingModel, entities: readonly PackedPortrait[]): Record<number, string> {
  const parts = entities.flatMap(({ communities, neighbors }) => [
    ...communities,
    ...neighbors.flatMap(([, , reasons]) => reasons),
  ]);
  return Object.fromEntries(parts.map(([clusterId]) => [clusterId, nameOf(clusterId)]));
}
