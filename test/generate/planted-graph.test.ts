import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Csr } from '../../src/core/csr.ts';
import { SimClustersError } from '../../src/core/errors.ts';
import { communitiesOf, type Memberships, membersOf } from '../../src/core/memberships.ts';
import { generatePlantedGraph, type PlantedOptions } from '../../src/generate/planted-graph.ts';
import { rewireEdges } from '../../src/generate/rewire.ts';
import { sharesCommunity } from '../../src/generate/shared-communities.ts';
import { rowOf } from '../fixtures/random.ts';

/** Settings of every kind that can be met. */
const anyOptions: fc.Arbitrary<PlantedOptions> = fc.record({
  numVertices: fc.integer({ min: 150, max: 400 }),
  meanSize: fc.integer({ min: 4, max: 20 }),
  maxSize: fc.constant(40),
  sizeDistribution: fc.constantFrom('uniform', 'power-law'),
  density: fc.constantFrom({ internalDegree: 6 }, { minDensity: 0.3, maxDensity: 1 }),
  mixing: fc.constantFrom(0, 0.1, 0.4),
  meanMemberships: fc.constantFrom(1, 1.4, 2.5),
  weighted: fc.boolean(),
  shuffleIds: fc.boolean(),
});

test('property: a symmetric graph without loops or repeats, weights in thousandths; every vertex has a community', () =>
  fc.assert(
    fc.asyncProperty(anyOptions, fc.string(), async (options, seed) => {
      const { graph, truth } = await generatePlantedGraph(options, seed);
      assert.is(graph.data !== undefined, options.weighted);
      demandUndirected(graph);
      for (const weight of graph.data ?? []) assert.is(Math.fround(Number(weight.toFixed(3))), weight);
      for (let v = 0; v < truth.numVertices; v++) {
        const row = communitiesOf(truth, v);
        assert.ok(row.length >= 1);
        assert.equal(
          [...row],
          [...new Set(row)].sort((a, b) => a - b),
        );
      }
    }),
    { numRuns: 40 },
  ));

test('property: the same seed gives the same graph and truth, another seed another', () =>
  fc.assert(
    fc.asyncProperty(anyOptions, async (options) => {
      const [one, again, other] = await Promise.all(
        ['1', '1', '2'].map((seed) => generatePlantedGraph(options, seed)),
      );
      assert.equal(one, again);
      assert.not.equal(one.graph.indices, other.graph.indices);
    }),
    { numRuns: 10 },
  ));

for (const meanMemberships of [1, 1.6]) {
  test(`degree, mixing, sizes and memberships are those asked for, ${meanMemberships} communities a vertex`, async () => {
    const numVertices = 20_000;
    const { graph, truth } = await generatePlantedGraph(
      {
        numVertices,
        meanSize: 60,
        minSize: 20,
        maxSize: 100,
        density: { internalDegree: 12 },
        mixing: 0.25,
        meanMemberships,
        maxMemberships: meanMemberships === 1 ? 1 : 4,
      },
      'seed',
    );
    assertNear(graph.indices.length / numVertices, 16, 0.02);
    assertNear(shareAcross(graph, truth), 0.25, 0.02);
    const { indptr } = membersOf(truth);
    const sizes = [...indptr.subarray(1)].map((end, c) => end - indptr[c]);
    assert.ok(Math.min(...sizes) >= 20 && Math.max(...sizes) <= 100);
    assertNear(indptr[truth.numCommunities] / numVertices, meanMemberships, 0.02);
    assertNear(indptr[truth.numCommunities] / truth.numCommunities, 60, 0.02);
    assert.is(truth.width, meanMemberships === 1 ? 1 : 4);
  });
}

test('communities as large as half the graph that overlap leave the mixing what it should be', async () => {
  const { graph, truth } = await generatePlantedGraph(
    {
      numVertices: 1000,
      numCommunities: 4,
      minSize: 300,
      maxSize: 500,
      meanMemberships: 1.6,
      maxMemberships: 3,
      density: { internalDegree: 20 },
      mixing: 0.2,
    },
    '1',
  );
  assertNear(shareAcross(graph, truth), 0.2, 0.06);
  assertNear(membersOf(truth).members.length, 1600, 0.05);
});

test('densities fall from the smallest to the largest community', async () => {
  const { graph, truth } = await generatePlantedGraph(
    {
      numVertices: 6000,
      minSize: 20,
      maxSize: 60,
      density: { minDensity: 0.2, maxDensity: 0.8 },
      mixing: 0,
    },
    '1',
  );
  const { indptr } = membersOf(truth);
  const sizeOf = (c: number) => indptr[c + 1] - indptr[c];
  const inside = new Float64Array(truth.numCommunities);
  for (let u = 0; u < graph.numRows; u++) inside[truth.rows[u]] += graph.indptr[u + 1] - graph.indptr[u];
  const densityAt = (from: number, to: number) => {
    const chosen = [...inside.keys()].filter((c) => sizeOf(c) >= from && sizeOf(c) <= to);
    const pairs = chosen.reduce((sum, c) => sum + sizeOf(c) * (sizeOf(c) - 1), 0);
    return chosen.reduce((sum, c) => sum + inside[c], 0) / pairs;
  };
  assertNear(densityAt(20, 22), 0.785, 0.05);
  assertNear(densityAt(58, 60), 0.215, 0.05);
});

