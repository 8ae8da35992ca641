/** Ids of a model that examples are made of: entities about which the model has something to say. */
import { userTypesInOrder } from '../applications/recommendations.ts';
import type { EmbeddingModel, Retrievable } from '../applications/serving-model.ts';
import { idAt } from '../core/ids.ts';

export interface Subjects {
  readonly modelVersion: string;
  /** Empty when the model has no producers to retrieve. */
  readonly producerIds: readonly string[];
  /** Empty when the model has no items. */
  readonly itemIds: readonly string[];
  /** Empty when the model has no topics. */
  readonly topicIds: readonly string[];
  /** 'nobody' when the model has no users. */
  readonly userId: string;
  /** Who is asked for: a user, or the first of those who can be retrieved. */
  readonly source: { readonly embeddingType: string; readonly id: string };
  /** Who is compared with: producers, or items where there are none. */
  readonly target: {
    readonly embeddingType: string;
    /** Another embedding of the same. */
    readonly otherType: string;
    readonly ids: readonly string[];
  };
  /** The strongest cluster of the first target. */
  readonly clusterId: number;
  /** Does the index of items keep whole lists? */
  readonly searchesExactly: boolean;
}

const EXAMPLES = 3;

/** The first entities that have an embedding. Cost: a look at the front of each id table. */
export function subjectsOf(model: EmbeddingModel): Subjects {
  const { modelVersion, representation, legible, items, producers } = model;
  const producerIds = producers ? firstIds(producers) : [];
  const itemIds = items ? firstIds(items) : [];
  const target = targetOf(model, producerIds, itemIds);
  const { embeddingType, ids } = target;
  const [first = ''] = ids;
  const [strongest] = representation.clustersOf({ embeddingType, modelVersion, id: first }, 1) ?? [];
  const user = firstUser(model);
  return {
    modelVersion,
    producerIds,
    itemIds,
    topicIds: [...new Set([...(legible?.values() ?? [])].flat())].slice(0, EXAMPLES),
    userId: user?.id ?? 'nobody',
    source: user ?? { embeddingType, id: first },
    target,
    clusterId: strongest?.clusterId ?? 1,
    searchesExactly: items?.retriever.index.inverse !== undefined,
  };
}

const producerTypes = ['FollowBasedProducer', 'FavBasedProducer'];
const itemTypes = ['LogFavBasedTweet', 'LogFavLongestL2EmbeddingTweet'];

function targetOf(
  { representation, modelVersion }: EmbeddingModel,
  producerIds: readonly string[],
  itemIds: readonly string[],
): Subjects['target'] {
  const [ids, types] = producerIds.length > 0 ? [producerIds, producerTypes] : [itemIds, itemTypes];
  const known = types.filter((type) => representation.has(type, modelVersion));
  const [embeddingType = types[0]] = known;
  const others = ['KnownFor', ...known].filter(
    (type) => type !== embeddingType && representation.has(type, modelVersion),
  );
  return { embeddingType, otherType: others[0] ?? embeddingType, ids };
}

/** A user with interests of the most telling kind there is: without engagements only follows tell. */
function firstUser({ representation, modelVersion }: EmbeddingModel): Subjects['source'] | undefined {
  for (const embeddingType of userTypesInOrder) {
    if (!representation.has(embeddingType, modelVersion)) continue;
    const [id] = representation.firstIds(embeddingType, modelVersion, 1);
    if (id !== undefined) return { embeddingType, id };
  }
  return undefined;
}

function firstIds({ ids, vectorOf }: Retrievable): string[] {
  const found: string[] = [];
  for (let row = 0; row < ids.size && found.length < EXAMPLES; row++)
    if (vectorOf(row).clusters.length > 0) found.push(idAt(ids, row));
  return found;
}
