/** `simclusters stream`: events in as they come, embeddings of tweets and trends out, nothing lost. */
import type { Argv, CommandModule } from 'yargs';
import { sourceUrlHelp } from '../stream/sources/source-url.ts';
import { addStateFlags } from './stream-flags.ts';
import { runStream, type StreamArgs } from './stream-run.ts';

function addFlags(command: Argv): Argv {
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
  command.option('http', {
    group: 'sources:',
    type: 'number',
    requiresArg: true,
    describe: 'Port for POST /v1/events; also embeddings, status and metrics',
  });
  text('host', 'sources:', 'Address that --http listens on', '127.0.0.1');
  addStateFlags(command, { snapshotSeconds: 10 });
  return command
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
