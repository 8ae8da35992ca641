/** A later snapshot of a planted graph: some edges are others, the communities are the same. */
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { type Memberships, membersOf } from '../core/memberships.ts';
import { type RandomKey, randomKey, streamOf, uniform } from '../core/rng.ts';
import { type PlantedGraph, plantedWeights } from './planted-graph.ts';
import { firstShared } from './shared-communities.ts';
import {
  type EdgeSource,
  type EmitEdge,
  type GenerateProgress,
  mergeRepeats,
  symmetricGraph,
} from './symmetric-graph.ts';

/** Pairs tried for a new edge; then the old one stays. */
const maxTries = 64;

/**
 * Each edge is replaced with probability `share` by one of its kind that the graph does not have: inside the same
 * community (the first that its ends share), or across. So densities and mixing stay, but for the few edges that are
 * drawn twice and become one. An edge for which no new one is found stays. New edges get new planted weights. The same
 * seed gives the same graph; for a chain of snapshots give each its own. Cost and memory: those of generating.
 * Errors: BAD_PARAM.
 */
export async function rewireEdges(
  { graph, truth }: PlantedGraph,
  share: number,
  seed: string,
  onProgress?: GenerateProgress,
): Promise<PlantedGraph> {
  demandShare(share);
  const edges = new RewiredEdges(graph, truth, share, randomKey(seed, 'rewired edges'));
  const pattern = await symmetricGraph(truth.numVertices, edges, onProgress);
  const newWeight = plantedWeights(truth, `${seed}/rewired`);
  const weightOf = ({ data }: Csr) =>
    data &&
    ((u: number, v: number): number => {
      const place = find(graph, u, v);
      return place < 0 ? newWeight(u, v, 1) : data[place];
    });
  return { graph: mergeRepeats(pattern, weightOf(graph)), truth };
}

function demandShare(share: number): void {
  if (share >= 0 && share <= 1) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `share ${share} of the edges to rewire`,
    expected: 'a share from 0 to 1',
    todo: 'Give a share in this range',
  });
}

/** A part for each vertex: its edges to larger ones. */
class RewiredEdges implements EdgeSource {
  readonly numParts: number;
  readonly numExpected: number;
  readonly #graph: Csr;
  readonly #truth: Memberships;
  readonly #members: { readonly indptr: Uint32Array; readonly members: Uint32Array };
  readonly #share: number;
  readonly #key: RandomKey;

  constructor(graph: Csr, truth: Memberships, share: number, key: RandomKey) {
    this.#graph = graph;
    this.#truth = truth;
    this.#members = membersOf(truth);
    this.#share = share;
    this.#key = key;
    this.numParts = graph.numRows;
    this.numExpected = graph.indices.length / 2;
  }

  emitPart(u: number, emit: EmitEdge): void {
    const { indptr, indices } = this.#graph;
    for (let i = indptr[u]; i < indptr[u + 1]; i++) {
      const v = indices[i];
      if (v < u) continue;
      const stream = streamOf(this.#key, u, v);
      if (uniform(stream, 0) >= this.#share || !this.#emitOther(u, v, stream, emit)) emit(u, v);
    }
  }

  /** Whether another edge was found. */
  #emitOther(u: number, v: number, stream: number, emit: EmitEdge): boolean {
    const { numVertices, numCommunities } = this.#truth;
    const { indptr, members } = this.#members;
    const community = firstShared(this.#truth, u, v);
    const isInside = community < numCommunities;
    const start = isInside ? indptr[community] : 0;
    const count = isInside ? indptr[community + 1] - start : numVertices;
    for (let draw = 1; draw < 2 * maxTries; draw += 2) {
      const first = start + Math.floor(uniform(stream, draw) * count);
      const second = start + Math.floor(uniform(stream, draw + 1) * count);
      const a = isInside ? members[first] : first;
      const b = isInside ? members[second] : second;
      const isOfKind = isInside || firstShared(this.#truth, a, b) === numCommunities;
      if (a === b || !isOfKind || find(this.#graph, a, b) >= 0) continue;
      emit(a, b);
      return true;
    }
    return false;
  }
}

/** Place of the entry in row u, column v, or -1. */
function find({ indptr, indices }: Csr, u: number, v: number): number {
  let low = indptr[u];
  let high = indptr[u + 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (indices[middle] < v) low = middle + 1;
    else high = middle;
  }
  return low < indptr[u + 1] && indices[low] === v ? low : -1;
}
