/** How large planted communities are. */
import { SimClustersError } from '../core/errors.ts';
import { exp, ln } from '../core/math.ts';
import { type RandomKey, streamOf, uniform } from '../core/rng.ts';

export const sizeDistributions = ['uniform', 'power-law'] as const;
export type SizeDistribution = (typeof sizeDistributions)[number];

export interface SizeOptions {
  /** Either this or the mean size says how many communities there are. */
  readonly numCommunities?: number;
  /** Unset: the mean of the range; without a range, 50. */
  readonly meanSize?: number;
  /** Unset: half the mean (uniform), a quarter of it (power-law); at least 2. */
  readonly minSize?: number;
  /** Unset: one and a half times the mean (uniform), ten times the mean (power-law). */
  readonly maxSize?: number;
  /** Unset: uniform. */
  readonly sizeDistribution?: SizeDistribution;
  /** τ of p(size) ∝ size^-τ. Unset: 2. */
  readonly sizeExponent?: number;
}

const fallbackMeanSize = 50;

/**
 * Draws sizes from the range, then moves each towards the bound that closes the gap to `numMemberships`, in proportion to
 * its distance from that bound. So every size is in the range, and they add up exactly.
 * @param maxSize  no community can be larger: the number of vertices
 * @returns u32[numCommunities]. Errors: BAD_PARAM when no sizes in the range add up.
 */
export function drawSizes(
  options: SizeOptions,
  numMemberships: number,
  maxSize: number,
  key: RandomKey,
): Uint32Array {
  const range = sizeRange(options, numMemberships, maxSize);
  const meanSize = options.meanSize ?? meanOf(options, range);
  const numCommunities = options.numCommunities ?? Math.max(1, Math.round(numMemberships / meanSize));
  demandRoom(numCommunities, range, numMemberships);
  const stream = streamOf(key, 0, 0);
  const sizes = Uint32Array.from({ length: numCommunities }, (_, c) =>
    sizeAt(options, range, uniform(stream, c)),
  );
  return fitted(sizes, range, numMemberships);
}

interface Range {
  readonly min: number;
  readonly max: number;
}

function sizeRange(options: SizeOptions, numMemberships: number, numVertices: number): Range {
  const { numCommunities, meanSize, minSize, maxSize, sizeDistribution = 'uniform' } = options;
  const mean = numCommunities ? numMemberships / numCommunities : (meanSize ?? fallbackMeanSize);
  const [below, above] = sizeDistribution === 'uniform' ? [1 / 2, 3 / 2] : [1 / 4, 10];
  const min = minSize ?? Math.max(1, Math.min(Math.ceil(mean * below), maxSize ?? numVertices));
  const max = Math.min(maxSize ?? Math.max(min, Math.floor(mean * above)), numVertices);
  if (min >= 1 && min <= max) return { min, max };
  throw new SimClustersError('BAD_PARAM', {
    got: `sizes of communities from ${min} to ${max}, of ${numVertices} vertices`,
    expected: 'a smallest size of at least 1, not above the largest size nor the number of vertices',
    todo: 'Lower the smallest size (or the mean size), or raise the largest',
  });
}

/** The inverse of the distribution function at u in (0, 1). */
function sizeAt({ sizeDistribution, sizeExponent = 2 }: SizeOptions, { min, max }: Range, u: number): number {
  if (sizeDistribution !== 'power-law') return min + Math.floor(u * (max - min + 1));
  const end = max + 1;
  const power = 1 - sizeExponent;
  const size =
    power === 0
      ? min * exp(u * ln(end / min))
      : exp(ln((1 - u) * exp(power * ln(min)) + u * exp(power * ln(end))) / power);
  return Math.max(min, Math.min(max, Math.floor(size)));
}

/** Mean size, over 1,000 quantiles. */
function meanOf(options: SizeOptions, range: Range): number {
  if (options.minSize === undefined && options.maxSize === undefined) return fallbackMeanSize;
  let sum = 0;
  for (let i = 0; i < 1000; i++) sum += sizeAt(options, range, (i + 0.5) / 1000);
  return sum / 1000;
}

function demandRoom(numCommunities: number, { min, max }: Range, numMemberships: number): void {
  if (numCommunities * min <= numMemberships && numMemberships <= numCommunities * max) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `${numCommunities} communities of ${min} to ${max} members, for ${numMemberships} memberships`,
    expected: `sizes that can add up: ${numCommunities * min} to ${numCommunities * max} memberships`,
    todo: 'Change the number of communities or vertices, or widen the range of sizes',
  });
}

function fitted(sizes: Uint32Array, { min, max }: Range, wanted: number): Uint32Array {
  const gap = wanted - sizes.reduce((sum, size) => sum + size, 0);
  const room = (size: number) => (gap > 0 ? max - size : size - min);
  const totalRoom = sizes.reduce((sum, size) => sum + room(size), 0);
  let roomSoFar = 0;
  let moved = 0;
  // The share of the gap up to here, rounded: no community gets more than its room, and nothing is left over.
  return sizes.map((size) => {
    roomSoFar += room(size);
    const upToHere = totalRoom === 0 ? 0 : Math.floor((Math.abs(gap) * roomSoFar) / totalRoom);
    const step = upToHere - moved;
    moved = upToHere;
    return gap > 0 ? size + step : size - step;
  });
}
