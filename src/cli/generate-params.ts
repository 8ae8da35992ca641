/** Params of the command `generate`. */
import { sizeDistributions } from '../generate/community-sizes.ts';
import type { PlantedOptions } from '../generate/planted-graph.ts';
import { choice, flag, integer, number, type ParamsOf } from '../stages/params.ts';

export const generateParams = {
  numVertices: integer('Vertices', 10_000, { min: 1, max: 2 ** 31 }),
  numCommunities: integer('Communities; 0: as many as --mean-size makes', 0),
  meanSize: number('Mean size of a community; 0: the middle of the range, without range 50', 0),
  minSize: integer('Smallest community; 0: half the mean size, with power-law a quarter', 0),
  maxSize: integer('Largest community; 0: one and a half the mean size, with power-law ten times', 0),
  sizeDistribution: choice('How sizes are spread over the range', sizeDistributions, 'uniform'),
  sizeExponent: number('Power-law: the number of communities of a size goes with size^-exponent', 2),
  internalDegree: number('Mean number of neighbours inside the communities of a vertex', 10),
  minDensity: number('Share of the pairs joined in the largest community; with --max-density', 0, { max: 1 }),
  maxDensity: number(
    'Share of the pairs joined in the smallest community, linear in between; 0: --internal-degree counts',
    0,
    { max: 1, source: 'sbf GraphGenerator' },
  ),
  mixing: number('Share of the edges that join vertices without a common community', 0.2, { max: 0.99 }),
  overlapping: flag('Vertices may belong to several communities', false),
  meanMemberships: number('Overlapping: communities per vertex in the mean', 1.5, { min: 1 }),
  maxMemberships: integer('Overlapping: communities per vertex at the most', 4, { min: 1, max: 1000 }),
  weighted: flag('Weigh edges: inside .2 (1 in 5) or .05, across .03, normally distributed', false),
  shuffleIds: flag('Number vertices at random; --no-shuffle-ids: community by community', true),
  snapshots: integer('Graphs to write: each after the first is the one before with some edges changed', 1, {
    min: 1,
    max: 1000,
  }),
  change: number('Share of the edges changed from snapshot to snapshot; the communities stay', 0.1, {
    max: 1,
  }),
} as const;

export type GenerateParams = ParamsOf<typeof generateParams>;

/** 0 means unset. */
export function plantedOptions(params: GenerateParams): PlantedOptions {
  const { minDensity, maxDensity, internalDegree, overlapping, meanMemberships, maxMemberships } = params;
  return {
    numVertices: params.numVertices,
    numCommunities: params.numCommunities || undefined,
    meanSize: params.meanSize || undefined,
    minSize: params.minSize || undefined,
    maxSize: params.maxSize || undefined,
    sizeDistribution: params.sizeDistribution,
    sizeExponent: params.sizeExponent,
    density: maxDensity > 0 || minDensity > 0 ? { minDensity, maxDensity } : { internalDegree },
    mixing: params.mixing,
    ...(overlapping && { meanMemberships, maxMemberships }),
    weighted: params.weighted,
    shuffleIds: params.shuffleIds,
  };
}
