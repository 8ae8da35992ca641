import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { colorPhases, maxDegree, shufflePhases } from '../../src/communities/phases.ts';
import type { Csr } from '../../src/core/csr.ts';
import { randomKey } from '../../src/core/rng.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { graphFromLists, Random } from '../fixtures/random.ts';

const test = suite('phases');
const kernels = open(wasm(1));
test.after(() => kernels.close());

/** Phases cover all vertices once, and no two neighbours share one. Returns their number. */
async function requireValidPhases(graph: Csr): Promise<number> {
  const { order, starts } = await colorPhases(kernels, graph);
  assert.equal(
    [...order].sort((a, b) => a - b),
    [...Array(graph.numRows).keys()],
  );
  assert.equal([starts[0], starts[starts.length - 1]], [0, graph.numRows]);
  const phaseOf = new Uint32Array(graph.numRows);
  for (let phase = 0; phase + 1 < starts.length; phase++) {
    assert.ok(starts[phase] < starts[phase + 1], 'no phase is empty');
    for (const v of order.subarray(starts[phase], starts[phase + 1])) phaseOf[v] = phase;
  }
  for (let v = 0; v < graph.numRows; v++) {
    const neighbors = graph.indices.subarray(graph.indptr[v], graph.indptr[v + 1]);
    assert.ok(neighbors.every((u) => phaseOf[u] !== phaseOf[v]));
  }
  return starts.length - 1;
}

test('random graphs', async () => {
  const random = new Random('phases');
  for (let round = 0; round < 60; round++) {
    const graph = random.graph(random.below(60), random.real());
    assert.ok((await requireValidPhases(graph)) <= maxDegree(graph.indptr) + 1);
  }
});

test('a clique needs a phase per vertex, a star two, isolated vertices one', async () => {
  const others = (n: number, v: number) => [...Array(n).keys()].filter((u) => u !== v);
  assert.is(await requireValidPhases(graphFromLists(others(7, 7).map((v) => others(7, v)))), 7);
  assert.is(await requireValidPhases(graphFromLists([[1, 2, 3], [0], [0], [0]])), 2);
  assert.is(await requireValidPhases(graphFromLists([[], [], []])), 1);
  assert.is(await requireValidPhases(graphFromLists([])), 0);
});

test('large colour classes are cut into phases of about equal size', async () => {
  const isolated: Csr = {
    numRows: 9001,
    numCols: 9001,
    indptr: new Uint32Array(9002),
    indices: new Uint32Array(0),
  };
  const { starts } = await colorPhases(kernels, isolated);
  const sizes = starts.slice(1).map((start, i) => start - starts[i]);
  assert.ok(sizes.length > 1);
  assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
  assert.is(await requireValidPhases(isolated), sizes.length);
});

test('epochs visit all phases, each in its own order', async () => {
  const phases = await colorPhases(kernels, new Random('shuffle').graph(40, 0.5));
  const key = randomKey('seed', 'phases');
  const orders = [1, 2, 3, 4].map((epoch) => [...shufflePhases(phases, key, epoch)]);
  for (const order of orders) {
    assert.equal(
      [...order].sort((a, b) => a - b),
      [...Array(phases.starts.length - 1).keys()],
    );
  }
  assert.is(new Set(orders.map(String)).size, orders.length);
});

test.run();
