import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PostProcessingOptions, postProcess } from '../../src/communities/post-process.ts';
import type { Csr } from '../../src/core/csr.ts';
import {
  communitiesOf,
  type Memberships,
  membershipsFromRows,
  singleMemberships,
} from '../../src/core/memberships.ts';
import { eightVertices } from '../fixtures/golden-graphs.ts';
import { onDisk } from '../fixtures/neighborhoods.ts';
import { graphFromLists, Random } from '../fixtures/random.ts';
import { componentsByDefinition, memberLists, requireValidMemberships } from '../verify/memberships.ts';

const test = suite('post-processing');

const everything: PostProcessingOptions = {
  splitComponents: true,
  removeWeakLinks: true,
  minCommunitySize: 1,
  renumber: true,
};

function process(graph: Csr, memberships: Memberships, options: Partial<PostProcessingOptions> = {}) {
  const done = postProcess(memberships, onDisk(graph), { ...everything, ...options });
  requireValidMemberships(done.memberships);
  return { ...done, lists: memberLists(done.memberships).map(String) };
}

/** Two triangles and a path of three, in pieces. */
const pieces = graphFromLists([[1, 2], [0, 2], [0, 1], [4, 5], [3, 5], [3, 4], [7], [6, 8], [7]]);

test('eight vertices in one community: the bridge is a weak link', () => {
  const all = singleMemberships(1, new Uint32Array(8));
  assert.equal(process(eightVertices, all).lists, ['0,1,2,3', '4,5,6,7']);
  assert.equal(process(eightVertices, all, { removeWeakLinks: false }).lists, ['0,1,2,3,4,5,6,7']);
  // Without the clique of 4 there is no triangle around it.
  const some = membershipsFromRows(2, [[0], [0], [0], [1], [0], [1], [1], [1]]);
  assert.equal(process(eightVertices, some).lists, ['0,1,2', '4', '3', '5,6,7']);
});

test('communities below the least size are dissolved, whether they were small or became so', () => {
  const memberships = membershipsFromRows(4, [[1], [1], [1], [1], [], [2], [3], [3], [3]]);
  const { lists, report } = process(pieces, memberships, { minCommunitySize: 2 });
  assert.equal(lists, ['0,1,2']);
  // Of 1 the lone vertex 3, 2 as it stood, and 3 in three: a path has weak links only.
  assert.equal(report, {
    numCommunitiesBefore: 3,
    numSplit: 2,
    numDissolved: 5,
    numCommunitiesAfter: 1,
    numUnassigned: 5,
  });
  const kept = process(pieces, memberships, { minCommunitySize: 1 });
  assert.equal(kept.lists, ['0,1,2', '3', '5', '6', '7', '8']);
  assert.is(kept.report.numUnassigned, 0);
  assert.equal(process(pieces, memberships, { splitComponents: false, minCommunitySize: 2 }).lists, [
    '0,1,2,3',
    '6,7,8',
  ]);
});

test('without renumbering the largest component keeps the id, the others come after the last', () => {
  const memberships = membershipsFromRows(5, [[3], [], [], [3], [3], [3], [1], [], [1]]);
  const { lists, report } = process(pieces, memberships, { renumber: false });
  assert.equal(lists, ['', '6', '', '3,4,5', '', '8', '0']);
  assert.equal([report.numCommunitiesBefore, report.numCommunitiesAfter], [2, 4]);
  const large = process(pieces, memberships, { renumber: false, minCommunitySize: 2 });
  assert.equal(large.lists, ['', '', '', '3,4,5', '']);
});

test('a vertex in several communities stays in one component of each', () => {
  const memberships = membershipsFromRows(3, [[0, 2], [0, 2], [0, 1, 2], [0, 1], [0], [0, 1], [2], [2], [2]]);
  const { lists, memberships: after } = process(pieces, memberships, {
    removeWeakLinks: false,
    renumber: false,
  });
  assert.equal(lists, ['0,1,2', '3,5', '0,1,2', '3,4,5', '2', '6,7,8']);
  assert.equal([...communitiesOf(after, 2)], [0, 2, 4]);
});

test('any communities: components by definition, a refinement, of the least size, and the same a second time', () => {
  const anyCase = fc.record({
    seed: fc.nat(),
    numVertices: fc.integer({ min: 0, max: 25 }),
    density: fc.constantFrom(0.05, 0.15, 0.4),
    numCommunities: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 3 }),
    splitComponents: fc.boolean(),
    removeWeakLinks: fc.boolean(),
    renumber: fc.boolean(),
    minCommunitySize: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(anyCase, ({ seed, numVertices, density, numCommunities, width, ...options }) => {
      const random = new Random(seed);
      const graph = random.graph(numVertices, density);
      const rows = Array.from({ length: numVertices }, () => [
        ...random.u32(random.below(width + 1), numCommunities),
      ]);
      const before = membershipsFromRows(numCommunities, rows, width);
      const { memberships, report } = process(graph, before, options);

      const parts = memberLists(before).flatMap((members) =>
        options.splitComponents ? componentsByDefinition(graph, members, options.removeWeakLinks) : [members],
      );
      const large = parts
        .filter((part) => part.length > 0 && part.length >= options.minCommunitySize)
        .map(String);
      const found = memberLists(memberships).map(String);
      assert.equal(found.filter(Boolean).sort(), [...large].sort());
      if (options.renumber) assert.equal(found, large);
      else
        assert.ok(
          found.slice(0, numCommunities).every((members, c) => isWithin(members, memberLists(before)[c])),
        );
      assert.is(report.numCommunitiesAfter, large.length);
      assert.is(report.numDissolved, parts.filter((part) => part.length > 0).length - large.length);

      const again = process(graph, memberships, options);
      assert.equal(again.memberships, memberships);
      assert.equal([again.report.numSplit, again.report.numDissolved, again.report.numUnassigned], [0, 0, 0]);
    }),
    { numRuns: 400, seed: 11 },
  );
});

function isWithin(members: string, others: readonly number[]): boolean {
  return members === '' || members.split(',').every((v) => others.includes(Number(v)));
}

test('a hub with many leaves is read about once, not once per leaf', () => {
  const leaves = Array.from({ length: 3000 }, (_, i) => i + 1);
  const graph = graphFromLists([leaves, ...leaves.map(() => [0])]);
  const disk = onDisk(graph);
  const { report } = postProcess(singleMemberships(1, new Uint32Array(3001)), disk, everything);
  assert.is(report.numCommunitiesAfter, 3001);
  assert.ok(disk.numReads() <= 2 * 3001);
});

test.run();
