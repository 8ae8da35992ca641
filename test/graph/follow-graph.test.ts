import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { idTableFromStrings } from '../../src/core/ids.ts';
import { buildFollowGraph, columnCounts, type FollowEdges } from '../../src/graph/follow-graph.ts';
import { inverse } from '../../src/graph/producer-norms.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { dense } from '../fixtures/random.ts';

const test = suite('follow graph');
const kernels = open(wasm(1));

/** Three consumers, two producers; the first edge comes three times. */
const edges: FollowEdges = {
  consumers: Uint32Array.of(2, 0, 2, 2, 1),
  producers: Uint32Array.of(1, 0, 1, 1, 1),
  weights: Float32Array.of(9, 0, 99, 1, 999),
  consumerIds: idTableFromStrings(['a', 'b', 'c']),
  producerIds: idTableFromStrings(['p', 'q']),
};

test('binary: a follow is a follow, however often it comes', async () => {
  const { graph, numDuplicates } = await buildFollowGraph(kernels, edges, 'binary');
  assert.is(numDuplicates, 2);
  assert.is(graph.matrix.data, undefined);
  assert.equal(dense(graph.matrix), [
    [1, 0],
    [0, 1],
    [0, 1],
  ]);
  assert.equal([...columnCounts(graph.matrix)], [1, 2]);
  assert.is(graph.consumerIds, edges.consumerIds);
  assert.is(graph.producerIds, edges.producerIds);
});

test('raw: of equal edges the largest weight counts; a weight of 0 is an edge', async () => {
  const { matrix } = (await buildFollowGraph(kernels, edges, 'raw')).graph;
  assert.equal(dense(matrix), [
    [0, 0],
    [0, 999],
    [0, 99],
  ]);
  assert.is(matrix.indices.length, 3);
});

test('log: log10(1 + weight)', async () => {
  const { matrix } = (await buildFollowGraph(kernels, edges, 'log')).graph;
  assert.equal(dense(matrix), [
    [0, 0],
    [0, 3],
    [0, 2],
  ]);
});

test('without weights, raw and log are binary', async () => {
  const { weights: _, ...plain } = edges;
  for (const weighting of ['raw', 'log'] as const)
    assert.is((await buildFollowGraph(kernels, plain, weighting)).graph.matrix.data, undefined);
});

test('the inverse of nothing is nothing', () => {
  assert.equal([...inverse(Float32Array.of(4, 0, 0.5))], [0.25, 0, 2]);
});

test.run();
