/** All works, and the kernels that use SIMD. */
import type { KernelName } from '../../../src/kernels/abi.ts';
import type { Kernels } from '../../../src/kernels/kernels.ts';
import { prepareInputs, type SuiteSize } from '../inputs.ts';
import type { Part, Work } from '../work.ts';
import { communityWorks } from './communities.ts';
import { embeddingWorks } from './embeddings.ts';
import { matrixWorks } from './matrices.ts';
import { retrievalWorks } from './retrieval.ts';
import { similarityWorks } from './similarity.ts';
import { streamWorks } from './stream.ts';

/** @param kernels  to make the inputs with */
export async function prepareWorks(kernels: Kernels, size: SuiteSize): Promise<Work[]> {
  const inputs = await prepareInputs(kernels, size);
  return [
    ...matrixWorks(inputs),
    ...similarityWorks(inputs),
    ...communityWorks(inputs),
    ...embeddingWorks(inputs),
    ...(await retrievalWorks(kernels, inputs)),
    ...streamWorks(inputs),
  ];
}

/** Kernels with vector instructions: those that a scalar build runs otherwise. */
export const simdKernels: readonly KernelName[] = [
  'topKRows',
  'simhashRows',
  'hammingPairs',
  'samplePairs',
  'scanPostings',
  'writeCandidates',
  'proposeMoves',
  'moveAtOnce',
  'proposeRows',
  'moveRowsAtOnce',
  'proposeGrowth',
];

export const usesSimd = ({ kernels }: Part) => kernels.some((kernel) => simdKernels.includes(kernel));
