/** Flags of what a stream counts, keeps and shows: of `stream`, and of `serve` where it takes events. */
import type { Argv, Options } from 'yargs';
import { SimClustersError } from '../core/errors.ts';
import type { StreamSettings } from '../pipeline/model-stream.ts';
import { clientNumbersDefaults } from '../stream/sources/client-numbers.ts';
import { parseBytes } from './memory-size.ts';

export interface StateArgs {
  readonly favVerbs: readonly string[];
  readonly undoVerbs: readonly string[];
  readonly unfavs: 'ignore' | 'subtract';
  readonly snowflakeIds: boolean;
  readonly latenessSeconds: number;
  readonly maxFutureSeconds: number;
  readonly halfLifeHours: number;
  readonly maxItemAgeHours: number;
  readonly minFavs: number;
  readonly favScoreThreshold?: number;
  readonly memory: string;
  readonly compat: boolean;
  readonly maxClients: number;
  readonly checkpointSeconds: number;
  readonly snapshotSeconds: number;
  readonly topK: number;
  readonly itemThreshold: number;
  readonly indexThreshold: number;
  readonly discardJournal: boolean;
}

type NumberFlag = readonly [name: string, usual: number | undefined, describe: string];

const eventNumbers: readonly NumberFlag[] = [
  ['lateness-seconds', 600, 'Events older than the latest by more than this are late: not counted'],
  ['max-future-seconds', 3600, 'Events ahead of the clock by more than this are refused'],
  [
    'max-clients',
    clientNumbersDefaults.maxClients,
    'Clients that number their posts (x-producer-id) and are remembered; beyond, one that has not posted for an hour is forgotten for a new one',
  ],
];
const stateNumbers: readonly NumberFlag[] = [
  ['half-life-hours', 8, 'Half-life of a fav [source summingbird Configs]'],
  ['max-item-age-hours', 72, 'Tweets older than this take no favs; 0: no limit [source summingbird Configs]'],
  ['min-favs', 8, 'From this many favs on a tweet is kept [source PersistentTweetJob]'],
  [
    'fav-score-threshold',
    undefined,
    'Interests count from this raw favScore on [default: as the model says, else 0.3]',
  ],
];
const outputNumbers: readonly NumberFlag[] = [
  ['checkpoint-seconds', 60, 'Between checkpoints'],
  ['top-k', 1600, 'Items per cluster [source summingbird Configs]'],
  ['item-threshold', 0.02, 'Least score of a cluster of an item [source summingbird Configs]'],
  ['index-threshold', 0.001, 'Least score of an item of a cluster [source summingbird Configs]'],
];

export interface StateFlagOptions {
  /** Usual time between snapshots, seconds. */
  readonly snapshotSeconds: number;
  /** There must be some. */
  readonly needsSnapshots?: boolean;
  /** Before the names of the groups in the help. */
  readonly groupPrefix?: string;
}

/** @returns their names */
export function addStateFlags(
  command: Argv,
  { snapshotSeconds, needsSnapshots = false, groupPrefix = '' }: StateFlagOptions,
): readonly string[] {
  const names: string[] = [];
  const flag = (name: string, options: Options) => {
    names.push(name);
    command.option(name, options);
  };
  const [events, state, output] = ['events:', 'state:', 'output:'].map((name) => groupPrefix + name);
  const numbers = (group: string, flags: readonly NumberFlag[]) => {
    for (const [name, usual, describe] of flags)
      flag(name, { group, type: 'number', requiresArg: true, default: usual, describe });
  };
  flag('fav-verbs', {
    group: events,
    type: 'array',
    string: true,
    default: ['fav'],
    describe: 'Verbs that count',
  });
  flag('undo-verbs', {
    group: events,
    type: 'array',
    string: true,
    default: ['unfav'],
    describe: 'Verbs that take a fav back, with --unfavs subtract',
  });
  flag('unfavs', {
    group: events,
    choices: ['ignore', 'subtract'],
    default: 'ignore',
    describe:
      'The original ignores them. subtract: undoneTimeMs says when the fav was; else the time of the event counts',
  });
  flag('snowflake-ids', {
    group: events,
    type: 'boolean',
    default: false,
    describe: 'Births of tweets are in their ids',
  });
  numbers(events, eventNumbers);
  numbers(state, stateNumbers);
  flag('memory', {
    group: state,
    type: 'string',
    requiresArg: true,
    default: '1GiB',
    describe: 'Memory of the state; beyond it the least valuable items go',
  });
  flag('compat', {
    group: state,
    type: 'boolean',
    default: false,
    describe: 'As the original: an empty light index, and tweets of unknown birth count as too old',
  });
  flag('discard-journal', {
    group: state,
    type: 'boolean',
    default: false,
    describe: 'Go back to the last checkpoint if the journal is damaged',
  });
  numbers(output, [
    [
      'snapshot-seconds',
      snapshotSeconds,
      `Between snapshots for readers${needsSnapshots ? '' : '; 0: none'}`,
    ],
    ...outputNumbers,
  ]);
  return names;
}

const HOUR_MS = 3_600_000;

/** @throws SimClustersError BAD_PARAM */
export function settingsOf(args: StateArgs): StreamSettings {
  demandRanges(args);
  return {
    engine: {
      verbs: { fav: args.favVerbs, undo: args.unfavs === 'subtract' ? args.undoVerbs : [] },
      latenessMs: args.latenessSeconds * 1000,
      maxFutureMs: args.maxFutureSeconds * 1000,
      snowflakeIds: args.snowflakeIds,
      state: {
        halfLifeMs: args.halfLifeHours * HOUR_MS,
        maxAgeMs: args.maxItemAgeHours === 0 ? Number.POSITIVE_INFINITY : args.maxItemAgeHours * HOUR_MS,
        minFavs: args.minFavs,
        bornByFirstEvent: !args.compat,
        budgetBytes: parseBytes('memory', args.memory),
      },
    },
    snapshot: {
      topK: args.topK,
      itemThreshold: args.itemThreshold,
      indexThreshold: args.indexThreshold,
      isLightEmpty: args.compat,
    },
    favScoreThreshold: args.favScoreThreshold,
    discardJournal: args.discardJournal,
    checkpointSeconds: args.checkpointSeconds,
    maxClients: args.maxClients,
    snapshotSeconds: args.snapshotSeconds,
  };
}

function demandRanges(args: StateArgs): void {
  const refuse = (got: string, expected: string, todo: string) => {
    throw new SimClustersError('BAD_PARAM', { got, expected, todo });
  };
  if (args.compat && args.unfavs === 'subtract')
    refuse('--compat with --unfavs subtract', 'one of them', 'The original ignores unfavs: leave one out');
  const notNegative = [
    'latenessSeconds',
    'maxFutureSeconds',
    'maxItemAgeHours',
    'snapshotSeconds',
    'itemThreshold',
    'indexThreshold',
  ] as const;
  for (const name of notNegative)
    if (!(args[name] >= 0)) refuse(`${name} ${args[name]}`, 'a number of at least 0', 'Give such a number');
  for (const name of ['halfLifeHours', 'checkpointSeconds', 'topK', 'minFavs'] as const)
    if (!(args[name] > 0)) refuse(`${name} ${args[name]}`, 'a number above 0', 'Give such a number');
  if (!Number.isInteger(args.maxClients) || args.maxClients < 1)
    refuse(`maxClients ${args.maxClients}`, 'a whole number above 0', 'Give such a number');
}
