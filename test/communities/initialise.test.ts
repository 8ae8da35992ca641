import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConductanceSweep } from '../../src/communities/initialise/conductance.ts';
import { MembershipSlots } from '../../src/communities/initialise/membership-slots.ts';
import { type Initialisation, initialisations, initialise } from '../../src/communities/initialise.ts';
import { type Csr, csrFromRows } from '../../src/core/csr.ts';
import { communitiesOf, type Memberships } from '../../src/core/memberships.ts';
import { neighborhoodsOf } from '../../src/core/neighborhoods.ts';
import { randomKey } from '../../src/core/rng.ts';
import { eightVertices } from '../fixtures/golden-graphs.ts';
import { onDisk } from '../fixtures/neighborhoods.ts';
import { plantCommunities } from '../fixtures/planted.ts';
import { dense, graphFromLists, Random } from '../fixtures/random.ts';
import { memberLists, requireValidMemberships } from '../verify/memberships.ts';

const test = suite('initialisations');
const key = randomKey('a', 'initialise');

function start(name: Initialisation, graph: Csr, numCommunities: number, maxMemberships = 1): Memberships {
  return initialise(name, onDisk(graph), numCommunities, key, maxMemberships);
}

/** conductance as initialise/conductance.ts defines it, from the dense matrix. */
function conductanceOf(graph: Csr, set: readonly number[]): number {
  const weights = dense(graph);
  const degree = weights.map((row) => row.reduce((a, b) => a + b, 0));
  const volume = set.reduce((sum, v) => sum + degree[v], 0);
  const inside = set.reduce((sum, u) => sum + set.reduce((part, v) => part + weights[u][v], 0), 0);
  const rest = degree.reduce((a, b) => a + b, 0) - volume;
  if (set.length === 1 || volume === 0 || rest < 1e-9) return 1;
  return Math.max((volume - inside) / volume, (volume - inside) / rest);
}

for (const name of initialisations) {
  test(`${name}: any graph, any number of communities, same key, same start`, () => {
    const anyCase = fc.record({
      seed: fc.nat(),
      numVertices: fc.integer({ min: 0, max: 30 }),
      density: fc.constantFrom(0, 0.05, 0.2, 1),
      isWeighted: fc.boolean(),
      numCommunities: fc.integer({ min: 1, max: 40 }),
      maxMemberships: fc.integer({ min: 1, max: 4 }),
    });
    const holds = ({
      seed,
      numVertices,
      density,
      isWeighted,
      numCommunities,
      maxMemberships,
    }: {
      seed: number;
      numVertices: number;
      density: number;
      isWeighted: boolean;
      numCommunities: number;
      maxMemberships: number;
    }) => {
      const weighted = new Random(seed).graph(numVertices, density);
      const graph = isWeighted ? weighted : { ...weighted, data: undefined };
      const found = start(name, graph, numCommunities, maxMemberships);
      requireValidMemberships(found);
      assert.is(found.numVertices, numVertices);
      assert.is(found.numCommunities, name === 'singletons' ? numVertices : numCommunities);
      assert.is(found.width, name === 'best-neighborhoods' ? maxMemberships : 1);
      const inMemory = initialise(name, neighborhoodsOf(graph), numCommunities, key, maxMemberships);
      assert.equal(found, inMemory);
    };
    fc.assert(fc.property(anyCase, holds), { numRuns: 150, seed: 7 });
  });
}

test('random and singletons: every vertex in exactly one community, all of them in use', () => {
  const graph = graphFromLists(Array.from({ length: 600 }, () => []));
  assert.equal([...start('singletons', graph, 3).rows], [...Array(600).keys()]);
  const random = start('random', graph, 3);
  for (const members of memberLists(random)) assert.ok(members.length > 150 && members.length < 250);
});

test('neighbourhoods: every member of a community is its founder or one of its neighbours', () => {
  const graph = new Random('founders').graph(60, 0.1);
  for (const name of initialisations.slice(0, 3)) {
    for (const members of memberLists(start(name, graph, 12, 3))) {
      const isFounder = (v: number) => {
        const neighbors = new Set(graph.indices.subarray(graph.indptr[v], graph.indptr[v + 1]));
        return members.every((u) => u === v || neighbors.has(u));
      };
      assert.ok(members.length === 0 || members.some(isFounder), `${name}: ${members}`);
    }
  }
});

