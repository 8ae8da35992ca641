/** Runs `simclusters communities`: settings, graph, start, detection, outputs. */
import { availableParallelism } from 'node:os';
import { normalizeColumns } from '../communities/column-norm.ts';
import { communityPrecision } from '../communities/community-precision.ts';
import { type FoundCommunities, findCommunities } from '../communities/find-communities.ts';
import { affiliationScores } from '../communities/known-for.ts';
import type { DetectionGraph } from '../communities/metropolis-hastings.ts';
import { SimClustersError } from '../core/errors.ts';
import { formatCount } from '../core/format.ts';
import type { Memberships } from '../core/memberships.ts';
import { readColsFile, readMembersByIdFile, readRowsFile } from '../io/community-reader.ts';
import {
  colsPieces,
  demandNewFile,
  membersByIdPieces,
  precisionPieces,
  rowsPieces,
  scoredRowsPieces,
  writeNewText,
  writeText,
} from '../io/community-writer.ts';
import type { BadRowPolicy, EdgeFormat } from '../io/edge-input.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { openKernels } from '../kernels/open.ts';
import { choosePreset } from '../pipeline/presets.ts';
import { type CommunityParams, communityParams, findOptionsOf } from '../stages/community-params.ts';
import { type PresetName, resolveParams } from '../stages/params.ts';
import type { GivenParams } from '../stages/stage.ts';
import { CommunitiesDisplay } from './communities-display.ts';
import { type LoadedGraph, loadGraph } from './communities-graph.ts';
import { type Declaration, givenParams } from './flags.ts';
import { parseBytes } from './memory-size.ts';
import { type ReferenceConfig, readReferenceConfig } from './reference-config.ts';

export interface CommunitiesArgs {
  readonly graph?: string;
  readonly format: EdgeFormat;
  readonly badRows: BadRowPolicy;
  readonly config?: string;
  readonly rows?: string;
  readonly cols?: string;
  readonly members?: string;
  readonly scoredRows?: string;
  readonly precision?: string;
  readonly metrics: 'text' | 'json' | 'none';
  readonly initRows?: string;
  readonly initCols?: string;
  readonly initMembers?: string;
  readonly memory?: string;
  readonly spool?: string;
  readonly preset?: PresetName;
  readonly seed?: string;
  readonly threads?: number;
  readonly quiet: boolean;
  readonly [param: string]: unknown;
}

export const communitiesDeclaration: Declaration = { name: 'communities', params: communityParams };

/** What flags and config come to. */
interface Settings {
  readonly graph: string;
  readonly format: EdgeFormat;
  readonly given: GivenParams;
  readonly outputs: Pick<CommunitiesArgs, 'rows' | 'cols' | 'members' | 'scoredRows' | 'precision'>;
  readonly start: Pick<CommunitiesArgs, 'initRows' | 'initCols' | 'initMembers'>;
  readonly seed: string;
  readonly numThreads: number;
}

export async function runCommunities(args: CommunitiesArgs): Promise<void> {
  const display = new CommunitiesDisplay(args.quiet, args.metrics);
  const config = args.config === undefined ? undefined : await readReferenceConfig(args.config);
  for (const warning of config?.warnings ?? []) display.say(`warning: ${warning}`);
  const settings = settingsOf(args, config);
  checkOutputs(settings, args.metrics);
  if (settings.outputs.precision && settings.outputs.precision !== '-')
    await demandNewFile(settings.outputs.precision);
  const memory = args.memory === undefined ? undefined : parseBytes('memory', args.memory);
  const kernels = openKernels({ numThreads: settings.numThreads, maxMemoryBytes: memory });
  try {
    await kernels.scope(async () => {
      const loaded = await loadGraph(kernels, {
        file: settings.graph,
        format: settings.format,
        badRows: args.badRows,
        maxMemberships: widthOf(settings.given),
        memory,
        spool: args.spool,
        weightFormat: settings.given['weightFormat'] === 'fixed16' ? 'fixed16' : 'float32',
        onProgress: (fraction) => display.progress('read graph', fraction),
        log: (line) => display.say(line),
      });
      try {
        await detectAndWrite(kernels, loaded, settings, args, display);
      } finally {
        await loaded.close();
      }
    });
  } finally {
    display.stop();
    await kernels.close();
  }
}

