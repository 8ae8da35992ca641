// Greedy vertex colouring: no two neighbours share a colour, so all vertices of one colour may move at once.
import { getU32, setU32 } from './access';

@unmanaged class ColorGraphParams {
  indptr: usize; // u32[numVertices + 1]
  indices: usize;
  colors: usize; // u32[numVertices], in and out
  seenBy: usize; // u32[maxDegree + 2], zero at the first call
}

/**
 * Vertices lo..hi in index order, in one call after those before them: the lowest colour no earlier neighbour has.
 * Cost O(edges).
 */
export function colorGraph(params: usize, scratch: usize, lo: u32, hi: u32): void {
  const p = changetype<ColorGraphParams>(params);
  for (let v = lo; v < hi; v++) {
    const begin = getU32(p.indptr, v);
    const end = getU32(p.indptr, v + 1);
    // A vertex of degree d has a free colour among the first d + 1; higher ones need no mark.
    const limit = end - begin;
    for (let i = begin; i < end; i++) {
      const u = getU32(p.indices, i);
      if (u >= v) continue;
      const color = getU32(p.colors, u);
      if (color <= limit) setU32(p.seenBy, color, v + 1);
    }
    let color: u32 = 0;
    while (getU32(p.seenBy, color) == v + 1) color++;
    setU32(p.colors, v, color);
  }
}
