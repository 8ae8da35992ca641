import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { transpose, unionMaxTransposed } from '../../src/kernels/sparse.ts';
import { spgemmTopK } from '../../src/kernels/spgemm.ts';
import { keepByEitherEnd } from '../../src/similarity/neighbor-rows.ts';
import { wasm, withKernels } from '../fixtures/backends.ts';
import { Random } from '../fixtures/random.ts';

const test = suite('neighbours kept by either end');

/** What it gives, and the most kernel memory it took. */
function measured<T>(body: (kernels: Kernels) => Promise<T>): Promise<{ made: T; peakBytes: number }> {
  return withKernels(wasm(1), async (kernels) => {
    const made = await body(kernels);
    return { made, peakBytes: kernels.arena.peakBytes };
  });
}

test('panels that are united take no more memory than the product or the union alone', async () => {
  const follows = new Random('memory of a union').csr(300, 200);
  const { made: followers } = await measured((kernels) => transpose(kernels, follows));
  for (const topK of [3, 200]) {
    const options = { topK, threshold: 0, excludeDiagonal: true, maxPanelBytes: 4000 };
    const product = await measured((kernels) => spgemmTopK(kernels, followers, follows, options));
    const union = await measured((kernels) => unionMaxTransposed(kernels, product.made));
    const both = await measured((kernels) => keepByEitherEnd(kernels, followers, follows, options));
    assert.equal(both.made, union.made);
    assert.ok(both.peakBytes <= Math.max(product.peakBytes, union.peakBytes), `topK ${topK}`);
  }
});

test.run();
