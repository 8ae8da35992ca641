/** Ids of a model that examples are made of: entities about which the model has something to say. */
import { userTypesInOrder } from '../applications/recommendations.ts';
import type { Retrievable, ServingModel } from '../applications/serving-model.ts';
import { idAt } from '../core/ids.ts';

export interface Subjects {
  readonly modelVersion: string;
  readonly producerIds: readonly string[];
  /** Empty when the model has no items. */
  readonly itemIds: readonly string[];
  /** Empty when the model has no topics. */
  readonly topicIds: readonly string[];
  readonly userId: string;
  readonly userType: string;
  /** The strongest cluster of the first producer. */
  readonly clusterId: number;
}

const EXAMPLES = 3;

/** The first entities that have an embedding. Cost: a look at the front of each id table. */
export function subjectsOf(model: ServingModel): Subjects {
  const { modelVersion, representation, legible } = model;
  const producerIds = firstIds(model.producers);
  const [first = ''] = producerIds;
  const [strongest] =
    representation.clustersOf({ embeddingType: 'FollowBasedProducer', modelVersion, id: first }, 1) ?? [];
  const [userType, userId] = firstUser(model);
  return {
    modelVersion,
    producerIds,
    itemIds: model.items ? firstIds(model.items) : [],
    topicIds: [...new Set([...legible.values()].flat())].slice(0, EXAMPLES),
    userId,
    userType,
    clusterId: strongest?.clusterId ?? 1,
  };
}

/** A user with interests of the most telling kind there is: without engagements only follows tell. */
function firstUser({ representation, modelVersion }: ServingModel): readonly [string, string] {
  for (const type of userTypesInOrder) {
    const [id] = representation.firstIds(type, modelVersion, 1);
    if (id !== undefined) return [type, id];
  }
  return [userTypesInOrder[2], 'nobody'];
}

function firstIds({ ids, vectorOf }: Retrievable): string[] {
  const found: string[] = [];
  for (let row = 0; row < ids.size && found.length < EXAMPLES; row++)
    if (vectorOf(row).clusters.length > 0) found.push(idAt(ids, row));
  return found;
}
