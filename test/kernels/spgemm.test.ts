import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Csr } from '../../src/core/csr.ts';
import {
  countMultiplyAdds,
  type Panel,
  spgemmPanels,
  spgemmTopK,
  stackRows,
} from '../../src/kernels/spgemm.ts';
import { open, reference, wasm } from '../fixtures/backends.ts';
import { Random, rowOf } from '../fixtures/random.ts';

const test = suite('sparse product');

/** A single row that holds column 0 so many times. */
function repeated(times: number): Csr {
  return {
    numRows: 1,
    numCols: 1,
    indptr: Uint32Array.of(0, times),
    indices: new Uint32Array(times),
  };
}

test('counts are exact beyond 2^24, where sums in f32 stand still', async () => {
  const kernels = open({ ...wasm(1), maxMemoryBytes: 2 ** 27 });
  const numCommon = 2 ** 24 + 6;
  const one = repeated(1);
  const made = await spgemmTopK(kernels, repeated(numCommon), one, { topK: 1, threshold: 0 });
  assert.equal(rowOf(made, 0), [[0, numCommon]]);
  await kernels.close();
});

test('a million equal weights add up, to the last bit of f32', async () => {
  const tenth = Math.fround(0.1);
  const scaled = { innerScale: Float32Array.of(tenth), rowScale: Float32Array.of(tenth) };
  for (const backend of [wasm(1), reference]) {
    const kernels = open(backend);
    const options = { topK: 1, threshold: 0, ...scaled };
    const made = await spgemmTopK(kernels, repeated(1_000_000), repeated(1), options);
    assert.equal(rowOf(made, 0), [[0, Math.fround(1_000_000 * tenth * tenth)]]);
    await kernels.close();
  }
});

test('multiply-adds are counted beyond 2^32', () => {
  const many = 3_000_000;
  assert.is(countMultiplyAdds(repeated(many), repeated(many)), many * many);
});

test('any panel size and number of threads gives the same bytes; rows of very unequal cost', async () => {
  const random = new Random('panels');
  const a = random.csr(70, 40);
  const b = random.csr(40, 90);
  const results: Csr[] = [];
  for (const numThreads of [1, 2, 4]) {
    const kernels = open(wasm(numThreads));
    for (const maxPanelBytes of [1, 500, 5000, undefined]) {
      const progress: number[] = [];
      let numPanels = 0;
      const options = {
        topK: 6,
        threshold: 0.3,
        maxPanelBytes,
        onProgress: (share: number) => progress.push(share),
      };
      await spgemmPanels(kernels, a, b, options, () => void numPanels++);
      results.push(await spgemmTopK(kernels, a, b, options));
      assert.is(numPanels === 1, maxPanelBytes === undefined);
      assert.ok(progress.every((share) => share >= 0 && share <= 1));
      assert.equal(results[results.length - 1], results[0]);
    }
    await kernels.close();
  }
});

test('panels stay as they are, and their room is free again when they are handed over', async () => {
  const random = new Random('room of panels');
  const a = random.csr(70, 40);
  const b = random.csr(40, 90);
  for (const backend of [wasm(2), reference]) {
    const kernels = open(backend);
    const options = { topK: 6, threshold: 0, maxPanelBytes: 500 };
    const panels: Panel[] = [];
    const free: number[] = [];
    await spgemmPanels(kernels, a, b, options, (panel) => {
      panels.push(panel);
      free.push(kernels.arena.freeBytes);
    });
    assert.ok(panels.length > 3);
    assert.is(new Set(free).size, 1);
    assert.equal(stackRows(panels, b.numCols), await spgemmTopK(kernels, a, b, options));
    await kernels.close();
  }
});

test.run();
