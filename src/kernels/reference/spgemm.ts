/** Twins of assembly/spgemm.ts and assembly/topk.ts. Selection here is a plain sort. */
import type { Kernel } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

export interface Pair {
  readonly index: number;
  readonly score: number;
}

/** Higher score first, then lower index. */
export function bestFirst(a: Pair, b: Pair): number {
  return b.score - a.score || a.index - b.index;
}

export function storePairs(
  pairs: readonly Pair[],
  indices: Uint32Array,
  data: Float32Array,
  slot: number,
): void {
  pairs.forEach((pair, i) => {
    indices[slot + i] = pair.index;
    data[slot + i] = pair.score;
  });
}

export function spgemmTwins(memory: TwinMemory) {
  const topKRows: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('topKRows', params);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const data = memory.f32(p.data);
    const counts = memory.u32(p.counts);
    const slotIndices = memory.u32(p.slotIndices);
    const slotData = memory.f32(p.slotData);
    for (let row = lo; row < hi; row++) {
      const pairs: Pair[] = [];
      for (let i = indptr[row]; i < indptr[row + 1]; i++) {
        if (data[i] > p.threshold) pairs.push({ index: indices[i], score: data[i] });
      }
      const best = pairs.sort(bestFirst).slice(0, p.topK);
      storePairs(best, slotIndices, slotData, row * p.topK);
      counts[row] = best.length;
    }
  };

  const spgemmTopK: Kernel = (params, scratch, lo, hi) => {
    const p = memory.block('spgemmTopK', params);
    const aIndptr = memory.u32(p.aIndptr);
    const aIndices = memory.u32(p.aIndices);
    const aData = memory.optionalF32(p.aData);
    const bIndptr = memory.u32(p.bIndptr);
    const bIndices = memory.u32(p.bIndices);
    const bData = memory.optionalF32(p.bData);
    const innerScale = memory.optionalF32(p.innerScale);
    const rowScale = memory.optionalF32(p.rowScale);
    const colScale = memory.optionalF32(p.colScale);
    const excludeIndptr = memory.optionalU32(p.excludeIndptr);
    const excludeIndices = memory.u32(p.excludeIndices);
    const counts = memory.u32(p.counts);
    const slotIndices = memory.u32(p.slotIndices);
    const slotData = memory.f32(p.slotData);
    const sums = memory.f32(scratch);
    for (let panelRow = lo; panelRow < hi; panelRow++) {
      const row = p.firstRow + panelRow;
      const touched: number[] = [];
      for (let a = aIndptr[row]; a < aIndptr[row + 1]; a++) {
        const i = aIndices[a];
        const weight = Math.fround((aData ? aData[a] : 1) * (innerScale ? innerScale[i] : 1));
        for (let b = bIndptr[i]; b < bIndptr[i + 1]; b++) {
          const j = bIndices[b];
          const before = sums[j];
          sums[j] = before + Math.fround(weight * (bData ? bData[b] : 1));
          if (before === 0 && sums[j] !== 0) touched.push(j);
        }
      }
      if (p.excludeDiagonal && row < p.numCols) sums[row] = 0;
      if (excludeIndptr) {
        for (let e = excludeIndptr[row]; e < excludeIndptr[row + 1]; e++) sums[excludeIndices[e]] = 0;
      }
      const pairs: Pair[] = [];
      for (const index of touched) {
        const scaled = Math.fround(sums[index] * (rowScale ? rowScale[row] : 1));
        const score = colScale ? Math.fround(scaled * colScale[index]) : scaled;
        sums[index] = 0;
        if (score > p.threshold) pairs.push({ index, score });
      }
      const best = pairs.sort(bestFirst).slice(0, p.topK);
      best.sort((a, b) => a.index - b.index);
      storePairs(best, slotIndices, slotData, panelRow * p.topK);
      counts[panelRow] = best.length;
    }
  };

  return { topKRows, spgemmTopK };
}
