/** `simclusters evaluate recommend`: flags; learns from a training split and ranks for the held-out follows. */
import type { Argv, CommandModule } from 'yargs';
import { SimClustersError } from '../core/errors.ts';
import { type SplitKind, splitKinds } from '../evaluate/split.ts';
import type { EdgeFormat } from '../io/edge-input.ts';
import { stages } from '../stages/index.ts';
import { flagName, type PresetName, presetNames } from '../stages/params.ts';
import { printEvaluation } from './evaluate-recommend-display.ts';
import { type RankingName, rankingNames } from './evaluate-recommend-rankings.ts';
import { evaluateRecommend } from './evaluate-recommend-run.ts';
import { addStageFlags } from './flags.ts';

export interface EvaluateArgs {
  readonly train: string[];
  readonly test?: string[];
  readonly format: Exclude<EdgeFormat, 'metis'>;
  readonly columns?: string[];
  readonly split?: SplitKind;
  readonly share: number;
  readonly validation: number;
  readonly rankings: RankingName[];
  readonly k: number;
  readonly knnNeighbors: number;
  readonly buckets: boolean;
  readonly model?: string;
  readonly preset?: PresetName;
  readonly seed?: string;
  readonly threads: number;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly [param: string]: unknown;
}

/** Stages whose params can be given; follows come by --train. */
export const tunedStages = stages.slice(1);

export const evaluateRecommendCommand: CommandModule = {
  command: 'recommend',
  describe: 'Learn from a part of the follows, recommend, and measure against the rest, beside baselines',
  builder: (command) =>
    addStageFlags(addModelFlags(addDataFlags(command)), tunedStages)
      .check((args) => demandSense(args as unknown as EvaluateArgs))
      .example([
        [
          '$0 evaluate recommend --train train.txt.gz --test test.txt.gz',
          'a given split; full ranking, train follows left out',
        ],
        [
          '$0 evaluate recommend --train ratings.csv --split by-time --columns timestamp,userId,movieId',
          'the last fifth is held out',
        ],
        [
          '$0 evaluate recommend --train train.txt.gz --validation 0.1 --sharpening 0.3 --rankings joined',
          'choose a parameter without looking at the test split',
        ],
      ]),
  handler: async (parsed) => {
    const args = parsed as unknown as EvaluateArgs;
    printEvaluation(args, await evaluateRecommend(args));
  },
};

function addDataFlags(command: Argv): Argv {
  return command
    .option('train', {
      type: 'array',
      string: true,
      demandOption: true,
      requiresArg: true,
      describe: 'Follow edges to learn from; with --split, all there are',
    })
    .option('test', { type: 'array', string: true, requiresArg: true, describe: 'Held-out follow edges' })
    .option('split', {
      choices: splitKinds,
      describe:
        'Hold out some of --train instead: a random share of each consumer’s, the last share of all, or the last of each consumer. ' +
        'The latter two read rows of time, user, item',
    })
    .option('share', { type: 'number', default: 0.2, describe: 'Share that --split holds out' })
    .option('validation', {
      type: 'number',
      default: 0,
      describe:
        'Learn from less: hold out this share of the training follows and measure on it. The test split is not looked at',
    })
    .option('format', {
      choices: ['auto', 'edges', 'lists', 'parquet'],
      default: 'auto',
      describe: 'Format of both',
    })
    .option('columns', {
      type: 'string',
      requiresArg: true,
      coerce: (text: string) => text.split(','),
      describe: 'Columns: consumer,producer, or time,user,item; names or positions',
    });
}

function addModelFlags(command: Argv): Argv {
  return command
    .option('rankings', {
      type: 'string',
      default: rankingNames.join(','),
      requiresArg: true,
      coerce: (text: string) => text.split(','),
      describe: 'What to measure',
    })
    .option('k', { type: 'number', default: 20, describe: 'Length of the ranking' })
    .option('knn-neighbors', { type: 'number', default: 100, describe: 'Neighbours of the baselines' })
    .option('buckets', { type: 'boolean', default: false, describe: 'By activity of the consumers, too' })
    .option('model', {
      alias: 'm',
      type: 'string',
      requiresArg: true,
      describe: 'Model folder to build in and keep; unset: a temporary one',
    })
    .option('preset', { choices: presetNames, describe: 'Thresholds that belong together' })
    .option('seed', {
      type: 'string',
      requiresArg: true,
      describe: 'Root of all randomness, of the split too',
    })
    .option('threads', {
      alias: 't',
      type: 'number',
      default: 0,
      describe: 'Threads; 0: as many as the machine offers. The result is the same',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
    .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'No progress' });
}

function demandSense(args: EvaluateArgs): boolean {
  const { test, split, validation, k, knnNeighbors, share, rankings } = args;
  if (test && split) refuse('--test and --split', 'one of them', 'Leave one out');
  if (!test && !split && !validation)
    refuse('nothing held out', '--test, --split or --validation', 'Say what to measure against');
  demandShare('share', share, Boolean(split));
  demandShare('validation', validation, validation !== 0);
  for (const [name, value] of Object.entries({ k, knnNeighbors }))
    if (!Number.isInteger(value) || value < 1)
      refuse(`--${flagName(name)} ${value}`, 'a whole number of at least 1', 'Give one');
  const unknown = rankings.find((name) => !rankingNames.includes(name));
  if (unknown !== undefined)
    refuse(`--rankings ${unknown}`, `some of ${rankingNames.join(',')}`, 'Mend the list');
  return true;
}

function demandShare(name: string, share: number, isUsed: boolean): void {
  if (isUsed && !(share > 0 && share < 1))
    refuse(`--${name} ${share}`, 'a share between 0 and 1', 'Hold out a part, and not all');
}

function refuse(got: string, expected: string, todo: string): never {
  throw new SimClustersError('BAD_PARAM', { got, expected, todo });
}
