/** What the ways of sampling find, and at what cost. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeDetectionGraph } from '../../src/communities/detection-graph.ts';
import { type FindOptions, findCommunities } from '../../src/communities/find-communities.ts';
import { growCommunities } from '../../src/communities/growth.ts';
import { updates } from '../../src/communities/options.ts';
import type { Csr } from '../../src/core/csr.ts';
import { type Memberships, membersOf, singleMemberships } from '../../src/core/memberships.ts';
import { compareWithTruth } from '../../src/evaluate/communities.ts';
import { generatePlantedGraph } from '../../src/generate/planted-graph.ts';
import { rewireEdges } from '../../src/generate/rewire.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { communityParams, findOptionsOf } from '../../src/stages/community-params.ts';
import { resolveParams } from '../../src/stages/params.ts';
import { percent, table } from '../table.ts';

export type Settings = Partial<FindOptions> & { readonly numCommunities: number };

export async function find(kernels: Kernels, graph: Csr, settings: Settings, seed = '1') {
  const params = resolveParams(communityParams, { numStarts: 1, maxEpochs: 5, runAllEpochs: true }, 'web');
  return kernels.scope(async () =>
    findCommunities(kernels, await placeDetectionGraph(kernels, graph), () => graph, {
      ...findOptionsOf(params, settings.numCommunities),
      ...settings,
      seed,
    }),
  );
}

/** Each way to update, at equal k, α and epochs. */
export async function compareUpdates(graph: Csr, settings: Settings): Promise<string> {
  const kernels = openKernels({ numThreads: 2 });
  try {
    const rows = [];
    for (const update of updates) {
      const { metrics, epochs } = await find(kernels, graph, { ...settings, update });
      const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0) / epochs.length;
      rows.push([
        update,
        `${(seconds * 1000).toFixed(0)} ms`,
        percent(metrics.f1, 2),
        percent(metrics.weightedF1, 2),
      ]);
    }
    return table(['update', 'epoch (2 threads; serial: 1)', 'edge F1', 'weighted F1'], rows);
  } finally {
    await kernels.close();
  }
}

/** Edge F1 over seeds. */
export async function edgeF1(graph: Csr, settings: Settings, seeds: readonly string[]): Promise<string[][]> {
  const kernels = openKernels();
  try {
    const rows = [];
    for (const seed of seeds) {
      const { metrics } = await find(kernels, graph, settings, seed);
      rows.push([
        seed,
        percent(metrics.f1, 2),
        percent(metrics.weightedF1, 2),
        percent(metrics.numAssigned / graph.numRows),
      ]);
    }
    return rows;
  } finally {
    await kernels.close();
  }
}

export interface LeidenResult {
  readonly objective: number;
  readonly seconds: number;
  readonly labels: readonly number[];
}

/** igraph's Leiden with the constant Potts model at γ, two iterations; undefined where Python has no igraph. */
export function leiden(python: string, graph: Csr, gamma: number): LeidenResult | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  const pairs: string[] = [];
  for (let v = 0; v < graph.numRows; v++)
    for (let i = graph.indptr[v]; i < graph.indptr[v + 1]; i++)
      if (graph.indices[i] > v) pairs.push(`${v} ${graph.indices[i]}`);
  writeFileSync(join(folder, 'edges'), pairs.join('\n'));
  const script = `
import igraph, json, random, sys, time
random.seed(1)
edges = [tuple(map(int, line.split())) for line in open(sys.argv[1])]
g = igraph.Graph(n=int(sys.argv[3]), edges=edges)
t = time.time()
c = g.community_leiden(objective_function='CPM', resolution=float(sys.argv[2]), n_iterations=2)
t = time.time() - t
m = c.membership
sizes = c.sizes()
inside = sum(m[a] == m[b] for a, b in edges)
print(json.dumps(dict(seconds=t, objective=inside - float(sys.argv[2]) * sum(s * (s - 1) / 2 for s in sizes), labels=m)))
`;
  const args = ['-c', script, join(folder, 'edges'), String(gamma), String(graph.numRows)];
  const { stdout, status } = spawnSync(python, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  rmSync(folder, { recursive: true, force: true });
  return status === 0 ? JSON.parse(stdout) : undefined;
}

/** Growth against Leiden, taking turns. */
export async function compareGrowth(
  graph: Csr,
  gammas: readonly number[],
  python: string,
  numRounds: number,
) {
  const rows = [];
  for (const gamma of gammas) {
    const ours: { seconds: number; objective: number }[] = [];
    const theirs: LeidenResult[] = [];
    for (let round = 0; round < numRounds; round++) {
      const kernels = openKernels();
      const began = performance.now();
      const { objective } = await growCommunities(kernels, graph, {
        wtCoeff: 1 / gamma - 1,
        numRounds: 2,
        seed: '1',
      });
      ours.push({ objective, seconds: (performance.now() - began) / 1000 });
      await kernels.close();
      const result = leiden(python, graph, gamma);
      if (result) theirs.push(result);
    }
    const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
    const objective = ours[0].objective;
    const bar = theirs[0]?.objective;
    rows.push([
      gamma,
      (1 / gamma - 1).toFixed(0),
      objective.toFixed(0),
      bar?.toFixed(0) ?? '-',
      bar ? percent(objective / bar, 2) : '-',
      `${middle(ours.map(({ seconds }) => seconds)).toFixed(2)} s`,
      theirs.length > 0 ? `${middle(theirs.map(({ seconds }) => seconds)).toFixed(2)} s` : '-',
    ]);
  }
  return table(['γ', 'α', 'objective', 'Leiden-CPM', 'share', 'seconds', 'Leiden seconds'], rows);
}

