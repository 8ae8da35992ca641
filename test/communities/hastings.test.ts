/**
 * With the Hastings correction the sampler draws from e^(scale · likelihood). Thousands of copies of a small graph, some of
 * whose vertices stay where they are, are run until they have forgotten their start; how often each state occurs then is
 * compared with its weight, worked out by hand from the formulas.
 */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sweepScratchBytes } from '../../src/communities/sampler.ts';
import type { Csr } from '../../src/core/csr.ts';
import { randomKey } from '../../src/core/rng.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { proposeMoves } from '../fixtures/propose.ts';
import { csrFromMaps } from '../fixtures/random.ts';
import { chiSquareTooLarge } from '../fixtures/statistics.ts';

const test = suite('Hastings correction');
const kernels = open(wasm(1));
test.after(() => kernels.close());

const NUM_COPIES = 3000;
const NUM_EPOCHS = 30;

/** [vertex, vertex, weight] */
type Edge = readonly [number, number, number];

interface Gadget {
  /** Vertices 0..numFree - 1 move, the others stay. */
  readonly numFree: number;
  /** Community of each vertex at the start; `numCommunities` = none. */
  readonly start: readonly number[];
  readonly numCommunities: number;
  readonly edges: readonly Edge[];
}

/** Side by side; copy i has vertices and communities of its own. */
function copies({ start, numCommunities, edges }: Gadget): { graph: Csr; assignment: number[] } {
  const n = start.length;
  const rows = Array.from({ length: NUM_COPIES * n }, () => new Map<number, number>());
  const none = NUM_COPIES * numCommunities;
  const assignment: number[] = [];
  for (let copy = 0; copy < NUM_COPIES; copy++) {
    for (const community of start)
      assignment.push(community === numCommunities ? none : copy * numCommunities + community);
    for (const [u, v, weight] of edges) {
      rows[copy * n + u].set(copy * n + v, weight);
      rows[copy * n + v].set(copy * n + u, weight);
    }
  }
  return { graph: csrFromMaps(rows.length, rows), assignment };
}

/** How often the free vertices are in each combination of communities: the first is the most significant digit. */
function countStates({ start, numFree, numCommunities }: Gadget, assignment: ArrayLike<number>): number[] {
  const counts = new Array<number>((numCommunities + 1) ** numFree).fill(0);
  for (let copy = 0; copy < NUM_COPIES; copy++) {
    let state = 0;
    for (let v = 0; v < numFree; v++) {
      const community = assignment[copy * start.length + v];
      const isNone = community === NUM_COPIES * numCommunities;
      state = state * (numCommunities + 1) + (isNone ? numCommunities : community - copy * numCommunities);
    }
    counts[state]++;
  }
  return counts;
}

function expectedCounts(energies: readonly number[], scale: number): number[] {
  const weights = energies.map((energy) => Math.exp(scale * energy));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((weight) => (NUM_COPIES * weight) / total);
}

/** Vertex 0 knows two members of A, one of B and one of C; B has a member it does not know, C two. */
const center: Gadget = {
  numFree: 1,
  numCommunities: 3,
  start: [3, 0, 0, 1, 2, 1, 2, 2],
  edges: [
    [0, 1, 0.5],
    [0, 2, 0.25],
    [0, 3, 1],
    [0, 4, 0.75],
  ],
};
const wtCoeff = 1.25;
const meanWeight = 2.5 / 4;
/** wtCoeff · TPw + (TP - size without vertex 0) · mean weight, of A, B, C and none. */
const centerScores = [
  wtCoeff * 0.75 + (2 - 2) * meanWeight,
  wtCoeff * 1 + (1 - 2) * meanWeight,
  wtCoeff * 0.75 + (1 - 3) * meanWeight,
  0,
];

async function sampleCenter(acceptScale: number, hastings: boolean, seed: string): Promise<number[]> {
  const { graph, assignment } = copies(center);
  const sampling = { graph, assignment, numCommunities: NUM_COPIES * 3, wtCoeff, acceptScale, hastings };
  for (let epoch = 1; epoch <= NUM_EPOCHS; epoch++) {
    const { next } = await proposeMoves(kernels, { ...sampling, key: randomKey(seed, 'chain'), epoch });
    for (let v = 0; v < assignment.length; v += center.start.length) assignment[v] = next[v];
  }
  return countStates(center, assignment);
}

for (const scale of [0, 0.5, 1, 2]) {
  test(`one vertex among others that stay, weighted, scale ${scale}: e^(scale · score)`, async () => {
    const counts = await sampleCenter(scale, true, 'a');
    const expected = expectedCounts(centerScores, scale);
    assert.not(chiSquareTooLarge(counts, expected), `${counts}, expected ${expected}`);
  });
}

