/** The command line: parses, runs a command, turns errors into a message and an exit code. */
import pc from 'picocolors';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { errorTable, SimClustersError } from '../core/errors.ts';
import { packageVersion } from '../pipeline/package-version.ts';
import { evaluateCommand } from './evaluate-command.ts';
import { exportCommand } from './export-command.ts';
import { inspectCommand } from './inspect-command.ts';
import { runCommand, stageCommands } from './run-command.ts';

/** Runs the command in argv; sets process.exitCode. */
export async function main(argv: readonly string[]): Promise<void> {
  const parser = yargs(joinStdin(hideBin([...argv])))
    .scriptName('simclusters')
    .usage('$0 <command> [flags]\n\nCommunity-based sparse embeddings: from a follow graph to candidates.')
    .version(packageVersion())
    .command(runCommand)
    .command(exportCommand)
    .command(inspectCommand)
    .command(evaluateCommand)
    .demandCommand(1, 'Which command? See --help.')
    .recommendCommands()
    .strict()
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .fail((message, error) => {
      // yargs' own complaints come as YError.
      throw error && error.name !== 'YError' ? error : usageError(error?.message ?? message);
    });
  for (const command of stageCommands) parser.command(command);
  try {
    await parser.parseAsync();
  } catch (error) {
    process.exitCode = reportError(error);
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
function reportError(error: unknown): number {
  if (error instanceof SimClustersError) {
    process.stderr.write(`${pc.red('error')}: ${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${pc.red('defect')}: ${error instanceof Error ? error.stack : String(error)}\n`);
  return errorTable.SHAPE_MISMATCH.exitCode;
}
