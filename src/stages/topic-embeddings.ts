import { IdIndex } from '../core/ids.ts';
import { computeTopicEmbedding } from '../embeddings/topic.ts';
import { readEdges } from '../io/edge-reader.ts';
import { buildCsr } from '../kernels/sparse.ts';
import { choice, integer, list, number } from './params.ts';
import {
  defineStage,
  idsOf,
  input,
  logBadRows,
  matrixArtifact,
  matrixOf,
  matrixReport,
  namedIds,
} from './stage.ts';

export const topicEmbeddings = defineStage({
  name: 'topic-embeddings',
  summary: 'Place topics among the clusters by who follows them',
  reads: ['interestedIn'],
  readsIfPresent: ['engagementGraph'],
  writes: ['topicEmbedding'],
  params: {
    topicFollows: list('Files of topic follows (user, topic)', [], { isFiles: true }),
    topicFollowsColumns: list('Columns of --topic-follows: user, topic, by name or position', []),
    topicFollowsBadRows: choice(
      'What to do with topic follows that cannot be read',
      ['stop', 'skip'],
      'stop',
    ),
    topicScore: choice(
      'InterestedIn score of the users; auto: favScore where there are engagements, else followScore',
      ['auto', 'favScore', 'logFavScore', 'followScore'],
      'auto',
    ),
    minTopicFollowers: integer(
      'Topics need at least this many followers',
      { small: 3, web: 20, twitter: 100 },
      { source: 'TfgBasedTopicEmbeddingsBaseApp: 100' },
    ),
    topicThreshold: number('An entry is kept iff it is greater than this', 0.001, {
      source: 'TfgBasedTopicEmbeddingsBaseApp',
    }),
    maxClustersPerTopic: integer('Clusters kept per topic', 50, {
      min: 1,
      source: 'TfgBasedTopicEmbeddingsBaseApp',
    }),
  },
  notApplicable: ({ topicFollows }) => (topicFollows.length === 0 ? 'no --topic-follows' : undefined),
  async run(artifacts, params, { kernels, log }) {
    const interest = input(artifacts, 'interestedIn');
    const edges = await readEdges({
      files: params.topicFollows,
      format: 'edges',
      columns: params.topicFollowsColumns.length > 0 ? params.topicFollowsColumns : undefined,
      badRows: params.topicFollowsBadRows,
      selfFollows: 'keep',
    });
    logBadRows(edges.report, log);
    const consumers = IdIndex.from(idsOf(interest, 'consumerId'));
    const { bytes, offsets } = edges.consumerIds;
    const consumerOf = Int32Array.from({ length: edges.consumerIds.size }, (_, i) =>
      consumers.find(bytes, offsets[i], offsets[i + 1]),
    );
    const known = Uint32Array.from({ length: edges.numEdges }, (_, e) => e).filter(
      (e) => consumerOf[edges.consumers[e]] >= 0,
    );
    if (known.length < edges.numEdges)
      log(`${edges.numEdges - known.length} topic follows by users who follow nobody left aside`);
    const follows = await buildCsr(
      kernels,
      { rows: known.map((e) => consumerOf[edges.consumers[e]]), cols: known.map((e) => edges.producers[e]) },
      interest.table.numRows,
      edges.producerIds.size,
      'max',
    );
    const score =
      params.topicScore !== 'auto'
        ? params.topicScore
        : artifacts.engagementGraph
          ? 'favScore'
          : 'followScore';
    const embedding = await computeTopicEmbedding(kernels, follows, matrixOf(interest, 'clusterId', score), {
      minTopicFollowers: params.minTopicFollowers,
      threshold: params.topicThreshold,
      topK: params.maxClustersPerTopic,
    });
    return {
      artifacts: {
        topicEmbedding: matrixArtifact(namedIds('topicId', edges.producerIds), embedding, 'clusterId', {
          score: embedding.data as Float32Array,
        }),
      },
      report: {
        ...matrixReport(embedding),
        score,
        numTopicFollows: known.length,
        numDuplicates: known.length - follows.indices.length,
        input: edges.report,
      },
    };
  },
});
