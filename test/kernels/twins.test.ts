import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kernelNames } from '../../src/kernels/abi.ts';
import { debug, describe, open, reference, wasm } from '../fixtures/backends.ts';
import { Random } from '../fixtures/random.ts';
import type { CaseArray } from './case.ts';
import { kernelCases } from './cases.ts';
import { runCase } from './run-case.ts';

const test = suite('kernels against their twins');

/** Around the widths where loops change their course: nothing, one, about a vector lane, many. */
const SIZES = [0, 1, 3, 4, 5, 48];
const ROUNDS = 12;

const twins = open(reference);
const rivals = [wasm(1), wasm(2), debug(1)].map((options) => ({
  name: describe(options),
  kernels: open(options),
}));
test.after(async () => {
  for (const { kernels } of rivals) await kernels.close();
});

function bytesOf(array: CaseArray): Buffer {
  return Buffer.from(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

function requireSameBytes(
  actual: Record<string, CaseArray>,
  expected: Record<string, CaseArray>,
  what: string,
): void {
  for (const [field, array] of Object.entries(expected)) {
    if (bytesOf(actual[field]).equals(bytesOf(array))) continue;
    assert.equal(actual[field], array, `${what}: ${field}`);
    assert.unreachable(`${what}: ${field} differs in bits that no comparison of numbers sees`);
  }
}

test('every kernel of the table has a case', () => {
  assert.equal(Object.keys(kernelCases).sort(), [...kernelNames].sort());
});

test('proposeGrowth where sums of weights overflow: a softmax of NaN draws the same two at a time', async () => {
  let numRounds = 0;
  for (let round = 0; round < 40; round++) {
    const kernelCase = kernelCases.proposeGrowth(new Random(`overflow ${round}`), 20 + round);
    const { data } = kernelCase.values;
    if (!(data instanceof Float32Array)) continue;
    data.forEach((_, i) => {
      data[i] = i % 3 === 0 ? 1 : 3e38;
    });
    const expected = await runCase(twins, 'proposeGrowth', kernelCase);
    for (const { name, kernels } of rivals)
      requireSameBytes(await runCase(kernels, 'proposeGrowth', kernelCase), expected, `${name} ${round}`);
    numRounds++;
  }
  assert.ok(numRounds > 10);
});

for (const name of kernelNames) {
  test(name, async () => {
    let changedSomething = false;
    for (const size of SIZES) {
      for (let round = 0; round < ROUNDS; round++) {
        const seed = `${name} ${size} ${round}`;
        const kernelCase = kernelCases[name](new Random(seed), size);
        const expected = await runCase(twins, name, kernelCase);
        const before = Object.entries(expected).map(([field]) =>
          bytesOf(kernelCase.values[field] as CaseArray),
        );
        changedSomething ||= Object.values(expected).some((array, i) => !bytesOf(array).equals(before[i]));
        for (const rival of rivals) {
          requireSameBytes(
            await runCase(rival.kernels, name, kernelCase),
            expected,
            `${rival.name}, case ${seed}`,
          );
          // One item per call: nothing may be carried over from item to item.
          const oneByOne = await runCase(rival.kernels, name, kernelCase, true);
          requireSameBytes(oneByOne, expected, `${rival.name} one by one, case ${seed}`);
        }
      }
    }
    assert.ok(changedSomething, 'the cases never make the kernel write anything');
  });
}

test.run();
