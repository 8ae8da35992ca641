import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { placeDetectionGraph } from '../../src/communities/detection-graph.ts';
import { findCommunities } from '../../src/communities/find-communities.ts';
import { type Growth, type GrowthOptions, growCommunities } from '../../src/communities/growth.ts';
import type { Csr } from '../../src/core/csr.ts';
import { type Memberships, singleMemberships } from '../../src/core/memberships.ts';
import { debug, open, reference, wasm } from '../fixtures/backends.ts';
import { drawBipartite } from '../fixtures/bipartite.ts';
import { plainDetection } from '../fixtures/detection.ts';
import { plantCommunities } from '../fixtures/planted.ts';
import { graphFromLists, Random, rowOf } from '../fixtures/random.ts';
import { requireValidMemberships } from '../verify/memberships.ts';

const test = suite('growth');
const kernels = open(wasm(1));
test.after(() => kernels.close());

function grow(graph: Csr, options: Partial<GrowthOptions> = {}, by = kernels): Promise<Growth> {
  return growCommunities(by, graph, { wtCoeff: 1, numRounds: 3, seed: 'test', ...options });
}

function meanWeight({ data }: Csr): number {
  return data && data.length > 0 ? data.reduce((a, b) => a + b, 0) / data.length : 1;
}

/** Σ over communities of (inside weight - pairs · mean weight / (1 + α)), pair by pair. */
function objectiveOf(graph: Csr, labels: ArrayLike<number>, wtCoeff: number): number {
  const pairCost = meanWeight(graph) / (1 + wtCoeff);
  let objective = 0;
  for (let v = 0; v < graph.numRows; v++) {
    for (let u = 0; u < v; u++) if (labels[u] === labels[v]) objective -= pairCost;
    for (const [u, weight] of rowOf(graph, v)) if (u < v && labels[u] === labels[v]) objective += weight;
  }
  return objective;
}

/** Labels of their own for vertices without a community. */
function labelsOf({ rows, numCommunities }: Memberships): number[] {
  return [...rows].map((community, v) => (community === numCommunities ? -1 - v : community));
}

/** The objective of the best of all partitions; Bell(n) of them. */
function bestObjective(graph: Csr, wtCoeff: number, labels: number[] = [], numLabels = 0): number {
  if (labels.length === graph.numRows) return objectiveOf(graph, labels, wtCoeff);
  let best = Number.NEGATIVE_INFINITY;
  for (let label = 0; label <= numLabels; label++) {
    const found = bestObjective(graph, wtCoeff, [...labels, label], Math.max(numLabels, label + 1));
    best = Math.max(best, found);
  }
  return best;
}

/** Weighted and not, in turn. */
function drawGraph(round: number, minVertices: number, numMore: number, density: number): Csr {
  const random = new Random(`growth ${round}`);
  const graph = random.graph(minVertices + random.below(numMore), density);
  return round % 2 === 0 ? graph : { ...graph, data: undefined };
}

test('on tiny graphs: the best of all partitions, and the objective is that of the definition', async () => {
  for (let round = 0; round < 60; round++) {
    const graph = drawGraph(round, 2, 6, 0.6);
    const wtCoeff = [0.5, 1, 3][round % 3];
    const { memberships, objective } = await grow(graph, { wtCoeff, seed: `${round}` });
    requireValidMemberships(memberships);
    const counted = objectiveOf(graph, labelsOf(memberships), wtCoeff);
    assert.ok(Math.abs(objective - counted) < 1e-9, `round ${round}: ${objective}, by pairs ${counted}`);
    const best = bestObjective(graph, wtCoeff);
    assert.ok(Math.abs(objective - best) < 1e-9, `round ${round}: ${objective}, best ${best}`);
  }
});

test('a ring of cliques of different sizes falls into its cliques', async () => {
  const sizes = [4, 9, 5, 12, 6, 4, 7];
  const cliqueOf = sizes.flatMap((size, clique) => new Array<number>(size).fill(clique));
  const firstOf = sizes.map((_, clique) => cliqueOf.indexOf(clique));
  const lists = cliqueOf.map((clique, v) => {
    const others = [...cliqueOf.keys()].filter((u) => u !== v && cliqueOf[u] === clique);
    // The first of each clique knows the first of the next.
    const isLinked = (other: number) =>
      Math.abs(other - clique) === 1 || Math.abs(other - clique) === sizes.length - 1;
    return v === firstOf[clique] ? [...others, ...firstOf.filter((_, other) => isLinked(other))] : others;
  });
  for (const seed of ['a', 'b', 'c']) {
    const { memberships } = await grow(graphFromLists(lists), { seed });
    assert.is(memberships.numCommunities, sizes.length);
    assert.equal([...memberships.rows], cliqueOf);
  }
});

const { graph: planted, truth } = plantCommunities({
  sizes: [30, 25, 40, 20, 35],
  inside: 0.5,
  across: 0.02,
  seed: 'growth',
});

/** By their first member. */
function renumber(labels: ArrayLike<number>): number[] {
  const ids = new Map<number, number>();
  return Array.from(labels, (label) => ids.get(label) ?? ids.set(label, ids.size).size - 1);
}

test('planted communities are found without being told their number; ids count from the first member', async () => {
  for (const graph of [planted, { ...planted, data: undefined }]) {
    const { memberships } = await grow(graph, { wtCoeff: 3 });
    assert.is(memberships.numCommunities, 5);
    assert.equal([...memberships.rows], renumber(truth));
  }
});

