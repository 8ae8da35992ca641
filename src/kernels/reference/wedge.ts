/** Twins of assembly/wedge.ts. */
import { mix, streamOf } from '../../core/rng.ts';
import type { BlockNumbers, Kernel, LayoutOf } from '../abi.ts';
import type { TwinMemory } from './memory.ts';
import { hammingDistance } from './simhash.ts';
import { type Pair, storePairs } from './spgemm.ts';

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

  const samplePairs: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('samplePairs', params);
    const units = memory.u32(p.units);
    const sampler = openSampler(memory, p);
    for (let row = units[lo]; row < units[hi]; row++) sampler(row);
  };

  return { wedgeTables, samplePairs };
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

const bitsOf = (stream: number, draw: number): number => mix((stream + Math.imul(draw, 0x9e3779b9)) | 0);

/** Finds the pairs of one row after the other. */
function openSampler(memory: TwinMemory, p: BlockNumbers<LayoutOf<'samplePairs'>>) {
  const indptr = memory.u32(p.indptr);
  const indices = memory.u32(p.indices);
  const data = memory.optionalF32(p.data);
  const userIndptr = memory.u32(p.userIndptr);
  const userIndices = memory.u32(p.userIndices);
  const innerScale = memory.optionalF32(p.innerScale);
  const scale = memory.f32(p.scale);
  const table = memory.u32(p.table);
  const masses = memory.f64(p.masses);
  const isExact = memory.u8(p.isExact);
  const sketchOf = memory.u32(p.sketchOf);
  const estimates = memory.optionalF32(p.estimates);
  const norms = memory.f32(p.norms);
  const size = (row: number) => indptr[row + 1] - indptr[row];
  const isCount = !data && !innerScale;
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
      for (; draw + bitsOf(stream, draw) / 2 ** 32 < mass; draw++) {
        const chosen = mix(bitsOf(stream, draw) ^ 0x5851f42d);
        const place = Number((BigInt(chosen) * BigInt(own.length)) >> 32n);
        const [kept, alias] = table.subarray(2 * (userIndptr[user] + place));
        found.add(mix(chosen ^ 0x6a09e667) < kept ? own[place] : alias);
      }
    }
    return { found, numLooked: numRead + draw };
  };

  /** Sum over common followers in their order, scaled: counts in f32, weights in f64. */
  const similarityOf = (row: number, other: number): number => {
    const marks = new Map<number, number>();
    for (let i = indptr[row]; i < indptr[row + 1]; i++) marks.set(indices[i], data ? data[i] : 1);
    let sum = 0;
    for (let i = indptr[other]; i < indptr[other + 1]; i++) {
      const product = (marks.get(indices[i]) ?? 0) * (data ? data[i] : 1);
      sum += product * (innerScale ? innerScale[indices[i]] : 1);
    }
    const scales = scale[row] * scale[other];
    return f32(isCount ? f32(sum) * f32(scales) : sum * scales);
  };

  /** Similarity of a drawn pair; undefined when the sketches tell it is too low. */
  const judge = (row: number, other: number): number | undefined => {
    const isAsked = p.sketches !== 0 && sketchOf[row] !== 0 && Math.min(size(row), size(other)) >= p.askFrom;
    const distance = isAsked ? hammingDistance(sketch(row), sketch(other)) : 0;
    if (distance > p.maxDistance) return undefined;
    const similarity = estimates
      ? f32(f32(estimates[distance] * norms[row]) * norms[other])
      : similarityOf(row, other);
    return Math.min(1, similarity);
  };

  const numCommon = (row: number, other: number): number => {
    const own = new Set(indices.subarray(indptr[row], indptr[row + 1]));
    return indices.subarray(indptr[other], indptr[other + 1]).filter((user) => own.has(user)).length;
  };

  const slotStarts = memory.u32(p.slotStarts);
  const counts = memory.u32(p.counts);
  const slotIndices = memory.u32(p.slotIndices);
  const slotData = memory.f32(p.slotData);
  const numLooked = memory.f64(p.numLooked);
  const numDistinct = memory.u32(p.numDistinct);
  const numSurvivors = memory.u32(p.numSurvivors);
  return (row: number): void => {
    const place = row - p.firstRow;
    const isSampled = scale[row] !== 0 && !isExact[row];
    const { found, numLooked: looked } = isSampled ? sample(row) : { found: new Set<number>(), numLooked: 0 };
    const own = [...found].filter((q) => scale[q] !== 0 && !isExact[q] && q !== row);
    const pairs: Pair[] = [];
    numSurvivors[place] = 0;
    for (const index of own) {
      const score = judge(row, index);
      if (score === undefined) continue;
      numSurvivors[place]++;
      if (score > p.threshold && (p.minCommon <= 1 || numCommon(row, index) >= p.minCommon))
        pairs.push({ index, score });
    }
    pairs.sort((a, b) => a.index - b.index);
    storePairs(pairs, slotIndices, slotData, slotStarts[place]);
    counts[place] = pairs.length;
    numLooked[place] = looked;
    numDistinct[place] = own.length;
  };
}
