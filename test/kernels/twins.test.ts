import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type KernelName, kernelNames, kernelTable } from '../../src/kernels/abi.ts';
import type { Step } from '../../src/kernels/job.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { debug, describe, open, reference, wasm } from '../fixtures/backends.ts';
import { Random } from '../fixtures/random.ts';
import type { CaseArray, KernelCase } from './case.ts';
import { kernelCases } from './cases.ts';

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

/** Items that follow from each other go in one call, or in one step each; all others in any order. */
function stepsOf(
  kernels: Kernels,
  kernel: KernelName,
  params: number,
  count: number,
  isOneByOne: boolean,
): Step[] {
  const isInTurn = kernel === 'moveAtOnce' || /one call/.test(kernelTable[kernel].items);
  if (!isInTurn) return [kernels.step(kernel, params, count, isOneByOne ? 1 : undefined)];
  const chunk = isOneByOne ? 1 : Math.max(1, count);
  return Array.from({ length: Math.ceil(count / chunk) }, (_, i) => {
    return { kernel, params, lo: i * chunk, hi: (i + 1) * chunk, chunk };
  });
}

/** Runs a kernel on a case and gives back every array as the kernel left it. */
async function run(
  kernels: Kernels,
  name: KernelName,
  { values, count, scratchBytes, ignored = [] }: KernelCase,
  isOneByOne = false,
): Promise<Record<string, CaseArray>> {
  return kernels.scope(async (arena) => {
    const placed = Object.entries(values).map(([field, value]) => {
      return [field, typeof value === 'object' ? arena.put(value) : value] as const;
    });
    const params = kernels.block(name, Object.fromEntries(placed) as never);
    await kernels.run(stepsOf(kernels, name, params, count, isOneByOne), { scratchBytes });
    const left = placed.filter(([field, value]) => typeof value === 'object' && !ignored.includes(field));
    return Object.fromEntries(left.map(([field, value]) => [field, (value as CaseArray).slice()]));
  });
}

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

for (const name of kernelNames) {
  test(name, async () => {
    let changedSomething = false;
    for (const size of SIZES) {
      for (let round = 0; round < ROUNDS; round++) {
        const seed = `${name} ${size} ${round}`;
        const kernelCase = kernelCases[name](new Random(seed), size);
        const expected = await run(twins, name, kernelCase);
        const before = Object.entries(expected).map(([field]) =>
          bytesOf(kernelCase.values[field] as CaseArray),
        );
        changedSomething ||= Object.values(expected).some((array, i) => !bytesOf(array).equals(before[i]));
        for (const rival of rivals) {
          requireSameBytes(
            await run(rival.kernels, name, kernelCase),
            expected,
            `${rival.name}, case ${seed}`,
          );
          // One item per call: nothing may be carried over from item to item.
          const oneByOne = await run(rival.kernels, name, kernelCase, true);
          requireSameBytes(oneByOne, expected, `${rival.name} one by one, case ${seed}`);
        }
      }
    }
    assert.ok(changedSomething, 'the cases never make the kernel write anything');
  });
}

test.run();
