/** `simclusters generate`: graphs with planted communities, as files. */
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { CommandModule } from 'yargs';
import { SimClustersError } from '../core/errors.ts';
import { type Memberships, membersOf } from '../core/memberships.ts';
import { summarizeSizes } from '../evaluate/communities.ts';
import { generatePlantedGraph, type PlantedGraph } from '../generate/planted-graph.ts';
import { rewireEdges } from '../generate/rewire.ts';
import type { GenerateProgress } from '../generate/symmetric-graph.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { colsPieces } from '../io/community-writer.ts';
import { edgePieces, type GraphFormat, graphFormats, metisPieces } from '../io/graph-text.ts';
import { gzipPieces } from '../io/gzip-pieces.ts';
import { peakRssBytes } from '../pipeline/peak-memory.ts';
import { resolveParams } from '../stages/params.ts';
import type { StageReport } from '../stages/stage.ts';
import { addStageFlags, givenParams } from './flags.ts';
import { generateParams, plantedOptions } from './generate-params.ts';
import { createProgress, type ProgressDisplay } from './progress.ts';

const declaration = { name: 'generate', params: generateParams };

interface GenerateArgs {
  readonly out: string;
  readonly truth?: string;
  readonly format?: GraphFormat;
  readonly seed: string;
  readonly log: 'text' | 'json';
  readonly quiet: boolean;
  readonly [param: string]: unknown;
}

export const generateCommand: CommandModule = {
  command: 'generate',
  describe: 'Write a graph with known communities, to try community detection on',
  builder: (command) =>
    addStageFlags(
      command
        .option('out', {
          alias: 'o',
          type: 'string',
          demandOption: true,
          requiresArg: true,
          describe:
            'Graph file, whole or not at all; a name ending in .gz: compressed. Next snapshots: NAME-2, …',
        })
        .option('truth', {
          type: 'string',
          requiresArg: true,
          describe: 'File for the communities: a line each, vertex numbers from 1, separated by blanks',
        })
        .option('format', {
          alias: 'f',
          choices: graphFormats,
          describe: 'metis: vertices, edges, then neighbours; edges: two vertices a line. Unset: by the name',
        })
        .option('seed', {
          type: 'string',
          default: '1',
          requiresArg: true,
          describe: 'Root of all randomness, any text',
        })
        .option('log', {
          choices: ['text', 'json'],
          default: 'text',
          describe: 'Progress as text or as JSON lines on stderr',
        })
        .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'Say nothing but errors' }),
      [declaration],
    ).example([
      ['$0 generate --out graph.metis --truth truth.txt', '10,000 vertices in communities of about 50'],
      ['$0 generate -o g.tsv.gz --num-vertices 1000000 --size-distribution power-law', 'a million'],
      ['$0 generate -o g.metis --overlapping --weighted --snapshots 2', 'overlapping, and a later state'],
    ]),
  handler: async (parsed) => generate(parsed as unknown as GenerateArgs),
};

async function generate(args: GenerateArgs): Promise<void> {
  demandSingleTexts(args);
  const params = resolveParams(generateParams, givenParams(args, [declaration]), 'small');
  const progress = createProgress(args.quiet ? 'quiet' : args.log);
  const { seed } = args;
  try {
    let planted = await step(
      progress,
      'generate',
      (report) => generatePlantedGraph(plantedOptions(params), seed, report),
      describeGraph,
    );
    await writeGraph(progress, args, args.out, planted);
    if (args.truth !== undefined) await writeTruth(args.truth, planted.truth);
    for (let snapshot = 2; snapshot <= params.snapshots; snapshot++) {
      const before = planted;
      planted = await step(
        progress,
        `snapshot ${snapshot}`,
        (report) => rewireEdges(before, params.change, `${seed}/snapshot ${snapshot}`, report),
        describeGraph,
      );
      await writeGraph(progress, args, snapshotName(args.out, snapshot), planted);
    }
  } finally {
    progress.stop();
  }
}

function demandSingleTexts(args: GenerateArgs): void {
  for (const name of ['out', 'truth', 'format', 'seed', 'log'] as const) {
    const value: unknown = args[name];
    if (value === undefined || (typeof value === 'string' && value !== '' && value !== '-')) continue;
    throw new SimClustersError('BAD_PARAM', {
      got: `--${name} ${JSON.stringify(value)}`,
      expected: 'one value, not empty and not "-"',
      todo: `Give --${name} once; standard output is /dev/stdout`,
    });
  }
  if (args.out !== args.truth) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `${args.out} for both the graph and the communities`,
    expected: 'two files',
    todo: 'Give --truth another name',
  });
}

/** Runs a step that reports its progress, and says how it went. */
async function step<T>(
  progress: ProgressDisplay,
  name: string,
  run: (onProgress: GenerateProgress) => Promise<T>,
  describe: (result: T) => StageReport,
): Promise<T> {
  const began = performance.now();
  progress.onEvent({ type: 'stage-start', name, reason: 'asked for' });
  const result = await run((fraction) => {
    progress.onEvent({ type: 'stage-progress', name, fraction });
    // Bars are drawn by a timer, and those get their turn only between two tasks.
    return setImmediate();
  });
  progress.onEvent({
    type: 'stage-end',
    name,
    seconds: (performance.now() - began) / 1000,
    peakRssBytes: peakRssBytes(),
    report: describe(result),
  });
  return result;
}

function describeGraph({ graph, truth }: PlantedGraph): StageReport {
  const { numCommunities, minSize, maxSize, numMemberships } = summarizeSizes(
    membersOf(truth),
    truth.numVertices,
  );
  return {
    numRows: graph.numRows,
    numEntries: graph.indices.length,
    numNonEmpty: numCommunities,
    numEdges: graph.indices.length / 2,
    numMemberships,
    minSize,
    maxSize,
  };
}

async function writeGraph(
  progress: ProgressDisplay,
  args: GenerateArgs,
  file: string,
  { graph }: PlantedGraph,
): Promise<void> {
  const makePieces = formatOf(args) === 'metis' ? metisPieces : edgePieces;
  await step(
    progress,
    `write ${basename(file)}`,
    (report) =>
      writeFileAtomically(
        file,
        packed(
          file,
          makePieces(graph, (done) => void report(done)),
        ),
      ),
    () => ({ numRows: graph.numRows, numEntries: graph.indices.length }),
  );
}

async function writeTruth(file: string, truth: Memberships): Promise<void> {
  await writeFileAtomically(file, packed(file, colsPieces(truth)));
}

function packed(file: string, pieces: Iterable<Uint8Array>): Iterable<Uint8Array> {
  return /\.gz$/i.test(file) ? gzipPieces(pieces) : pieces;
}

/** The names by which graph files are told when they are read. */
function formatOf({ format, out }: GenerateArgs): GraphFormat {
  return format ?? (/\.(metis|graph)(\.gz)?$/i.test(out) ? 'metis' : 'edges');
}

/** `graph.metis.gz`, 2 → `graph-2.metis.gz` */
function snapshotName(out: string, snapshot: number): string {
  const [, stem, endings] = /^(.[^.]*)(.*)$/s.exec(basename(out)) ?? ['', basename(out), ''];
  return join(dirname(out), `${stem}-${snapshot}${endings}`);
}