function averageF1(found: Memberships, truth: Memberships): number {
  return compareWithTruth(membersOf(found), membersOf(truth), truth.numVertices).averageF1.f1;
}

/** Labels as memberships; communities of one are none. */
function withoutSingles(labels: readonly number[]): Memberships {
  const sizes = new Uint32Array(labels.length);
  for (const label of labels) sizes[label]++;
  const none = labels.length;
  return singleMemberships(
    none,
    Uint32Array.from(labels, (label) => (sizes[label] > 1 ? label : none)),
  );
}

/** Planted disjoint communities: growth, fixed k and Leiden against the truth. */
export async function comparePlanted(python: string): Promise<string> {
  const kernels = openKernels();
  const rows = [];
  try {
    for (const mixing of [0.1, 0.3, 0.5]) {
      const { graph, truth } = await generatePlantedGraph(
        { numVertices: 20_000, meanSize: 50, density: { internalDegree: 15 }, mixing },
        'bench',
      );
      const gamma = 0.1;
      const settings = { numCommunities: truth.numCommunities, wtCoeff: 1 / gamma - 1 };
      const grown = await find(kernels, graph, { ...settings, growth: true, maxEpochs: 2 });
      const fixed = await find(kernels, graph, { ...settings, maxEpochs: 20 });
      const peer = leiden(python, graph, gamma);
      const labels = peer && withoutSingles(peer.labels);
      rows.push([
        percent(mixing, 0),
        averageF1(grown.memberships, truth).toFixed(3),
        averageF1(fixed.memberships, truth).toFixed(3),
        labels ? averageF1(labels, truth).toFixed(3) : '-',
      ]);
    }
  } finally {
    await kernels.close();
  }
  return table(['edge ends outside', 'growth', 'fixed k, 20 epochs', 'Leiden-CPM'], rows);
}

/** Planted overlapping communities: one membership against several. */
export async function compareOverlapping(): Promise<string> {
  const kernels = openKernels();
  const rows = [];
  try {
    for (const meanMemberships of [1.3, 1.6]) {
      const { graph, truth } = await generatePlantedGraph(
        {
          numVertices: 10_000,
          meanSize: 50,
          meanMemberships,
          maxMemberships: 3,
          density: { internalDegree: 25 },
          mixing: 0.1,
        },
        'bench',
      );
      const settings = { numCommunities: truth.numCommunities, wtCoeff: 5, maxEpochs: 30 };
      const single = await find(kernels, graph, settings);
      const multiple = await find(kernels, graph, { ...settings, proposal: 'multiple', maxMemberships: 3 });
      rows.push([
        meanMemberships,
        averageF1(single.memberships, truth).toFixed(3),
        averageF1(multiple.memberships, truth).toFixed(3),
        multiple.metrics.membershipsPerVertex.toFixed(2),
      ]);
    }
  } finally {
    await kernels.close();
  }
  return table(['communities per vertex', 'F1, single', 'F1, multiple', 'found per vertex'], rows);
}

/** A second snapshot with some edges changed: who keeps the id. */
export async function compareRenewal(): Promise<string> {
  const rows = [];
  const planted = await generatePlantedGraph(
    { numVertices: 20_000, meanSize: 50, density: { internalDegree: 15 }, mixing: 0.3 },
    'bench',
  );
  const { graph, truth } = planted;
  for (const share of [0, 0.1, 0.3]) {
    const { graph: later } = await rewireEdges(planted, share, 'later');
    const settings = { numCommunities: truth.numCommunities, wtCoeff: 10 };
    const results = [];
    for (const numThreads of [1, 2]) {
      const kernels = openKernels({ numThreads });
      const before = (await find(kernels, graph, { ...settings, maxEpochs: 20 })).memberships;
      const renewed = await find(kernels, later, { ...settings, initial: before, stability: 1 });
      await kernels.close();
      results.push({ before, after: renewed.memberships });
    }
    const [{ before, after }, other] = results;
    let had = 0;
    let kept = 0;
    before.rows.forEach((community, v) => {
      if (community === before.numCommunities) return;
      had++;
      if (after.rows[v] === community) kept++;
    });
    const isSame = Buffer.from(after.rows.buffer).equals(Buffer.from(other.after.rows.buffer));
    rows.push([percent(share, 0), percent(kept / had, 2), isSame ? 'yes' : 'NO']);
  }
  return table(['edges changed', 'producers that keep their id', 'same bytes on 1 and 2 threads'], rows);
}
