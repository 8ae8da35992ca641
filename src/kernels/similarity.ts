/** Sketches and wedge sampling through the kernels. */
import { type Csr, nnz } from '../core/csr.ts';
import { floorFloat32 } from '../core/math.ts';
import type { RandomKey } from '../core/rng.ts';
import type { Kernels, Progress } from './kernels.ts';
import { compactSlots, takeOut } from './sparse.ts';
import { DEFAULT_PANEL_BYTES, ENTRY_BYTES, type Panel } from './spgemm.ts';

/**
 * SimHash sketches of some rows: numBits bits each, 32 to a word; bit = 1 iff the signed sum is not negative.
 * @param numBits    a multiple of 128
 * @param innerScale f32 factor of each column; absent: 1
 * @returns u32[rows.length * numBits / 32]; lies in the arena and lives as long as the scope of the caller
 */
export async function placeSketches(
  kernels: Kernels,
  matrix: Csr,
  rows: Uint32Array,
  numBits: number,
  key: RandomKey,
  { innerScale, onProgress }: { innerScale?: Float32Array; onProgress?: Progress } = {},
): Promise<Uint32Array> {
  const sketches = kernels.arena.u32((rows.length * numBits) / 32);
  await kernels.scope(async (arena) => {
    const maxRow = longestRow(matrix);
    const params = kernels.block('simhashRows', {
      rows: arena.put(rows),
      indptr: arena.put(matrix.indptr),
      indices: arena.put(matrix.indices),
      data: matrix.data && arena.put(matrix.data),
      innerScale: innerScale && arena.put(innerScale),
      numBits,
      maxRow,
      ...key,
      sketches,
    });
    // One row a time: some are a million times as long as others.
    await kernels.run([kernels.step('simhashRows', params, rows.length, 1)], {
      scratchBytes: 512 + 4 * (maxRow + 8),
      onProgress,
    });
  });
  return sketches;
}

/** Bits in which the sketches of each pair differ. */
export async function hammingDistances(
  kernels: Kernels,
  sketches: Uint32Array,
  numBits: number,
  left: Uint32Array,
  right: Uint32Array,
): Promise<Uint32Array> {
  return kernels.scope(async (arena) => {
    const distances = arena.u32(left.length);
    const params = kernels.block('hammingPairs', {
      left: arena.put(left),
      right: arena.put(right),
      sketches: arena.put(sketches),
      numBits,
      distances,
    });
    await kernels.run([kernels.step('hammingPairs', params, left.length)]);
    return distances.slice();
  });
}

export interface WedgeTables {
  /** u32[2 · nnz]: alias tables, place by place. */
  readonly table: Uint32Array;
  /** f64 per user: innerScale[u] · Σ_q A[u,q] · scale[q]. */
  readonly masses: Float64Array;
}

/** Tables to draw a producer of a user's row by weight; they lie in the arena and live as long as the scope of the caller. */
export async function placeWedgeTables(
  kernels: Kernels,
  users: Csr,
  scale: Float32Array,
  innerScale?: Float32Array,
): Promise<WedgeTables> {
  const table = kernels.arena.u32(2 * nnz(users));
  const masses = kernels.arena.f64(users.numRows);
  await kernels.scope(async (arena) => {
    const maxRow = longestRow(users);
    const params = kernels.block('wedgeTables', {
      indptr: arena.put(users.indptr),
      indices: arena.put(users.indices),
      data: users.data && arena.put(users.data),
      scale: arena.put(scale),
      innerScale: innerScale && arena.put(innerScale),
      maxRow,
      table,
      masses,
    });
    await kernels.run([kernels.step('wedgeTables', params, users.numRows)], { scratchBytes: 12 * maxRow });
  });
  return { table, masses };
}

export interface WedgeSampling {
  /** A and Aᵀ. */
  readonly users: Csr;
  readonly producers: Csr;
  readonly innerScale?: Float32Array;
  readonly scale: Float32Array;
  readonly tables: WedgeTables;
  /** 1: the pairs of the producer are found elsewhere. */
  readonly isExact: Uint8Array;
  /** Expected draws of a pair of similarity 1 from one of its ends. */
  readonly samples: number;
  readonly drawCost: number;
  readonly key: RandomKey;
  readonly sketches?: {
    readonly words: Uint32Array;
    readonly numBits: number;
    /** 1 + number of each producer's sketch, 0: none; those of at least `askFrom` followers have one. */
    readonly sketchOf: Uint32Array;
    readonly askFrom: number;
    readonly maxDistance: number;
    /** Given, similarities are estimates: cosine by distance, and the length of each producer's vector. */
    readonly estimates?: { readonly cosines: Float32Array; readonly norms: Float32Array };
  };
  readonly threshold: number;
  /** Followers that a pair must have in common. Default 1. */
  readonly minCommon?: number;
  /** Most pairs that each producer can come upon. */
  readonly maxPairs: Uint32Array;
  /** Expected cost of each producer, by which they are shared out. */
  readonly costs: Float64Array;
  /** Bytes that the rows of a panel may take; the result does not depend on it. Default 512 MiB. */
  readonly maxPanelBytes?: number;
  readonly onProgress?: Progress;
}

