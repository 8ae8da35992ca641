/** Twin of assembly/coloring.ts. */
import type { Kernel } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

export function coloringTwins(memory: TwinMemory) {
  const colorGraph: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('colorGraph', params);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const colors = memory.u32(p.colors);
    for (let v = lo; v < hi; v++) {
      const taken = new Set<number>();
      for (let i = indptr[v]; i < indptr[v + 1]; i++) if (indices[i] < v) taken.add(colors[indices[i]]);
      let color = 0;
      while (taken.has(color)) color++;
      colors[v] = color;
    }
  };

  return { colorGraph };
}
