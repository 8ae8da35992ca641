import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { affiliationScores, computeKnownFor } from '../../src/communities/known-for.ts';
import { type CommunityMetrics, measureCommunities, weighVertices } from '../../src/communities/metrics.ts';
import type { Csr } from '../../src/core/csr.ts';
import { type Memberships, membershipsFromRows, singleMemberships } from '../../src/core/memberships.ts';
import { randomKey } from '../../src/core/rng.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { withPlaced } from '../fixtures/detection.ts';
import { csrFromMaps, graphFromLists, Random } from '../fixtures/random.ts';
import { affiliationByDefinition, measureByPairs, requireValidKnownFor } from '../verify/communities.ts';

const test = suite('community metrics');
const kernels = open(wasm(1));
test.after(() => kernels.close());

const key = randomKey('metrics', 'pairs');

function measure(graph: Csr, memberships: Memberships): Promise<CommunityMetrics> {
  return withPlaced(kernels, graph, async (placed) =>
    measureCommunities(kernels, placed, await weighVertices(kernels, placed), memberships, key),
  );
}

function requireNear(actual: number | undefined, expected: number, tolerance: number, what: string): void {
  assert.ok(
    Math.abs((actual ?? Number.NaN) - expected) <= tolerance,
    `${what}: ${actual}, expected ${expected}`,
  );
}

interface Case {
  readonly graph: Csr;
  readonly memberships: Memberships;
}

/** Communities of a random graph; with width 1 at most one each. */
function drawCase(random: Random, weights: string, width: number): Case {
  const weighted = random.graph(random.below(30), random.real());
  const graph = weights === 'weighted' ? weighted : { ...weighted, data: undefined };
  const numCommunities = 1 + random.below(6);
  const rows = Array.from({ length: graph.numRows }, () => [
    ...random.u32(random.below(width + 1), numCommunities),
  ]);
  return { graph, memberships: membershipsFromRows(numCommunities, rows, width) };
}

for (const weights of ['unweighted', 'weighted']) {
  for (const width of [1, 3]) {
    const kind = `${weights}, ${width === 1 ? 'one community' : 'up to three communities'} a vertex`;

    test(`${kind}: all measures equal those counted pair by pair`, async () => {
      const random = new Random(kind);
      for (let round = 0; round < 60; round++) {
        const { graph, memberships } = drawCase(random, weights, width);
        const actual = await measure(graph, memberships);
        const { isSampled, ...expected } = measureByPairs(graph, memberships);
        assert.equal(Object.keys(actual).sort(), [...Object.keys(expected), 'isSampled'].sort());
        assert.is(actual.isSampled, isSampled);
        for (const [name, value] of Object.entries(expected))
          requireNear(actual[name as keyof typeof expected], value, 1e-12, `round ${round}, ${name}`);
      }
    });

    test(`${kind}: affiliation follows its definition, and known-for carries it`, async () => {
      const random = new Random(`affiliation ${kind}`);
      for (let round = 0; round < 60; round++) {
        const { graph, memberships } = drawCase(random, weights, width);
        const { actual, knownFor } = await withPlaced(kernels, graph, async (placed) => ({
          actual: await affiliationScores(kernels, placed, memberships),
          knownFor: await computeKnownFor(kernels, placed, memberships),
        }));
        affiliationByDefinition(graph, memberships).forEach((expected, slot) => {
          requireNear(actual[slot], expected, 1e-7, `round ${round}, slot ${slot}`);
        });
        requireValidKnownFor(knownFor, memberships);
        const isFilled = (_: number, slot: number) => memberships.rows[slot] !== memberships.numCommunities;
        assert.equal([...(knownFor.data as Float32Array)], [...actual].filter(isFilled));
      }
    });
  }
}

test('without weights the weighted measures are the plain ones', async () => {
  const { data: _, ...graph } = new Random('plain').graph(25);
  const made = await measure(graph, singleMemberships(3, new Random('a').u32(25, 4)));
  requireNear(made.weightedPrecision, made.precision, 1e-12, 'precision');
  requireNear(made.weightedRecall, made.recall, 1e-12, 'recall');
  requireNear(made.weightedF1, made.f1, 1e-12, 'f1');
});

test('one large community is measured exactly, without going through its pairs', async () => {
  const n = 100_000;
  const graph = ring(n);
  const made = await measure(graph, singleMemberships(1, new Uint32Array(n)));
  assert.is(made.isSampled, false);
  assert.is(made.precision, n / ((n * (n - 1)) / 2));
  // All vertices are alike but for their weights of 1 or 3: pairs of neighbours weigh 2 on average, as all others do.
  requireNear(made.weightedPrecision / made.precision, 1, 1e-9, 'weighted against plain');
});

test('large overlapping communities are measured by a sample, which is said and comes close', async () => {
  const n = 25_000;
  const graph = ring(n);
  // Half of the vertices are in a second community as well: their pairs are predicted twice and count once.
  const rows = Array.from({ length: n }, (_, v) => (v < n / 2 ? [0, 1] : [0]));
  const made = await measure(graph, membershipsFromRows(2, rows));
  assert.is(made.isSampled, true);
  const precision = n / ((n * (n - 1)) / 2);
  requireNear(made.precision / precision, 1, 0.01, 'precision');
  requireNear(made.weightedPrecision / precision, 1, 0.01, 'weighted precision');
  assert.equal([made.recall, made.weightedRecall, made.membershipsPerVertex], [1, 1, 1.5]);
  assert.equal(await measure(graph, membershipsFromRows(2, rows)), made);
});

/** Every vertex has an edge of weight 1 to one side and of 3 to the other. @param n even */
function ring(n: number): Csr {
  const rows = Array.from({ length: n }, (_, v) => {
    const [before, after] = [(v + n - 1) % n, (v + 1) % n];
    return new Map([
      [before, v % 2 ? 1 : 3],
      [after, v % 2 ? 3 : 1],
    ]);
  });
  return csrFromMaps(n, rows);
}

test('a member without others belongs wholly, one that knows nobody not at all', async () => {
  const graph = graphFromLists([[1], [0], [], []]);
  const memberships = singleMemberships(3, Uint32Array.of(0, 1, 2, 2));
  const scores = await withPlaced(kernels, graph, (placed) =>
    affiliationScores(kernels, placed, memberships),
  );
  assert.equal([...scores], [1, 1, 0, 0]);
});

test.run();
