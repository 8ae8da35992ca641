/**
 * Counter-based random numbers: a draw depends on (key, epoch, vertex, draw number) and on nothing else.
 * Twin of assembly/rng.ts.
 */
import seedrandom from 'seedrandom';

/** What a user's seed becomes: two 32-bit words. */
export interface RandomKey {
  readonly key0: number;
  readonly key1: number;
}

/** Key of one purpose under one seed; other purposes get unrelated keys. */
export function randomKey(seed: string, purpose: string): RandomKey {
  const generator = seedrandom(`${seed}/${purpose}`);
  return { key0: generator.int32() >>> 0, key1: generator.int32() >>> 0 };
}

/** 32-bit avalanche ("lowbias32", Chris Wellons). */
export function mix(value: number): number {
  let x = value;
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  x ^= x >>> 16;
  return x >>> 0;
}

/** The stream of one vertex in one epoch. */
export function streamOf({ key0, key1 }: RandomKey, epoch: number, vertex: number): number {
  return mix(mix(mix((key0 + Math.imul(epoch, 0x9e3779b9)) | 0) ^ key1) + vertex);
}

/** Uniform in the open interval (0, 1). */
export function uniform(stream: number, draw: number): number {
  return (mix(stream ^ mix((draw + 0x6a09e667) | 0)) + 0.5) * (1 / 4294967296);
}

/** A uniformly random order of 0..n-1 (Fisher-Yates). */
export function permutation(key: RandomKey, epoch: number, n: number): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniform(streamOf(key, epoch, i), 0) * (i + 1));
    const kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  return order;
}
