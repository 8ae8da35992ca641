/** Splits of follows into what is learnt from and what is held out. */
import { randomKey, streamOf, uniform } from '../core/rng.ts';

export const splitKinds = ['random', 'by-time', 'leave-last-out'] as const;
export type SplitKind = (typeof splitKinds)[number];

/** Follows, each pair of consumer and producer once. */
export interface Follows {
  readonly consumers: Uint32Array;
  readonly producers: Uint32Array;
  /** Ascending with time, any unit; ties to the order of the follows. Needed for by-time and leave-last-out. */
  readonly times?: Float64Array;
}

export interface SplitOptions {
  readonly kind: SplitKind;
  /**
   * random: share of each consumer's follows, rounded, at least one of those with 5 follows or more, never all;
   * by-time: share of all follows. leave-last-out holds out one follow of each consumer with two or more.
   */
  readonly share: number;
  readonly seed: string;
}

/** Consumers with so many follows have one held out whatever the share. */
const SURELY_CUT = 5;

/** u8[follows]: 1 where held out. Cost O(n log n); the same for the same seed and order. */
export function splitFollows(follows: Follows, { kind, share, seed }: SplitOptions): Uint8Array {
  const numFollows = follows.consumers.length;
  const isHeld = new Uint8Array(numFollows);
  const times = follows.times ?? new Float64Array(numFollows);
  const byTime = (a: number, b: number) => times[a] - times[b] || a - b;
  if (kind === 'by-time') {
    const order = Uint32Array.from({ length: numFollows }, (_, i) => i).sort(byTime);
    for (const i of order.subarray(numFollows - Math.round(share * numFollows))) isHeld[i] = 1;
    return isHeld;
  }
  const key = randomKey(seed, 'held-out follows');
  for (const [consumer, own] of followsOfConsumers(follows)) {
    if (kind === 'leave-last-out') {
      if (own.length > 1) isHeld[own.sort(byTime)[own.length - 1]] = 1;
      continue;
    }
    const stream = streamOf(key, 0, consumer);
    const draws = new Map(own.map((follow, i) => [follow, uniform(stream, i)]));
    const drawn = own.toSorted((a, b) => (draws.get(a) as number) - (draws.get(b) as number) || a - b);
    for (const i of drawn.slice(0, numHeldOut(own.length, share))) isHeld[i] = 1;
  }
  return isHeld;
}

function numHeldOut(numFollows: number, share: number): number {
  const least = numFollows >= SURELY_CUT ? 1 : 0;
  return Math.min(numFollows - 1, Math.max(least, Math.round(share * numFollows)));
}

function followsOfConsumers({ consumers }: Follows): Map<number, number[]> {
  const own = new Map<number, number[]>();
  consumers.forEach((consumer, i) => {
    const list = own.get(consumer);
    if (list) list.push(i);
    else own.set(consumer, [i]);
  });
  return own;
}

/** Places of the first follow of each pair, ascending; with times, of the earliest. Pairs must be fewer than 2^53. */
export function distinctFollows({ consumers, producers, times }: Follows): Uint32Array {
  const first = new Map<number, number>();
  let numProducers = 1;
  for (const producer of producers) numProducers = Math.max(numProducers, producer + 1);
  consumers.forEach((consumer, i) => {
    const pair = consumer * numProducers + producers[i];
    const before = first.get(pair);
    if (before === undefined || (times && times[i] < times[before])) first.set(pair, i);
  });
  return Uint32Array.from(first.values()).sort();
}
