/** Params of community detection, shared by the stage `known-for` and the command `communities`. */

import type { FindOptions } from '../communities/find-communities.ts';
import { initialisations } from '../communities/initialise.ts';
import { proposals, updates, weightFormats } from '../communities/options.ts';
import { SimClustersError } from '../core/errors.ts';
import {
  checkParam,
  choice,
  flag,
  integer,
  number,
  type ParamSpec,
  type ParamsOf,
  type PresetName,
  resolveParams,
} from './params.ts';

export const communityParams = {
  numCommunities: integer(
    'Number of communities, k; 0: one per --producers-per-community producers with neighbours',
    0,
  ),
  producersPerCommunity: number(
    'Mean community size when --num-communities is 0',
    { small: 10, web: 100, twitter: 200 },
    { min: 1, source: 'ClusterHdfsGraphApp: 200' },
  ),
  growth: flag(
    'Find the number of communities in place of --num-communities: a move may found a new one; --wt-coeff is the only ' +
      'knob, --max-epochs counts rounds, other settings of the sampler do not apply',
    false,
  ),
  communityWeights: choice(
    'Count similar producers equally, or by their similarity',
    ['unit', 'similarity'],
    { small: 'unit', web: 'unit', twitter: 'similarity' },
  ),
  weightFormat: choice(
    'How edge weights are held: exact, or as 16-bit fixed point',
    weightFormats,
    'float32',
  ),
  initialisation: choice('Where the sampler starts', initialisations, 'random-neighborhoods', {
    source: 'sbf AlgorithmConfig',
  }),
  numStarts: integer(
    'Random starts tried for two epochs each; the best goes on',
    { small: 2, web: 1, twitter: 1 },
    { min: 1, max: 1000 },
  ),
  wtCoeff: number(
    'Weight α of a neighbour inside the community against a stranger outside',
    { small: 5, web: 10, twitter: 10 },
    { min: 1e-6, source: 'sbf AlgorithmConfig: 5; UpdateKnownFor20M145K2020: 10' },
  ),
  maxEpochs: integer(
    'Sweeps over all producers at the most',
    { small: 8, web: 5, twitter: 4 },
    { min: 1, unit: 'epochs', source: 'UpdateKnownFor20M145K2020: 3' },
  ),
  eps: number('Stop when the share of accepted proposals falls below this', 0.01, {
    max: 1,
    source: 'sbf AlgorithmConfig',
  }),
  runAllEpochs: flag('Run --max-epochs whatever the share of accepted proposals', false),
  evaluateEvery: integer('Measure quality after each so many epochs, and after the last', 1, {
    min: 1,
    unit: 'epochs',
    source: 'sbf AlgorithmConfig: evalEvery',
  }),
  proposal: choice('What a move may propose', proposals, 'single-or-zero', { source: 'sbf AlgorithmConfig' }),
  maxMemberships: integer(
    'Communities per vertex at the most, for proposals of several (but for pure-random)',
    5,
    {
      min: 1,
      max: 8,
      source: 'sbf AlgorithmConfig: maxMembershipsPerVertex',
    },
  ),
  scaleCoeff: number('Factor of the likelihood difference in the acceptance test', 0.5, {
    source: 'sbf AlgorithmConfig',
  }),
  temperatureSchedule: flag(
    'Factor 1 / (--temperature-ratio ^ epoch * --max-temperature) in place of --scale-coeff',
    false,
  ),
  maxTemperature: number('Temperature that the schedule starts from', 100, {
    min: 1e-9,
    source: 'sbf AlgorithmConfig',
  }),
  temperatureRatio: number('Factor of the temperature from epoch to epoch', 0.95, {
    min: 1e-9,
    max: 1,
    source: 'sbf AlgorithmConfig',
  }),
  hastings: flag(
    'Correct the acceptance for the asymmetric proposal, so that e^(--scale-coeff * likelihood) is sampled',
    false,
  ),
  update: choice(
    'When moves take effect. phases: the same on any number of threads; serial: at once, one thread; deferred: after ' +
      'the epoch; hogwild: at once on all threads, NOT reproducible',
    updates,
    'phases',
  ),
  splitComponents: flag('Afterwards, split communities into connected components', false),
  removeWeakLinks: flag(
    'When splitting, ignore edges whose ends have no common neighbour in the community',
    true,
  ),
  minCommunitySize: integer('Afterwards, dissolve communities smaller than this', 1, { min: 1 }),
  renumber: flag('Afterwards, number the communities that are left without gaps', false),
  normalizeColumns: flag('Scale the affiliation scores of each community to unit L2 norm', false),
} as const;

export type CommunityParams = ParamsOf<typeof communityParams>;

/**
 * Options of findCommunities from those given, by the names of the flags in camelCase; the preset's defaults for the rest.
 * @throws SimClustersError BAD_PARAM
 */
export function communityOptions(
  given: Partial<CommunityParams> & { readonly numCommunities: number },
  seed = '1',
  preset: PresetName = 'small',
): FindOptions {
  for (const [name, value] of Object.entries(given)) checkParam(name, specOf(name), value);
  const params = resolveParams(communityParams, given, preset);
  return { ...findOptionsOf(params, params.numCommunities), seed };
}

function specOf(name: string): ParamSpec {
  if (Object.hasOwn(communityParams, name)) return communityParams[name as keyof CommunityParams];
  throw new SimClustersError('BAD_PARAM', {
    got: `a param ${name}`,
    expected: `one of ${Object.keys(communityParams).join(', ')}`,
    todo: 'See the help of simclusters communities',
  });
}

/** Params as options. `numCommunities` is what is wanted of them, resolved. */
export function findOptionsOf(
  params: CommunityParams,
  numCommunities: number,
): Omit<FindOptions, 'seed' | 'onProgress' | 'initial'> {
  const { temperatureSchedule, maxTemperature, temperatureRatio } = params;
  return {
    ...params,
    numCommunities,
    unitWeights: params.communityWeights === 'unit',
    ...(temperatureSchedule && { temperature: { max: maxTemperature, ratio: temperatureRatio } }),
    postProcessing: params,
  };
}
