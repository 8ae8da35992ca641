/** `simclusters stream`: events in as they come, embeddings of tweets and trends out, nothing lost. */
import type { Argv, CommandModule } from 'yargs';
import { sourceUrlHelp } from '../stream/sources/source-url.ts';
import { runStream, type StreamArgs } from './stream-run.ts';

function addFlags(command: Argv): Argv {
  const number = (name: string, value: number | undefined, describe: string, group = 'state:') =>
    command.option(name, { group, type: 'number', requiresArg: true, default: value, describe });
  const text = (name: string, group: string, describe: string, value?: string) =>
    command.option(name, { group, type: 'string', requiresArg: true, default: value, describe });
  text(
    'model',
    'stream:',
    'Model folder whose interests the events add; read again when it changes',
    'model',
  );
  text(
    'state',
    'stream:',
    'Folder for journal, checkpoints and snapshots [default: stream in the model folder]',
  );
  text('file', 'sources:', 'A file of JSON lines');
  command
    .option('follow', {
      group: 'sources:',
      type: 'boolean',
      default: false,
      describe: 'Wait for more at the end of --file',
    })
    .option('stdin', {
      group: 'sources:',
      type: 'boolean',
      default: false,
      describe: 'JSON lines from standard input',
    });
  command.option('source', {
    group: 'sources:',
    type: 'string',
    array: true,
    nargs: 1,
    describe: `A broker; may be given several times\n${sourceUrlHelp}`,
  });
  number('http', undefined, 'Port for POST /v1/events; also embeddings, status and metrics', 'sources:');
  text('host', 'sources:', 'Address that --http listens on', '127.0.0.1');
  command
    .option('fav-verbs', {
      group: 'events:',
      type: 'array',
      string: true,
      default: ['fav'],
      describe: 'Verbs that count',
    })
    .option('undo-verbs', {
      group: 'events:',
      type: 'array',
      string: true,
      default: ['unfav'],
      describe: 'Verbs that take a fav back, with --unfavs subtract',
    })
    .option('unfavs', {
      group: 'events:',
      choices: ['ignore', 'subtract'],
      default: 'ignore',
      describe:
        'The original ignores them. subtract: undoneTimeMs says when the fav was; else the time of the event counts',
    })
    .option('snowflake-ids', {
      group: 'events:',
      type: 'boolean',
      default: false,
      describe: 'Births of tweets are in their ids',
    });
  number(
    'lateness-seconds',
    600,
    'Events older than the latest by more than this are late: not counted',
    'events:',
  );
  number('max-future-seconds', 3600, 'Events ahead of the clock by more than this are refused', 'events:');
  number('half-life-hours', 8, 'Half-life of a fav [source summingbird Configs]');
  number(
    'max-item-age-hours',
    72,
    'Tweets older than this take no favs; 0: no limit [source summingbird Configs]',
  );
  number('min-favs', 8, 'From this many favs on a tweet is kept [source PersistentTweetJob]');
  number(
    'fav-score-threshold',
    undefined,
    'Interests count from this raw favScore on [default: as the model says, else 0.3]',
  );
  text('memory', 'state:', 'Memory of the state; beyond it the least valuable items go', '1GiB');
  command.option('compat', {
    group: 'state:',
    type: 'boolean',
    default: false,
    describe: 'As the original: an empty light index, and tweets of unknown birth count as too old',
  });
  number('checkpoint-seconds', 60, 'Between checkpoints', 'output:');
  number('snapshot-seconds', 10, 'Between snapshots for readers; 0: none', 'output:');
  number('top-k', 1600, 'Items per cluster [source summingbird Configs]', 'output:');
  number(
    'item-threshold',
    0.02,
    'Least score of a cluster of an item [source summingbird Configs]',
    'output:',
  );
  number(
    'index-threshold',
    0.001,
    'Least score of an item of a cluster [source summingbird Configs]',
    'output:',
  );
  return command
    .option('discard-journal', {
      group: 'stream:',
      type: 'boolean',
      default: false,
      describe: 'Go back to the last checkpoint if the journal is damaged',
    })
    .option('threads', {
      alias: 't',
      type: 'number',
      requiresArg: true,
      default: 0,
      describe: 'Threads; 0: as many as the machine offers. The result is the same',
    })
    .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'Say nothing but errors' });
}

export const streamCommand: CommandModule = {
  command: 'stream',
  describe: 'Keep embeddings of tweets and trends fresh from a stream of engagements, losing none',
  builder: (command) =>
    addFlags(command).example([
      ['$0 stream --model DIR --http 7070', 'events by POST, answered when they are on disk'],
      ['$0 stream --model DIR --file events.ndjson --follow', 'a log that grows'],
      ['$0 stream --model DIR --source kafka://localhost/engagements', 'a topic, shared by its group'],
      ['zcat events.ndjson.gz | $0 stream --model DIR --stdin', 'a replay'],
    ]),
  handler: (parsed) => runStream(parsed as unknown as StreamArgs),
};