test('best prefix: the least conductance of all prefixes, the shortest of equals', () => {
  for (let round = 0; round < 200; round++) {
    const random = new Random(`prefix ${round}`);
    const weighted = random.graph(2 + random.below(14), 0.3);
    const graph = random.chance() ? weighted : { ...weighted, data: undefined };
    const list = random.permutation(graph.numRows).subarray(0, 1 + random.below(graph.numRows));
    const length = new ConductanceSweep(onDisk(graph)).bestPrefix(list);
    const conductances = Array.from(list, (_, i) => conductanceOf(graph, [...list.subarray(0, i + 1)]));
    const least = Math.min(...conductances);
    assert.ok(Math.abs(conductances[length - 1] - least) < 1e-9);
    assert.ok(conductances.slice(0, length - 1).every((value) => value > least - 1e-9));
  }
  assert.is(new ConductanceSweep(onDisk(eightVertices)).bestPrefix(new Uint32Array(0)), 0);
});

test('best neighbourhoods: of two cliques joined by an edge, every founder finds its own whole', () => {
  // The degrees in a clique add up to 13, of which 1 leaves it: conductance 1/13, and more for any part.
  const cliques = ['0,1,2,3', '4,5,6,7'];
  const whole = memberLists(start('best-neighborhoods', eightVertices, 8, 4)).map(String);
  assert.ok(whole.every((members) => cliques.includes(members)));
  const apart = memberLists(start('non-overlapping-neighborhoods', eightVertices, 2));
  assert.equal(apart.map(String).sort(), cliques);
});

test('best neighbourhoods: weights lead, ties go to the lower id', () => {
  // 0 is tied closely to 1 and 2, loosely to 3; the rest of the weight is elsewhere.
  const graph = csrFromRows(6, [
    [
      [1, 1],
      [2, 1],
      [3, 0.1],
    ],
    [
      [0, 1],
      [2, 1],
    ],
    [
      [0, 1],
      [1, 1],
    ],
    [
      [0, 0.1],
      [4, 1],
    ],
    [
      [3, 1],
      [5, 9],
    ],
    [[4, 9]],
  ]);
  const lists = memberLists(start('best-neighborhoods', graph, 6, 6)).map(String);
  assert.ok(lists.filter((members) => members === '0,1,2').length >= 2);
});

test('best neighbourhoods: a vertex keeps the memberships of the heaviest edges', () => {
  const slots = new MembershipSlots(2, 9, 2);
  for (const [community, strength] of [
    [1, 0.5],
    [3, 0.75],
    [4, 0.5],
    [6, 0.25],
    [8, 1],
  ])
    slots.add(1, community, strength);
  slots.add(0, 5, 1);
  const kept = slots.memberships();
  assert.equal([...communitiesOf(kept, 0)], [5]);
  assert.equal([...communitiesOf(kept, 1)], [3, 8]);
  const tied = new MembershipSlots(1, 9, 2);
  for (const community of [2, 5, 7]) tied.add(0, community, 1);
  assert.equal([...tied.memberships().rows], [2, 5]);
});

test('every founder is a member of its community as long as there is room', () => {
  const graph = new Random('own').graph(40, 0.2);
  // One community per vertex: all are founders, and none is closer to another than to itself.
  const lists = memberLists(start('best-neighborhoods', graph, 40, 1));
  assert.ok(lists.every((members) => members.length === 1));
});

const planted = plantCommunities({ sizes: [30, 25, 40, 20, 35], inside: 0.5, across: 0.01, seed: 'clear' });

test('planted communities: most of those who share a neighbourhood share a community', () => {
  const { graph, truth } = planted;
  /** Share of the pairs within communities that the truth has together, too. */
  const precision = (name: Initialisation) => {
    const pairs = memberLists(start(name, graph, 5)).flatMap((members) =>
      members.flatMap((u, i) => members.slice(i + 1).map((v) => truth[u] === truth[v])),
    );
    return pairs.filter(Boolean).length / pairs.length;
  };
  assert.ok(precision('random') < 0.3);
  for (const name of initialisations.slice(0, 3)) assert.ok(precision(name) > 0.8, name);
});

test('a start asks for few neighbours', () => {
  const { graph } = planted;
  const readsOf = (name: Initialisation, numCommunities: number) => {
    const disk = onDisk(graph);
    initialise(name, disk, numCommunities, key, 2);
    return disk.numReads();
  };
  assert.is(readsOf('random', 5) + readsOf('singletons', 5), 0);
  assert.ok(readsOf('random-neighborhoods', 5) <= 5 * 9);
  const maxDegree = Math.max(...graph.indptr.slice(1).map((end, v) => end - graph.indptr[v]));
  assert.ok(readsOf('best-neighborhoods', 5) <= graph.numRows + 5 * (maxDegree + 2));
});

test('same seed, same bytes as ever: what runs of one seed gave they give again', () => {
  const graph = new Random('bytes').graph(24, 0.15);
  const rows = (name: Initialisation) => [...start(name, graph, 5, 2).rows].join(' ');
  assert.is(rows('random-neighborhoods'), '0 5 3 1 5 1 1 4 0 5 2 1 0 0 1 2 0 5 0 2 5 3 0 1');
});

test.run();
