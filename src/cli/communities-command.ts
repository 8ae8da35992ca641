/** `simclusters communities`: communities of any undirected graph, read from a file and written to files. */
import type { Argv, CommandModule } from 'yargs';
import { SimClustersError } from '../core/errors.ts';
import { presetNames } from '../stages/params.ts';
import { type CommunitiesArgs, communitiesDeclaration, runCommunities } from './communities-run.ts';
import { addStageFlags } from './flags.ts';

const outputs = {
  rows: 'Write the communities of each vertex: line i, communities numbered from 1',
  cols: 'Write the members of each community: line c, vertices numbered from 1',
  members: 'Write the members of each community by their ids in the input, tab-separated',
  'scored-rows': 'Write the communities of each vertex with affiliation scores, `community:score`',
  precision: 'Write the weighted precision of each community; the file must not exist yet',
} as const;

function addFlags(command: Argv): Argv {
  command
    .positional('graph', {
      type: 'string',
      describe: 'METIS file or edge list (`left right [weight]`), plain, gzip or zstd; - for stdin',
    })
    .option('format', {
      choices: ['auto', 'edges', 'lists', 'metis', 'parquet'],
      default: 'auto',
      describe:
        'Format of the graph; auto goes by name and content. The counts of a METIS header must be right',
    })
    .option('bad-rows', {
      choices: ['stop', 'skip'],
      default: 'stop',
      describe:
        'Edge lists: stop at the first row that cannot be read, or leave such rows out and count them',
    })
    .option('config', {
      type: 'string',
      requiresArg: true,
      describe:
        'Config file of sbf (`key value` lines). Flags given here go before it; unknown keys are warned of',
    });
  for (const [name, describe] of Object.entries(outputs))
    command.option(name, {
      group: 'output:',
      type: 'string',
      requiresArg: true,
      describe: `${describe}; - for stdout`,
    });
  command
    .option('metrics', {
      group: 'output:',
      choices: ['text', 'json', 'none'],
      default: 'text',
      describe: 'Quality and rates of each epoch: as a table on stderr, or as JSON lines on stdout',
    })
    .option('init-rows', {
      group: 'start:',
      type: 'string',
      requiresArg: true,
      describe: 'Start from a rows file',
    })
    .option('init-cols', {
      group: 'start:',
      type: 'string',
      requiresArg: true,
      describe: 'Start from a cols file; its lines are the communities',
    })
    .option('init-members', {
      group: 'start:',
      type: 'string',
      requiresArg: true,
      describe: 'Start from a file of members by id; its lines are the communities',
    })
    .option('memory', {
      type: 'string',
      requiresArg: true,
      describe:
        'Keep edges on disk and this much in memory, such as 512MB. METIS only, both ends of an edge with the very same weight; the result is the same',
    })
    .option('spool', {
      type: 'string',
      requiresArg: true,
      describe: 'Folder for the edges with --memory [default: that of temporary files]',
    })
    .option('preset', {
      choices: presetNames,
      describe: 'Settings that belong together; unset: by the number of vertices',
    })
    .option('seed', {
      type: 'string',
      requiresArg: true,
      describe: 'Root of all randomness, any text [default 1]',
    })
    .option('threads', {
      alias: 't',
      type: 'number',
      requiresArg: true,
      describe: 'Threads; 0: as many as the machine offers. The result is the same, but for --update hogwild',
    })
    .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'Say nothing but errors' })
    .check(demandSingles);
  return addStageFlags(command, [communitiesDeclaration]);
}

function demandSingles(args: Record<string, unknown>): boolean {
  const names = [
    ...Object.keys(outputs),
    'config',
    'init-rows',
    'init-cols',
    'init-members',
    'memory',
    'spool',
    'seed',
    'threads',
  ];
  for (const name of names) {
    const value = args[name];
    if (value !== '' && !Array.isArray(value)) continue;
    throw new SimClustersError('BAD_PARAM', {
      got: `--${name} ${JSON.stringify(value)}`,
      expected: 'one value, not empty',
      todo: `Give --${name} once, or leave it out`,
    });
  }
  return true;
}

export const communitiesCommand: CommandModule = {
  command: 'communities [graph]',
  describe: 'Find communities in an undirected graph: METIS or edges in, members and scores out',
  builder: (command) =>
    addFlags(command).example([
      ['$0 communities graph.metis --num-communities 400 --rows out.rows', 'fixed number of communities'],
      ['$0 communities edges.tsv.gz --growth --wt-coeff 4 --members out.tsv', 'number of communities found'],
      ['$0 communities graph.metis --memory 512MB --cols out.cols', 'edges stay on disk'],
    ]),
  handler: (parsed) => runCommunities(parsed as unknown as CommunitiesArgs),
};
