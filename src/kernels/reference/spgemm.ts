/** Twins of assembly/spgemm.ts and assembly/topk.ts. Selection here is a plain sort. */
import type { Kernel } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

export interface Pair {
  readonly index: number;
  readonly score: number;
}

/** Higher score first, then lower index. */
function bestFirst(a: Pair, b: Pair): number {
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
    const bStarts = memory.optionalU32(p.bStarts);
    const innerScale = memory.optionalF32(p.innerScale);
    const rowScale = memory.optionalF32(p.rowScale);
    const colScale = memory.optionalF32(p.colScale);
    const excludeIndptr = memory.optionalU32(p.excludeIndptr);
    const excludeIndices = memory.u32(p.excludeIndices);
    const counts = memory.u32(p.counts);
    const slotIndices = memory.u32(p.slotIndices);
    const slotData = memory.f32(p.slotData);
    const unitStarts = memory.u32(p.unitStarts);
    const slotStarts = memory.u32(p.slotStarts);
    const isCount = !aData && !bData && !innerScale;
    const sums = memory.f64(scratch);
    const common = memory.u32(scratch + p.numCols * 8);
    for (let panelRow = unitStarts[lo]; panelRow < unitStarts[hi]; panelRow++) {
      const row = p.firstRow + panelRow;
      const touched = new Set<number>();
      for (let a = aIndptr[row]; a < aIndptr[row + 1]; a++) {
        const i = aIndices[a];
        const start = isCount && bStarts ? bStarts[a] : bIndptr[i];
        for (let b = start; b < bIndptr[i + 1]; b++) {
          const j = bIndices[b];
          sums[j] += (aData ? aData[a] : 1) * (bData ? bData[b] : 1) * (innerScale ? innerScale[i] : 1);
          common[j]++;
          touched.add(j);
        }
      }
      const excluded = new Set<number>(p.excludeDiagonal ? [row] : []);
      if (excludeIndptr) {
        for (let e = excludeIndptr[row]; e < excludeIndptr[row + 1]; e++) excluded.add(excludeIndices[e]);
      }
      const pairs: Pair[] = [];
      for (const index of touched) {
        const scale = (rowScale ? rowScale[row] : 1) * (colScale ? colScale[index] : 1);
        const product = isCount ? Math.fround(common[index]) * Math.fround(scale) : sums[index] * scale;
        const score = Math.min(p.maxValue, Math.fround(product));
        const isCommon = common[index] >= p.minCommon;
        sums[index] = 0;
        common[index] = 0;
        if (score > p.threshold && isCommon && !excluded.has(index)) pairs.push({ index, score });
      }
      const best = pairs.sort(bestFirst).slice(0, p.topK);
      best.sort((a, b) => a.index - b.index);
      storePairs(best, slotIndices, slotData, slotStarts[panelRow]);
      counts[panelRow] = best.length;
    }
  };

  return { topKRows, spgemmTopK };
}
