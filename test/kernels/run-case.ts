/** Runs a kernel on a case. */
import { type KernelName, kernelTable } from '../../src/kernels/abi.ts';
import type { Step } from '../../src/kernels/job.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import type { CaseArray, KernelCase } from './case.ts';

/** Items that follow from each other go to one thread, in order; all others to any thread. */
function stepOf(
  kernels: Kernels,
  kernel: KernelName,
  params: number,
  count: number,
  isOneByOne: boolean,
): Step {
  const { items } = kernelTable[kernel];
  const isSerial = kernel === 'moveAtOnce' || /one call/.test(items);
  const chunk = /in one call$/.test(items) ? Math.max(1, count) : isOneByOne ? 1 : undefined;
  const step = kernels.step(kernel, params, count, chunk);
  return isSerial ? { ...step, isSerial } : step;
}

/** Every array as the kernel left it. @param isOneByOne one item per call */
export async function runCase(
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
    await kernels.run([stepOf(kernels, name, params, count, isOneByOne)], { scratchBytes });
    const left = placed.filter(([field, value]) => typeof value === 'object' && !ignored.includes(field));
    return Object.fromEntries(left.map(([field, value]) => [field, (value as CaseArray).slice()]));
  });
}
