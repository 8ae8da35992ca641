/** `simclusters evaluate communities`: found communities against true ones, and in their graph. */
import type { Argv, CommandModule } from 'yargs';
import { type ChangeReport, reportChanges } from '../communities/change-report.ts';
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { formatCount } from '../core/format.ts';
import { type IdTable, idTableFromStrings } from '../core/ids.ts';
import { communitiesByVertex, type MemberLists, numCommunitiesOf } from '../core/member-lists.ts';
import {
  type CommunitySizes,
  type CommunityStructure,
  compareWithTruth,
  measureStructure,
  summarizeSizes,
  type TruthAgreement,
} from '../evaluate/communities.ts';
import type { EdgeFormat, EdgeInput } from '../io/edge-input.ts';
import { readEdges } from '../io/edge-reader.ts';
import { IdLookup } from '../io/id-lookup.ts';
import { readMemberLists } from '../io/member-lists.ts';
import { openKernels } from '../kernels/open.ts';
import { buildCsr } from '../kernels/sparse.ts';
import { changeLines } from './change-text.ts';
import { colorsFor } from './colors.ts';
import { alignedLines, counted, heading, type TextStyle } from './text-layout.ts';

interface CommunitiesArgs {
  readonly communities: string;
  readonly truth?: string;
  readonly previous?: string;
  readonly graph?: string;
  readonly graphFormat: EdgeFormat;
  readonly threads: number;
  readonly json: boolean;
}

export const evaluateCommunitiesCommand: CommandModule = {
  command: 'communities',
  describe:
    'Hold communities against true ones (average F1, NMI, ARI, omega), against earlier ones and against their graph',
  builder: (command) =>
    addFlags(command).example(
      '$0 evaluate communities --communities found.txt --truth truth.txt --graph graph.metis',
      'files with a line of members per community',
    ),
  handler: async (parsed) => evaluateCommunities(parsed as unknown as CommunitiesArgs),
};

