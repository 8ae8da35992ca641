/** Graphs whose communities are known: what growth finds in them, beside Leiden at the same resolution. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { growCommunities } from '../../src/communities/growth.ts';
import type { Csr } from '../../src/core/csr.ts';
import type { MemberLists } from '../../src/core/member-lists.ts';
import { membersOf, singleMemberships } from '../../src/core/memberships.ts';
import { compareWithTruth, type TruthAgreement } from '../../src/evaluate/communities.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { table } from '../table.ts';
import { readWithTruth } from './graphs.ts';
import { leiden } from './quality.ts';

export interface LabelledFiles {
  /** Folder of GML files whose nodes have `gt` or `value`. */
  readonly smallGraphs?: string;
  /** Edges, and `vertex label` lines. */
  readonly email?: readonly [edges: string, labels: string];
  /** Edges, and `owner circle members...` lines. */
  readonly egoTwitter?: readonly [edges: string, circles: string];
}

const GAMMAS = [0.05, 0.2];

export async function compareLabelled(files: LabelledFiles, python: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  try {
    const rows: (string | number)[][] = [];
    for (const [name, edges, truth] of sources(files)) {
      const [edgeFile, truthFile] = [join(folder, 'edges'), join(folder, 'truth')];
      writeFileSync(edgeFile, edges);
      writeFileSync(truthFile, truth);
      const read = await readWithTruth(edgeFile, truthFile);
      if (read.truth) rows.push(...(await rowsOf(name, read.graph, read.truth, python)));
    }
    const header = [
      'graph',
      'vertices',
      'true',
      'γ',
      'NMI',
      'ARI',
      'mean best F1',
      'Leiden: NMI',
      'ARI',
      'mean best F1',
    ];
    return `${table(header, rows)}\n\nGrowth with α = 1/γ - 1, one run; Leiden-CPM of igraph at the same γ, two iterations. Mean best F1: of each true community, with the found one that fits best. NMI and ARI need disjoint communities.`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function rowsOf(name: string, graph: Csr, truth: MemberLists, python: string) {
  const rows: (string | number)[][] = [];
  for (const gamma of GAMMAS) {
    const kernels = openKernels();
    const grown = await growCommunities(kernels, graph, { wtCoeff: 1 / gamma - 1, numRounds: 2, seed: '1' });
    await kernels.close();
    const ours = compareWithTruth(membersOf(grown.memberships), truth, graph.numRows);
    const labels = leiden(python, graph, gamma)?.labels;
    const theirs =
      labels &&
      compareWithTruth(
        membersOf(
          singleMemberships(
            labels.reduce((most, label) => Math.max(most, label), 0) + 1,
            Uint32Array.from(labels),
          ),
        ),
        truth,
        graph.numRows,
      );
    rows.push([name, graph.numRows, truth.indptr.length - 1, gamma, ...cells(ours), ...cells(theirs)]);
  }
  return rows;
}

function cells(agreement: TruthAgreement | undefined): string[] {
  const { partition, averageF1 } = agreement ?? {};
  const number = (value: number | undefined) => value?.toFixed(3) ?? '';
  return [number(partition?.nmi), number(partition?.ari), number(averageF1?.truthToFound)];
}

/** Each graph as an edge list, and its true communities as lines of members. */
function* sources({ smallGraphs, email, egoTwitter }: LabelledFiles): Generator<[string, string, string]> {
  for (const file of smallGraphs ? readdirSync(smallGraphs).sort() : []) {
    if (/\.gml(\.gz)?$/.test(file))
      yield [basename(file).replace(/\.gml.*/, ''), ...fromGml(textOf(join(smallGraphs as string, file)))];
  }
  if (email) {
    const labels = textOf(email[1])
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/));
    yield ['email-Eu-core', withoutLoops(textOf(email[0])), communitiesOf(labels)];
  }
  if (egoTwitter) {
    const circles = textOf(egoTwitter[1])
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[2] ?? '');
    yield [
      'ego-Twitter circles',
      textOf(egoTwitter[0]),
      circles.filter((members) => members !== '').join('\n'),
    ];
  }
}

function textOf(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
}

function fromGml(text: string): [edges: string, truth: string] {
  const nodes = [...text.matchAll(/node\s*\[\s*id (\d+)[\s\S]*?(?:gt|value) "?([^"\n]+)"?/g)];
  const edges = [...text.matchAll(/edge\s*\[\s*source (\d+)\s*target (\d+)/g)];
  const lines = edges.map(([, source, target]) => `${source} ${target}`);
  return [withoutLoops(lines.join('\n')), communitiesOf(nodes.map(([, id, label]) => [id, label.trim()]))];
}

function withoutLoops(edges: string): string {
  const isLoop = (line: string) => {
    const [from, to] = line.trim().split(/\s+/);
    return from === to;
  };
  return edges
    .split('\n')
    .filter((line) => line !== '' && !isLoop(line))
    .join('\n');
}

function communitiesOf(labelled: readonly (readonly string[])[]): string {
  const members = new Map<string, string[]>();
  for (const [vertex, label] of labelled) members.set(label, [...(members.get(label) ?? []), vertex]);
  return [...members.values()].map((ids) => ids.join(' ')).join('\n');
}
