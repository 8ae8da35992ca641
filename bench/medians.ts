/** Interleaved measurements: what runs on a shared machine is compared round by round, never by totals. */

export interface Contender {
  readonly name: string;
  /** Seconds of one round. */
  readonly run: () => Promise<number>;
}

export interface Measured {
  readonly name: string;
  /** Of each round, in their order. */
  readonly seconds: readonly number[];
  readonly median: number;
}

/** One warm-up round, then `numRounds` in which every contender has its turn. */
export async function interleave(contenders: readonly Contender[], numRounds: number): Promise<Measured[]> {
  const seconds = contenders.map((): number[] => []);
  for (let round = 0; round <= numRounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const time = await contender.run();
      if (round > 0) seconds[i].push(time);
    }
  }
  return contenders.map(({ name }, i) => ({ name, seconds: seconds[i], median: median(seconds[i]) }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median over the rounds of a's time by b's. */
export function ratio(a: Measured, b: Measured): number {
  return median(a.seconds.map((time, round) => time / b.seconds[round]));
}

export function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`;
}
