/** Twin of assembly/sharpen.ts. */
import type { Kernel } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

export function sharpenTwins(memory: TwinMemory) {
  const sharpenRows: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('sharpenRows', params);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const data = memory.f32(p.data);
    const blurIndptr = memory.u32(p.blurIndptr);
    const blurIndices = memory.u32(p.blurIndices);
    const blurData = memory.f32(p.blurData);
    const dataOut = memory.f32(p.dataOut);
    for (let row = lo; row < hi; row++) {
      const explained = new Map<number, number>();
      for (let e = indptr[row]; e < indptr[row + 1]; e++) {
        const k = indices[e];
        for (let b = blurIndptr[k]; b < blurIndptr[k + 1]; b++) {
          const part = Math.fround(data[e] * blurData[b]);
          explained.set(blurIndices[b], Math.fround((explained.get(blurIndices[b]) ?? 0) + part));
        }
      }
      for (let e = indptr[row]; e < indptr[row + 1]; e++) {
        const taken = Math.fround(p.strength * (explained.get(indices[e]) ?? 0));
        dataOut[e] = Math.max(0, data[e] - taken);
      }
    }
  };

  return { sharpenRows };
}
