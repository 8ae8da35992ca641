/** Latency and recall of answering a list of sources. */
import type { SparseVector } from '../../src/core/sparse-vector.ts';

export interface Answers {
  /** Items found, by source. */
  readonly found: readonly Uint32Array[];
  /** Milliseconds. CPU: of this process, so that other programs on the machine do not count. */
  readonly p50: number;
  readonly p99: number;
  readonly cpuP50: number;
  readonly cpuP99: number;
}

/** Each source asked once to warm up, then `numRounds` times; the quantiles are over all of these. */
export function measureAnswers(
  vectors: readonly SparseVector[],
  numRounds: number,
  answer: (vector: SparseVector) => Uint32Array,
): Answers {
  const found = vectors.map((vector) => answer(vector));
  const [wall, cpu]: [number[], number[]] = [[], []];
  for (let round = 0; round < numRounds; round++) {
    for (const vector of vectors) {
      const began = performance.now();
      const before = process.cpuUsage();
      answer(vector);
      const { user, system } = process.cpuUsage(before);
      wall.push(performance.now() - began);
      cpu.push((user + system) / 1000);
    }
  }
  return {
    found,
    p50: quantile(wall, 0.5),
    p99: quantile(wall, 0.99),
    cpuP50: quantile(cpu, 0.5),
    cpuP99: quantile(cpu, 0.99),
  };
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** Mean over sources of the part of the true items that was found. */
export function recall(found: readonly Uint32Array[], truth: readonly Uint32Array[]): number {
  const shares = truth.map((items, i) => {
    const wanted = new Set(items);
    return items.length === 0 ? 1 : found[i].filter((item) => wanted.has(item)).length / items.length;
  });
  return shares.reduce((a, b) => a + b, 0) / shares.length;
}

export const ms = (value: number): string => `${value.toFixed(value < 1 ? 3 : 1)} ms`;
