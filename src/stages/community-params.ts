/** Params of community detection, shared by the stage `known-for` and the command `communities`. */
import { choice, flag, integer, number } from './params.ts';

export { initialisations } from '../communities/initialise.ts';

export const proposals = [
  'single-or-zero',
  'multiple',
  'fraction-of-neighbors',
  'fraction-of-neighbors-and-cluster',
  'pure-random',
] as const;

export const updates = ['phases', 'serial', 'deferred', 'hogwild'] as const;

/** How the sampler moves. Defaults are those of sbf where nothing else is said. */
export const samplerParams = {
  proposal: choice('What a move may propose', proposals, 'single-or-zero', { source: 'sbf AlgorithmConfig' }),
  maxMemberships: integer('Communities per vertex at the most, for proposals of several', 5, {
    min: 1,
    max: 8,
    source: 'sbf AlgorithmConfig: maxMembershipsPerVertex',
  }),
  temperatureSchedule: flag(
    'Accept by 1 / (temperature-ratio^epoch * max-temperature) in place of --scale-coeff',
    false,
  ),
  maxTemperature: number('Temperature the schedule starts from', 100, {
    min: 1e-9,
    source: 'sbf AlgorithmConfig',
  }),
  temperatureRatio: number('Factor of the temperature from epoch to epoch', 0.95, {
    min: 1e-9,
    max: 1,
    source: 'sbf AlgorithmConfig',
  }),
  hastings: flag(
    'Correct the acceptance for the asymmetric proposal, so that the chain samples e^(scale * L)',
    false,
  ),
  growth: flag(
    'Find the number of communities: a move may found a new one. --wt-coeff is the only knob',
    false,
  ),
  update: choice(
    'When moves take effect. phases: same result on any number of threads; serial: at once, one thread; ' +
      'deferred: after the epoch; hogwild: at once on all threads, not reproducible',
    updates,
    'phases',
  ),
  weightFormat: choice('How edge weights are held in memory', ['float32', 'fixed16'], 'float32'),
} as const;

/** What is done to the communities after the last epoch. */
export const postProcessingParams = {
  splitComponents: flag('Split communities into connected components', false),
  removeWeakLinks: flag(
    'When splitting, ignore edges whose ends have no common neighbour in the community',
    true,
  ),
  minCommunitySize: integer('Dissolve communities smaller than this', 1, { min: 1 }),
  normalizeColumns: flag('Scale the affiliation scores of each community to unit L2 norm', false),
} as const;
