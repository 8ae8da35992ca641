/** Connected components of the subgraph that a set of vertices induces. */
import type { Neighborhoods } from '../../core/neighborhoods.ts';

/** Finds components, set after set. Memory: 12 bytes per vertex and a copy of one vertex's neighbours. */
export class ComponentFinder {
  readonly #neighborhoods: Neighborhoods;
  readonly #removeWeakLinks: boolean;
  /** u32[n]: number of the last set that the vertex was in. */
  readonly #lastSet: Uint32Array;
  /** u32[n]: union-find over the members of the current set; roots are the smallest members. */
  readonly #parents: Uint32Array;
  /** u32[n]: number of the last list of neighbours that the vertex was in. */
  readonly #lastList: Uint32Array;
  #setNumber = 0;
  #listNumber = 0;

  /**
   * @param removeWeakLinks  whether edges (u, v) count for nothing when u and v have no common neighbour in the set.
   *   Source: sbf SubGraphWithoutWeakLinks
   */
  constructor(neighborhoods: Neighborhoods, removeWeakLinks: boolean) {
    const { numVertices } = neighborhoods;
    this.#neighborhoods = neighborhoods;
    this.#removeWeakLinks = removeWeakLinks;
    this.#lastSet = new Uint32Array(numVertices);
    this.#parents = new Uint32Array(numVertices);
    this.#lastList = new Uint32Array(removeWeakLinks ? numVertices : 0);
  }

  /**
   * u32[members.length]: for each member the smallest member of its component.
   * Cost: the degrees of the members; with weak links Σ min(degree u, degree v) over the edges inside between parts that
   * are not known yet to be connected.
   */
  smallestOfComponents(members: Uint32Array): Uint32Array {
    this.#setNumber++;
    for (const v of members) {
      this.#lastSet[v] = this.#setNumber;
      this.#parents[v] = v;
    }
    for (const v of members) {
      if (this.#removeWeakLinks) this.#connectTriangles(v);
      else this.#connectNeighbors(v);
    }
    return members.map((v) => this.#root(v));
  }

  #connectNeighbors(v: number): void {
    for (const u of this.#neighborhoods.neighbors(v).indices) {
      if (u < v && this.#isInSet(u)) this.#connect(u, v);
    }
  }

  /** Each edge is looked at from its end of higher degree: the list of a hub is read once, not once per neighbour. */
  #connectTriangles(v: number): void {
    const neighbors = this.#neighborhoods.neighbors(v).indices.filter((u) => this.#isInSet(u));
    if (neighbors.length < 2) return;
    this.#listNumber++;
    for (const u of neighbors) this.#lastList[u] = this.#listNumber;
    const degree = this.#neighborhoods.degree(v);
    for (const u of neighbors) {
      const other = this.#neighborhoods.degree(u);
      if (other > degree || (other === degree && u > v) || this.#root(u) === this.#root(v)) continue;
      const third = this.#neighborhoods
        .neighbors(u)
        .indices.find((w) => this.#lastList[w] === this.#listNumber);
      if (third === undefined) continue;
      // All three edges of a triangle are strong.
      this.#connect(u, v);
      this.#connect(third, v);
    }
  }

  #isInSet(v: number): boolean {
    return this.#lastSet[v] === this.#setNumber;
  }

  #connect(u: number, v: number): void {
    const [a, b] = [this.#root(u), this.#root(v)];
    this.#parents[Math.max(a, b)] = Math.min(a, b);
  }

  /** Halves the path on its way. */
  #root(v: number): number {
    let at = v;
    while (this.#parents[at] !== at) {
      this.#parents[at] = this.#parents[this.#parents[at]];
      at = this.#parents[at];
    }
    return at;
  }
}
