/** Runs a kernel on a case. */
import { type KernelName, kernelTable } from '../../src/kernels/abi.ts';
import type { Step } from '../../src/kernels/job.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import type { CaseArray, KernelCase } from './case.ts';

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
    await kernels.run(stepsOf(kernels, name, params, count, isOneByOne), { scratchBytes });
    const left = placed.filter(([field, value]) => typeof value === 'object' && !ignored.includes(field));
    return Object.fromEntries(left.map(([field, value]) => [field, (value as CaseArray).slice()]));
  });
}
