import { IdIndex, idAt, idTableFromStrings } from '../core/ids.ts';
import { nameClusters } from '../indices/cluster-names.ts';
import { readEdges } from '../io/edge-reader.ts';
import { integer, list, number } from './params.ts';
import {
  type Artifact,
  type Artifacts,
  defineStage,
  idsOf,
  input,
  matrixOf,
  namedClusters,
  namedIds,
  scalars,
} from './stage.ts';

export const clusterNames = defineStage({
  name: 'cluster-names',
  summary: 'Name each cluster by its topics and most telling producers',
  reads: ['knownFor', 'producers', 'clusterInterest', 'clusterToProducers'],
  readsIfPresent: ['clusterToTopics', 'topicEmbedding'],
  writes: ['clusters'],
  params: {
    itemTopics: list('Files of item topics (item, topic); items are looked up among the producers', [], {
      isFiles: true,
    }),
    producersPerName: integer('Producers in a cluster name', 3, { min: 1, max: 20 }),
    minNamingTopicScore: number('A topic names a cluster iff its score is at least this', 0.3, { max: 1 }),
  },
  async run(artifacts, params) {
    const producers = input(artifacts, 'producers');
    const producerIds = idsOf(producers, 'producerId');
    const knownFor = matrixOf(input(artifacts, 'knownFor'), 'clusterId', 'knownForScore');
    const topicIds = artifacts.topicEmbedding && idsOf(artifacts.topicEmbedding, 'topicId');
    const names = nameClusters(
      {
        knownFor,
        followerCount: scalars(producers, 'followerCount'),
        producerName: (producer) => idAt(producerIds, producer),
        clusterToTopics:
          artifacts.clusterToTopics && matrixOf(artifacts.clusterToTopics, 'topicIndex', 'score'),
        topicName: topicIds && ((topic) => idAt(topicIds, topic)),
        topicsOfProducer: await readItemTopics(params.itemTopics, producers),
      },
      { producersPerName: params.producersPerName, minTopicScore: params.minNamingTopicScore },
    );
    const sizes = new Uint32Array(knownFor.numCols);
    for (const cluster of knownFor.indices) sizes[cluster]++;
    return {
      artifacts: { clusters: clustersArtifact(names, sizes, artifacts) },
      report: {
        numRows: names.filter((name) => name !== '').length,
        numNamedByTopic: names.filter((name) => name.includes(': ')).length,
      },
    };
  },
});

/** Topics of each producer that the item topics name. */
async function readItemTopics(
  files: readonly string[],
  producers: Artifact,
): Promise<Map<number, string[]> | undefined> {
  if (files.length === 0) return undefined;
  const edges = await readEdges({ files, format: 'edges', selfFollows: 'keep' });
  const index = IdIndex.from(idsOf(producers, 'producerId'));
  const topics = new Map<number, string[]>();
  for (let e = 0; e < edges.numEdges; e++) {
    const producer = index.findText(idAt(edges.consumerIds, edges.consumers[e]));
    const topic = idAt(edges.producerIds, edges.producers[e]);
    if (producer >= 0) topics.set(producer, [...(topics.get(producer) ?? []), topic]);
  }
  return topics;
}

function clustersArtifact(names: readonly string[], sizes: Uint32Array, artifacts: Artifacts): Artifact {
  const numConsumers = scalars<Uint32Array>(
    input(artifacts, 'clusterInterest'),
    'numUsersInterestedInThisClusterUpperBound',
  );
  return {
    table: {
      numRows: names.length,
      columns: {
        clusterId: namedClusters(names.length).column,
        name: namedIds('name', idTableFromStrings(names)).column,
        numProducers: { kind: 'scalar', values: sizes },
        numConsumers: { kind: 'scalar', values: numConsumers },
      },
    },
    attributes: {},
  };
}
