import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generatePlantedGraph } from '../../src/generate/planted-graph.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { detectOn } from '../fixtures/detection.ts';

const test = suite('what is recalled of a neighbourhood');

// The twin looks at every neighbour every time; the kernels take what they found before wherever no neighbour has moved.
for (const weighted of [false, true]) {
  test(`${weighted ? 'weighted' : 'unit weights'}: many epochs on a sparse graph give what looking again gives`, async () => {
    const shape = { numVertices: 3000, meanSize: 30, density: { internalDegree: 6 }, mixing: 0.2, weighted };
    const planted = (await generatePlantedGraph(shape, 'recall')).graph;
    // Planted weights are around .05, which would be a very warm chain.
    const graph = { ...planted, data: planted.data?.map((weight) => 20 * weight) };
    assert.ok(graph.indices.length < 16 * graph.numRows, 'sparse enough to recall');
    const rows = [];
    for (const options of [{ backend: 'reference' }, { numThreads: 1 }, { numThreads: 2 }] as const) {
      const kernels = openKernels(options);
      for (const update of ['phases', 'serial'] as const) {
        const settings = {
          numCommunities: 100,
          maxEpochs: 12,
          runAllEpochs: true,
          unitWeights: !weighted,
          update,
        };
        const { memberships, epochs } = await detectOn(kernels, graph, settings);
        assert.ok(epochs.some(({ acceptRate }) => acceptRate > 0 && acceptRate < 0.2));
        rows.push({ update, rows: memberships.rows });
      }
      await kernels.close();
    }
    for (const update of ['phases', 'serial']) {
      const [first, ...others] = rows.filter((entry) => entry.update === update);
      for (const other of others) assert.equal(other.rows, first.rows);
    }
  });
}

test.run();
