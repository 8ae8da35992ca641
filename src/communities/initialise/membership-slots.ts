/** MembershipSlots: memberships in the making, of which each vertex keeps its strongest. */
import type { Memberships } from '../../core/memberships.ts';

/** Memory: 8 bytes per vertex and slot. */
export class MembershipSlots {
  readonly #numVertices: number;
  readonly #numCommunities: number;
  readonly #width: number;
  /** u32[n * width]: communities of each vertex, the strongest first; numCommunities = free. */
  readonly #communities: Uint32Array;
  /** f32[n * width] */
  readonly #strengths: Float32Array;

  constructor(numVertices: number, numCommunities: number, width: number) {
    this.#numVertices = numVertices;
    this.#numCommunities = numCommunities;
    this.#width = width;
    this.#communities = new Uint32Array(numVertices * width).fill(numCommunities);
    this.#strengths = new Float32Array(numVertices * width);
  }

  /** At most once for a vertex and a community. What was added before wins over the equally strong. @param strength > 0 */
  add(v: number, community: number, strength: number): void {
    const begin = v * this.#width;
    let slot = begin + this.#width;
    // Free slots have strength 0.
    while (slot > begin && this.#strengths[slot - 1] < strength) slot--;
    const end = begin + this.#width;
    if (slot === end) return;
    this.#communities.copyWithin(slot + 1, slot, end - 1);
    this.#strengths.copyWithin(slot + 1, slot, end - 1);
    this.#communities[slot] = community;
    this.#strengths[slot] = strength;
  }

  /** To be called once, when all are added: the slots become its rows. */
  memberships(): Memberships {
    for (let v = 0; v < this.#numVertices; v++)
      this.#communities.subarray(v * this.#width, (v + 1) * this.#width).sort();
    return {
      numVertices: this.#numVertices,
      numCommunities: this.#numCommunities,
      width: this.#width,
      rows: this.#communities,
    };
  }
}
