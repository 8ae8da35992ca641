// Counter-based random numbers: a draw depends on (key, epoch, vertex, draw number) and on nothing else,
// so the order in which threads ask does not matter. Twin: src/core/rng.ts.

/** 32-bit avalanche ("lowbias32", Chris Wellons). */
// @ts-ignore: decorator
@inline export function mix(value: u32): u32 {
  let x = value;
  x ^= x >> 16;
  x *= 0x7feb352d;
  x ^= x >> 15;
  x *= 0x846ca68b;
  x ^= x >> 16;
  return x;
}

/** What the streams of one epoch have in common. */
// @ts-ignore: decorator
@inline export function epochKey(key0: u32, key1: u32, epoch: u32): u32 {
  return mix(mix(key0 + epoch * 0x9e3779b9) ^ key1);
}

/** The stream of one vertex in the epoch that the key is of. */
// @ts-ignore: decorator
@inline export function streamOf(key: u32, vertex: u32): u32 { return mix(key + vertex); }

/** A draw as a number of the open interval (0, 1), a multiple of 2^-33. */
// @ts-ignore: decorator
@inline export function unit(draw: u32): f64 { return (<f64>draw + 0.5) * (1.0 / 4294967296.0); }

/** Uniform in the open interval (0, 1), a multiple of 2^-33. */
// @ts-ignore: decorator
@inline export function uniform(stream: u32, draw: u32): f64 { return unit(mix(stream ^ mix(draw + 0x6a09e667))); }
