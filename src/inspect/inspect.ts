/** Portraits from a model folder: reads the artifacts one portrait needs, and hands their arrays on. */
import type { Csr } from '../core/csr.ts';
import { quote, SimClustersError } from '../core/errors.ts';
import { formatCount } from '../core/format.ts';
import { type IdTable, idTableFromStrings } from '../core/ids.ts';
import type { ModelReader } from '../pipeline/model-folder.ts';
import type { ArtifactName } from '../stages/artifacts.ts';
import { type Artifact, idsOf, matrixOf, scalars } from '../stages/stage.ts';
import { type ClusterPortrait, clusterPortrait, type IndexWithIds } from './cluster-portrait.ts';
import { type ModelPortrait, modelPortrait } from './model-portrait.ts';
import { findId, nearSpellings } from './near-spellings.ts';
import { type ProducerPortrait, producerPortrait } from './producer-portrait.ts';
import type { Clusters, Producers } from './rows.ts';
import { type TopicPortrait, topicPortrait } from './topic-portrait.ts';
import { type UserPortrait, userPortrait } from './user-portrait.ts';

export const subjectKinds = ['cluster', 'user', 'producer', 'topic'] as const;
export type SubjectKind = (typeof subjectKinds)[number];
export type Portrait = ModelPortrait | ClusterPortrait | UserPortrait | ProducerPortrait | TopicPortrait;

/** The model as a whole; a model that is not finished is told as far as it goes. */
export function inspectModel(model: ModelReader, count = 10): ModelPortrait {
  const clusters = model.has('clusters') ? readClusters(model) : undefined;
  return modelPortrait(model.folder, model.manifest, clusters, count);
}

/**
 * One cluster, user, producer or topic, with at most `count` of everything it lists.
 * @throws SimClustersError UNKNOWN_ID, NO_MODEL when the model lacks an artifact that is needed, SHAPE_MISMATCH when
 * its artifacts come from different runs
 */
export function inspectSubject(model: ModelReader, kind: SubjectKind, id: string, count = 10): Portrait {
  return portraits[kind](model, id, count);
}

const portraits: Readonly<Record<SubjectKind, (model: ModelReader, id: string, count: number) => Portrait>> =
  {
    cluster(model, id, count) {
      const clusters = readClusters(model);
      const clusterId = requireCluster(clusters, id);
      const sources = {
        clusters,
        producers: readProducers(model),
        knownFor: readMatrix(model, 'knownFor', 'clusterId', 'knownForScore'),
        clusterToProducers: readMatrix(model, 'clusterToProducers', 'producerIndex', 'score'),
        topics: readIndex(model, 'clusterToTopics', 'topicIndex', 'topicEmbedding', 'topicId'),
        items: readIndex(model, 'clusterToTweets', 'itemIndex', 'items', 'itemId'),
      };
      const size = { clusters: clusters.names.size, producers: sources.producers.ids.size };
      requireShape('knownFor', sources.knownFor, size.producers, size.clusters);
      requireShape('clusterToProducers', sources.clusterToProducers, size.clusters, size.producers);
      return clusterPortrait(sources, clusterId, count);
    },

    user(model, id, count) {
      const follows = model.read('followGraph');
      const user = requireId(idsOf(follows, 'consumerId'), id, 'consumer', 'followGraph');
      const interest = model.read('interestedIn');
      const sources = {
        clusters: readClusters(model),
        producers: readProducers(model),
        followGraph: matrixOf(follows, 'producerIndex'),
        knownFor: readMatrix(model, 'knownFor', 'clusterId', 'knownForScore'),
        followScore: matrixOf(interest, 'clusterId', 'followScore'),
        userVector: matrixOf(interest, 'clusterId', 'followScoreClusterNormalizedOnly'),
        producerEmbedding: readMatrix(model, 'followBasedProducer', 'clusterId', 'score'),
      };
      const numClusters = sources.clusters.names.size;
      const numProducers = sources.producers.ids.size;
      requireShape('followGraph', sources.followGraph, sources.followGraph.numRows, numProducers);
      requireShape('interestedIn', sources.userVector, sources.followGraph.numRows, numClusters);
      requireShape('knownFor', sources.knownFor, numProducers, numClusters);
      requireShape('followBasedProducer', sources.producerEmbedding, numProducers, numClusters);
      return userPortrait(sources, user, id, count);
    },

    producer(model, id, count) {
      const producers = readProducers(model);
      const producer = requireId(producers.ids, id, 'producer', 'producers');
      const sources = {
        clusters: readClusters(model),
        producers,
        faverCount: model.has('engagementGraph')
          ? scalars<Uint32Array>(model.read('producerNorms'), 'faverCount')
          : undefined,
        knownFor: readMatrix(model, 'knownFor', 'clusterId', 'knownForScore'),
        similarity: readMatrix(model, 'producerSimilarity', 'neighborIndex', 'similarity'),
        producerEmbedding: readMatrix(model, 'followBasedProducer', 'clusterId', 'score'),
      };
      const numClusters = sources.clusters.names.size;
      requireShape('knownFor', sources.knownFor, producers.ids.size, numClusters);
      requireShape('producerSimilarity', sources.similarity, producers.ids.size, producers.ids.size);
      requireShape('followBasedProducer', sources.producerEmbedding, producers.ids.size, numClusters);
      return producerPortrait(sources, producer, count);
    },

    topic(model, id, count) {
      const topics = model.read('topicEmbedding');
      const topic = requireId(idsOf(topics, 'topicId'), id, 'topic', 'topicEmbedding');
      const sources = {
        clusters: readClusters(model),
        producers: readProducers(model),
        topicEmbedding: matrixOf(topics, 'clusterId', 'score'),
        producerEmbedding: readMatrix(model, 'followBasedProducer', 'clusterId', 'score'),
      };
      const numClusters = sources.clusters.names.size;
      requireShape('topicEmbedding', sources.topicEmbedding, sources.topicEmbedding.numRows, numClusters);
      requireShape('followBasedProducer', sources.producerEmbedding, sources.producers.ids.size, numClusters);
      return topicPortrait(sources, topic, id, count);
    },
  };

