/** The similarity computation on its own, for those who need nothing else: opens kernels, computes, closes them. */
import type { Csr } from './core/csr.ts';
import type { Kernels } from './kernels/kernels.ts';
import { openKernels } from './kernels/open.ts';
import { type CosineOptions, cosineTopK } from './similarity/top-k-cosine.ts';

export interface TopKCosineOptions extends CosineOptions {
  /** Threads; 0 (default): as many as the machine offers. The result is the same. */
  readonly numThreads?: number;
  /** Kernels that are open already, for many calls: they stay open, and the threads are theirs. */
  readonly kernels?: Kernels;
}

/** `cosineTopK` of similarity/top-k-cosine.ts, which see. Opening kernels takes some 50 ms. */
export async function topKCosine(rows: Csr, options: TopKCosineOptions): Promise<Csr> {
  const { kernels: opened, numThreads } = options ?? {};
  const kernels = opened ?? openKernels({ numThreads });
  try {
    return await cosineTopK(kernels, rows, options);
  } finally {
    if (!opened) await kernels.close();
  }
}
