/** The models that answer: one for each model version. */
import type { EmbeddingModel, ServingModel } from '../applications/serving-model.ts';
import { SimClustersError } from '../core/errors.ts';

/** The first answers who asks for no version. */
export type Models<M extends EmbeddingModel = ServingModel> = readonly [M, ...M[]];

/** @throws SimClustersError BAD_PARAM */
export function modelOfVersion<M extends EmbeddingModel>(
  models: Models<M>,
  modelVersion: string | undefined,
): M {
  if (modelVersion === undefined) return models[0];
  const found = models.find((model) => model.modelVersion === modelVersion);
  if (found) return found;
  throw new SimClustersError('BAD_PARAM', {
    got: `model version ${modelVersion}`,
    expected: `one of ${models.map((model) => model.modelVersion).join(', ')}`,
    todo: 'Ask for a version that is served, or leave modelVersion out',
  });
}
