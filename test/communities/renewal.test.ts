import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { reportChanges } from '../../src/communities/change-report.ts';
import {
  type IdentifiedKnownFor,
  type RenewalOptions,
  renewMemberships,
} from '../../src/communities/renewal.ts';
import { csrFromRows } from '../../src/core/csr.ts';
import { idTableFromStrings } from '../../src/core/ids.ts';
import { communitiesOf } from '../../src/core/memberships.ts';
import { neighborhoodsOf } from '../../src/core/neighborhoods.ts';
import { randomKey } from '../../src/core/rng.ts';
import { graphFromLists } from '../fixtures/random.ts';

const test = suite('renewal');
const key = randomKey('1', 'renewal');
const keep: RenewalOptions = { minCommunities: 0, reuseIds: false, key };

/** Clusters by producer, as `{ ann: [1], bob: [] }`; all scores 1 unless given. */
function knownFor(
  numCommunities: number,
  clusters: Readonly<Record<string, readonly number[]>>,
  score: (producer: string) => number = () => 1,
): IdentifiedKnownFor {
  return {
    producerIds: idTableFromStrings(Object.keys(clusters)),
    knownFor: csrFromRows(
      numCommunities + 1,
      Object.entries(clusters).map(([producer, ids]) => ids.map((id) => [id, score(producer)] as const)),
    ),
  };
}

function renew(
  previous: IdentifiedKnownFor,
  graph: Readonly<Record<string, string>>,
  options: Partial<RenewalOptions> = {},
) {
  const names = Object.keys(graph);
  const lists = Object.values(graph).map((neighbors) =>
    neighbors
      .split(' ')
      .filter(Boolean)
      .map((name) => names.indexOf(name)),
  );
  const { initial, counts } = renewMemberships(
    previous,
    idTableFromStrings(names),
    neighborhoodsOf(graphFromLists(lists)),
    { ...keep, ...options },
  );
  const ids = Object.fromEntries(
    names.map((name, v) => [name, Array.from(communitiesOf(initial, v), (c) => c + 1)]),
  );
  return { ids, numIds: initial.numCommunities, counts };
}

// Last week: cluster 1 = ann, bob; 2 = cat; 3 = dan; 4 = nobody. This week cat is gone, dan has no neighbours.
const lastWeek = knownFor(4, { ann: [1], bob: [1], cat: [2], dan: [3], eve: [] });
const thisWeek = { zoe: 'ann', dan: '', ann: 'zoe bob', bob: 'ann', eve: 'fay', fay: 'eve', gus: '' };

test('rows are matched by id; who has neighbours keeps the clusters, newcomers start without', () => {
  const { ids, numIds, counts } = renew(lastWeek, thisWeek);
  assert.equal(ids, { zoe: [], dan: [], ann: [1], bob: [1], eve: [], fay: [], gus: [] });
  assert.is(numIds, 4);
  assert.equal(counts, {
    numCarriedOver: 2,
    numUnassigned: 3,
    numWithoutNeighbors: 1,
    numLeavers: 1,
    numNewcomers: 3,
    numIdsWithoutMembers: 3,
    reusedIds: [],
    newIds: [],
  });
});

test('new ids follow the last one, as far as there are founders with an unassigned neighbour', () => {
  const { ids, numIds, counts } = renew(lastWeek, thisWeek, { minCommunities: 9 });
  // zoe's only neighbour is taken, gus has none: eve and fay found the one community there can be.
  assert.equal(ids, { zoe: [], dan: [], ann: [1], bob: [1], eve: [5], fay: [5], gus: [] });
  assert.is(numIds, 5);
  assert.equal(counts.newIds, [5]);
});

test('ids without members are filled only where asked, and said to be used again', () => {
  const { ids, numIds, counts } = renew(lastWeek, thisWeek, { reuseIds: true });
  assert.equal(ids['eve'], [2]);
  assert.equal(ids['fay'], [2]);
  assert.is(numIds, 4);
  assert.equal([counts.reusedIds, counts.newIds, counts.numIdsWithoutMembers], [[2], [], 2]);
});

test('several clusters of a producer are all carried over', () => {
  const { ids } = renew(knownFor(3, { ann: [1, 3], bob: [3] }), { bob: 'ann', ann: 'bob' });
  assert.equal(ids, { bob: [3], ann: [1, 3] });
});

test('nothing in common, or nobody: no community starts with members, and no id is lost', () => {
  assert.equal(renew(knownFor(0, {}), { ann: 'bob', bob: 'ann' }).ids, { ann: [], bob: [] });
  const strangers = renew(lastWeek, { x: 'y', y: 'x' });
  assert.equal(strangers.ids, { x: [], y: [] });
  assert.is(strangers.numIds, 4);
  assert.is(renew(lastWeek, {}).counts.numLeavers, 5);
});

