import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Csr } from '../../src/core/csr.ts';
import { generatePlantedGraph } from '../../src/generate/planted-graph.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { detectOn } from '../fixtures/detection.ts';

const test = suite('sweeps in batches');

/** A planted graph, a hub with more neighbours than a batch has room for, and vertices without any. */
async function graphWithHub(weighted: boolean): Promise<Csr> {
  const shape = { numVertices: 3000, meanSize: 30, density: { internalDegree: 6 }, mixing: 0.2, weighted };
  const { indptr, indices, data } = (await generatePlantedGraph(shape, 'batches')).graph;
  const hub = 3000;
  const isNear = (v: number) => v % 2 === 0;
  const rows = Array.from({ length: hub }, (_, v) => {
    const [begin, end] = [indptr[v], indptr[v + 1]];
    // Planted weights are around .05, which would be a very warm chain.
    const weights = data && [...data.subarray(begin, end)].map((weight) => Math.fround(20 * weight));
    const edges = [...indices.subarray(begin, end)].map((u, i) => [u, weights ? weights[i] : 1]);
    return isNear(v) ? [...edges, [hub, 0.5 + (v % 7) / 8]] : edges;
  });
  rows.push(Array.from({ length: 1500 }, (_, i) => [2 * i, 0.5 + ((2 * i) % 7) / 8]));
  for (let isolated = 0; isolated < 600; isolated++) rows.push([]);
  const starts = new Uint32Array(rows.length + 1);
  rows.forEach((row, v) => {
    starts[v + 1] = starts[v] + row.length;
  });
  const edges = rows.flat();
  return {
    numRows: rows.length,
    numCols: rows.length,
    indptr: starts,
    indices: Uint32Array.from(edges, ([u]) => u),
    ...(data && { data: Float32Array.from(edges, ([, weight]) => weight) }),
  };
}

// The twin goes from vertex to vertex and neighbour to neighbour.
for (const weighted of [false, true]) {
  test(`${weighted ? 'weights' : 'unit weights'}: many epochs give what vertex by vertex gives`, async () => {
    const graph = await graphWithHub(weighted);
    const rows = [];
    for (const options of [{ backend: 'reference' }, { numThreads: 1 }, { numThreads: 2 }] as const) {
      const kernels = openKernels(options);
      for (const [update, weightFormat] of [
        ['phases', 'float32'],
        ['phases', 'fixed16'],
        ['serial', 'float32'],
      ] as const) {
        const settings = {
          numCommunities: 100,
          maxEpochs: 12,
          runAllEpochs: true,
          unitWeights: !weighted,
          update,
        };
        const { memberships, epochs } = await detectOn(kernels, graph, settings, weightFormat);
        assert.ok(epochs.some(({ acceptRate }) => acceptRate > 0 && acceptRate < 0.2));
        rows.push({ kind: `${update} ${weightFormat}`, rows: memberships.rows });
      }
      await kernels.close();
    }
    for (const { kind } of rows) {
      const [first, ...others] = rows.filter((entry) => entry.kind === kind);
      for (const other of others) assert.equal(other.rows, first.rows);
    }
  });
}

test.run();
