/** Slow and independent verifiers: what must hold of communities whatever computed them. */
import * as assert from 'uvu/assert';
import type { Csr } from '../../src/core/csr.ts';
import { dense } from '../fixtures/random.ts';

/** One community or none per vertex, `numCommunities` meaning none. */
export function requireValidAssignment(graph: Csr, assignment: Uint32Array, numCommunities: number): void {
  assert.is(assignment.length, graph.numRows);
  assert.ok(assignment.every((community) => community <= numCommunities));
}

/** At most one cluster per producer, ids from 1, scores in [0, 1]. */
export function requireValidKnownFor(knownFor: Csr, numProducers: number, numCommunities: number): void {
  assert.equal([knownFor.numRows, knownFor.numCols], [numProducers, numCommunities + 1]);
  for (let p = 0; p < numProducers; p++) assert.ok(knownFor.indptr[p + 1] - knownFor.indptr[p] <= 1);
  assert.ok(knownFor.indices.every((cluster) => cluster >= 1 && cluster <= numCommunities));
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

/** All measures of an assignment, pair by pair. Cost O(n²). */
export function measureByPairs(graph: Csr, assignment: Uint32Array, none: number) {
  const n = graph.numRows;
  const weights = dense(graph);
  const isEdge = dense({ ...graph, data: undefined });
  const degree = isEdge.map((row) => row.reduce((a, b) => a + b, 0));
  const weightedDegree = weights.map((row) => row.reduce((a, b) => a + b, 0));
  const share = (u: number, v: number) => assignment[u] === assignment[v] && assignment[u] !== none;
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
  const vertices = [...assignment.keys()];
  const assigned = vertices.filter((v) => assignment[v] !== none);
  const sizes = Array.from({ length: none }, (_, c) => assigned.filter((v) => assignment[v] === c).length);
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
    numAssigned: assigned.length,
    numOrphans: assigned.filter((u) => !vertices.some((v) => isEdge[u][v] && share(u, v))).length,
    numNonEmpty: sizes.filter((size) => size > 0).length,
    maxSize: Math.max(0, ...sizes),
  };
}

/** Affiliation of each member, from its definition. */
export function affiliationByDefinition(graph: Csr, assignment: Uint32Array, none: number): number[] {
  const weights = dense(graph);
  const isEdge = dense({ ...graph, data: undefined });
  const total = weights.flat().reduce((a, b) => a + b, 0);
  const meanWeight = graph.indices.length === 0 ? 1 : total / graph.indices.length;
  return [...assignment].map((community, v) => {
    if (community === none) return 0;
    const others = [...assignment.keys()].filter((u) => u !== v && assignment[u] === community);
    if (others.length === 0) return 1;
    const inside = others.reduce((sum, u) => sum + weights[v][u], 0);
    const missing = meanWeight * others.filter((u) => !isEdge[v][u]).length;
    return ratio(inside, weights[v].reduce((a, b) => a + b, 0) + missing);
  });
}