function readClusters(model: ModelReader): Clusters {
  const artifact = model.read('clusters');
  return {
    names: idsOf(artifact, 'name'),
    numProducers: scalars(artifact, 'numProducers'),
    numConsumers: scalars(artifact, 'numConsumers'),
  };
}

function readProducers(model: ModelReader): Producers {
  const artifact = model.read('producers');
  return { ids: idsOf(artifact, 'producerId'), followerCount: scalars(artifact, 'followerCount') };
}

function readMatrix(model: ModelReader, name: ArtifactName, indexName: string, valueName: string): Csr {
  return matrixOf(model.read(name), indexName, valueName);
}

/** Undefined when the model has no such index: topics and items are optional inputs. */
function readIndex(
  model: ModelReader,
  name: ArtifactName,
  indexName: string,
  listed: ArtifactName,
  idColumn: string,
): IndexWithIds | undefined {
  if (!model.has(name)) return undefined;
  const index = readMatrix(model, name, indexName, 'score');
  const artifact: Artifact = model.read(listed);
  requireShape(name, index, index.numRows, artifact.table.numRows);
  return { index, ids: idsOf(artifact, idColumn) };
}

/** Artifacts of different runs may lie side by side after a single stage was run again. */
function requireShape(name: ArtifactName, matrix: Csr, numRows: number, numCols: number): void {
  if (matrix.numRows === numRows && matrix.numCols === numCols) return;
  throw new SimClustersError('SHAPE_MISMATCH', {
    got: `${name} of ${matrix.numRows} rows and ${matrix.numCols} columns`,
    expected: `${numRows} rows and ${numCols} columns, as the rest of the model has`,
    todo: 'Run the whole job again (`simclusters run`), so that all artifacts come from one run',
  });
}

function requireId(ids: IdTable, id: string, what: string, artifact: ArtifactName): number {
  const found = findId(ids, id);
  if (found >= 0) return found;
  throw unknownId(`${what} ${quote(id)}`, `one of the ${formatCount(ids.size)} ${what}s of the model`, {
    near: nearSpellings(ids, id),
    list: `\`simclusters export ${artifact}\``,
  });
}

/** Cluster ids count from 1. */
function requireCluster({ names, numProducers }: Clusters, id: string): number {
  const clusterId = /^[1-9]\d*$/.test(id) ? Number(id) : 0;
  if (clusterId > 0 && clusterId < names.size) return clusterId;
  const inUse = Array.from(numProducers, (size, i) => (size > 0 ? String(i) : '')).filter(Boolean);
  throw unknownId(`cluster ${quote(id)}`, `a cluster id from 1 to ${names.size - 1}`, {
    near: nearSpellings(idTableFromStrings(inUse), id),
    list: '`simclusters export clusters`',
  });
}

function unknownId(
  got: string,
  expected: string,
  { near, list }: { near: readonly string[]; list: string },
): SimClustersError {
  const hint = near.length > 0 ? `Did you mean ${near.join(', ')}? ` : '';
  return new SimClustersError('UNKNOWN_ID', { got, expected, todo: `${hint}${list} lists them all` });
}
