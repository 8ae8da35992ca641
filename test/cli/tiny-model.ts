/** A tiny graph whose communities are obvious, made into a model by the built command line. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliFile, newFolder, type Outcome, simclusters } from '../e2e/cli.ts';

export const themes = ['baseball', 'cooking', 'chess'];
const usersPerTheme = 10;
const producersPerTheme = 6;
/** A producer of chess whose id needs escapes in every format. */
export const oddId = 'a "quoted"\ttab\\slash';

export interface TinyModel {
  /** A folder to be removed after use; the model lies in it. */
  readonly folder: string;
  readonly model: string;
}

/** Users of a theme follow all its producers but one, each another one; `007` follows all of baseball. The news are followed from everywhere. */
export function buildTinyModel(): TinyModel {
  const folder = newFolder();
  const file = (name: string, lines: readonly string[]) => {
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
    return join(folder, name);
  };
  const follows = file('follows.csv', ['consumer,producer', ...followLines()]);
  const engagements = file('favs.tsv', ['time\tuser\titem\tverb', ...favLines()]);
  const topics = file('topics.tsv', [
    'user\ttopic',
    ...userNames().map((user) => `${user}\t${themeOf(user)}`),
  ]);
  const model = join(folder, 'model');
  const inputs = ['--follows', follows, '--engagements', engagements, '--topic-follows', topics];
  // On a graph this small a random start may lay two themes into one; the best of many does not.
  const settings = ['--num-communities', '3', '--num-starts', '20', '--seed', '2', '--quiet'];
  // Renewed once, so that it has every artifact there is.
  for (const renewal of [[], ['--previous', model]]) {
    const { status, stderr } = simclusters(['run', '--model', model, ...inputs, ...settings, ...renewal]);
    if (status !== 0) throw new Error(`no tiny model: ${stderr}`);
  }
  const { status, stderr } = simclusters(['recommendation-views', '--model', model, '--quiet']);
  if (status !== 0) throw new Error(`no views: ${stderr}`);
  return { folder, model };
}

/** Runs the built command line into a shell command; the exit code is the first that is not 0. */
export function simclustersInto(behind: string, args: readonly string[]): Outcome {
  const command = [process.execPath, cliFile, ...args].map((word) => `'${word}'`).join(' ');
  const { status, stdout, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', `${command} | ${behind}`], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function userNames(): string[] {
  return themes.flatMap((theme) => Array.from({ length: usersPerTheme }, (_, i) => `${theme}-fan-${i}`));
}

function themeOf(user: string): string {
  return user.split('-')[0];
}

function producersOf(theme: string): string[] {
  const names = Array.from({ length: producersPerTheme }, (_, i) => `${theme}.example/${i}`);
  return theme === 'chess' ? [...names.slice(1), oddId] : names;
}

function followLines(): string[] {
  const csv = (id: string) => `"${id.replaceAll('"', '""')}"`;
  const edges = userNames().flatMap((user, u) =>
    producersOf(themeOf(user))
      .filter((_, p) => p !== u % producersPerTheme)
      .map((producer) => [user, producer]),
  );
  edges.push(...producersOf('baseball').map((producer) => ['007', producer]));
  edges.push(...themes.map((theme) => [`${theme}-fan-9`, 'news.example']));
  return edges.map((edge) => edge.map(csv).join(','));
}

/** Items are producers, or are by nobody known. */
function favLines(): string[] {
  return userNames().flatMap((user, u) => [
    `${1_700_000_000 + u * 60}\t${user}\t${themeOf(user)}.example/1\tfav`,
    `${1_700_000_030 + u * 60}\t${user}\t${themeOf(user)} weekly\tfav`,
  ]);
}