/** Flags go before the config. */
function settingsOf(args: CommunitiesArgs, config: ReferenceConfig | undefined): Settings {
  const { seed: configSeed, ...configGiven } = config?.given ?? {};
  // sbf weighs edges, tries one start and numbers what is left without gaps.
  const ofReference = config && { communityWeights: 'similarity', numStarts: 1, renumber: true };
  // yargs makes a lone dash an empty text.
  const graph = args.graph === '' ? '-' : (args.graph ?? config?.files.metisFile);
  if (!graph) {
    throw new SimClustersError('BAD_PARAM', {
      got: 'no graph',
      expected: 'a METIS file or an edge list',
      todo: 'Give the file: simclusters communities graph.metis; or name it in --config as metisFile',
    });
  }
  const ownStart = { initRows: args.initRows, initCols: args.initCols, initMembers: args.initMembers };
  const starts = Object.values(ownStart).filter((file) => file !== undefined);
  if (starts.length > 1)
    throw new SimClustersError('BAD_PARAM', {
      got: `${starts.length} files to start from`,
      expected: 'one of --init-rows, --init-cols, --init-members',
      todo: 'Keep one of them',
    });
  return {
    graph,
    format: args.graph === undefined && args.format === 'auto' ? 'metis' : args.format,
    given: { ...ofReference, ...configGiven, ...givenParams(args, [communitiesDeclaration]) },
    outputs: {
      rows: args.rows ?? config?.files.outputByRowsFile,
      cols: args.cols ?? config?.files.outputByColsFile,
      members: args.members,
      scoredRows: args.scoredRows ?? config?.files.outputRowsWithScoresFile,
      precision: args.precision ?? config?.files.clusterPrecisionFile,
    },
    start:
      starts.length > 0
        ? ownStart
        : { initRows: config?.files.initFromRowsFile, initCols: config?.files.initFromColsFile },
    seed: args.seed ?? (configSeed === undefined ? '1' : String(configSeed)),
    numThreads: args.threads ?? config?.numThreads ?? 0,
  };
}

/** Communities that a vertex may come to have: for the plan of memory. */
function widthOf({ proposal, maxMemberships, initialisation, numCommunities }: GivenParams): number {
  if (proposal === 'pure-random') return Number(numCommunities ?? 1);
  const isSingle = proposal === undefined || proposal === 'single-or-zero';
  if (isSingle && initialisation !== 'best-neighborhoods') return 1;
  return Number(maxMemberships ?? communityParams.maxMemberships.default);
}

function checkOutputs({ outputs, graph, start }: Settings, metrics: CommunitiesArgs['metrics']): void {
  const paths = Object.values(outputs).filter((path) => path !== undefined && path !== '-');
  const taken = [...paths, graph, ...Object.values(start)];
  const twice = paths.find((path) => taken.indexOf(path) !== taken.lastIndexOf(path));
  if (twice !== undefined)
    throw new SimClustersError('BAD_PARAM', {
      got: `${twice} for two things`,
      expected: 'a file of its own for each output, and none that is read',
      todo: 'Give another name',
    });
  const toStdout =
    Object.values(outputs).filter((path) => path === '-').length + (metrics === 'json' ? 1 : 0);
  if (toStdout <= 1) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `${toStdout} outputs to standard output (--metrics json is one)`,
    expected: 'one at the most',
    todo: 'Write the others to files',
  });
}

