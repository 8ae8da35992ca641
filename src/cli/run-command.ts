/** `simclusters run`, and one command per stage: the same pipeline with another target. */
import type { Argv, CommandModule } from 'yargs';
import { SimClustersError } from '../core/errors.ts';
import type { Manifest } from '../pipeline/manifest.ts';
import { openModel } from '../pipeline/model-folder.ts';
import { givenBefore, type RunOptions, runPipeline, stagesFor } from '../pipeline/pipeline.ts';
import { writeReport } from '../report/report.ts';
import { stages } from '../stages/index.ts';
import { flagName, type PresetName, presetNames } from '../stages/params.ts';
import type { Stage } from '../stages/stage.ts';
import { changeLines, changeOf } from './change-text.ts';
import { exampleParams } from './example.ts';
import { addStageFlags, givenParams } from './flags.ts';
import { parseBytes } from './memory-size.ts';
import { createProgress, type ProgressStyle } from './progress.ts';
import { printStageTable } from './stage-table.ts';
import { terminalStyle } from './terminal-style.ts';

interface RunArgs {
  readonly model: string;
  readonly preset?: PresetName;
  readonly seed?: string;
  readonly threads: number;
  readonly memory?: string;
  readonly modelVersion?: string;
  readonly force: boolean;
  readonly log: 'text' | 'json';
  readonly quiet: boolean;
  readonly [param: string]: unknown;
}

/** Flags that may stand once, and not empty. */
function demandSingleTexts(args: Record<string, unknown>): boolean {
  for (const name of ['model', 'seed', 'modelVersion', 'preset', 'threads', 'memory']) {
    const value = args[name];
    if (value !== '' && !Array.isArray(value)) continue;
    throw new SimClustersError('BAD_PARAM', {
      got: `--${flagName(name)} ${JSON.stringify(value)}`,
      expected: 'one value, not empty',
      todo: `Give --${flagName(name)} once, or leave it out`,
    });
  }
  return true;
}

function addRunFlags(command: Argv): Argv {
  return command
    .option('model', {
      alias: 'm',
      type: 'string',
      default: 'model',
      requiresArg: true,
      describe: 'Model folder',
    })
    .option('preset', {
      choices: presetNames,
      describe: 'Thresholds that belong together; unset: chosen by the number of producers',
    })
    .option('seed', {
      type: 'string',
      requiresArg: true,
      describe: 'Root of all randomness, any text [default 1]',
    })
    .option('threads', {
      alias: 't',
      type: 'number',
      default: 0,
      requiresArg: true,
      describe: 'Threads; 0: as many as the machine offers. The result is the same',
    })
    .option('memory', {
      type: 'string',
      requiresArg: true,
      describe:
        'Keep the similarity stage to this much memory, such as 2GB: rows are computed in panels and wait in temporary files. The result is the same',
    })
    .option('model-version', {
      type: 'string',
      requiresArg: true,
      describe: 'Name of this version in the manifest [default model-1]',
    })
    .option('force', {
      type: 'boolean',
      default: false,
      describe: 'Run stages whose outputs are up to date, too',
    })
    .option('log', {
      choices: ['text', 'json'],
      default: 'text',
      describe: 'Progress as text or as JSON lines on stderr',
    })
    .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'Say nothing but errors' })
    .config('config', 'JSON file with any of these flags')
    .check(demandSingleTexts);
}

export const runCommand: CommandModule = {
  command: 'run',
  describe:
    'The whole job: from follow edges to a model folder and a report. Without --follows: on the bundled example',
  builder: (command) =>
    addStageFlags(addRunFlags(command), stages).example([
      ['$0 run', 'the bundled example, into ./model'],
      ['$0 run --follows follows.tsv.gz --engagements favs.ndjson --model out', 'your own data'],
    ]),
  handler: async (parsed) => {
    const args = parsed as unknown as RunArgs;
    const own = givenParams(args, stages);
    const given = own.follows === undefined ? { ...exampleParams(), ...own } : own;
    if (own.follows === undefined && style(args) === 'text')
      process.stderr.write(
        'no --follows: running on the bundled example, with larger communities than the preset has\n',
      );
    const manifest = await runWithProgress(args, { given, preset: args.preset, seed: args.seed });
    const report = await writeReport(openModel(args.model, { verify: false }));
    if (style(args) === 'text') {
      printStageTable(manifest);
      const textStyle = terminalStyle();
      const change = changeOf(manifest.stages['known-for']?.report);
      if (change) process.stdout.write(`${changeLines(change, textStyle).join('\n')}\n`);
      process.stdout.write(`\nmodel   ${textStyle.bold(args.model)}\nreport  ${textStyle.bold(report)}\n`);
    }
  },
};

export const stageCommands: readonly CommandModule[] = stages.map((stage) => ({
  command: stage.name,
  describe: stage.summary,
  builder: (command) => addStageFlags(addRunFlags(command), stagesFor(stage.name)),
  handler: (parsed) => runStage(stage, parsed as unknown as RunArgs),
}));

/** Runs one stage, and before it what it needs and is not up to date. Params not given are those the model was built with. */
async function runStage(stage: Stage, args: RunArgs): Promise<void> {
  const own = givenParams(args, stagesFor(stage.name));
  const before =
    own.follows === undefined ? givenBefore(args.model) : { given: {}, preset: undefined, seed: undefined };
  await runWithProgress(args, {
    given: { ...before.given, ...own },
    preset: args.preset ?? before.preset,
    seed: args.seed ?? before.seed,
    target: stage.name,
  });
}

function style({ quiet, log }: RunArgs): ProgressStyle {
  return quiet ? 'quiet' : log;
}

async function runWithProgress(
  args: RunArgs,
  options: Pick<RunOptions, 'given' | 'preset' | 'seed' | 'target'>,
): Promise<Manifest> {
  const progress = createProgress(style(args));
  try {
    return await runPipeline({
      ...options,
      folder: args.model,
      modelVersion: args.modelVersion,
      numThreads: args.threads,
      maxMemoryBytes: args.memory === undefined ? undefined : parseBytes('memory', args.memory),
      force: args.force,
      onEvent: (event) => progress.onEvent(event),
    });
  } finally {
    progress.stop();
  }
}
