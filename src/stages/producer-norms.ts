import { computeProducerNorms } from '../graph/producer-norms.ts';
import { defineStage, input, matrixOf } from './stage.ts';

export const producerNorms = defineStage({
  name: 'producer-norms',
  summary: 'Count followers and favers of each producer and take the norms',
  reads: ['followGraph', 'producers'],
  readsIfPresent: ['engagementGraph'],
  writes: ['producerNorms'],
  params: {},
  async run(artifacts) {
    const favs = artifacts.engagementGraph && matrixOf(artifacts.engagementGraph, 'producerIndex', 'fav');
    const norms = computeProducerNorms(matrixOf(input(artifacts, 'followGraph'), 'producerIndex'), favs);
    const { producerId } = input(artifacts, 'producers').table.columns;
    const columns = Object.entries(norms).map(
      ([name, values]) => [name, { kind: 'scalar', values }] as const,
    );
    const numRows = norms.followerCount.length;
    return {
      artifacts: {
        producerNorms: {
          table: { numRows, columns: { producerId, ...Object.fromEntries(columns) } },
          attributes: {},
        },
      },
      report: {
        numRows,
        maxFollowers: norms.followerCount.reduce((a, b) => Math.max(a, b), 0),
        numProducersFaved: norms.faverCount.reduce((count, n) => count + (n > 0 ? 1 : 0), 0),
      },
    };
  },
});