test('power-law sizes: most are small', async () => {
  const { truth } = await generatePlantedGraph(
    {
      numVertices: 30_000,
      meanSize: 40,
      sizeDistribution: 'power-law',
      density: { internalDegree: 1 },
      mixing: 0,
    },
    '1',
  );
  const { indptr } = membersOf(truth);
  const sizes = [...indptr.subarray(1)].map((end, c) => end - indptr[c]).sort((a, b) => a - b);
  assert.ok(sizes[0] >= 10 && sizes[sizes.length - 1] > 200);
  assert.ok(sizes[sizes.length >> 1] < 25, `median ${sizes[sizes.length >> 1]}`);
});

test('weights: strong and weak inside, weaker across; an edge of two communities weighs more', async () => {
  const options: PlantedOptions = {
    numVertices: 4000,
    meanSize: 40,
    density: { internalDegree: 20 },
    mixing: 0.3,
    weighted: true,
  };
  const { graph, truth } = await generatePlantedGraph(options, '1');
  const [inside, across] = meanWeights(graph, truth);
  assertNear(inside, 0.2 * 0.2 + 0.8 * 0.05, 0.03);
  assertNear(across, 0.03125, 0.03);
  const overlapping = { ...options, numVertices: 100, meanSize: 50, meanMemberships: 2, mixing: 0 };
  const dense = { minDensity: 1, maxDensity: 1 };
  const full = await generatePlantedGraph({ ...overlapping, density: dense }, '1');
  assert.ok(meanWeights(full.graph, full.truth)[0] > 1.1 * inside);
});

test('without shuffling, communities are runs of ids', async () => {
  const options = { numVertices: 200, meanSize: 10, density: { internalDegree: 4 }, mixing: 0.1 };
  const { truth } = await generatePlantedGraph({ ...options, shuffleIds: false }, '1');
  assert.equal(
    [...truth.rows],
    [...truth.rows].sort((a, b) => a - b),
  );
  const shuffled = await generatePlantedGraph(options, '1');
  assert.not.equal([...shuffled.truth.rows], [...truth.rows]);
});

test('rewiring replaces the share asked for by edges of the same kind and keeps the other weights', async () => {
  const planted = await generatePlantedGraph(
    {
      numVertices: 5000,
      meanSize: 50,
      density: { internalDegree: 10 },
      mixing: 0.3,
      meanMemberships: 1.3,
      weighted: true,
    },
    '1',
  );
  const { graph, truth } = await rewireEdges(planted, 0.1, '2');
  demandUndirected(graph);
  assert.is(truth, planted.truth);
  const before = new Map(allEdges(planted.graph));
  const after = allEdges(graph);
  const kept = after.filter(([edge]) => before.has(edge));
  for (const [edge, weight] of kept) assert.is(weight, before.get(edge));
  assertNear(1 - kept.length / before.size, 0.1, 0.05);
  assertNear(after.length, before.size, 0.005);
  assertNear(shareAcross(graph, truth), shareAcross(planted.graph, truth), 0.01);
  assert.equal(await rewireEdges(planted, 0, '2'), planted);
});

for (const [name, wrong] of Object.entries({
  'sizes that cannot add up': { numCommunities: 3, minSize: 2, maxSize: 10 },
  'a smallest size above the largest': { minSize: 30, maxSize: 20 },
  'a mixing of 1': { mixing: 1 },
  'more edges across than pairs': { numCommunities: 1, maxSize: 100, mixing: 0.5 },
  'fewer memberships than one': { meanMemberships: 0.5 },
  'more memberships in the mean than at the most': { meanMemberships: 3, maxMemberships: 2 },
  'densities upside down': { density: { minDensity: 0.5, maxDensity: 0.1 } },
})) {
  test(`refused: ${name}`, async () => {
    const options = { numVertices: 100, density: { internalDegree: 5 }, mixing: 0.1, ...wrong };
    const error = await generatePlantedGraph(options, '1').catch((reason) => reason);
    assert.instance(error, SimClustersError);
    assert.is(error.code, 'BAD_PARAM');
  });
}

function demandUndirected(graph: Csr): void {
  for (let u = 0; u < graph.numRows; u++) {
    const row = rowOf(graph, u);
    row.forEach(([v, weight], i) => {
      assert.ok(v !== u && (i === 0 || row[i - 1][0] < v));
      const mirrored = rowOf(graph, v).find(([column]) => column === u);
      assert.is(mirrored?.[1], weight);
    });
  }
}

/** Each edge once, as text and weight. */
function allEdges(graph: Csr): [string, number][] {
  return Array.from({ length: graph.numRows }, (_, u) => u).flatMap((u) =>
    rowOf(graph, u)
      .filter(([v]) => v > u)
      .map(([v, weight]): [string, number] => [`${u} ${v}`, weight]),
  );
}

function shareAcross(graph: Csr, truth: Memberships): number {
  const across = allEdges(graph).filter(
    ([edge]) => !sharesCommunity(truth, ...(edge.split(' ').map(Number) as [number, number])),
  );
  return across.length / (graph.indices.length / 2);
}

function meanWeights(graph: Csr, truth: Memberships): [number, number] {
  const sums = [0, 0];
  const counts = [0, 0];
  for (const [edge, weight] of allEdges(graph)) {
    const kind = sharesCommunity(truth, ...(edge.split(' ').map(Number) as [number, number])) ? 0 : 1;
    sums[kind] += weight;
    counts[kind]++;
  }
  return [sums[0] / counts[0], sums[1] / counts[1]];
}

function assertNear(value: number, wanted: number, tolerance: number): void {
  assert.ok(Math.abs(value - wanted) <= tolerance * wanted, `${value}, not ${wanted} ± ${tolerance * 100} %`);
}

test.run();
