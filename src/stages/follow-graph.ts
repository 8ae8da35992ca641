import { buildFollowGraph, columnCounts, edgeWeightings } from '../graph/follow-graph.ts';
import { readEdges } from '../io/edge-reader.ts';
import { choice, list } from './params.ts';
import { defineStage, logBadRows, matrixArtifact, matrixReport, namedIds } from './stage.ts';

export const followGraph = defineStage({
  name: 'follow-graph',
  summary: 'Read who follows whom into a consumers × producers matrix',
  reads: [],
  writes: ['followGraph', 'producers'],
  params: {
    follows: list('Files of follow edges (consumer, producer[, weight]): paths, globs, or - for stdin', [], {
      isFiles: true,
    }),
    followsFormat: choice('Format of --follows', ['auto', 'edges', 'lists', 'metis', 'parquet'], 'auto'),
    followsColumns: list(
      'Columns of --follows: consumer, producer[, weight], by name or position from 1',
      [],
    ),
    header: choice('Whether text inputs have a header line', ['auto', 'yes', 'no'], 'auto'),
    badRows: choice('What to do with rows that cannot be read', ['stop', 'skip'], 'stop'),
    selfFollows: choice(
      'Rows with the same id on both sides; auto: keep for lists, METIS and headers like movieId, whose sides are apart, else drop',
      ['auto', 'drop', 'keep'],
      'auto',
    ),
    edgeWeights: choice(
      'How follow weights count in similarities: not at all, as read, or log10(1 + w)',
      edgeWeightings,
      'binary',
    ),
  },
  async run(_artifacts, params, { kernels, onProgress, log }) {
    const edges = await readEdges({
      files: params.follows,
      format: params.followsFormat,
      columns: params.followsColumns.length > 0 ? params.followsColumns : undefined,
      header: params.header,
      badRows: params.badRows,
      selfFollows: params.selfFollows === 'auto' ? undefined : params.selfFollows,
      onProgress: (read, total) => onProgress(total === 0 ? 0 : (0.8 * read) / total),
    });
    const { graph, numDuplicates } = await buildFollowGraph(kernels, edges, params.edgeWeights);
    const { matrix, consumerIds, producerIds } = graph;
    logBadRows(edges.report, log);
    if (edges.weights && params.edgeWeights === 'binary')
      log('weights read and left aside: --edge-weights raw or log makes them count');
    const { format, numRows, numBadRows, numZeroWeights } = edges.report;
    const numDropped = numRows - numBadRows - numZeroWeights - edges.numEdges;
    if ((format === 'edges' || format === 'parquet') && numDropped > 0) {
      log(
        `${numDropped} self-follows dropped: --self-follows keep, if the two columns name different kinds of things`,
      );
    }
    return {
      artifacts: {
        followGraph: matrixArtifact(
          namedIds('consumerId', consumerIds),
          matrix,
          'producerIndex',
          matrix.data ? { weight: matrix.data } : {},
        ),
        producers: {
          table: {
            numRows: producerIds.size,
            columns: {
              producerId: namedIds('producerId', producerIds).column,
              followerCount: { kind: 'scalar', values: columnCounts(matrix) },
            },
          },
          attributes: {},
        },
      },
      report: {
        ...matrixReport(matrix),
        numConsumers: matrix.numRows,
        numProducers: matrix.numCols,
        numDuplicates,
        input: edges.report,
      },
    };
  },
});
