/** The edges of a planted graph, drawn by geometric skips: the cost goes with the edges, not with the pairs. */
import { SimClustersError } from '../core/errors.ts';
import { ln } from '../core/math.ts';
import type { Memberships } from '../core/memberships.ts';
import { type RandomKey, streamOf, uniform } from '../core/rng.ts';
import { sharesCommunity } from './shared-communities.ts';
import type { EdgeSource, EmitEdge } from './symmetric-graph.ts';

/** Epochs of the random streams. */
const insideEpoch = 0;
const acrossEpoch = 1;
const sampleEpoch = 2;

/** Pairs sampled to tell how many have no community in common. */
const numSampled = 200_000;

/** Parts: the inside of every community, then the pairs (u, v > u) across, vertex by vertex. */
export class PlantedEdges implements EdgeSource {
  readonly numParts: number;
  readonly numExpected: number;
  readonly #truth: Memberships;
  readonly #indptr: Uint32Array;
  readonly #members: Uint32Array;
  readonly #densities: Float64Array;
  /** Probability of a pair without a common community. */
  readonly #acrossDensity: number;
  readonly #key: RandomKey;

  /**
   * @param members    of each community, as `membersOf` gives them
   * @param densities  probability of a pair inside each community
   * @throws SimClustersError BAD_PARAM when there are too few pairs across for the mixing
   */
  constructor(
    truth: Memberships,
    members: { readonly indptr: Uint32Array; readonly members: Uint32Array },
    densities: Float64Array,
    mixing: number,
    key: RandomKey,
  ) {
    this.#truth = truth;
    this.#indptr = members.indptr;
    this.#members = members.members;
    this.#densities = densities;
    this.#key = key;
    this.numParts = truth.numCommunities + truth.numVertices;
    const { numPairs, numEdges } = this.#countInside();
    const numAcross = (mixing / (1 - mixing)) * numEdges;
    const numPairsAcross = this.#countAcross(numPairs);
    demandPairs(numAcross, numPairsAcross, mixing);
    this.#acrossDensity = numAcross === 0 ? 0 : numAcross / numPairsAcross;
    this.numExpected = numEdges + numAcross;
  }

  emitPart(part: number, emit: EmitEdge): void {
    const numCommunities = this.#truth.numCommunities;
    if (part < numCommunities) this.#emitInside(part, emit);
    else this.#emitAcross(part - numCommunities, emit);
  }

  /** Pairs inside communities, and the edges to expect of them. A pair that shares two communities counts twice. */
  #countInside(): { numPairs: number; numEdges: number } {
    let numPairs = 0;
    let numEdges = 0;
    this.#densities.forEach((density, c) => {
      const size = this.#indptr[c + 1] - this.#indptr[c];
      numPairs += (size * (size - 1)) / 2;
      numEdges += (density * size * (size - 1)) / 2;
    });
    return { numPairs, numEdges };
  }

  /** Pairs without a common community; sampled where the pairs that share several make a count by subtraction too low. */
  #countAcross(numPairsInside: number): number {
    const { numVertices, width } = this.#truth;
    const numPairs = (numVertices * (numVertices - 1)) / 2;
    if (width === 1 || numPairsInside < 0.01 * numPairs) return numPairs - numPairsInside;
    const stream = streamOf(this.#key, sampleEpoch, 0);
    let numAcross = 0;
    for (let draw = 0; draw < 2 * numSampled; draw += 2) {
      const u = Math.floor(uniform(stream, draw) * numVertices);
      const v = Math.floor(uniform(stream, draw + 1) * numVertices);
      // A vertex has a community in common with itself; such pairs are none.
      if (!sharesCommunity(this.#truth, u, v)) numAcross++;
    }
    return ((numAcross / numSampled) * numVertices * numVertices) / 2;
  }

  #emitInside(community: number, emit: EmitEdge): void {
    const scale = skipScale(this.#densities[community]);
    if (scale === undefined) return;
    const members = this.#members;
    const end = this.#indptr[community + 1];
    const stream = streamOf(this.#key, insideEpoch, community);
    let draw = 0;
    let first = this.#indptr[community];
    let second = first;
    while (first < end) {
      second += 1 + Math.floor(ln(uniform(stream, draw++)) * scale);
      // Pairs are in a row: (first, first + 1 .. end - 1), then the same for the next first.
      while (second >= end && first < end) second += ++first + 1 - end;
      if (first < end) emit(members[first], members[second]);
    }
  }

  #emitAcross(u: number, emit: EmitEdge): void {
    const scale = skipScale(this.#acrossDensity);
    if (scale === undefined) return;
    const truth = this.#truth;
    const stream = streamOf(this.#key, acrossEpoch, u);
    let draw = 0;
    for (let v = u; ; ) {
      v += 1 + Math.floor(ln(uniform(stream, draw++)) * scale);
      if (v >= truth.numVertices) return;
      if (!sharesCommunity(truth, u, v)) emit(u, v);
    }
  }
}

/** floor(ln(uniform) · scale) pairs lie between two edges of this density. Undefined: there are no edges. */
function skipScale(density: number): number | undefined {
  const scale = 1 / ln(1 - density);
  return Number.isFinite(scale) ? scale : undefined;
}

function demandPairs(numWanted: number, numPairs: number, mixing: number): void {
  if (numWanted === 0 || numWanted <= numPairs) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `mixing ${mixing}: ${Math.round(numWanted)} edges across communities, where ${Math.max(0, Math.round(numPairs))} pairs are`,
    expected: 'no more edges than pairs',
    todo: 'Lower the mixing or the density, or make the communities smaller',
  });
}
