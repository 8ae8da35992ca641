/** What the suite measures: works, and the parts of them that are kernels. */
import type { KernelName } from '../../src/kernels/abi.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';

/** The time that a work spends in these kernels: from the start of a job of theirs to its end, over all such jobs. */
export interface Part {
  readonly name: string;
  readonly kernels: readonly KernelName[];
}

/** A call that runs kernels. It needs no Node API, so that it runs anywhere. */
export interface Work {
  /** Its input, in words. */
  readonly shape: string;
  readonly run: (kernels: Kernels) => Promise<unknown>;
  /** Name under which the whole call counts, with its copies into kernel memory and out of it; absent: only its parts do. */
  readonly whole?: string;
  readonly parts: readonly Part[];
}

export const part = (name: string, ...kernels: KernelName[]): Part => ({ name, kernels });

/** What a work is timed as: the whole, which is in all its kernels, and the parts. */
export function partsOf({ whole, parts }: Work): Part[] {
  const all = parts.flatMap(({ kernels }) => kernels);
  return whole === undefined ? [...parts] : [{ name: whole, kernels: [...new Set(all)] }, ...parts];
}
