/**
 * The producer similarity graph by whichever method: exactly where that is affordable, by WHIMP where it is not and the
 * threshold allows it.
 */
import type { Csr } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { capUserDegree, countWedges } from './degree-cap.ts';
import { weighFollowers } from './follower-weights.ts';
import { computeProducerSimilarity } from './producer-similarity.ts';
import { sampleProducerSimilarity, type WhimpOptions, type WhimpReport } from './whimp.ts';
import { exactSeconds, planWhimp } from './whimp-plan.ts';

export const similarityMethods = ['exact', 'whimp', 'auto'] as const;
export type SimilarityMethod = (typeof similarityMethods)[number];

/** WHIMP is worth its misses where it is expected to be so many times as quick. */
const WORTHWHILE = 2;

export interface FindSimilarityOptions extends WhimpOptions {
  readonly method: SimilarityMethod;
  /** Users who follow more are left out; 0: nobody is. */
  readonly maxUserDegree: number;
  /** `auto` asks no further where the exact method takes no longer than this on one thread. Default 60. */
  readonly affordableSeconds?: number;
}

export interface SimilarityReport {
  readonly method: 'exact' | 'whimp';
  /** Why this method. */
  readonly reason: string;
  /** Σ d(u)(d(u) - 1) / 2. */
  readonly numUserWedges: number;
  /** What the exact product would take on one thread of an ordinary machine, and WHIMP, when that was asked. */
  readonly exactSeconds: number;
  readonly whimpSeconds?: number;
  readonly numUsersCut: number;
  readonly numFollowsCut: number;
  readonly whimp?: WhimpReport;
}

/** @throws SimClustersError BAD_PARAM for a threshold, recall or sketch length that WHIMP cannot work with */
export async function findProducerSimilarity(
  kernels: Kernels,
  followGraph: Csr,
  options: FindSimilarityOptions,
): Promise<{ similarity: Csr; report: SimilarityReport }> {
  const { graph, ...cut } = capUserDegree(followGraph, options.maxUserDegree);
  const choice = await chooseMethod(kernels, graph, options);
  const report = { ...choice, numUserWedges: countWedges(graph), ...cut };
  if (choice.method === 'exact')
    return { similarity: await computeProducerSimilarity(kernels, graph, options), report };
  const { similarity, report: whimp } = await sampleProducerSimilarity(kernels, graph, options);
  return { similarity, report: { ...report, whimp } };
}

type Choice = Pick<SimilarityReport, 'method' | 'reason' | 'exactSeconds' | 'whimpSeconds'>;

async function chooseMethod(kernels: Kernels, graph: Csr, options: FindSimilarityOptions): Promise<Choice> {
  const { method, threshold, affordableSeconds = 60 } = options;
  const exact = exactSeconds(graph);
  if (method !== 'auto') return { method, reason: 'asked for', exactSeconds: exact };
  if (exact <= affordableSeconds)
    return { method: 'exact', reason: `it is affordable: about ${seconds(exact)}`, exactSeconds: exact };
  if (threshold <= 0)
    return {
      method: 'exact',
      reason: `it takes about ${seconds(exact)}, but a threshold of 0 asks for every pair`,
      exactSeconds: exact,
    };
  const followers = await weighFollowers(kernels, graph, options.weighting, options.minFollowers);
  const { seconds: whimp } = planWhimp(followers, {
    threshold,
    recall: options.recall,
    bits: options.sketchBits || undefined,
    isVerified: options.isVerified ?? true,
    isMixed: options.isMixed ?? true,
  });
  const isWorthwhile = exact > WORTHWHILE * whimp;
  return {
    method: isWorthwhile ? 'whimp' : 'exact',
    reason: `the exact method takes about ${seconds(exact)}, WHIMP about ${seconds(whimp)}`,
    exactSeconds: exact,
    whimpSeconds: whimp,
  };
}

function seconds(value: number): string {
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} s on one thread`;
}
