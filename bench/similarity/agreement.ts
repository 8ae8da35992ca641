/** How far a graph that was sampled agrees with the exact one, which waits in a file. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Csr } from '../../src/core/csr.ts';

export interface Agreement {
  /** Of the exact pairs, so many were found. */
  readonly recall: number;
  /** Of the pairs found, so many are exact ones with their values. */
  readonly precision: number;
}

/** f32 roundings that depend on the end a pair is looked at from. */
const TOLERANCE = 1e-6;

/** Row bounds, columns and values, one after the other. */
export function save({ indptr, indices, data }: Csr, file: string): void {
  const parts = [Uint32Array.of(indptr.length, indices.length), indptr, indices, data as Float32Array];
  const bytesOf = (part: Uint32Array | Float32Array) =>
    new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  writeFileSync(file, Buffer.concat(parts.map(bytesOf)));
}

export function agreementWith(found: Csr, file: string): Agreement {
  const bytes = readFileSync(file);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const indptr = words.subarray(2, 2 + words[0]);
  const indices = words.subarray(2 + words[0], 2 + words[0] + words[1]);
  const data = new Float32Array(indices.buffer, indices.byteOffset + indices.byteLength, words[1]);
  const values = found.data as Float32Array;
  let numRight = 0;
  for (let row = 0; row < found.numRows; row++) {
    let at = indptr[row];
    for (let i = found.indptr[row]; i < found.indptr[row + 1]; i++) {
      while (at < indptr[row + 1] && indices[at] < found.indices[i]) at++;
      const isThere = at < indptr[row + 1] && indices[at] === found.indices[i];
      if (isThere && Math.abs(values[i] - data[at]) < TOLERANCE) numRight++;
    }
  }
  return { recall: numRight / (indices.length || 1), precision: numRight / (values.length || 1) };
}
