/**
 * Graphs with known communities (planted partition; overlapping: every community a random graph of its own, as in
 * Yang and Leskovec's community-affiliation model), for tests, trials and measurements. After sbf's GraphGenerator.
 */
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { type Memberships, membersOf } from '../core/memberships.ts';
import { randomKey } from '../core/rng.ts';
import { PlantedEdges } from './planted-edges.ts';
import { type MembershipOptions, plantMemberships } from './planted-memberships.ts';
import { plantedWeight } from './planted-weights.ts';
import { sharesCommunity } from './shared-communities.ts';
import { type GenerateProgress, mergeRepeats, symmetricGraph } from './symmetric-graph.ts';

/** Density inside communities. */
export type PlantedDensity =
  /** Mean number of neighbours that a vertex has inside its communities, however many those are. */
  | { readonly internalDegree: number }
  /** Share of the pairs that are joined: `maxDensity` in the smallest community, `minDensity` in the largest, linear in between. */
  | { readonly minDensity: number; readonly maxDensity: number };

export interface PlantedOptions extends MembershipOptions {
  readonly density: PlantedDensity;
  /** Share of the edge ends that lead to a vertex without a common community, from 0 to below 1. */
  readonly mixing: number;
  /** Unset: false, every edge is 1. */
  readonly weighted?: boolean;
}

export interface PlantedGraph {
  /** Symmetric, no diagonal; `data` when weighted. */
  readonly graph: Csr;
  readonly truth: Memberships;
}

/**
 * Plants communities, joins the pairs of each at random with its density, and pairs that share no community with the one
 * probability that gives the mixing wanted. The same seed gives the same graph. Cost O(vertices + edges log degree);
 * memory: the result. Degrees are those of random graphs, so a vertex may have no edges. Errors: BAD_PARAM.
 */
export async function generatePlantedGraph(
  options: PlantedOptions,
  seed: string,
  onProgress?: GenerateProgress,
): Promise<PlantedGraph> {
  demandShares(options);
  const truth = plantMemberships(options, seed);
  const members = membersOf(truth);
  const edges = new PlantedEdges(
    truth,
    members,
    densities(members.indptr, options),
    options.mixing,
    randomKey(seed, 'planted edges'),
  );
  const pattern = await symmetricGraph(truth.numVertices, edges, onProgress);
  const graph = mergeRepeats(pattern, options.weighted ? plantedWeights(truth, seed) : undefined);
  return { graph, truth };
}

/** Weights for the edges of a planted graph; see `plantedWeight`. */
export function plantedWeights(truth: Memberships, seed: string) {
  const key = randomKey(seed, 'planted weights');
  return (u: number, v: number, numRepeats: number): number =>
    plantedWeight(key, u, v, numRepeats, !sharesCommunity(truth, u, v));
}

function demandShares({ mixing, density }: PlantedOptions): void {
  const isInside =
    'internalDegree' in density
      ? density.internalDegree >= 0 && Number.isFinite(density.internalDegree)
      : density.minDensity >= 0 && density.minDensity <= density.maxDensity && density.maxDensity <= 1;
  if (isInside && mixing >= 0 && mixing < 1) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `mixing ${mixing}, ${JSON.stringify(density)}`,
    expected: '0 ≤ mixing < 1 and either a degree of at least 0 or 0 ≤ least density ≤ largest density ≤ 1',
    todo: 'Give shares in this range',
  });
}

/** Probability of each pair in a community, by community. */
function densities(indptr: Uint32Array, { density, numVertices }: PlantedOptions): Float64Array {
  const sizes = indptr.subarray(1).map((end, c) => end - indptr[c]);
  if ('internalDegree' in density) {
    const degree = (density.internalDegree * numVertices) / indptr[sizes.length];
    return Float64Array.from(sizes, (size) => (size < 2 ? 0 : Math.min(1, degree / (size - 1))));
  }
  const { minDensity, maxDensity } = density;
  const smallest = sizes.reduce((a, b) => Math.min(a, b), numVertices);
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  const fall = largest > smallest ? (maxDensity - minDensity) / (largest - smallest) : 0;
  return Float64Array.from(sizes, (size) => maxDensity - fall * (size - smallest));
}