async function detectAndWrite(
  kernels: Kernels,
  loaded: LoadedGraph,
  settings: Settings,
  args: CommunitiesArgs,
  display: CommunitiesDisplay,
): Promise<void> {
  const { placed } = loaded.graph;
  const preset = args.preset ?? choosePreset(placed.numVertices).name;
  const params = resolveParams(communityParams, settings.given, preset);
  const initial = await readStart(settings.start, loaded, params);
  const numCommunities =
    initial?.numCommunities ?? numCommunitiesOf(params, loaded.numWithNeighbors, display);
  display.say(
    `${formatCount(placed.numVertices)} vertices, ${formatCount(placed.numEntries / 2)} edges, ` +
      `${params.growth ? 'k to be found' : `k = ${formatCount(numCommunities)}`}, seed ${settings.seed}, ` +
      `${kernels.numThreads} of ${availableParallelism()} threads`,
  );
  if (params.update === 'hogwild') display.say('warning: --update hogwild: another run gives another result');
  const found = await findCommunities(kernels, loaded.graph, loaded.whole, {
    ...findOptionsOf(params, numCommunities),
    initial,
    seed: settings.seed,
    onProgress: (fraction) => display.progress('communities', fraction),
    onEpoch: (report) => display.epoch(report),
    onRound: (report) => display.round(report),
  });
  await writeOutputs(kernels, loaded, found, params, settings.outputs);
  display.result(found);
}

async function readStart(
  { initRows, initCols, initMembers }: Settings['start'],
  { graph, ids }: LoadedGraph,
  params: CommunityParams,
): Promise<Memberships | undefined> {
  const { numVertices } = graph.placed;
  if (initRows)
    return readRowsFile(initRows, { numVertices, numCommunities: params.numCommunities || undefined });
  if (initCols) return readColsFile(initCols, numVertices);
  return initMembers ? readMembersByIdFile(initMembers, ids()) : undefined;
}

function numCommunitiesOf(
  { numCommunities, producersPerCommunity, growth }: CommunityParams,
  numWithNeighbors: number,
  display: CommunitiesDisplay,
): number {
  const wanted = numCommunities || Math.max(1, Math.round(numWithNeighbors / producersPerCommunity));
  const possible = Math.min(wanted, Math.max(1, numWithNeighbors));
  if (possible < wanted && !growth)
    display.say(
      `${wanted} communities wanted, ${numWithNeighbors} vertices have neighbours: k = ${possible}`,
    );
  return possible;
}

async function writeOutputs(
  kernels: Kernels,
  { graph, ids }: LoadedGraph,
  { memberships }: FoundCommunities,
  params: CommunityParams,
  { rows, cols, members, scoredRows, precision }: Settings['outputs'],
): Promise<void> {
  if (rows) await writeText(rows, rowsPieces(memberships));
  if (cols) await writeText(cols, colsPieces(memberships));
  if (members) await writeText(members, membersByIdPieces(memberships, ids()));
  if (scoredRows) {
    const scores = await scoresOf(kernels, graph, memberships, params);
    await writeText(scoredRows, scoredRowsPieces(memberships, scores));
  }
  if (precision) {
    const pieces = precisionPieces(communityPrecision(memberships, graph.neighborhoods));
    await (precision === '-' ? writeText(precision, pieces) : writeNewText(precision, pieces));
  }
}

/** f32 beside the rows of the memberships. */
async function scoresOf(
  kernels: Kernels,
  graph: DetectionGraph,
  memberships: Memberships,
  params: CommunityParams,
): Promise<Float32Array> {
  const scores = await affiliationScores(kernels, graph.placed, memberships);
  if (!params.normalizeColumns) return scores;
  const { rows, numVertices, numCommunities, width } = memberships;
  // Padding stands in a column of its own, with scores of 0.
  const indptr = Uint32Array.from({ length: numVertices + 1 }, (_, v) => v * width);
  return normalizeColumns({
    numRows: numVertices,
    numCols: numCommunities + 1,
    indptr,
    indices: rows,
    data: scores,
  }).data;
}