/** What was looked at: wedges, different pairs among them, pairs that the sketches let pass. */
export interface SamplingCounts {
  readonly numLooked: number;
  readonly numDistinct: number;
  readonly numSurvivors: number;
}

/**
 * Pairs above the threshold among those that the draws bring up, each in the row of the end that drew it, or of both; columns
 * ascending; handed over panel by panel, top to bottom.
 */
export async function samplePairs(
  kernels: Kernels,
  sampling: WedgeSampling,
  take: (panel: Panel) => Promise<void> | void,
): Promise<SamplingCounts> {
  const { users, producers, sketches, tables, costs, key, maxPairs } = sampling;
  const numProducers = producers.numRows;
  return kernels.scope(async (arena) => {
    const optional = (array: Float32Array | undefined) => array && arena.put(array);
    const fixed = {
      numProducers,
      numUsers: users.numRows,
      indptr: arena.put(producers.indptr),
      indices: arena.put(producers.indices),
      data: optional(producers.data),
      userIndptr: arena.put(users.indptr),
      userIndices: arena.put(users.indices),
      innerScale: optional(sampling.innerScale),
      scale: arena.put(sampling.scale),
      table: tables.table,
      masses: tables.masses,
      isExact: arena.put(sampling.isExact),
      samples: sampling.samples,
      drawCost: sampling.drawCost,
      ...key,
      sketches: sketches?.words,
      sketchOf: sketches && arena.put(sketches.sketchOf),
      sketchBytes: (sketches?.numBits ?? 0) / 8,
      askFrom: sketches?.askFrom,
      maxDistance: sketches?.maxDistance,
      estimates: optional(sketches?.estimates?.cosines),
      norms: optional(sketches?.estimates?.norms),
      threshold: floorFloat32(Math.max(sampling.threshold, 0)),
      minCommon: sampling.minCommon ?? 1,
    };
    const scratchBytes = samplingScratchBytes(numProducers, users.numRows);
    const maxEntries = Math.floor((sampling.maxPanelBytes ?? DEFAULT_PANEL_BYTES) / ENTRY_BYTES);
    const totals = { numLooked: 0, numDistinct: 0, numSurvivors: 0 };
    for (let firstRow = 0; ; ) {
      const slotStarts = placeSlots(maxPairs, firstRow, maxEntries);
      const numRows = slotStarts.length - 1;
      const panel = await kernels.scope(async () => {
        const slots = {
          slotStarts: arena.put(slotStarts),
          counts: arena.u32(numRows),
          slotIndices: arena.u32(slotStarts[numRows]),
          slotData: arena.f32(slotStarts[numRows]),
        };
        const units = arena.put(shareOut(costs, firstRow, firstRow + numRows));
        const counts = {
          numLooked: arena.f64(numRows),
          numDistinct: arena.u32(numRows),
          numSurvivors: arena.u32(numRows),
        };
        const params = kernels.block('samplePairs', { ...fixed, units, firstRow, ...slots, ...counts });
        await kernels.run([kernels.step('samplePairs', params, units.length - 1, 1)], {
          scratchBytes,
          onProgress: (fraction) => sampling.onProgress?.((firstRow + numRows * fraction) / numProducers),
        });
        for (const [name, values] of Object.entries(counts))
          totals[name as keyof typeof totals] += sumOf(values);
        return takeOut(await compactSlots(kernels, arena, slots, numProducers));
      });
      await take(panel);
      firstRow += numRows;
      if (firstRow === numProducers) return totals;
    }
  });
}

/** Bytes of the working memory of a thread; its parts are named in assembly/wedge.ts. */
export function samplingScratchBytes(numProducers: number, numUsers: number): number {
  return 13 * numProducers + 4 * numUsers + 2200;
}

/** Where the rows of the next panel begin in its slots: as many rows as have room, and at least one. */
function placeSlots(maxPairs: Uint32Array, firstRow: number, maxEntries: number): Uint32Array {
  const starts = [0];
  for (let row = firstRow; row < maxPairs.length; row++) {
    const next = starts[row - firstRow] + maxPairs[row];
    if (next > maxEntries && row > firstRow) break;
    starts.push(next);
  }
  return Uint32Array.from(starts);
}

/** Bounds of consecutive rows of about the same cost, some thousand of them. */
function shareOut(costs: Float64Array, first: number, end: number): Uint32Array {
  const fair = sumOf(costs.subarray(first, end)) / 4096;
  const bounds = [first];
  let cost = 0;
  for (let row = first; row < end; row++) {
    cost += costs[row];
    if (cost < fair && row + 1 < end) continue;
    bounds.push(row + 1);
    cost = 0;
  }
  return Uint32Array.from(bounds);
}

function sumOf(values: Float64Array | Uint32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

function longestRow({ numRows, indptr }: Csr): number {
  let longest = 0;
  for (let row = 0; row < numRows; row++) longest = Math.max(longest, indptr[row + 1] - indptr[row]);
  return longest;
}
