/** Twins of assembly/simhash.ts: each bit of a sketch by its definition. */
import { mix, streamOf } from '../../core/rng.ts';
import type { Kernel } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

/** Bits in which two sketches differ. */
export function hammingDistance(a: Uint32Array, b: Uint32Array): number {
  let distance = 0;
  for (let i = 0; i < a.length; i++) {
    for (let rest = a[i] ^ b[i]; rest !== 0; rest &= rest - 1) distance++;
  }
  return distance;
}

export function simhashTwins(memory: TwinMemory) {
  const simhashRows: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('simhashRows', params);
    const rows = memory.u32(p.rows);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const data = memory.optionalF32(p.data);
    const innerScale = memory.optionalF32(p.innerScale);
    const sketches = memory.u32(p.sketches);
    const numWords = p.numBits / 32;
    for (let item = lo; item < hi; item++) {
      const row = rows[item];
      for (let word = 0; word < numWords; word++) {
        const sums = new Float32Array(32);
        for (let i = indptr[row]; i < indptr[row + 1]; i++) {
          const column = indices[i];
          const weight = Math.fround((data ? data[i] : 1) * (innerScale ? innerScale[column] : 1));
          const signs = mix(streamOf(p, 0, column) ^ mix((word + 0x6a09e667) | 0));
          for (let bit = 0; bit < 32; bit++) sums[bit] += (signs >>> bit) & 1 ? weight : -weight;
        }
        sketches[item * numWords + word] = sums.reduce(
          (bits, sum, bit) => bits | ((sum >= 0 ? 1 : 0) << bit),
          0,
        );
      }
    }
  };

  const hammingPairs: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('hammingPairs', params);
    const left = memory.u32(p.left);
    const right = memory.u32(p.right);
    const sketches = memory.u32(p.sketches);
    const distances = memory.u32(p.distances);
    const numWords = p.numBits / 32;
    const sketch = (i: number) => sketches.subarray(i * numWords, (i + 1) * numWords);
    for (let i = lo; i < hi; i++) distances[i] = hammingDistance(sketch(left[i]), sketch(right[i]));
  };

  return { simhashRows, hammingPairs };
}
