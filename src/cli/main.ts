/** The command line: parses, runs a command, turns errors into a message and an exit code. */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { errorTable, SimClustersError } from '../core/errors.ts';
import { writeFailure } from '../io/atomic-file.ts';
import { packageVersion } from '../pipeline/package-version.ts';
import { colorsFor } from './colors.ts';
import { communitiesCommand } from './communities-command.ts';
import { evaluateCommand } from './evaluate-command.ts';
import { explorerCommand } from './explorer-command.ts';
import { exportCommand } from './export-command.ts';
import { generateCommand } from './generate-command.ts';
import { inspectCommand } from './inspect-command.ts';
import { recommendCommand } from './recommend-command.ts';
import { runCommand, stageCommands } from './run-command.ts';
import { serveCommand } from './serve-command.ts';
import { streamCommand } from './stream-command.ts';

/** Runs the command in argv; sets process.exitCode. */
export async function main(argv: readonly string[]): Promise<void> {
  const parser = yargs(joinStdin(hideBin([...argv])))
    .scriptName('simclusters')
    .usage('$0 <command> [flags]\n\nCommunity-based sparse embeddings: from a follow graph to candidates.')
    .version(packageVersion())
    .command(runCommand)
    .command(communitiesCommand)
    .command(exportCommand)
    .command(explorerCommand)
    .command(inspectCommand)
    .command(recommendCommand)
    .command(evaluateCommand)
    .command(generateCommand)
    .command(serveCommand)
    .command(streamCommand)
    .demandCommand(1, 'Which command? See --help.')
    .recommendCommands()
    .strict()
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .fail((message, error) => {
      // yargs' own complaints come as YError.
      throw error && error.name !== 'YError' ? error : usageError(error?.message ?? message);
    });
  for (const command of stageCommands) parser.command(command);
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.exit(reportError(writeFailure('standard output', error), argv));
  });
  try {
    await parser.parseAsync();
  } catch (error) {
    process.exitCode = reportError(error, argv);
    // A defect may leave threads or timers behind that would keep the process alive.
    if (!(error instanceof SimClustersError)) process.exit();
  }
}

/** `--follows -` as `--follows=-`: yargs takes a lone dash after a list flag for a stray argument. */
function joinStdin(args: readonly string[]): string[] {
  return args.reduce<string[]>((joined, arg) => {
    const flag = joined[joined.length - 1];
    if (arg === '-' && flag?.startsWith('--')) joined[joined.length - 1] = `${flag}=-`;
    else joined.push(arg);
    return joined;
  }, []);
}

function usageError(message: string): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    got: message,
    expected: 'a command and its flags',
    todo: 'See `simclusters --help`, or `simclusters <command> --help`',
  });
}

/** Prints an error and gives the exit code. An error that is none of ours is a defect: it shows its stack. */
function reportError(error: unknown, argv: readonly string[]): number {
  if (argv.includes('json') && argv.includes('--log')) return reportErrorAsJson(error);
  const { red } = colorsFor(process.stderr);
  if (error instanceof SimClustersError) {
    process.stderr.write(`${red('error')}: ${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${red('defect')}: ${error instanceof Error ? error.stack : String(error)}\n`);
  return errorTable.SHAPE_MISMATCH.exitCode;
}

/** The same for whoever reads progress as JSON lines. */
function reportErrorAsJson(error: unknown): number {
  const ours = error instanceof SimClustersError ? error : undefined;
  const { cause: _, ...facts } = ours?.facts ?? { cause: undefined };
  const line = {
    time: new Date().toISOString(),
    type: 'error',
    code: ours?.code ?? 'DEFECT',
    message: String(error),
    ...facts,
  };
  process.stderr.write(`${JSON.stringify(line)}\n`);
  return ours?.exitCode ?? errorTable.SHAPE_MISMATCH.exitCode;
}
