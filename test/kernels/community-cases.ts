/** Random cases for the kernels of communities. Graphs lie by place, as in src/communities/placed-graph.ts. */
import { sweepScratchBytes } from '../../src/communities/sampler.ts';
import type { Csr } from '../../src/core/csr.ts';
import { type Memberships, membershipsFromRows, membersOf } from '../../src/core/memberships.ts';
import { moveOutcome, proposalCode } from '../../src/kernels/abi.ts';
import { prefixSum } from '../../src/kernels/sparse.ts';
import { csrFromMaps, type Random, rowOf } from '../fixtures/random.ts';
import { f32, f64, type MakeCase, u32 } from './case.ts';

/** End of an overlap list. */
const END = 0xffffffff;

function degreesOf({ indptr }: Csr): Uint32Array {
  return Uint32Array.from({ length: indptr.length - 1 }, (_, row) => indptr[row + 1] - indptr[row]);
}

function maxDegreeOf(graph: Csr): number {
  return degreesOf(graph).reduce((a, b) => Math.max(a, b), 0);
}

/** How often each of 0..bound-1 occurs. */
function tally(values: Uint32Array, bound: number): Uint32Array {
  const counts = u32(bound);
  for (const value of values) counts[value]++;
  return counts;
}

function randomKeyOf(random: Random) {
  return { key0: random.below(2 ** 32), key1: random.below(2 ** 32), epoch: random.below(1000) };
}

/** Rows in a random order. */
function byPlace(random: Random, graph: Csr) {
  const order = random.permutation(graph.numRows);
  const degrees = degreesOf(graph);
  const entries = [...order].flatMap((v) =>
    Array.from({ length: degrees[v] }, (_, i) => graph.indptr[v] + i),
  );
  return {
    order,
    indptr: prefixSum(order.map((v) => degrees[v])),
    indices: Uint32Array.from(entries, (i) => graph.indices[i]),
    data: Float32Array.from(entries, (i) => (graph.data ? graph.data[i] : 1)),
  };
}

/** A graph by place with weights that are f32, u16 or none. */
function placedGraph(random: Random, numVertices: number) {
  const graph = random.graph(numVertices);
  const { data, ...rows } = byPlace(random, graph);
  const placed = { ...rows, weightUnit: 0 };
  const kind = random.below(3);
  if (kind === 0) return { maxDegree: maxDegreeOf(graph), placed };
  if (kind === 1) return { maxDegree: maxDegreeOf(graph), placed: { ...placed, data } };
  const weightUnit = Math.fround(1 / 65535);
  const multiples = Uint16Array.from(data, (weight) => Math.max(1, Math.round(weight * 65535)));
  return { maxDegree: maxDegreeOf(graph), placed: { ...placed, data: multiples, weightUnit } };
}

/** What the samplers of one and of several communities have in common. */
function samplerCase(random: Random, numVertices: number) {
  const { maxDegree, placed } = placedGraph(random, numVertices);
  return {
    ...placed,
    maxDegree,
    meanWeights: random.maybe(Float64Array.from({ length: numVertices }, () => 0.01 + random.weight())),
    visits: random.permutation(numVertices),
    outcomes: new Uint8Array(numVertices),
    ...randomKeyOf(random),
    // Scores so close that any may be drawn, or so far apart that e^difference is 0.
    wtCoeff: [1, 10, 500][random.below(3)] * random.real(),
    acceptScale: random.chance(0.2) ? 0 : random.real(),
    excludeSelf: random.below(2),
  };
}

export const colorGraph: MakeCase = (random, numVertices) => {
  const graph = random.graph(numVertices);
  return {
    values: {
      indptr: graph.indptr,
      indices: graph.indices,
      colors: u32(numVertices),
      seenBy: u32(maxDegreeOf(graph) + 2),
    },
    count: numVertices,
    ignored: ['seenBy'],
  };
};

export const metropolis: MakeCase = (random, numVertices) => {
  const common = samplerCase(random, numVertices);
  const numCommunities = 1 + random.below(5);
  const assignment = random.u32(numVertices, numCommunities + 1);
  return {
    values: {
      ...common,
      numCommunities,
      assignment,
      sizes: tally(assignment, numCommunities + 1),
      next: random.u32(numVertices, numCommunities + 1),
      hastings: random.below(2),
      anchors: random.maybe(random.u32(numVertices, numCommunities + 1)),
      anchorCoeff: 2 * random.real(),
      // For applyMoves: some moves were accepted.
      outcomes: Uint8Array.from(common.order, () => random.below(8)),
    },
    count: numVertices,
    scratchBytes: sweepScratchBytes(numCommunities, common.maxDegree),
  };
};

function randomMemberships(
  random: Random,
  numVertices: number,
  numCommunities: number,
  width: number,
): Memberships {
  const rows = Array.from({ length: numVertices }, () => {
    const length = random.below(Math.min(width, numCommunities) + 1);
    return [...random.permutation(numCommunities).subarray(0, length)];
  });
  return membershipsFromRows(numCommunities, rows, width);
}

