/** The data that recommendations are measured on, named by flags, and runs of `simclusters evaluate recommend` on them. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Evaluation } from '../../src/cli/evaluate-recommend-run.ts';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Flag of each data set, and what it is. */
export const datasetFlags = {
  gowalla: 'Gowalla, as LightGCN splits it: TRAIN,TEST',
  lastfm: 'Last.fm, plays (HetRec 2011): FILE',
  movielens: 'MovieLens, ratings (ml-latest-small): FILE',
  steam: 'Steam, games bought: FILE',
  github: 'GitHub, stars: TRAIN,TEST',
  yelp: 'Yelp with friends (DiffNet), ratings: TRAIN,TEST',
} as const;

export type DatasetName = keyof typeof datasetFlags;
export const datasetNames = Object.keys(datasetFlags) as readonly DatasetName[];

export interface Dataset {
  readonly name: DatasetName;
  /** Flags that name the follows and what is held out of them. */
  readonly flags: readonly string[];
}

/** The data sets given: with a test file as split by others, else a fifth of each user's follows is held out at random. */
export function datasetsOf(args: Readonly<Record<string, unknown>>): Dataset[] {
  return datasetNames.flatMap((name) => {
    const files = args[name];
    if (typeof files !== 'string') return [];
    const [train, test] = files.split(',');
    return { name, flags: ['--train', train, ...(test ? ['--test', test] : ['--split', 'random'])] };
  });
}

/** One run of the command, in a process of its own as a user would start it. */
export function evaluate({ flags }: Dataset, more: readonly string[]): Evaluation {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [cli, 'evaluate', 'recommend', ...flags, ...more, '--json'],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Evaluation;
}
