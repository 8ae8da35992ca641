/**
 * The producer similarity graph by whichever method: exactly where that is affordable, by WHIMP where it is not and the
 * threshold allows it.
 */
import type { Csr } from '../core/csr.ts';
import { requireCsr } from '../core/csr-check.ts';
import { inMemory, type StoredCsr } from '../core/stored-csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { capUserDegree, countWedges } from './degree-cap.ts';
import { type WeightedFollowers, weighFollowers } from './follower-weights.ts';
import { requireChoice, requireCount } from './option-checks.ts';
import { multiplyFollowers, requireSimilarityOptions } from './producer-similarity.ts';
import { exactSeconds } from './similarity-costs.ts';
import { requireWeights } from './weightings.ts';
import {
  planFor,
  requireSampling,
  requireWhimpOptions,
  sampleFollowers,
  type WhimpOptions,
  type WhimpReport,
} from './whimp.ts';
import type { WhimpPlan } from './whimp-plan.ts';

export const similarityMethods = ['exact', 'whimp', 'auto'] as const;
export type SimilarityMethod = (typeof similarityMethods)[number];

/** WHIMP is worth its misses where it is expected to be so many times as quick. */
const WORTHWHILE = 2;

export interface FindSimilarityOptions extends WhimpOptions {
  readonly method: SimilarityMethod;
  /** Users who follow more are left out; 0: nobody is. */
  readonly maxUserDegree: number;
  /** `auto` is exact where that takes no longer than this on one thread, by the estimate. Default 10. */
  readonly affordableSeconds?: number;
}

export interface SimilarityReport {
  readonly method: 'exact' | 'whimp';
  /** Why this method. */
  readonly reason: string;
  /** Σ d(u)(d(u) - 1) / 2. */
  readonly numUserWedges: number;
  /** What the exact product would take on one thread of an ordinary machine, and WHIMP; where that was weighed. */
  readonly exactSeconds?: number;
  readonly whimpSeconds?: number;
  readonly numUsersCut: number;
  readonly numFollowsCut: number;
  readonly whimp?: WhimpReport;
}

/**
 * The same contract as computeProducerSimilarity, but that WHIMP finds a stated share of the pairs above the threshold.
 * @throws SimClustersError BAD_PARAM for options out of range, whatever the method, and a threshold of 0 where WHIMP was asked
 *   for; OUT_OF_MEMORY
 */
export async function findProducerSimilarity(
  kernels: Kernels,
  followGraph: Csr,
  options: FindSimilarityOptions,
): Promise<{ similarity: Csr; report: SimilarityReport }> {
  const { similarity, report } = await findSimilarity(kernels, followGraph, options);
  return { similarity: await inMemory(similarity), report };
}

/** The same; with `memory` the graph is on disk, so that it need not fit into memory. */
export async function findSimilarity(
  kernels: Kernels,
  followGraph: Csr,
  options: FindSimilarityOptions,
): Promise<{ similarity: Csr | StoredCsr; report: SimilarityReport }> {
  requireChoice('method', options.method, similarityMethods);
  requireCount('maxUserDegree', options.maxUserDegree);
  requireSampling(options);
  if (needsPlan(options)) requireWhimpOptions(options);
  else requireSimilarityOptions(options);
  // Before rows are cut, which takes them on trust.
  requireCsr('graph', followGraph);
  requireWeights(followGraph);
  const { graph, ...cut } = capUserDegree(followGraph, options.maxUserDegree);
  const followers = await weighFollowers(kernels, graph, options);
  const { plan, ...choice } = chooseMethod(followers, options);
  const report = { ...choice, numUserWedges: countWedges(graph), ...cut };
  if (plan === undefined) return { similarity: await multiplyFollowers(kernels, followers, options), report };
  const { similarity, report: whimp } = await sampleFollowers(kernels, followers, plan, options);
  return { similarity, report: { ...report, whimp } };
}

/** Is WHIMP asked for, or worth a thought? */
function needsPlan({ method, threshold }: FindSimilarityOptions): boolean {
  return method === 'whimp' || (method === 'auto' && threshold !== 0);
}

/** With the plan of WHIMP iff that is the method. */
interface Choice extends Pick<SimilarityReport, 'method' | 'reason' | 'exactSeconds' | 'whimpSeconds'> {
  readonly plan?: WhimpPlan;
}

function chooseMethod(followers: WeightedFollowers, options: FindSimilarityOptions): Choice {
  const { method, topK, affordableSeconds = 10 } = options;
  if (method === 'exact') return { method, reason: 'asked for' };
  if (!needsPlan(options)) return { method: 'exact', reason: 'WHIMP cannot find what has no threshold' };
  const plan = planFor(followers, options);
  const prices = {
    exactSeconds: exactSeconds(followers, plan.similaritySums, topK),
    whimpSeconds: plan.seconds,
  };
  if (method === 'whimp') return { method, reason: 'asked for', ...prices, plan };
  const told = `exactly about ${seconds(prices.exactSeconds)}, by WHIMP about ${seconds(prices.whimpSeconds)}`;
  if (prices.exactSeconds <= affordableSeconds)
    return { method: 'exact', reason: `affordable; ${told}`, ...prices };
  if (prices.exactSeconds <= WORTHWHILE * prices.whimpSeconds)
    return { method: 'exact', reason: told, ...prices };
  return { method: 'whimp', reason: told, ...prices, plan };
}

/** On one thread. */
function seconds(value: number): string {
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} s`;
}