test('without the correction it is another distribution, and so it is with another scale', async () => {
  const expected = expectedCounts(centerScores, 1);
  assert.ok(chiSquareTooLarge(await sampleCenter(1, false, 'a'), expected));
  assert.ok(chiSquareTooLarge(await sampleCenter(1.3, true, 'a'), expected));
});

/** Vertices 0 and 1 know each other, and a member of A and of B each that stays; A has one more. */
const pair: Gadget = {
  numFree: 2,
  numCommunities: 2,
  start: [2, 0, 0, 1, 0],
  edges: [
    [0, 1, 1],
    [0, 2, 1],
    [0, 3, 1],
    [1, 2, 1],
    [1, 3, 1],
  ],
};

/** Σ over the pairs of members of a community of (1 + wtCoeff if there is an edge) - 1: what is constant is left out. */
function pairEnergies(): number[] {
  const isEdge = (u: number, v: number) => pair.edges.some(([a, b]) => a === u && b === v);
  const energyOf = (assignment: readonly number[]) => {
    let energy = 0;
    for (let v = 0; v < assignment.length; v++)
      for (let u = 0; u < v; u++)
        if (assignment[u] === assignment[v] && assignment[u] !== 2)
          energy += (isEdge(u, v) ? 1 + wtCoeff : 0) - 1;
    return energy;
  };
  return Array.from({ length: 9 }, (_, state) =>
    energyOf([Math.floor(state / 3), state % 3, ...pair.start.slice(2)]),
  );
}

/** The kernel of the serial sampler, visiting the free vertices of every copy, first 1, then 0. */
async function samplePairs(acceptScale: number, hastings: number): Promise<number[]> {
  const { graph, assignment } = copies(pair);
  const numCommunities = NUM_COPIES * pair.numCommunities;
  return kernels.scope(async (arena) => {
    const n = graph.numRows;
    const state = arena.put(Uint32Array.from(assignment));
    const sizes = arena.u32(numCommunities + 1);
    sizes.fill(0);
    for (const community of assignment) sizes[community]++;
    const visits = Array.from({ length: NUM_COPIES }, (_, copy) => copy * pair.start.length);
    const values = {
      order: arena.put(Uint32Array.from({ length: n }, (_, v) => v)),
      indptr: arena.put(graph.indptr),
      indices: arena.put(graph.indices),
      visits: arena.put(Uint32Array.from(visits.flatMap((first) => [first + 1, first]))),
      numCommunities,
      maxDegree: 3,
      assignment: state,
      sizes,
      next: arena.u32(n),
      outcomes: arena.u8(n),
      ...randomKey('pairs', 'chain'),
      wtCoeff,
      acceptScale,
      excludeSelf: hastings,
      hastings,
    };
    const hi = 2 * NUM_COPIES;
    const scratchBytes = sweepScratchBytes(numCommunities, 3);
    for (let epoch = 1; epoch <= NUM_EPOCHS; epoch++) {
      const params = kernels.block('moveAtOnce', { ...values, epoch });
      await kernels.run([{ kernel: 'moveAtOnce', params, lo: 0, hi, chunk: hi }], { scratchBytes });
    }
    return countStates(pair, state);
  });
}

for (const scale of [0.5, 1]) {
  test(`two neighbours by serial updates, unit weights, scale ${scale}: all nine states at e^(scale · energy)`, async () => {
    const counts = await samplePairs(scale, 1);
    const expected = expectedCounts(pairEnergies(), scale);
    assert.not(chiSquareTooLarge(counts, expected), `${counts}, expected ${expected}`);
    assert.ok(chiSquareTooLarge(await samplePairs(scale, 0), expected), 'not without the correction');
  });
}

test('a move is not made because the way back is too unlikely to be computed', async () => {
  // Vertex 0 would leave a community of 49 others, of which it knows one (score 10 + 1 - 49 = -38), for one of 300
  // friends (score 3000). At scale 0 all states are alike; to be proposed again the old one has a chance of e^-38.
  const edges = Array.from({ length: 301 }, (_, i): Edge => [0, i + 1, 1]);
  const rows = Array.from({ length: 350 }, () => new Map<number, number>());
  for (const [u, v, weight] of edges) {
    rows[u].set(v, weight);
    rows[v].set(u, weight);
  }
  const assignment = Array.from({ length: 350 }, (_, v) => (v === 0 || v === 1 || v > 301 ? 0 : 1));
  const sampling = { graph: csrFromMaps(350, rows), assignment, numCommunities: 2, wtCoeff: 10, epoch: 1 };
  const key = randomKey('far', 'chain');
  const moved = async (hastings: boolean) =>
    (await proposeMoves(kernels, { ...sampling, key, hastings, acceptScale: 0 })).next[0] === 1;
  assert.is(await moved(true), false);
  assert.is(await moved(false), true);
});

test.run();
