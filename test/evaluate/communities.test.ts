import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type MemberLists, memberListsFromArrays } from '../../src/core/member-lists.ts';
import {
  compareWithTruth,
  measureStructure,
  summarizeSizes,
  type TruthAgreement,
} from '../../src/evaluate/communities.ts';
import { graphFromLists, Random } from '../fixtures/random.ts';

const numVertices = 14;

/** Communities from one label per vertex. */
function partition(labels: readonly number[]): MemberLists {
  const lists = Array.from({ length: Math.max(...labels) + 1 }, (): number[] => []);
  labels.forEach((label, v) => {
    lists[label].push(v);
  });
  return memberListsFromArrays(lists);
}

const anyPartition = fc
  .array(fc.integer({ min: 0, max: 5 }), { minLength: numVertices, maxLength: numVertices })
  .map(partition);
const anyLists = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: numVertices - 1 }), { maxLength: 9 }), {
  maxLength: 7,
});

test('average F1 by hand: best counterparts, both ways', () => {
  const truth = memberListsFromArrays([[0, 1, 2, 3], [4, 5], []]);
  const found = memberListsFromArrays([[0, 1], [2, 3, 4, 5], [8, 9], []]);
  const { averageF1 } = compareWithTruth(found, truth, 10);
  // {0,1,2,3}: 2·2/6 with {0,1}, 2·2/8 with the other.  {4,5}: 2·2/6.
  assertNear(averageF1.truthToFound, 2 / 3);
  // {0,1}: 2/3.  {2,3,4,5}: max(1/2, 2/3).  {8,9}: 0.
  assertNear(averageF1.foundToTruth, 4 / 9);
  assertNear(averageF1.f1, 5 / 9);
});

test('NMI and ARI of a textbook pair of partitions', () => {
  const agreement = compareWithTruth(partition([0, 0, 1, 1, 2, 2]), partition([0, 0, 0, 1, 1, 1]), 6);
  assertNear(agreement.partition!.nmi, 0.5158037429793889);
  assertNear(agreement.partition!.ari, 0.24242424242424243);
  assert.is(agreement.omega, agreement.partition!.ari);
});

test('vertices without a true community do not count for NMI and ARI; those without a found one stand alone', () => {
  const truth = memberListsFromArrays([
    [0, 1, 2],
    [3, 4, 5],
  ]);
  const found = memberListsFromArrays([
    [0, 1, 8],
    [2, 3, 9],
  ]);
  const alone = partition([0, 0, 1, 1, 2, 3]);
  assert.equal(compareWithTruth(found, truth, 10).partition, compareWithTruth(alone, truth, 6).partition);
});

test('property: a perfect recovery has 1 everywhere', () =>
  fc.assert(
    fc.property(anyLists, (arrays) => {
      const lists = memberListsFromArrays(arrays);
      const { averageF1, partition: disjoint, omega } = compareWithTruth(lists, lists, numVertices);
      const isEmpty = lists.members.length === 0;
      assert.is(averageF1.f1, isEmpty ? 0 : 1);
      assertNear(omega!, 1);
      if (disjoint) assertNear(disjoint.nmi, 1);
    }),
  ));

test('property: new names of communities and vertices change nothing', () =>
  fc.assert(
    fc.property(anyLists, anyLists, fc.nat(), (found, truth, seed) => {
      const random = new Random(seed);
      const names = random.permutation(numVertices);
      const renamed = (lists: number[][]) =>
        [...random.permutation(lists.length)].map((c) => lists[c].map((v) => names[v]));
      assertAlike(agreementOf(renamed(found), renamed(truth)), agreementOf(found, truth));
    }),
  ));

test('property: found and truth may change places when both have all vertices', () =>
  fc.assert(
    fc.property(anyPartition, anyPartition, (found, truth) => {
      const there = compareWithTruth(found, truth, numVertices);
      const back = compareWithTruth(truth, found, numVertices);
      assertNear(there.averageF1.f1, back.averageF1.f1);
      assertNear(there.averageF1.foundToTruth, back.averageF1.truthToFound);
      assertAlike({ ...there, averageF1: back.averageF1 }, back);
    }),
  ));

test('property: omega is its definition over all pairs, and the ARI of partitions', () => {
  fc.assert(
    fc.property(anyLists, anyLists, (found, truth) => {
      assertNear(agreementOf(found, truth).omega!, omegaByDefinition(found, truth));
    }),
  );
  fc.assert(
    fc.property(anyPartition, anyPartition, (found, truth) => {
      const { ari } = compareWithTruth(found, truth, numVertices).partition!;
      assertNear(ari, omegaByDefinition(arraysOf(found), arraysOf(truth)));
    }),
  );
});

