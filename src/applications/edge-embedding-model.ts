/** Compact files as the part of a model that embeddings answer: what `api` serves at the edge. */
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { vectorOfRow } from '../core/sparse-vector.ts';
import type { EdgeModel } from '../retrieval/edge-model.ts';
import { type EmbeddingSet, Representation } from '../scoring/representation.ts';
import type { EmbeddingModel, Retrievable } from './serving-model.ts';

/** Embedding type of a file → what its entities are candidates of, and the types it answers for. */
const kinds: Readonly<Record<string, readonly ['items' | 'producers', ...string[]]>> = {
  LogFavBasedTweet: ['items', 'LogFavBasedTweet', 'LogFavLongestL2EmbeddingTweet'],
  FollowBasedProducer: ['producers', 'FollowBasedProducer'],
  FavBasedProducer: ['producers', 'FavBasedProducer'],
};

/**
 * A model for each model version among the files, in their order: items of one, producers of another.
 * Communities have no names here, nor is it known which topics they show: files hold neither.
 * Memory: 4 bytes and two places of a hash table for each entity, beside the models.
 * @throws SimClustersError BAD_PARAM for a file of other entities, one without whole vectors, or the second of its kind
 */
export function edgeEmbeddingModels(files: readonly EdgeModel[]): EmbeddingModel[] {
  const versions = [...new Set(files.map(({ header }) => header.modelVersion))];
  return versions.map((modelVersion) =>
    modelOf(
      modelVersion,
      files.filter(({ header }) => header.modelVersion === modelVersion),
    ),
  );
}

function modelOf(modelVersion: string, files: readonly EdgeModel[]): EmbeddingModel {
  const sets: EmbeddingSet[] = [];
  const found: { items?: Retrievable; producers?: Retrievable } = {};
  for (const file of files) {
    const [candidates, ...types] = kindOf(file);
    if (found[candidates]) throw secondOf(candidates, modelVersion);
    const embedding = vectorsOf(file);
    found[candidates] = retrievable(file, embedding);
    for (const embeddingType of types) sets.push({ embeddingType, modelVersion, ids: file.ids, embedding });
  }
  return {
    modelVersion,
    representation: new Representation(sets),
    nameOf: () => '',
    ...found,
  };
}

function kindOf({ header: { embeddingType } }: EdgeModel): readonly ['items' | 'producers', ...string[]] {
  const kind = Object.hasOwn(kinds, embeddingType) ? kinds[embeddingType] : undefined;
  if (kind) return kind;
  throw new SimClustersError('BAD_PARAM', {
    got: `a file of ${embeddingType}`,
    expected: `one of ${Object.keys(kinds).join(', ')}`,
    todo: 'Search it by `EdgeModel.search`, without an app',
  });
}

function vectorsOf({ header, vectors }: EdgeModel): Csr {
  if (!vectors)
    throw new SimClustersError('BAD_PARAM', {
      got: `a file of ${header.embeddingType} without whole vectors`,
      expected: 'one with them: entities as sources, scores and reasons are made of them',
      todo: 'Export with vectors, or search the file by `EdgeModel.search`',
    });
  const { starts, clusters, scores } = vectors;
  return {
    numRows: header.numItems,
    numCols: header.numClusters,
    indptr: starts,
    indices: clusters,
    data: scores,
  };
}

/** Rows are places here: the file has its ids in that order. */
function retrievable(file: EdgeModel, embedding: Csr): Retrievable {
  const same = Uint32Array.from({ length: file.header.numItems }, (_, place) => place);
  return {
    ids: file.ids,
    find: (id) => file.find(id),
    retriever: file.retriever,
    texts: file.texts,
    rowOf: same,
    placeOf: same,
    vectorOf: (row) => vectorOfRow(embedding, row),
  };
}

function secondOf(candidates: string, modelVersion: string): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    got: `two files of ${candidates} of model version ${modelVersion}`,
    expected: 'at most one',
    todo: 'Leave one out, or give them to two apps',
  });
}
