/**
 * Conductance of growing sets of vertices: how much of the weight around a set leaves it.
 *
 *   volume(S) = Σ weighted degree over S,  cut(S) = Σ weight of edges leaving S,  total = volume of all vertices
 *   conductance(S) = max(cut / volume, cut / (total - volume))
 *
 * A single vertex has conductance 1, the worst there is. Source: sbf MHAlgorithm.getBestPrefixConductanceSet.
 */
import type { Neighborhoods } from '../../core/neighborhoods.ts';

/** Share of the total weight below which what remains outside a set is rounding error. */
const NEGLIGIBLE_REST = 1e-12;

export class ConductanceSweep {
  readonly #neighborhoods: Neighborhoods;
  readonly #total: number;
  /** u32[n]: 1-based place in the list being swept, 0 = not in it. */
  readonly #places: Uint32Array;

  /** Asks once for each vertex, in order, if the graph has weights. Memory 4 bytes per vertex. */
  constructor(neighborhoods: Neighborhoods) {
    this.#neighborhoods = neighborhoods;
    this.#total = totalWeight(neighborhoods);
    this.#places = new Uint32Array(neighborhoods.numVertices);
  }

  /**
   * How many of the vertices, counted from the first, make the set of least conductance; the shortest of equals, and at
   * least 1 unless there are none. A set that holds all the weight of the graph has nothing to be told from: it is
   * never the best, except alone.
   * Cost: the summed degrees of the vertices; asks once for each.
   */
  bestPrefix(vertices: Uint32Array): number {
    vertices.forEach((v, i) => {
      this.#places[v] = i + 1;
    });
    let [cut, volume, best, length] = [0, 0, 1, Math.min(1, vertices.length)];
    for (let i = 0; i < vertices.length; i++) {
      const { degree, toEarlier } = this.#weightsOf(vertices[i], i + 1);
      cut += degree - 2 * toEarlier;
      volume += degree;
      const conductance = i === 0 ? 1 : this.#conductance(cut, volume);
      if (conductance >= best) continue;
      best = conductance;
      length = i + 1;
    }
    for (const v of vertices) this.#places[v] = 0;
    return length;
  }

  #conductance(cut: number, volume: number): number {
    const rest = this.#total - volume;
    if (volume === 0 || rest <= this.#total * NEGLIGIBLE_REST) return 1;
    return Math.max(0, cut / volume, cut / rest);
  }

  /** Weight of all edges of v, and of those to vertices at earlier places. */
  #weightsOf(v: number, place: number): { degree: number; toEarlier: number } {
    const { indices, weights } = this.#neighborhoods.neighbors(v);
    let degree = 0;
    let toEarlier = 0;
    for (let i = 0; i < indices.length; i++) {
      const weight = weights ? weights[i] : 1;
      const other = this.#places[indices[i]];
      degree += weight;
      if (other !== 0 && other < place) toEarlier += weight;
    }
    return { degree, toEarlier };
  }
}

/** Each edge counts from either end. Asks only where there are weights to be summed. */
function totalWeight(neighborhoods: Neighborhoods): number {
  let total = 0;
  let isWeighted = true;
  for (let v = 0; v < neighborhoods.numVertices; v++) {
    const degree = neighborhoods.degree(v);
    if (degree > 0 && isWeighted) {
      const { weights } = neighborhoods.neighbors(v);
      isWeighted = weights !== undefined;
      for (const weight of weights ?? []) total += weight;
    }
    if (!isWeighted) total += degree;
  }
  return total;
}