test('on any graphs: ids are never renumbered, founders are unassigned and disjoint, same key same start', () => {
  const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
  const assignments = fc.uniqueArray(
    fc.tuple(fc.constantFrom(...names), fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 2 })),
    { selector: ([name]) => name },
  );
  const edges = fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 40 });
  const there = fc.shuffledSubarray(names);
  fc.assert(
    fc.property(
      assignments,
      there,
      edges,
      fc.nat(10),
      fc.boolean(),
      (before, order, pairs, minCommunities, reuseIds) => {
        const old = Object.fromEntries(before);
        const graph = Object.fromEntries(
          order.map((name) => {
            const near = pairs.flatMap(([a, b]) =>
              names[a] === name ? [names[b]] : names[b] === name ? [names[a]] : [],
            );
            return [
              name,
              [...new Set(near)].filter((other) => other !== name && order.includes(other)).join(' '),
            ];
          }),
        );
        const previous = knownFor(6, old);
        const { ids, numIds, counts } = renew(previous, graph, { minCommunities, reuseIds });
        const started = new Set(
          order.filter((name) => graph[name] !== '').flatMap((name) => old[name] ?? []),
        );
        const seeds = new Set([...counts.reusedIds, ...counts.newIds]);
        assert.ok(numIds >= 6 && numIds <= Math.max(6, minCommunities));
        for (const name of order) {
          const had = graph[name] === '' ? [] : (old[name] ?? []);
          if (had.length > 0) assert.equal(ids[name], [...had].sort());
          else assert.ok(ids[name].every((id) => seeds.has(id)) && ids[name].length <= 1);
        }
        for (const id of seeds) {
          assert.not(started.has(id));
          assert.ok(order.filter((name) => ids[name].includes(id)).length >= 2);
        }
        if (!reuseIds) assert.equal(counts.reusedIds, []);
        assert.is(counts.numIdsWithoutMembers, 6 - started.size - counts.reusedIds.length);
        assert.equal(renew(previous, graph, { minCommunities, reuseIds }).ids, ids);
      },
    ),
  );
});

test('changes of producers and clusters, counted by hand', () => {
  const named = (prefix: string, length: number, ids: number[]) =>
    Object.fromEntries(Array.from({ length }, (_, i) => [`${prefix}${i}`, ids]));
  const before = knownFor(5, {
    ...named('a', 12, [1]),
    ...named('b', 4, [2]),
    ...named('c', 10, [3]),
    gone: [1],
    lost: [2],
    found: [],
    idle: [],
  });
  const after = knownFor(6, {
    idle: [],
    found: [1],
    lost: [],
    ...named('a', 12, [1]),
    ...named('b', 4, [6]),
    ...named('c', 10, [2]),
    fresh: [3],
    loner: [],
  });
  const { producers, clusters } = reportChanges(before, after);
  assert.equal(producers, {
    ...{ same: 12, different: 14, someToNone: 1, noneToSome: 1, noneToNone: 1 },
    ...{ newcomers: 2, newcomersWithCluster: 1, leavers: 1, leaversWithCluster: 1 },
    shareSame: 12 / 27,
  });
  // 1: 12 of 13 before and 13 after in common. 2 (5 → 10) and 3 (10 → 1) share no producer with themselves.
  assert.is(clusters.numCompared, 3);
  assert.equal(
    clusters.mostChanged.map(({ clusterId, numBefore, numAfter, numInBoth }) => [
      ...[clusterId, numBefore, numAfter, numInBoth],
    ]),
    [
      [2, 5, 10, 0],
      [3, 10, 1, 0],
      [1, 13, 13, 12],
    ],
  );
  const { min, p10, median, mean } = clusters.cosine!;
  assert.equal([min, p10, median], [0, 0, 0]);
  assert.ok(Math.abs(mean - 12 / 13 / 3) < 1e-12);
  assert.equal([clusters.extinctIds, clusters.reusedIds, clusters.newIds], [[], [2, 3], [6]]);
});

test('cosines weigh by score; an id that dies out and one used for the first time are told apart', () => {
  const score = (name: string) => (name === 'firm' ? 0.5 : 0.125);
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`weak${i}`, [1]]));
  const nobody = Object.fromEntries(Object.keys(many).map((name) => [name, [] as number[]]));
  const { clusters } = reportChanges(
    knownFor(3, { firm: [1], ...many, x: [2] }, score),
    knownFor(3, { firm: [1], ...nobody, x: [3] }, score),
  );
  const [{ cosine, ...sizes }] = clusters.mostChanged;
  assert.equal(sizes, { clusterId: 1, numBefore: 10, numAfter: 1, numInBoth: 1 });
  // .5² / (.5 · √(.5² + 9 · .125²)) = 1 / 1.25
  assert.is(cosine, 0.8);
  assert.equal([clusters.extinctIds, clusters.reusedIds, clusters.newIds], [[2], [3], []]);
});

test('a model against itself: nothing changed', () => {
  const { producers, clusters } = reportChanges(lastWeek, lastWeek);
  assert.is(producers.shareSame, 1);
  assert.equal([clusters.numCompared, clusters.cosine, clusters.mostChanged], [0, undefined, []]);
  assert.equal([clusters.extinctIds, clusters.reusedIds, clusters.newIds], [[], [], []]);
});

test.run();