function addFlags(command: Argv): Argv {
  return command
    .option('communities', {
      type: 'string',
      demandOption: true,
      requiresArg: true,
      describe: 'Found communities: a line each, ids of members separated by blanks; -: standard input',
    })
    .option('truth', { type: 'string', requiresArg: true, describe: 'True communities, in the same form' })
    .option('previous', {
      type: 'string',
      requiresArg: true,
      describe:
        'Communities of an earlier run, in the same form: how stable they are, each held against the one on the same line',
    })
    .option('graph', {
      type: 'string',
      requiresArg: true,
      describe:
        'Graph with the same ids, for precision and recall of edges, modularity, conductance and coverage; edges count both ways',
    })
    .option('graph-format', {
      choices: ['auto', 'edges', 'lists', 'metis', 'parquet'],
      default: 'auto',
      describe: 'Format of the graph',
    })
    .option('threads', {
      alias: 't',
      type: 'number',
      default: 0,
      describe: 'Threads for reading the graph; 0: as many as the machine offers',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' });
}

interface Evaluation {
  readonly communities: CommunitySizes;
  readonly truth?: CommunitySizes;
  readonly agreement?: TruthAgreement;
  /** Since the previous communities; ids are the numbers of lines. */
  readonly change?: ChangeReport;
  /** Members that the graph does not name; they count as vertices without edges. */
  readonly numNotInGraph?: number;
  readonly structure?: CommunityStructure;
}

async function evaluateCommunities(args: CommunitiesArgs): Promise<void> {
  demandFiles(args);
  const ids = new IdLookup();
  // The graph comes first, so that its vertices have the numbers 0..n-1 whatever the communities hold.
  const edges = args.graph === undefined ? undefined : await readGraph(args.graph, args.graphFormat);
  const endsOf = edges && numberEnds(edges, ids);
  const numNamed = ids.size;
  const found = await readMemberLists(args.communities, ids);
  const numVertices = ids.size;
  const truth = args.truth === undefined ? undefined : await readMemberLists(args.truth, ids);
  const previous = args.previous === undefined ? undefined : await readMemberLists(args.previous, ids);
  const evaluation: Evaluation = {
    communities: summarizeSizes(found, ids.size),
    ...(previous && { change: changeSince(previous, found, ids.size) }),
    ...(truth && {
      truth: summarizeSizes(truth, ids.size),
      agreement: compareWithTruth(found, truth, ids.size),
    }),
    ...(endsOf && {
      numNotInGraph: countStrangers(found, numNamed, args),
      structure: await structureOf(found, endsOf, numVertices, args.threads),
    }),
  };
  process.stdout.write(args.json ? `${JSON.stringify(evaluation)}\n` : textOf(evaluation));
}

function demandFiles(args: CommunitiesArgs): void {
  const isTwice = (['communities', 'truth', 'previous', 'graph'] as const).find((name) =>
    Array.isArray(args[name]),
  );
  if (isTwice === undefined && (args.truth ?? args.previous ?? args.graph) !== undefined) return;
  throw new SimClustersError('BAD_PARAM', {
    got: isTwice ? `--${isTwice} more than once` : 'none of --truth, --previous and --graph',
    expected: isTwice ? 'one file' : 'something to hold the communities against',
    todo: isTwice ? `Give --${isTwice} once` : 'Give one of them, or several',
  });
}

/** Communities count from 1, as clusters do; whoever stands in neither file is of no account. */
function changeSince(previous: MemberLists, found: MemberLists, numVertices: number): ChangeReport {
  const producerIds = idTableFromStrings(Array.from({ length: numVertices }, (_, v) => String(v)));
  const clustersOf = (lists: MemberLists): Csr => {
    const { indptr, members } = communitiesByVertex(lists, numVertices);
    const numCols = numCommunitiesOf(lists) + 1;
    return { numRows: numVertices, numCols, indptr, indices: members.map((community) => community + 1) };
  };
  return reportChanges(
    { producerIds, knownFor: clustersOf(previous) },
    { producerIds, knownFor: clustersOf(found) },
  );
}

function readGraph(file: string, format: EdgeFormat): Promise<EdgeInput> {
  return readEdges({ files: [file], format, selfFollows: 'drop' });
}

interface EdgeEnds {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly weights?: Float32Array;
}

/** Every edge both ways, by numbers that ids have on either side. */
function numberEnds(edges: EdgeInput, ids: IdLookup): EdgeEnds {
  const left = numbersOf(edges.consumerIds, ids);
  const right = numbersOf(edges.producerIds, ids);
  const from = edges.consumers.map((consumer) => left[consumer]);
  const to = edges.producers.map((producer) => right[producer]);
  // METIS lists every edge at both its ends.
  if (edges.report.format === 'metis') return { from, to, weights: edges.weights };
  return {
    from: joined(from, to),
    to: joined(to, from),
    weights: edges.weights && joined(edges.weights, edges.weights),
  };
}

function numbersOf({ size, offsets, bytes }: IdTable, ids: IdLookup): Uint32Array {
  return Uint32Array.from({ length: size }, (_, i) => ids.add(bytes, offsets[i], offsets[i + 1]));
}

function joined<T extends Uint32Array | Float32Array>(first: T, second: T): T {
  const both = new (first.constructor as new (length: number) => T)(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Members that the graph does not name. An edge file names no vertex without edges, so these count as such. */
function countStrangers({ members }: MemberLists, numVertices: number, args: CommunitiesArgs): number {
  const numStrange = new Set(members.filter((v) => v >= numVertices)).size;
  if (numStrange === 0 || members.some((v) => v < numVertices)) return numStrange;
  throw new SimClustersError('UNKNOWN_ID', {
    file: args.communities,
    got: `${counted(numStrange, 'member')}, none of them in ${args.graph}`,
    expected: 'communities of the vertices of the graph',
    todo: 'Look whether both files speak of the same graph',
  });
}

async function structureOf(
  found: MemberLists,
  { from, to, weights }: EdgeEnds,
  numVertices: number,
  numThreads: number,
): Promise<CommunityStructure> {
  const kernels = openKernels({ numThreads });
  try {
    const triplets = { rows: from, cols: to, data: weights };
    return measureStructure(found, await buildCsr(kernels, triplets, numVertices, numVertices, 'max'));
  } finally {
    await kernels.close();
  }
}

function textOf({ communities, truth, agreement, change, structure, numNotInGraph = 0 }: Evaluation): string {
  const { bold, dim, cyan } = colorsFor(process.stdout);
  const style = { width: process.stdout.columns ?? 100, bold, dim, accent: cyan };
  const lines = [
    ...sizeLines('Communities', communities, style),
    ...(truth ? sizeLines('Truth', truth, style) : []),
    ...(agreement ? agreementLines(agreement, style) : []),
    ...(change ? changeLines(change, style) : []),
    ...(structure ? structureLines(structure, numNotInGraph, style) : []),
  ];
  return `${lines.slice(1).join('\n')}\n`;
}

type Row = readonly [name: string, value: string, note: string];

function block(title: string, rows: readonly Row[], style: TextStyle): string[] {
  return [...heading(title, style), ...alignedLines(style, ['left', 'right', 'left'], rows)];
}

function sizeLines(title: string, sizes: CommunitySizes, style: TextStyle): string[] {
  const { minSize, medianSize, meanSize, maxSize, numEmpty } = sizes;
  const rows: Row[] = [
    ['communities', formatCount(sizes.numCommunities), numEmpty > 0 ? `${formatCount(numEmpty)} empty` : ''],
    ['vertices in them', formatCount(sizes.numMembers), counted(sizes.numMemberships, 'membership')],
    ['mean size', meanSize.toFixed(1), `from ${minSize} to ${maxSize}, median ${medianSize}`],
  ];
  return block(title, rows, style);
}

function agreementLines({ averageF1, partition, omega, numVertices }: TruthAgreement, style: TextStyle) {
  const none = (value: number | undefined) => value?.toFixed(4) ?? '-';
  const about = `over the ${formatCount(numVertices)} vertices of the truth`;
  const rows: Row[] = [
    ['average F1', averageF1.f1.toFixed(4), 'mean of the next two'],
    ['truth to found', averageF1.truthToFound.toFixed(4), 'mean over true communities of the best F1'],
    ['found to truth', averageF1.foundToTruth.toFixed(4), 'mean over found communities of the best F1'],
    ['NMI', none(partition?.nmi), partition ? about : 'communities overlap'],
    ['ARI', none(partition?.ari), partition ? about : 'communities overlap'],
    ['omega index', none(omega), omega === undefined ? 'too many pairs to look at' : about],
  ];
  return block('Against the truth', rows, style);
}

function structureLines(
  { modularity, meanConductance, coverage, vertexCoverage, edges }: CommunityStructure,
  numNotInGraph: number,
  style: TextStyle,
): string[] {
  const strangers =
    numNotInGraph > 0
      ? `; ${counted(numNotInGraph, 'member')} the graph does not name, taken as without edges`
      : '';
  const share = (value: number | undefined) => value?.toFixed(4) ?? '-';
  const rows: Row[] = [
    ['edge precision', share(edges?.precision), 'of the pairs with a community in common are edges'],
    ['edge recall', share(edges?.recall), 'of the edges have a community in common at their ends'],
    ['edge F1', share(edges?.f1), edges ? '' : 'too many pairs to look at'],
    ['modularity', modularity?.toFixed(4) ?? '-', modularity === undefined ? 'communities overlap' : ''],
    ['mean conductance', meanConductance.toFixed(4), ''],
    ['coverage', coverage.toFixed(4), 'of the edge weight lies inside communities'],
    ['vertex coverage', vertexCoverage.toFixed(4), `of the vertices have a community${strangers}`],
  ];
  return block('In the graph', rows, style);
}
