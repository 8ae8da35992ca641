/** `simclusters recommend`: candidates for consumers of a model, each with what carries it. */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { CommandModule } from 'yargs';
import { SimClustersError } from '../core/errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { writeToStream } from '../io/stream-output.ts';
import { openKernels } from '../kernels/open.ts';
import { openModel } from '../pipeline/model-folder.ts';
import { candidateNdjson, candidateTsv } from './recommend-output.ts';
import { recommendFromModel } from './recommend-run.ts';

const formats = ['tsv', 'ndjson'] as const;
type Format = (typeof formats)[number];

const MAX_K = 10_000;

interface RecommendArgs {
  readonly ids: readonly (string | number)[];
  readonly model: string;
  readonly users?: string;
  readonly k: number;
  readonly reasons: number;
  readonly format?: Format;
  readonly out: string;
  readonly threads: number;
}

export const recommendCommand: CommandModule = {
  command: 'recommend [ids..]',
  describe: 'Recommend producers to consumers of a model, and say which communities and follows carry each',
  builder: (command) =>
    command
      .positional('ids', {
        type: 'string',
        describe: 'Consumers, as the input spells them; none and no --users: all',
      })
      .option('model', {
        alias: 'm',
        type: 'string',
        default: 'model',
        requiresArg: true,
        describe: 'Model folder',
      })
      .option('users', {
        type: 'string',
        requiresArg: true,
        describe: 'File with a consumer id a line; -: standard input',
      })
      .option('k', { type: 'number', default: 20, requiresArg: true, describe: 'Candidates per consumer' })
      .option('reasons', {
        type: 'number',
        default: 3,
        requiresArg: true,
        describe: 'Communities, and followed producers, named with each candidate; TSV has the first of each',
      })
      .option('format', { alias: 'f', choices: formats, describe: 'Unset: by the ending of --out, else tsv' })
      .option('out', {
        alias: 'o',
        type: 'string',
        default: '-',
        requiresArg: true,
        describe: 'File to write, whole or not at all; -: standard output',
      })
      .option('threads', {
        alias: 't',
        type: 'number',
        default: 0,
        describe: 'Threads; 0: as many as the machine offers. The result is the same',
      })
      .example([
        ['$0 recommend redsox --model model', 'what redsox might follow next, and why'],
        ['$0 recommend --users ids.txt --k 50 --out candidates.ndjson', 'for many, with all reasons'],
        ['$0 recommendation-views --model model', 'keeps in the model what is else computed with every call'],
      ]),
  handler: (parsed) => runRecommend(parsed as unknown as RecommendArgs),
};

async function runRecommend(args: RecommendArgs): Promise<void> {
  demandCount('k', args.k, 1, MAX_K);
  demandCount('reasons', args.reasons, 0, MAX_K);
  const format = args.format ?? formatOf(args.out);
  const model = openModel(args.model);
  const kernels = openKernels({ numThreads: args.threads });
  try {
    const candidates = await recommendFromModel(kernels, model, {
      ids: wantedIds(args),
      k: args.k,
      numReasons: args.reasons,
      log: (line) => process.stderr.write(`${line}\n`),
    });
    const pieces = format === 'tsv' ? candidateTsv(candidates) : candidateNdjson(candidates);
    if (args.out === '-') await writeToStream(process.stdout, 'standard output', pieces);
    else await writeFileAtomically(args.out, pieces);
  } finally {
    await kernels.close();
  }
}

function formatOf(out: string): Format {
  return ['.ndjson', '.jsonl', '.json'].includes(extname(out).toLowerCase()) ? 'ndjson' : 'tsv';
}

/** Undefined: all consumers. */
function wantedIds({ ids, users }: RecommendArgs): string[] | undefined {
  const named = ids.map(String);
  if (users === undefined) return named.length > 0 ? named : undefined;
  return [...named, ...readIds(users)];
}

function readIds(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new SimClustersError('INPUT_MISSING', {
      file,
      got: String(cause),
      expected: 'a file with a consumer id a line',
      todo: 'Check the path given to --users',
      cause,
    });
  }
  const ids = text.split(/\r?\n/).filter((line) => line !== '');
  if (ids.length > 0) return ids;
  throw new SimClustersError('EMPTY_INPUT', {
    file,
    got: 'no ids',
    expected: 'a consumer id a line',
    todo: 'Leave --users out to recommend to all consumers',
  });
}

function demandCount(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `--${name} ${value}`,
    expected: `a whole number from ${min} to ${max}`,
    todo: 'See `simclusters recommend --help`',
  });
}