test('modularity, conductance and coverage of two cliques with a bridge', () => {
  // 0-1-2 and 3-4-5 are triangles, 2-3 joins them: 7 edges.
  const graph = graphFromLists([
    [1, 2],
    [0, 2],
    [0, 1, 3],
    [2, 4, 5],
    [3, 5],
    [3, 4],
  ]);
  const halves = measureStructure(
    memberListsFromArrays([
      [0, 1, 2],
      [3, 4, 5],
    ]),
    graph,
  );
  assertNear(halves.modularity!, 6 / 7 - 1 / 2);
  assertNear(halves.meanConductance, 1 / 7);
  assertNear(halves.coverage, 6 / 7);
  assertNear(halves.edges!.f1, 12 / 13);
  assert.is(halves.vertexCoverage, 1);

  const overlapping = measureStructure(memberListsFromArrays([[0, 1, 2], [2, 3], []]), graph);
  assert.is(overlapping.modularity, undefined);
  assertNear(overlapping.meanConductance, (1 / 7 + 4 / 6) / 2);
  assertNear(overlapping.coverage, 4 / 7);
  assertNear(overlapping.vertexCoverage, 4 / 6);

  // Vertices without a community are communities of their own for the modularity.
  const half = memberListsFromArrays([[0, 1, 2]]);
  const filled = memberListsFromArrays([[0, 1, 2], [3], [4], [5]]);
  assertNear(measureStructure(half, graph).modularity!, measureStructure(filled, graph).modularity!);
});

test('edges predicted by communities that may overlap: precision, recall, F1 as by looking at every pair', () => {
  const numVertices = 9;
  const anyPairs = fc.uniqueArray(fc.tuple(fc.nat(numVertices - 1), fc.nat(numVertices - 1)), {
    maxLength: 20,
  });
  const anyLists = fc.array(fc.array(fc.nat(numVertices - 1), { maxLength: 6 }), { maxLength: 5 });
  fc.assert(
    fc.property(anyPairs, anyLists, (pairs, lists) => {
      const near = Array.from({ length: numVertices }, () => new Set<number>());
      for (const [a, b] of pairs) {
        if (a === b) continue;
        near[a].add(b);
        near[b].add(a);
      }
      const graph = graphFromLists(near.map((others) => [...others].sort((a, b) => a - b)));
      let [numEdges, numPairs, numBoth] = [0, 0, 0];
      for (let a = 0; a < numVertices; a++) {
        for (let b = 0; b < a; b++) {
          const isPair = lists.some((list) => list.includes(a) && list.includes(b));
          numEdges += Number(near[a].has(b));
          numPairs += Number(isPair);
          numBoth += Number(isPair && near[a].has(b));
        }
      }
      const { precision, recall, f1 } = measureStructure(memberListsFromArrays(lists), graph).edges!;
      assertNear(precision, numBoth / (numPairs || 1));
      assertNear(recall, numBoth / (numEdges || 1));
      assertNear(f1, (2 * numBoth) / (numPairs + numEdges || 1));
    }),
  );
});

test('sizes leave empty communities out', () => {
  const sizes = summarizeSizes(memberListsFromArrays([[0, 1, 2], [], [2], [3, 4, 0, 0]]), 8);
  assert.equal(sizes, {
    numCommunities: 4,
    numEmpty: 1,
    numMemberships: 7,
    numMembers: 5,
    minSize: 1,
    medianSize: 3,
    meanSize: 7 / 3,
    maxSize: 3,
  });
});

function agreementOf(found: readonly number[][], truth: readonly number[][]): TruthAgreement {
  return compareWithTruth(memberListsFromArrays(found), memberListsFromArrays(truth), numVertices);
}

function arraysOf({ indptr, members }: MemberLists): number[][] {
  return Array.from({ length: indptr.length - 1 }, (_, c) => [...members.subarray(indptr[c], indptr[c + 1])]);
}

function omegaByDefinition(found: readonly number[][], truth: readonly number[][]): number {
  const vertices = [...new Set(truth.flat())];
  const together = (lists: readonly number[][], u: number, v: number) =>
    lists.filter((list) => list.includes(u) && list.includes(v)).length;
  const pairs = vertices.flatMap((u, i) =>
    vertices.slice(i + 1).map((v) => [together(found, u, v), together(truth, u, v)]),
  );
  if (pairs.length === 0) return 1;
  const share = (isCounted: (pair: number[]) => boolean) => pairs.filter(isCounted).length / pairs.length;
  const observed = share(([a, b]) => a === b);
  let expected = 0;
  for (let j = 0; j < 9; j++) expected += share(([a]) => a === j) * share(([, b]) => b === j);
  return expected === 1 ? 1 : (observed - expected) / (1 - expected);
}

function assertAlike(a: TruthAgreement, b: TruthAgreement): void {
  assertNear(a.averageF1.f1, b.averageF1.f1);
  assertNear(a.averageF1.foundToTruth, b.averageF1.foundToTruth);
  assert.is(a.partition === undefined, b.partition === undefined);
  if (a.partition) assertNear(a.partition.nmi, b.partition!.nmi);
  assertNear(a.omega!, b.omega!);
  assert.is(a.numVertices, b.numVertices);
}

function assertNear(value: number, wanted: number): void {
  assert.ok(Math.abs(value - wanted) < 1e-9, `${value}, not ${wanted}`);
}

test.run();
