/** Slow and independent verifiers: what must hold of communities whatever computed them. */
import * as assert from 'uvu/assert';
import type { Csr } from '../../src/core/csr.ts';
import { communitiesOf, type Memberships, membersOf } from '../../src/core/memberships.ts';
import { dense } from '../fixtures/random.ts';

/** One community or none per vertex, `numCommunities` meaning none. */
export function requireValidAssignment(graph: Csr, assignment: Uint32Array, numCommunities: number): void {
  assert.is(assignment.length, graph.numRows);
  assert.ok(assignment.every((community) => community <= numCommunities));
}

/** The memberships' clusters of each producer, ids from 1, scores in [0, 1]. */
export function requireValidKnownFor(knownFor: Csr, memberships: Memberships): void {
  const { numVertices, numCommunities } = memberships;
  assert.equal([knownFor.numRows, knownFor.numCols], [numVertices, numCommunities + 1]);
  for (let v = 0; v < numVertices; v++) {
    const clusters = knownFor.indices.subarray(knownFor.indptr[v], knownFor.indptr[v + 1]);
    assert.equal(
      [...clusters],
      [...communitiesOf(memberships, v)].map((community) => community + 1),
    );
  }
  assert.ok((knownFor.data as Float32Array).every((score) => score >= 0 && score <= 1));
}

/** F1 over pairs of vertices: do they share a community in both, in one, in the other? */
export function pairF1(found: Uint32Array, truth: Uint32Array, none: number): number {
  let both = 0;
  let inFound = 0;
  let inTruth = 0;
  for (let u = 0; u < truth.length; u++) {
    for (let v = u + 1; v < truth.length; v++) {
      const together = found[u] === found[v] && found[u] !== none;
      if (together) inFound++;
      if (truth[u] === truth[v]) inTruth++;
      if (together && truth[u] === truth[v]) both++;
    }
  }
  return (2 * both) / (inFound + inTruth);
}

const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
const harmonic = (a: number, b: number) => ratio(2 * a * b, a + b);

/** Do u and v share a community? */
function sharing(memberships: Memberships): (u: number, v: number) => boolean {
  const sets = Array.from({ length: memberships.numVertices }, (_, v) => [...communitiesOf(memberships, v)]);
  return (u, v) => sets[u].some((community) => sets[v].includes(community));
}

/** All measures of memberships, pair by pair. Cost O(n²). */
export function measureByPairs(graph: Csr, memberships: Memberships) {
  const n = graph.numRows;
  const weights = dense(graph);
  const isEdge = dense({ ...graph, data: undefined });
  const degree = isEdge.map((row) => row.reduce((a, b) => a + b, 0));
  const weightedDegree = weights.map((row) => row.reduce((a, b) => a + b, 0));
  const share = sharing(memberships);
  const totals = { pairs: 0, edges: 0, hits: 0, pairWeight: 0, edgeWeight: 0, hitWeight: 0 };
  for (let u = 0; u < n; u++) {
    for (let v = u + 1; v < n; v++) {
      const mean = ratio(weightedDegree[u] + weightedDegree[v], degree[u] + degree[v]);
      if (isEdge[u][v]) {
        totals.edges++;
        totals.edgeWeight += weights[u][v];
      }
      if (!share(u, v)) continue;
      totals.pairs++;
      totals.pairWeight += isEdge[u][v] ? weights[u][v] : mean;
      if (!isEdge[u][v]) continue;
      totals.hits++;
      totals.hitWeight += weights[u][v];
    }
  }
  const vertices = [...Array(n).keys()];
  const assigned = vertices.filter((v) => communitiesOf(memberships, v).length > 0);
  const { indptr, members } = membersOf(memberships);
  const sizes = [...indptr.subarray(1)].map((end, c) => end - indptr[c]).filter((size) => size > 0);
  const [precision, recall] = [ratio(totals.hits, totals.pairs), ratio(totals.hits, totals.edges)];
  const weightedPrecision = ratio(totals.hitWeight, totals.pairWeight);
  const weightedRecall = ratio(totals.hitWeight, totals.edgeWeight);
  return {
    precision,
    recall,
    f1: harmonic(precision, recall),
    weightedPrecision,
    weightedRecall,
    weightedF1: harmonic(weightedPrecision, weightedRecall),
    isSampled: false,
    numAssigned: assigned.length,
    membershipsPerVertex: ratio(members.length, n),
    numOrphans: assigned.filter((u) => !vertices.some((v) => isEdge[u][v] && share(u, v))).length,
    numNonEmpty: sizes.length,
    minSize: sizes.length === 0 ? 0 : Math.min(...sizes),
    maxSize: Math.max(0, ...sizes),
  };
}

/** Affiliation of each membership from its definition, beside the rows; 0 at padding. */
export function affiliationByDefinition(graph: Csr, memberships: Memberships): number[] {
  const { rows, width, numCommunities } = memberships;
  const weights = dense(graph);
  const isEdge = dense({ ...graph, data: undefined });
  const total = weights.flat().reduce((a, b) => a + b, 0);
  const meanWeight = graph.indices.length === 0 ? 1 : total / graph.indices.length;
  const { indptr, members } = membersOf(memberships);
  return [...rows].map((community, slot) => {
    if (community === numCommunities) return 0;
    const v = Math.floor(slot / width);
    const others = [...members.subarray(indptr[community], indptr[community + 1])].filter((u) => u !== v);
    if (others.length === 0) return 1;
    const inside = others.reduce((sum, u) => sum + weights[v][u], 0);
    const missing = meanWeight * others.filter((u) => !isEdge[v][u]).length;
    return ratio(inside, weights[v].reduce((a, b) => a + b, 0) + missing);
  });
}
