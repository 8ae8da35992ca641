/** Twins of assembly/wedge.ts. */
import { mix, streamOf, uniform } from '../../core/rng.ts';
import type { BlockNumbers, Kernel, LayoutOf } from '../abi.ts';
import type { TwinMemory } from './memory.ts';
import { hammingDistance } from './simhash.ts';
import { bestFirst, type Pair, storePairs } from './spgemm.ts';

const f32 = Math.fround;

export function wedgeTwins(memory: TwinMemory) {
  const wedgeTables: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('wedgeTables', params);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const data = memory.optionalF32(p.data);
    const scale = memory.f32(p.scale);
    const innerScale = memory.optionalF32(p.innerScale);
    const table = memory.u32(p.table);
    const masses = memory.f64(p.masses);
    for (let user = lo; user < hi; user++) {
      const own = indices.subarray(indptr[user], indptr[user + 1]);
      const weights = Array.from(own, (q, i) => (data ? data[indptr[user] + i] : 1) * scale[q]);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      masses[user] = innerScale ? total * innerScale[user] : total;
      const factor = total > 0 ? own.length / total : 0;
      aliasTable(
        own,
        weights.map((weight) => weight * factor),
      ).forEach((word, i) => {
        table[2 * indptr[user] + i] = word;
      });
    }
  };

  const sampleTopK: Kernel = (params, scratch, lo, hi) => {
    const p = memory.block('sampleTopK', params);
    const units = memory.u32(p.units);
    const sampler = openSampler(memory, p, scratch);
    for (let row = units[lo]; row < units[hi]; row++) sampler(row);
  };

  return { wedgeTables, sampleTopK };
}

/** Vose's alias table of shares whose mean is 1: [kept of 2^32, alias] for each. */
function aliasTable(indices: Uint32Array, shares: number[]): number[] {
  const table = new Array<number>(2 * shares.length);
  const small: number[] = [];
  const large: number[] = [];
  shares.forEach((share, i) => {
    (share < 1 ? small : large).push(i);
  });
  while (small.length > 0 && large.length > 0) {
    const low = small.pop() as number;
    const high = large.pop() as number;
    table[2 * low] = Math.floor(shares[low] * 2 ** 32);
    table[2 * low + 1] = indices[high];
    shares[high] -= 1 - shares[low];
    (shares[high] < 1 ? small : large).push(high);
  }
  for (const rest of [...small, ...large]) {
    table[2 * rest] = 0xffffffff;
    table[2 * rest + 1] = indices[rest];
  }
  return table;
}

