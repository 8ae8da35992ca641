/**
 * The order in which a sweep visits vertices: phases within which no two vertices are neighbours, so that a phase may
 * be worked on by any number of threads with the same outcome.
 */
import type { Csr } from '../core/csr.ts';
import { permutation, type RandomKey } from '../core/rng.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { sortByKey } from '../kernels/sparse.ts';

/** Vertices per phase at the most. Community sizes are frozen within a phase, so phases must stay small. */
const MAX_PHASE_VERTICES = 4000;

export interface Phases {
  /** u32[numVertices]: the vertices, phase by phase. */
  readonly order: Uint32Array;
  /** Phase i is `order[starts[i] .. starts[i + 1])`. */
  readonly starts: readonly number[];
}

/** Greedy colouring in a random vertex order is not needed: phases are shuffled at each epoch. Cost O(edges). */
export async function colorPhases(kernels: Kernels, graph: Csr): Promise<Phases> {
  return kernels.scope(async (arena) => {
    const numVertices = graph.numRows;
    const seenBy = arena.u32(maxDegree(graph) + 2);
    seenBy.fill(0);
    const colors = arena.u32(numVertices);
    const numColors = arena.u32(1);
    const params = kernels.block('colorGraph', {
      indptr: arena.put(graph.indptr),
      indices: arena.put(graph.indices),
      numVertices,
      colors,
      seenBy,
      numColors,
    });
    await kernels.run([kernels.step('colorGraph', params, 1, 1)]);
    const byColor = await sortByKey(kernels, arena, numColors[0], {
      keys: colors,
      values: Uint32Array.from(colors.keys()),
    });
    return { order: byColor.values.slice(), starts: cutClasses(byColor.indptr) };
  });
}

/** Phase numbers in the order in which an epoch visits them. */
export function shufflePhases(phases: Phases, key: RandomKey, epoch: number): Uint32Array {
  return permutation(key, epoch, phases.starts.length - 1);
}

export function maxDegree(graph: Csr): number {
  let max = 0;
  for (let v = 0; v < graph.numRows; v++) max = Math.max(max, graph.indptr[v + 1] - graph.indptr[v]);
  return max;
}

/** Cuts each colour class into equal phases of at most MAX_PHASE_VERTICES. */
function cutClasses(classStarts: Uint32Array): number[] {
  const starts = [0];
  for (let color = 0; color + 1 < classStarts.length; color++) {
    const size = classStarts[color + 1] - classStarts[color];
    const parts = Math.ceil(size / MAX_PHASE_VERTICES);
    for (let part = 1; part <= parts; part++)
      starts.push(classStarts[color] + Math.floor((size * part) / parts));
  }
  return starts;
}
