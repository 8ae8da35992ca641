/** Where the page takes what it shows from: a server, or itself. Sent to the page as source text, so each function uses nothing from outside. */
import type { Atlas, PackedPortrait } from './atlas.ts';
import type { CommunityMap } from './map.ts';
import type { CommunityPortrait, EntityKind, EntityPortrait, FoundEntity } from './portraits.ts';

export interface Source {
  readonly map: () => Promise<CommunityMap>;
  readonly search: (text: string) => Promise<readonly FoundEntity[]>;
  readonly entity: (kind: EntityKind, id: string) => Promise<EntityPortrait | undefined>;
  readonly community: (clusterId: number) => Promise<CommunityPortrait | undefined>;
}

export function fromAtlas({ map, communities, names, entities }: Atlas): Source {
  const unpacked = ({ kind, id, communities: own, neighbors }: PackedPortrait): EntityPortrait => ({
    kind,
    id,
    communities: own.map(([clusterId, score]) => ({ clusterId, name: names[clusterId], score })),
    neighbors: neighbors.map(([other, score, reasons]) => ({
      id: other,
      score,
      source: '',
      reasons: reasons.map(([clusterId, share]) => ({ clusterId, name: names[clusterId], share })),
    })),
  });
  return {
    map: async () => map,
    async search(text) {
      const wanted = text.toLowerCase();
      return entities.filter(({ id }) => id.toLowerCase().includes(wanted)).slice(0, 20);
    },
    async entity(kind, id) {
      const found = entities.find((entry) => entry.kind === kind && entry.id === id);
      return found && unpacked(found);
    },
    community: async (clusterId) => communities.find((entry) => entry.clusterId === clusterId),
  };
}

/** @param askToken  asks the reader for a token when the server wants one */
export function fromServer(askToken: () => Promise<string>): Source {
  let token = '';
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(path, { headers: token ? { authorization: `Bearer ${token}` } : {} });
    if (response.status === 404) return undefined;
    if (response.status === 401) {
      token = await askToken();
      return get(path);
    }
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error.meaning);
    return answer;
  };
  const at = encodeURIComponent;
  return {
    map: () => get('v1/explorer/map') as Promise<CommunityMap>,
    search: async (text) =>
      ((await get(`v1/explorer/entities?text=${at(text)}`)) as { entities: FoundEntity[] }).entities,
    entity: (kind, id) =>
      get(`v1/explorer/entities/${kind}/${at(id)}`) as Promise<EntityPortrait | undefined>,
    community: (clusterId) =>
      get(`v1/explorer/communities/${clusterId}`) as Promise<CommunityPortrait | undefined>,
  };
}