/** Finds the best neighbours of one row after the other. */
function openSampler(memory: TwinMemory, p: BlockNumbers<LayoutOf<'sampleTopK'>>, scratch: number) {
  const indptr = memory.u32(p.indptr);
  const indices = memory.u32(p.indices);
  const data = memory.optionalF32(p.data);
  const userIndptr = memory.u32(p.userIndptr);
  const userIndices = memory.u32(p.userIndices);
  const userData = memory.optionalF32(p.userData);
  const innerScale = memory.optionalF32(p.innerScale);
  const scale = memory.f32(p.scale);
  const table = memory.u32(p.table);
  const masses = memory.f64(p.masses);
  const isExact = memory.u8(p.isExact);
  const sketchOf = memory.u32(p.sketchOf);
  const estimates = memory.optionalF32(p.estimates);
  const norms = memory.f32(p.norms);
  const marks = memory.f32(scratch);
  const size = (row: number) => indptr[row + 1] - indptr[row];
  const weightOf = (i: number) => f32((data ? data[i] : 1) * (innerScale ? innerScale[indices[i]] : 1));
  const sketch = (row: number) =>
    memory.u32(p.sketches + (sketchOf[row] - 1) * p.sketchBytes).subarray(0, p.sketchBytes / 4);

  /** Producers that come up in the order in which they do, and how many wedges that took. */
  const sample = (row: number): { found: Set<number>; numLooked: number } => {
    const stream = streamOf(p, 0, row);
    const found = new Set<number>();
    let mass = 0;
    let draw = 0;
    let numRead = 0;
    for (let i = indptr[row]; i < indptr[row + 1]; i++) {
      const user = indices[i];
      const own = userIndices.subarray(userIndptr[user], userIndptr[user + 1]);
      const share = p.samples * scale[row] * (data ? data[i] : 1) * masses[user];
      if (share * p.drawCost >= own.length) {
        for (const other of own) found.add(other);
        numRead += own.length;
        continue;
      }
      mass += share;
      for (; draw + uniform(stream, draw) < mass; draw++) {
        const chosen = mix(mix(stream ^ 0x5851f42d) ^ mix((draw + 0x6a09e667) | 0));
        const place = Number((BigInt(chosen) * BigInt(own.length)) >> 32n);
        const [kept, alias] = table.subarray(2 * (userIndptr[user] + place));
        found.add(mix((chosen + 0x9e3779b9) | 0) < kept ? own[place] : alias);
      }
    }
    return { found, numLooked: numRead + draw };
  };

  /** Sums over the wedges of a row, by producer; those that are 0 are not there. */
  const sumWedges = (row: number): { sums: Map<number, number>; numLooked: number } => {
    const sums = new Map<number, number>();
    let numLooked = 0;
    for (let i = indptr[row]; i < indptr[row + 1]; i++) {
      for (let j = userIndptr[indices[i]]; j < userIndptr[indices[i] + 1]; j++) {
        const term = f32(weightOf(i) * (userData ? userData[j] : 1));
        if (term !== 0) sums.set(userIndices[j], f32((sums.get(userIndices[j]) ?? 0) + term));
        numLooked++;
      }
    }
    return { sums, numLooked };
  };

  const commonWeight = (row: number, other: number): number => {
    for (let i = indptr[row]; i < indptr[row + 1]; i++) marks[indices[i]] = weightOf(i);
    let sum = 0;
    for (let i = indptr[other]; i < indptr[other + 1]; i++)
      sum = f32(sum + f32(marks[indices[i]] * (data ? data[i] : 1)));
    for (let i = indptr[row]; i < indptr[row + 1]; i++) marks[indices[i]] = 0;
    return sum;
  };

  /** Similarity of a drawn pair; undefined when the sketches tell it is too low. */
  const judge = (row: number, other: number): number | undefined => {
    const isAsked = p.sketches !== 0 && sketchOf[row] !== 0 && Math.min(size(row), size(other)) >= p.askFrom;
    const distance = isAsked ? hammingDistance(sketch(row), sketch(other)) : 0;
    if (distance > p.maxDistance) return undefined;
    return estimates
      ? f32(f32(estimates[distance] * norms[row]) * norms[other])
      : f32(commonWeight(row, other) * f32(scale[row] * scale[other]));
  };

  const numCommon = (row: number, other: number): number => {
    const own = new Set(indices.subarray(indptr[row], indptr[row + 1]));
    return indices.subarray(indptr[other], indptr[other + 1]).filter((user) => own.has(user)).length;
  };

  const counts = memory.u32(p.counts);
  const slotIndices = memory.u32(p.slotIndices);
  const slotData = memory.f32(p.slotData);
  const numLooked = memory.f64(p.numLooked);
  const numDistinct = memory.u32(p.numDistinct);
  const numSurvivors = memory.u32(p.numSurvivors);
  return (row: number): void => {
    const place = row - p.firstRow;
    const drawn =
      scale[row] === 0 ? { found: new Set<number>(), numLooked: 0 } : isExact[row] ? undefined : sample(row);
    const { sums, numLooked: looked } = drawn
      ? { sums: new Map([...drawn.found].map((q) => [q, 0])), numLooked: drawn.numLooked }
      : sumWedges(row);
    const pairs: Pair[] = [];
    numSurvivors[place] = 0;
    for (const [index, sum] of sums) {
      if (index === row || scale[index] === 0) continue;
      const score = drawn ? judge(row, index) : f32(sum * f32(scale[row] * scale[index]));
      if (score === undefined) continue;
      numSurvivors[place]++;
      if (score > p.threshold && (p.minCommon <= 1 || numCommon(row, index) >= p.minCommon))
        pairs.push({ index, score });
    }
    const best = pairs.sort(bestFirst).slice(0, p.topK);
    best.sort((a, b) => a.index - b.index);
    storePairs(best, slotIndices, slotData, place * p.topK);
    counts[place] = best.length;
    numLooked[place] = looked;
    numDistinct[place] = sums.size;
  };
}
