import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { communityPrecision } from '../../src/communities/community-precision.ts';
import type { Csr } from '../../src/core/csr.ts';
import { type Memberships, membershipsFromRows, singleMemberships } from '../../src/core/memberships.ts';
import { eightVertices } from '../fixtures/golden-graphs.ts';
import { onDisk } from '../fixtures/neighborhoods.ts';
import { dense, graphFromLists, Random } from '../fixtures/random.ts';
import { memberLists } from '../verify/memberships.ts';

const test = suite('precision of communities');

/** Pair by pair. */
function byPairs(graph: Csr, memberships: Memberships): number[] {
  const weights = dense(graph);
  const isEdge = dense({ ...graph, data: undefined });
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return memberLists(memberships).map((members) => {
    let [present, promised] = [0, 0];
    members.forEach((u, i) => {
      for (const v of members.slice(i + 1)) {
        const ends = sum(isEdge[u]) + sum(isEdge[v]);
        const mean = ends === 0 ? 0 : (sum(weights[u]) + sum(weights[v])) / ends;
        present += weights[u][v];
        promised += isEdge[u][v] ? weights[u][v] : mean;
      }
    });
    return promised === 0 ? 0 : present / promised;
  });
}

test('any communities: the same as pair by pair', () => {
  for (let round = 0; round < 200; round++) {
    const random = new Random(`precision ${round}`);
    const weighted = random.graph(random.below(30), random.real());
    const graph = random.chance() ? weighted : { ...weighted, data: undefined };
    const rows = Array.from({ length: graph.numRows }, () => [...random.u32(random.below(4), 4)]);
    const memberships = membershipsFromRows(4, rows);
    const found = communityPrecision(memberships, onDisk(graph));
    const expected = byPairs(graph, memberships);
    assert.is(found.length, 4);
    found.forEach((value, c) => {
      assert.ok(Math.abs(value - expected[c]) < 1e-12, `round ${round}: ${value}, ${expected[c]}`);
      assert.ok(value >= 0 && value <= 1);
    });
  }
});

test('a clique has 1, two cliques in one what their edges are of all pairs, a single vertex and nobody 0', () => {
  const cliques = membershipsFromRows(4, [[0, 2], [0, 2], [0, 2], [0, 2], [2], [2, 3], [2], [2]]);
  assert.equal([...communityPrecision(cliques, onDisk(eightVertices))], [1, 0, 13 / 28, 0]);
  const isolated = graphFromLists([[], [], []]);
  assert.equal([...communityPrecision(singleMemberships(1, new Uint32Array(3)), onDisk(isolated))], [0]);
});

test('cliques of any weights have exactly 1', () => {
  for (const seed of ['a', 'b', 'c']) {
    // Whoever is joined to nobody is left out.
    const graph = new Random(seed).graph(20, 1);
    const members = Uint32Array.from({ length: 20 }, (_, v) =>
      graph.indptr[v + 1] > graph.indptr[v] ? 0 : 1,
    );
    assert.equal([...communityPrecision(singleMemberships(1, members), onDisk(graph))], [1]);
  }
});

test.run();
