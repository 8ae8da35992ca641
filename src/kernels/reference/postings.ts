/** Twins of assembly/postings.ts. Tables and blocks of scanPostings change nothing but its speed, so its twin knows neither. */
import { ln } from '../../core/math.ts';
import { candidateNormCode, type Kernel } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

export function postingsTwins(memory: TwinMemory) {
  const scanPostings: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('scanPostings', params);
    const items = memory.u32(p.items);
    const scores = memory.f32(p.scores);
    const norms = memory.optionalF32(p.norms);
    const queryStarts = memory.u32(p.queryStarts);
    const listStarts = memory.u32(p.listStarts);
    const listLengths = memory.u32(p.listLengths);
    const listWeights = memory.f32(p.listWeights);
    const sourceNorms = memory.f64(p.sourceNorms);
    const firstItems = memory.u32(p.firstItems);
    const endItems = memory.u32(p.endItems);
    const excluded = memory.u32(p.excluded);
    for (let q = lo; q < hi; q++) {
      const sums = new Map<number, { dot: number; n: number }>();
      for (let list = queryStarts[q]; list < queryStarts[q + 1]; list++) {
        const weight = listWeights[list];
        for (let i = listStarts[list]; i < listStarts[list] + listLengths[list]; i++) {
          const item = items[i];
          if (item < firstItems[q] || item >= endItems[q] || item === excluded[q]) continue;
          const { dot, n } = sums.get(item) ?? { dot: 0, n: 0 };
          const [product, square] = [Math.fround(scores[i] * weight), Math.fround(scores[i] * scores[i])];
          sums.set(item, { dot: Math.fround(dot + product), n: Math.fround(n + square) });
        }
      }
      const ranked: Scored[] = [];
      for (const [item, { dot, n }] of sums) {
        const squares = norms ? norms[item] * norms[item] : n;
        ranked.push({ item, score: quotient(dot, sourceNorms[q], squares, p.candidateNorm) });
      }
      storeBest(memory, p, q, ranked);
    }
  };

  const rescoreItems: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('rescoreItems', params);
    const vectorStarts = memory.u32(p.vectorStarts);
    const vectorClusters = memory.u32(p.vectorClusters);
    const vectorScores = memory.f32(p.vectorScores);
    const sourceStarts = memory.u32(p.sourceStarts);
    const sourceClusters = memory.u32(p.sourceClusters);
    const sourceScores = memory.f32(p.sourceScores);
    const sourceNorms = memory.f64(p.sourceNorms);
    const candidateCounts = memory.u32(p.candidateCounts);
    const candidates = memory.u32(p.candidates);
    for (let q = lo; q < hi; q++) {
      const source = new Map<number, number>();
      for (let i = sourceStarts[q]; i < sourceStarts[q + 1]; i++)
        source.set(sourceClusters[i], sourceScores[i]);
      const first = q * p.maxCandidates;
      const ranked = Array.from(candidates.subarray(first, first + candidateCounts[q]), (item) => {
        let [dot, squares] = [0, 0];
        for (let i = vectorStarts[item]; i < vectorStarts[item + 1]; i++) {
          dot += vectorScores[i] * (source.get(vectorClusters[i]) ?? 0);
          squares += vectorScores[i] * vectorScores[i];
        }
        return { item, score: quotient(dot, sourceNorms[q], squares, p.candidateNorm) };
      });
      storeBest(memory, p, q, ranked);
    }
  };

  return { scanPostings, rescoreItems };
}

interface Scored {
  readonly item: number;
  readonly score: number;
}

/** dot / (sourceNorm · f(n)), rounded to f32; NaN where nothing divides. */
function quotient(dot: number, sourceNorm: number, squares: number, candidateNorm: number): number {
  const factor =
    candidateNorm === candidateNormCode.root
      ? Math.sqrt(squares)
      : candidateNorm === candidateNormCode.log
        ? ln(1 + squares)
        : 1;
  const divisor = sourceNorm * factor;
  return divisor > 0 ? Math.fround(dot / divisor) : Number.NaN;
}

/** The best of the query, best first; ties to the lower item. */
function storeBest(
  memory: TwinMemory,
  p: { threshold: number; topK: number; counts: number; slotItems: number; slotScores: number },
  q: number,
  ranked: readonly Scored[],
): void {
  const best = ranked
    .filter(({ score }) => score > p.threshold)
    .sort((a, b) => b.score - a.score || a.item - b.item)
    .slice(0, p.topK);
  const [items, scores] = [memory.u32(p.slotItems), memory.f32(p.slotScores)];
  best.forEach(({ item, score }, i) => {
    items[q * p.topK + i] = item;
    scores[q * p.topK + i] = score;
  });
  memory.u32(p.counts)[q] = best.length;
}
