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
/** Entries per phase at the most, unless one vertex alone has more: a phase must fit a block of streamed edges. */
const MAX_PHASE_ENTRIES = 2 ** 20;
/** A vertex takes as long as so many entries of a row. */
const VERTEX_COST = 8;
/** A phase of less, some tens of microseconds, is not worth sharing: threads would wait more than work. */
const MIN_SHARED_ENTRIES = 2 ** 13;

export interface Phases {
  /** u32[numVertices]: the vertices, phase by phase; a place is an index here. */
  readonly order: Uint32Array;
  /** Phase i is `order[starts[i] .. starts[i + 1])`. */
  readonly starts: readonly number[];
  /** Too small to be shared by threads. */
  readonly isSmall: readonly boolean[];
}

/** Greedy colouring in a random vertex order is not needed: phases are shuffled at each epoch. Cost O(edges). */
export async function colorPhases(kernels: Kernels, graph: Csr): Promise<Phases> {
  const colors = await kernels.scope(async (arena) => {
    const numVertices = graph.numRows;
    const coloring = placeColoring(kernels, numVertices, maxDegree(graph.indptr));
    await coloring.colorVertices(
      0,
      numVertices,
      arena.put(graph.indptr),
      arena.put(graph.indices).byteOffset,
    );
    return coloring.colors.slice();
  });
  return phasesOf(kernels, colors, graph.indptr);
}

/** The greedy colouring under way: vertices are coloured in the order of their ids, in as many calls as one likes. */
export function placeColoring(kernels: Kernels, numVertices: number, degree: number) {
  const { arena } = kernels;
  const colors = arena.u32(numVertices);
  const seenBy = arena.u32(degree + 2);
  seenBy.fill(0);
  return {
    colors,
    /** @param indices address of entry 0, which may lie outside of memory as long as the entries asked for do not */
    async colorVertices(lo: number, hi: number, indptr: Uint32Array, indices: number): Promise<void> {
      await kernels.scope(async () => {
        const params = kernels.block('colorGraph', { indptr, indices, colors, seenBy });
        await kernels.run([{ kernel: 'colorGraph', params, lo, hi, chunk: Math.max(1, hi - lo) }]);
      });
    },
  };
}

/** Phases from colours: colour classes in order, vertices ascending, cut where they grow too large. */
export async function phasesOf(kernels: Kernels, colors: Uint32Array, indptr: Uint32Array): Promise<Phases> {
  const numColors = colors.reduce((max, color) => Math.max(max, color + 1), 0);
  return kernels.scope(async (arena) => {
    const byColor = await sortByKey(kernels, arena, numColors, {
      keys: colors,
      values: Uint32Array.from(colors.keys()),
    });
    const order = byColor.values.slice();
    const starts = cutClasses(byColor.indptr, order, indptr);
    return { order, starts, isSmall: findSmall(starts, order, indptr) };
  });
}

/** Phase numbers in the order in which an epoch visits them: shuffled, the small ones together at the end. */
export function shufflePhases({ isSmall }: Phases, key: RandomKey, epoch: number): number[] {
  const shuffled = [...permutation(key, epoch, isSmall.length)];
  return [...shuffled.filter((phase) => !isSmall[phase]), ...shuffled.filter((phase) => isSmall[phase])];
}

export function maxDegree(indptr: Uint32Array): number {
  let max = 0;
  for (let v = 0; v + 1 < indptr.length; v++) max = Math.max(max, indptr[v + 1] - indptr[v]);
  return max;
}

/** Cuts each colour class into equal parts of at most MAX_PHASE_VERTICES, and those with too many entries further. */
function cutClasses(classStarts: Uint32Array, order: Uint32Array, indptr: Uint32Array): number[] {
  const starts = [0];
  for (let color = 0; color + 1 < classStarts.length; color++) {
    const size = classStarts[color + 1] - classStarts[color];
    const parts = Math.ceil(size / MAX_PHASE_VERTICES);
    for (let part = 0; part < parts; part++) {
      const lo = classStarts[color] + Math.floor((size * part) / parts);
      const hi = classStarts[color] + Math.floor((size * (part + 1)) / parts);
      let numEntries = 0;
      for (let place = lo; place < hi; place++) {
        const degree = indptr[order[place] + 1] - indptr[order[place]];
        if (place > lo && numEntries + degree > MAX_PHASE_ENTRIES) {
          starts.push(place);
          numEntries = 0;
        }
        numEntries += degree;
      }
      starts.push(hi);
    }
  }
  return starts;
}

function findSmall(starts: readonly number[], order: Uint32Array, indptr: Uint32Array): boolean[] {
  return starts.slice(1).map((end, phase) => {
    let numEntries = 0;
    for (let place = starts[phase]; place < end; place++)
      numEntries += VERTEX_COST + indptr[order[place] + 1] - indptr[order[place]];
    return numEntries < MIN_SHARED_ENTRIES;
  });
}
