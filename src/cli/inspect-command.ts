/** `simclusters inspect`: a model, or one thing in it, explained in words. */

import type { CommandModule } from 'yargs';
import { SimClustersError } from '../core/errors.ts';
import {
  inspectModel,
  inspectSubject,
  type Portrait,
  type SubjectKind,
  subjectKinds,
} from '../inspect/inspect.ts';
import { writeToStream } from '../io/stream-output.ts';
import { openModel } from '../pipeline/model-folder.ts';
import { portraitText } from './inspect-text.ts';
import { terminalStyle } from './terminal-style.ts';

const maxTop = 1000;

interface InspectArgs {
  readonly subject?: SubjectKind;
  readonly id?: string;
  readonly model: string;
  readonly top: number;
  readonly json: boolean;
}

export const inspectCommand: CommandModule = {
  command: 'inspect [subject] [id]',
  describe: 'Explain a model in words, or a cluster, user, producer or topic in it',
  builder: (command) =>
    command
      .positional('subject', { choices: subjectKinds, describe: 'Unset: the model as a whole' })
      .positional('id', { type: 'string', describe: 'Its id, as the input spells it; clusters by number' })
      .option('model', {
        alias: 'm',
        type: 'string',
        default: 'model',
        requiresArg: true,
        describe: 'Model folder',
      })
      .option('top', {
        type: 'number',
        default: 10,
        requiresArg: true,
        describe: `How much of each list to tell, 1 to ${maxTop}`,
      })
      .option('json', { type: 'boolean', default: false, describe: 'The same as JSON' })
      .example([
        ['$0 inspect', 'what ./model is made of, and its largest communities'],
        ['$0 inspect user redsox', 'interests, what carries them, what to follow next'],
        ['$0 inspect cluster 17 --json', 'one community for a program'],
      ]),
  handler: async (parsed) => {
    const args = parsed as unknown as InspectArgs;
    const portrait = portraitFor(args);
    const text = args.json
      ? `${JSON.stringify(portrait, null, 2)}\n`
      : portraitText(portrait, terminalStyle());
    await writeToStream(process.stdout, 'standard output', [Buffer.from(text)]);
  },
};

function portraitFor({ subject, id, model: folder, top }: InspectArgs): Portrait {
  if (!Number.isInteger(top) || top < 1 || top > maxTop) {
    refuse(`--top ${top}`, `a whole number from 1 to ${maxTop}`, 'See `simclusters inspect --help`');
  }
  if (subject === undefined) return inspectModel(openModel(folder), top);
  if (id === undefined) {
    refuse(`${subject} without an id`, 'an id', `Say which: simclusters inspect ${subject} ID`);
  }
  return inspectSubject(openModel(folder), subject, id, top);
}

function refuse(got: string, expected: string, todo: string): never {
  throw new SimClustersError('BAD_PARAM', { got, expected, todo });
}