test('weights of another scale, same communities', async () => {
  const { memberships, objective } = await grow(planted, { wtCoeff: 3, numRounds: 1 });
  const scaled = await grow(
    { ...planted, data: planted.data.map((w) => w * 4) },
    { wtCoeff: 3, numRounds: 1 },
  );
  assert.equal(scaled.memberships, memberships);
  assert.is(scaled.objective, 4 * objective);
});

test('a larger coefficient makes larger communities', async () => {
  const numbers: number[] = [];
  for (const wtCoeff of [1, 5, 1000])
    numbers.push((await grow(planted, { wtCoeff })).memberships.numCommunities);
  assert.ok(numbers[0] > numbers[1] && numbers[1] > numbers[2], `${numbers}`);
  assert.is(numbers[2], 1);
});

test('never worse than the start', async () => {
  for (let round = 0; round < 20; round++) {
    const graph = drawGraph(round, 40, 60, 0.1);
    const first = await grow(graph, { wtCoeff: 2, numRounds: 5, seed: `${round}` });
    const initial = first.memberships;
    const { objective } = await grow(graph, { wtCoeff: 2, numRounds: 1, seed: `other ${round}`, initial });
    assert.ok(objective >= first.objective - 1e-9, `round ${round}: ${first.objective}, then ${objective}`);
    assert.ok(first.rounds.every((report) => report.objective <= first.objective));
  }
});

test('communities of the start that live on keep their ids, new ones get new ids', async () => {
  // Ids with gaps, in no order; community 9 holds two planted ones, of which one must go elsewhere.
  const ids = [7, 2, 9, 9, 4];
  const initial = singleMemberships(
    12,
    truth.map((community) => ids[community]),
  );
  const { memberships } = await grow(planted, { wtCoeff: 3, initial });
  assert.is(memberships.numCommunities, 13);
  const found = [0, 1, 2, 3, 4].map((community) => memberships.rows[truth.indexOf(community)]);
  // Of the two that were 9, the larger goes on.
  assert.equal(found, [7, 2, 9, 12, 4]);
  assert.equal(
    [...memberships.rows],
    [...truth].map((community) => found[community]),
  );
});

test('same seed, same bytes: on one thread and two, in all builds', async () => {
  const noisy = new Random('noise').graph(120, 0.08);
  const expected = await grow(noisy, { wtCoeff: 2 });
  const { data, ...twoColored } = drawBipartite(1200, 18, 'shared');
  const expectedOfShared = await grow(twoColored, { wtCoeff: 30, numRounds: 1 });
  for (const options of [wasm(2), debug(2), reference]) {
    const others = open(options);
    const { memberships, objective } = await grow(noisy, { wtCoeff: 2 }, others);
    assert.equal([memberships, objective], [expected.memberships, expected.objective]);
    // Phases so large that threads share them.
    const shared = await grow(twoColored, { wtCoeff: 30, numRounds: 1 }, others);
    assert.equal(shared.memberships, expectedOfShared.memberships);
    await others.close();
  }
  const another = await grow(noisy, { wtCoeff: 2, seed: 'another' });
  assert.not.equal(another.memberships.rows, expected.memberships.rows);
});

test('rounds are numbered and reported, progress rises', async () => {
  const fractions: number[] = [];
  const reported: unknown[] = [];
  const { rounds } = await grow(planted, {
    numRounds: 3,
    onProgress: (fraction) => void fractions.push(fraction),
    onRound: (report) => void reported.push(report),
  });
  assert.equal(
    rounds.map(({ round }) => round),
    [1, 2, 3],
  );
  assert.equal(reported, rounds);
  assert.ok(fractions.every((fraction, i) => fraction <= 1 && (i === 0 || fraction > fractions[i - 1])));
});

const strange: Readonly<Record<string, Csr>> = {
  'no vertex': graphFromLists([]),
  'one vertex': graphFromLists([[]]),
  'isolated vertices': graphFromLists([[], [], []]),
  'isolated vertices with weights': { ...graphFromLists([[], []]), data: new Float32Array(0) },
};

for (const [name, graph] of Object.entries(strange)) {
  test(`${name}: no communities`, async () => {
    const { memberships, objective } = await grow(graph);
    assert.is(memberships.numCommunities, 0);
    assert.is(memberships.rows.length, graph.numRows);
    assert.ok(memberships.rows.every((community) => community === 0));
    assert.is(objective, 0);
  });
}

test('no rounds: the start, polished', async () => {
  const { memberships, rounds } = await grow(planted, {
    wtCoeff: 3,
    numRounds: 0,
    initial: singleMemberships(5, truth),
  });
  assert.equal([memberships.rows, rounds], [truth, []]);
});

test('findCommunities: growth, then post-processing, and measures of what is left', async () => {
  const found = await kernels.scope(async () =>
    findCommunities(kernels, await placeDetectionGraph(kernels, planted), () => planted, {
      ...plainDetection,
      growth: true,
      wtCoeff: 3,
      maxEpochs: 2,
      postProcessing: { splitComponents: true, removeWeakLinks: false, minCommunitySize: 26, renumber: true },
    }),
  );
  // Of 30, 25, 40, 20 and 35 three are large enough.
  assert.equal([found.memberships.numCommunities, found.metrics.numNonEmpty], [3, 3]);
  assert.equal([found.metrics.minSize, found.metrics.maxSize, found.metrics.numAssigned], [30, 40, 105]);
  assert.equal([found.rounds.length, found.epochs.length], [2, 0]);
  assert.is(found.postProcessing.numUnassigned, 45);
  assert.ok((found.objective ?? 0) > 0);
});

test.run();