/** The lists of vertices in two communities or more, in a random order, linked both ways. */
function overlapLists(random: Random, { rows, width, numCommunities }: Memberships) {
  const overlapHeads = u32(numCommunities + 1).fill(END);
  const overlapNext = u32(rows.length).fill(END);
  const overlapPrevious = u32(rows.length).fill(END);
  const isOverlapping = (slot: number) =>
    width > 1 && rows[slot] !== numCommunities && rows[slot - (slot % width) + 1] !== numCommunities;
  const slots = [...random.permutation(rows.length)].filter(isOverlapping);
  for (let community = 0; community < numCommunities; community++) {
    const list = slots.filter((slot) => rows[slot] === community);
    list.forEach((slot, i) => {
      if (i === 0) overlapHeads[community] = slot;
      else overlapPrevious[slot] = list[i - 1];
      if (i + 1 < list.length) overlapNext[slot] = list[i + 1];
    });
  }
  return { overlapHeads, overlapNext, overlapPrevious };
}

export const memberships: MakeCase = (random, numVertices) => {
  const common = samplerCase(random, numVertices);
  const proposal = random.below(5);
  const isPureRandom = proposal === proposalCode['pure-random'];
  const numCommunities = 1 + random.below(isPureRandom ? 4 : 9);
  const width = isPureRandom ? numCommunities : 1 + random.below(4);
  const state = randomMemberships(random, numVertices, numCommunities, width);
  const maxMet = common.maxDegree * width + 2;
  return {
    values: {
      ...common,
      numCommunities,
      width,
      rows: state.rows,
      sizes: tally(state.rows, numCommunities + 1),
      ...overlapLists(random, state),
      next: u32(numVertices * width),
      proposal,
      maxMemberships: 1 + random.below(width),
    },
    count: numVertices,
    scratchBytes: (numCommunities + 1) * 24 + maxMet * 20 + 256 * 8 * 5 + width * 8 + 128,
  };
};

export const applyRows: MakeCase = (random, numVertices) => {
  const made = memberships(random, numVertices);
  const { numCommunities, width } = made.values as { numCommunities: number; width: number };
  const next = randomMemberships(random, numVertices, numCommunities, width).rows;
  const outcomes = Uint8Array.from({ length: numVertices }, () => random.below(8));
  return { ...made, values: { ...made.values, next, outcomes } };
};

/** The graph with an edge from a vertex to itself here and there, as graphs of parts may have. */
function withSelfEntries(random: Random, graph: Csr): Csr {
  const rows = Array.from({ length: graph.numRows }, (_, v) => {
    const row = new Map(rowOf(graph, v));
    return random.chance(0.2) ? row.set(v, 0.5) : row;
  });
  return csrFromMaps(graph.numRows, rows);
}

export const growth: MakeCase = (random, numVertices) => {
  const graph = withSelfEntries(random, random.graph(numVertices));
  const { data, ...placed } = byPlace(random, graph);
  const vertexSizes = random.maybe(random.u32(numVertices, 4).map((size) => size + 1));
  // About three members a community; ids of the last ones are free.
  const assignment = random.u32(numVertices, Math.ceil(numVertices / 3));
  const sizes = u32(numVertices);
  assignment.forEach((community, v) => {
    sizes[community] += vertexSizes ? vertexSizes[v] : 1;
  });
  const unused = [...random.permutation(numVertices)].filter((id) => sizes[id] === 0);
  const free = u32(numVertices);
  free.set(unused);
  const maxDegree = maxDegreeOf(graph);
  return {
    values: {
      ...placed,
      data: random.maybe(data),
      vertexSizes,
      within: random.maybe(random.u32(numVertices, 3)),
      numVertices,
      maxDegree,
      assignment,
      sizes,
      next: u32(numVertices),
      outcomes: new Uint8Array(numVertices),
      free,
      numFree: Uint32Array.of(unused.length),
      ...randomKeyOf(random),
      pairCost: random.real(),
      inverseTemperature: random.chance(0.3) ? Number.POSITIVE_INFINITY : 0.1 + 8 * random.real(),
    },
    count: numVertices,
    scratchBytes: numVertices * 4 + (maxDegree + 2) * 20 + 64,
  };
};

/** Moves as a phase makes them: some vertices move, to new communities or to those of vertices that stay. */
export const applyGrowth: MakeCase = (random, numVertices) => {
  const made = growth(random, numVertices);
  const { order, assignment } = made.values as Record<string, Uint32Array>;
  const stays = Array.from({ length: numVertices }, () => random.chance());
  const open = [...assignment.filter((_, v) => stays[v])];
  const next = order.map((v) => {
    if (stays[v]) return assignment[v];
    return open.length === 0 || random.chance(0.4) ? numVertices : open[random.below(open.length)];
  });
  const outcomes = Uint8Array.from(next, (community, place) =>
    community === assignment[order[place]] ? 0 : moveOutcome.accepted,
  );
  return { ...made, values: { ...made.values, next, outcomes } };
};

export const communities: MakeCase = (random, numVertices) => {
  const { placed } = placedGraph(random, numVertices);
  const numCommunities = 1 + random.below(5);
  const state = randomMemberships(random, numVertices, numCommunities, 1 + random.below(4));
  const { indptr, members } = membersOf(state);
  return {
    values: {
      ...placed,
      width: state.width,
      rows: state.rows,
      numCommunities,
      sizes: tally(state.rows, numCommunities + 1),
      meanWeight: random.real(),
      degrees: random.u32(numVertices, 5),
      weightedDegrees: Float64Array.from({ length: numVertices }, () => random.real()),
      meanWeights: f64(numVertices),
      affiliation: f32(numVertices * state.width),
      insideCounts: u32(numVertices),
      insideWeights: f64(numVertices),
      insideMeans: f64(numVertices),
      memberIndptr: indptr,
      members,
      pairCounts: u32(numVertices),
      pairMeans: f64(numVertices),
    },
    count: numVertices,
  };
};
