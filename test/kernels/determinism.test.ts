import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { debug, describe, reference, wasm, withKernels } from '../fixtures/backends.ts';
import { runChain } from '../fixtures/chain.ts';

const test = suite('determinism');

type Arrays = Awaited<ReturnType<typeof runChain>>;

let expected: Arrays;
test.before(async () => {
  expected = await withKernels(reference, (kernels) => runChain(kernels, 'seed'));
});

/** Names of the arrays that are not the same, byte for byte. */
function differences(actual: Arrays): string[] {
  assert.equal(Object.keys(actual), Object.keys(expected));
  return Object.keys(expected).filter((name) => {
    const [a, b] = [actual[name], expected[name]];
    const bytes = ({ buffer, byteOffset, byteLength }: typeof a) =>
      Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
    return !bytes(a).equals(bytes(b));
  });
}

test('the chain computes something at every step', () => {
  for (const [name, array] of Object.entries(expected)) {
    assert.ok(
      array.some((value) => value > 0),
      `${name} is empty or all zero`,
    );
  }
});

for (const options of [wasm(1), wasm(2), wasm(4), debug(1), debug(2)]) {
  test(`same bytes as the twins: ${describe(options)}`, async () => {
    assert.equal(differences(await withKernels(options, (kernels) => runChain(kernels, 'seed'))), []);
  });
}

test('the same kernels give the same bytes twice: nothing is left in their memory', async () => {
  await withKernels(wasm(2), async (kernels) => {
    await runChain(kernels, 'other seed');
    assert.equal(differences(await runChain(kernels, 'seed')), []);
  });
});

test('another seed gives another assignment, from the same similarities', async () => {
  const other = differences(await withKernels(wasm(1), (kernels) => runChain(kernels, 'other seed')));
  assert.ok(other.includes('assignment'));
  assert.not(other.some((name) => name.startsWith('similarity') || name.startsWith('favs')));
});

test.run();
