/** `simclusters export --format edge`: an embedding as the compact file that retrieval at the edge reads. */
import { SimClustersError } from '../core/errors.ts';
import { openKernels } from '../kernels/open.ts';
import type { ModelReader } from '../pipeline/model-folder.ts';
import { edgeFilePieces } from '../retrieval/edge-file.ts';
import { buildItemIndex, type ItemScale } from '../retrieval/item-index.ts';
import type { ArtifactName } from '../stages/artifacts.ts';
import { idsOf, matrixOf, scalars } from '../stages/stage.ts';

/** Artifact → embedding type and column of ids. */
const embeddings: Readonly<Partial<Record<ArtifactName, readonly [string, string]>>> = {
  tweetEmbedding: ['LogFavBasedTweet', 'itemId'],
  topicEmbedding: ['FavTfgTopic', 'topicId'],
  followBasedProducer: ['FollowBasedProducer', 'producerId'],
  favBasedProducer: ['FavBasedProducer', 'producerId'],
};

export interface EdgeExportOptions {
  readonly itemsPerCluster: number;
  readonly scale: ItemScale;
  /** Keep whole vectors: items as sources, exact scores. */
  readonly vectors: boolean;
}

/** @throws SimClustersError BAD_PARAM for an artifact that is no embedding, NO_MODEL when the model is without it */
export async function edgePieces(
  model: ModelReader,
  artifact: string,
  { itemsPerCluster, scale, vectors }: EdgeExportOptions,
): Promise<Uint8Array[]> {
  const found = embeddings[artifact as ArtifactName];
  if (!found) throw noEmbedding(artifact);
  if (!(Number.isInteger(itemsPerCluster) && itemsPerCluster > 0)) throw badCount(itemsPerCluster);
  const [embeddingType, idColumn] = found;
  const table = model.read(artifact as ArtifactName);
  const kernels = openKernels();
  try {
    const index = await buildItemIndex(kernels, matrixOf(table, 'clusterId', 'score'), {
      scale,
      maxItemsPerCluster: itemsPerCluster,
      hasVectors: vectors,
      hasInverse: false,
      birthMs:
        artifact === 'tweetEmbedding'
          ? scalars<Float64Array>(model.read('items'), 'firstEventTimeMs')
          : undefined,
    });
    const { modelVersion } = model.manifest;
    return edgeFilePieces({ index, ids: idsOf(table, idColumn), modelVersion, embeddingType });
  } finally {
    await kernels.close();
  }
}

function noEmbedding(artifact: string): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    got: `--format edge for ${artifact}`,
    expected: `an embedding: ${Object.keys(embeddings).join(', ')}`,
    todo: 'Name one of these, or choose another --format',
  });
}

function badCount(count: number): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    got: `--items-per-cluster ${count}`,
    expected: 'a whole number above 0',
    todo: 'Leave it out for 1600',
  });
}
