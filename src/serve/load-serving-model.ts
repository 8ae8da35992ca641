/** A model folder made ready to answer, with kernels of its own. */
import { openServingModel, type ServingModel, type ServingOptions } from '../applications/serving-model.ts';
import { type KernelOptions, openKernels } from '../kernels/open.ts';
import { isUpToDate, openModel } from '../pipeline/model-folder.ts';
import { artifactNames } from '../stages/artifacts.ts';
import { recommendationViews } from '../stages/recommendation-views.ts';
import type { Artifacts } from '../stages/stage.ts';

export interface LoadedServingModel {
  readonly model: ServingModel;
  /** Gives the kernels back; the model answers no more. */
  readonly close: () => Promise<void>;
}

/**
 * @param options  modelVersion defaults to the one in the manifest
 * @param kernelOptions  threads build the indices; a search runs on the calling thread
 * Memory: the artifacts as mapped, and indices of items and producers in kernel memory.
 * @throws SimClustersError NO_MODEL, BAD_ARTIFACT, OUT_OF_MEMORY
 */
export async function loadServingModel(
  folder: string,
  options: Partial<ServingOptions> = {},
  kernelOptions: KernelOptions = {},
): Promise<LoadedServingModel> {
  const reader = openModel(folder);
  const views = recommendationViews.name;
  const hasViews = isUpToDate(reader.manifest, views);
  const present = artifactNames.filter(
    (name) =>
      reader.has(name) &&
      (served.has(name) || (hasViews && recommendationViews.writes.includes(name as never))),
  );
  const artifacts: Artifacts = Object.fromEntries(present.map((name) => [name, reader.read(name)]));
  const kernels = openKernels(kernelOptions);
  try {
    const model = await openServingModel(kernels, artifacts, {
      modelVersion: reader.manifest.modelVersion,
      ...(hasViews && { communityWeight: Number(reader.manifest.stages[views].params['communityWeight']) }),
      ...options,
    });
    return { model, close: () => kernels.close() };
  } catch (error) {
    await kernels.close();
    throw error;
  }
}

/** What openServingModel reads, beside the views where they are made of what the model now holds. */
const served = new Set<string>([
  'followGraph',
  'producers',
  'items',
  'producerNorms',
  'knownFor',
  'interestedIn',
  'clusterInterest',
  'followBasedProducer',
  'favBasedProducer',
  'topicEmbedding',
  'tweetEmbedding',
  'clusterToProducers',
  'clusterToTweets',
  'clusterToTopics',
  'clusters',
]);
