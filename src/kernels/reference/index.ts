/**
 * The plain-TypeScript twins of all kernels: the readable statement of what each one computes, the other side of every
 * comparing test, and the JS side of the benchmarks. Same blocks, same memory, same bits.
 */
import type { KernelExports } from '../abi.ts';
import { candidateTextTwins } from './candidate-text.ts';
import { coloringTwins } from './coloring.ts';
import { columnTwins } from './columns.ts';
import { communitiesTwins } from './communities.ts';
import { csrTwins } from './csr.ts';
import { growthTwins } from './growth.ts';
import { interestedInTwins } from './interested-in.ts';
import { membershipTwins } from './memberships.ts';
import { TwinMemory } from './memory.ts';
import { metropolisTwins } from './metropolis.ts';
import { postingsTwins } from './postings.ts';
import { sharpenTwins } from './sharpen.ts';
import { simhashTwins } from './simhash.ts';
import { spgemmTwins } from './spgemm.ts';
import { streamTwins } from './stream.ts';
import { wedgeTwins } from './wedge.ts';

export function createReferenceKernels(buffer: ArrayBufferLike): KernelExports {
  const memory = new TwinMemory(buffer);
  return {
    ...csrTwins(memory),
    ...spgemmTwins(memory),
    ...sharpenTwins(memory),
    ...simhashTwins(memory),
    ...wedgeTwins(memory),
    ...coloringTwins(memory),
    ...metropolisTwins(memory),
    ...membershipTwins(memory),
    ...growthTwins(memory),
    ...communitiesTwins(memory),
    ...interestedInTwins(memory),
    ...columnTwins(memory),
    ...postingsTwins(memory),
    ...candidateTextTwins(memory),
    ...streamTwins(memory, buffer),
  };
}
