import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { affiliationScores, computeKnownFor } from '../../src/communities/known-for.ts';
import { measureCommunities } from '../../src/communities/metrics.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { graphFromLists, Random } from '../fixtures/random.ts';
import { affiliationByDefinition, measureByPairs, requireValidKnownFor } from '../verify/communities.ts';

const test = suite('community metrics');
const kernels = open(wasm(1));
test.after(() => kernels.close());

function requireNear(actual: number | undefined, expected: number, tolerance: number, what: string): void {
  assert.ok(
    Math.abs((actual ?? Number.NaN) - expected) <= tolerance,
    `${what}: ${actual}, expected ${expected}`,
  );
}

for (const weights of ['unweighted', 'weighted']) {
  test(`${weights}: all measures equal those counted pair by pair`, async () => {
    const random = new Random(weights);
    for (let round = 0; round < 60; round++) {
      const weighted = random.graph(random.below(30), random.real());
      const graph = weights === 'weighted' ? weighted : { ...weighted, data: undefined };
      const numCommunities = 1 + random.below(6);
      const assignment = random.u32(graph.numRows, numCommunities + 1);
      const actual = await measureCommunities(kernels, graph, assignment, numCommunities);
      const expected = measureByPairs(graph, assignment, numCommunities);
      assert.equal(Object.keys(actual).sort(), Object.keys(expected).sort());
      for (const [name, value] of Object.entries(expected))
        requireNear(actual[name as keyof typeof expected], value, 1e-12, `round ${round}, ${name}`);
    }
  });

  test(`${weights}: affiliation follows its definition, and known-for carries it`, async () => {
    const random = new Random(`affiliation ${weights}`);
    for (let round = 0; round < 60; round++) {
      const weighted = random.graph(random.below(30), random.real());
      const graph = weights === 'weighted' ? weighted : { ...weighted, data: undefined };
      const numCommunities = 1 + random.below(6);
      const assignment = random.u32(graph.numRows, numCommunities + 1);
      const actual = await affiliationScores(kernels, graph, assignment, numCommunities);
      affiliationByDefinition(graph, assignment, numCommunities).forEach((expected, v) => {
        requireNear(actual[v], expected, 1e-7, `round ${round}, vertex ${v}`);
      });
      const knownFor = await computeKnownFor(kernels, graph, { assignment, numCommunities, epochs: [] });
      requireValidKnownFor(knownFor, graph.numRows, numCommunities);
      const members = [...assignment.keys()].filter((v) => assignment[v] !== numCommunities);
      assert.equal(
        [...knownFor.indices],
        members.map((v) => assignment[v] + 1),
      );
      assert.equal(
        [...(knownFor.data as Float32Array)],
        members.map((v) => actual[v]),
      );
    }
  });
}

test('without weights the weighted measures are the plain ones', async () => {
  const { data: _, ...graph } = new Random('plain').graph(25);
  const made = await measureCommunities(kernels, graph, new Random('a').u32(25, 4), 3);
  requireNear(made.weightedPrecision, made.precision, 1e-12, 'precision');
  requireNear(made.weightedRecall, made.recall, 1e-12, 'recall');
  requireNear(made.weightedF1, made.f1, 1e-12, 'f1');
});

test('a member without others belongs wholly, one that knows nobody not at all', async () => {
  const graph = graphFromLists([[1], [0], [], []]);
  const scores = await affiliationScores(kernels, graph, Uint32Array.of(0, 1, 2, 2), 3);
  assert.equal([...scores], [1, 1, 0, 0]);
});

test.run();
