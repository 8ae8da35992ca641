/** What a kernel and its twin are both run on. */
import type { Random } from '../fixtures/random.ts';

export type CaseArray = Uint32Array | Float32Array | Float64Array | Uint8Array | Uint16Array;

export interface KernelCase {
  /** Fields of the block. Arrays are copied into kernel memory and compared afterwards, inputs and outputs alike. */
  readonly values: Readonly<Record<string, number | CaseArray | undefined>>;
  readonly count: number;
  readonly scratchBytes?: number;
  /** Working memory of one side, not part of the result. */
  readonly ignored?: readonly string[];
}

/** `size` is the number of rows (vertices, items, ...); `random` decides everything else. */
export type MakeCase = (random: Random, size: number) => KernelCase;

export const u32 = (length: number) => new Uint32Array(length);
export const f32 = (length: number) => new Float32Array(length);
export const f64 = (length: number) => new Float64Array(length);
