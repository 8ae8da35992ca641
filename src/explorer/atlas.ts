/** All that a page needs to explore a model without a server: the map, its communities, and the entities that stand out in them. */
import type { ServingModel } from '../applications/serving-model.ts';
import { type CommunityMap, mapOf } from './map.ts';
import {
  type CommunityPortrait,
  communityPortrait,
  type EntityPortrait,
  entityPortrait,
} from './portraits.ts';

export interface Atlas {
  readonly map: CommunityMap;
  readonly communities: readonly CommunityPortrait[];
  readonly entities: readonly EntityPortrait[];
}

/** Entities in a page: enough to look around, few enough to load. */
const MAX_ENTITIES = 3000;

/** The best of each community in turn, until there are enough. */
export function atlasOf(model: ServingModel, maxEntities = MAX_ENTITIES): Atlas {
  const map = mapOf(model);
  const communities = map.communities.map(({ clusterId }) => communityPortrait(model, clusterId));
  const chosen = new Map<string, EntityPortrait>();
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
        chosen.set(key, entityPortrait(model, kind, list[rank].id));
      }
    }
  }
  return { map, communities, entities: [...chosen.values()] };
}
