/** Where the sampler starts from. */
import type { Csr } from '../core/csr.ts';
import { permutation, type RandomKey, streamOf, uniform } from '../core/rng.ts';

/** Vertices looked at for each community; the one with the heaviest unclaimed neighbourhood founds it. */
const FOUNDER_TRIES = 8;

/**
 * Random neighbourhoods: founders are drawn in random order; each claims itself and its unclaimed neighbours, until there
 * are `numCommunities`; left-over communities get one random vertex each. sbf takes every vertex drawn; taking the best
 * of a few covers more of the graph and ends at a higher F1 (DECISIONS 9).
 * @returns u32[numVertices]: community, or numCommunities for none. Cost O(edges).
 */
export function randomNeighborhoods(graph: Csr, numCommunities: number, key: RandomKey): Uint32Array {
  const none = numCommunities;
  const assignment = new Uint32Array(graph.numRows).fill(none);
  const candidates = new Candidates(permutation(key, 0, graph.numRows), assignment, none);
  for (let community = 0; community < numCommunities; community++) {
    const founder = heaviest(graph, assignment, none, candidates.take(FOUNDER_TRIES));
    if (founder === undefined) {
      assignment[Math.floor(uniform(streamOf(key, 1, community), 0) * graph.numRows)] = community;
      continue;
    }
    claimNeighbors(graph, assignment, none, founder, community);
    assignment[founder] = community;
  }
  return assignment;
}

/** The unclaimed vertices in random order, round after round. */
class Candidates {
  #round: Uint32Array;
  #next = 0;
  readonly #isUnclaimed: (v: number) => boolean;

  constructor(order: Uint32Array, assignment: Uint32Array, none: number) {
    this.#round = order;
    this.#isUnclaimed = (v) => assignment[v] === none;
  }

  /** The next unclaimed vertices, at most `count`; fewer, and none twice, when there are no more. */
  take(count: number): number[] {
    const taken: number[] = [];
    for (let rounds = 0; taken.length < count && rounds < 2; ) {
      if (this.#next < this.#round.length) {
        const v = this.#round[this.#next++];
        if (this.#isUnclaimed(v) && !taken.includes(v)) taken.push(v);
      } else {
        rounds++;
        this.#round = this.#round.filter(this.#isUnclaimed);
        this.#next = 0;
        if (this.#round.length === 0) break;
      }
    }
    return taken;
  }
}

/** The candidate with the heaviest unclaimed neighbourhood; the first of equals. */
function heaviest(
  graph: Csr,
  assignment: Uint32Array,
  none: number,
  candidates: readonly number[],
): number | undefined {
  const weights = candidates.map((v) => unclaimedWeight(graph, assignment, none, v));
  return candidates[weights.indexOf(Math.max(...weights))];
}

function unclaimedWeight(graph: Csr, assignment: Uint32Array, none: number, v: number): number {
  let weight = 0;
  for (let i = graph.indptr[v]; i < graph.indptr[v + 1]; i++) {
    if (assignment[graph.indices[i]] === none) weight += graph.data ? graph.data[i] : 1;
  }
  return weight;
}

function claimNeighbors(
  graph: Csr,
  assignment: Uint32Array,
  none: number,
  v: number,
  community: number,
): void {
  for (let i = graph.indptr[v]; i < graph.indptr[v + 1]; i++) {
    if (assignment[graph.indices[i]] === none) assignment[graph.indices[i]] = community;
  }
}
