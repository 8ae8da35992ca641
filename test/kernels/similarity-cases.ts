/** Random cases for the kernels of assembly/simhash.ts and wedge.ts. */
import type { Csr } from '../../src/core/csr.ts';
import type { Random } from '../fixtures/random.ts';
import { f32, f64, type MakeCase, u32 } from './case.ts';

const randomWords = (random: Random, length: number) => random.u32(length, 2 ** 32);
const longestRow = ({ numRows, indptr }: Csr) =>
  Math.max(0, ...Array.from({ length: numRows }, (_, row) => indptr[row + 1] - indptr[row]));

/** Bits that an array of sketches starts with, in vectors that must lie on their boundaries. */
const bitsOf = (random: Random) => 128 * (1 + random.below(3));

export const simhashRows: MakeCase = (random, numRows) => {
  // Long rows carry into the higher planes of the counters; columns are sparse or all there.
  const { indptr, indices, data } = random.csr(numRows, random.chance() ? 9 : 40 + random.below(60));
  const numBits = bitsOf(random);
  const isCount = random.chance();
  const maxRow = longestRow({ numRows, numCols: 0, indptr, indices });
  return {
    values: {
      rows: random.permutation(numRows),
      indptr,
      indices,
      data: isCount ? undefined : random.maybe(data),
      innerScale: isCount ? undefined : random.maybe(random.f32(100)),
      numBits,
      maxRow,
      key0: random.below(2 ** 32),
      key1: random.below(2 ** 32),
      sketches: u32((numRows * numBits) / 32),
    },
    count: numRows,
    scratchBytes: 512 + 4 * (maxRow + 8),
  };
};

export const hammingPairs: MakeCase = (random, numPairs) => {
  // Now and then sketches so long that a sum of bytes would run over.
  const numBits = random.chance(0.8) ? bitsOf(random) : 8192;
  const sketches = randomWords(random, (6 * numBits) / 32);
  if (random.chance(0.3)) sketches.fill(0xffffffff, numBits / 32).fill(0, 0, numBits / 32);
  return {
    values: {
      left: random.u32(numPairs, 6),
      right: random.u32(numPairs, 6),
      sketches,
      numBits,
      distances: u32(numPairs),
    },
    count: numPairs,
  };
};

export const wedgeTables: MakeCase = (random, numUsers) => {
  const numProducers = 1 + random.below(40);
  const matrix = random.csr(numUsers, numProducers);
  const maxRow = longestRow(matrix);
  return {
    values: {
      indptr: matrix.indptr,
      indices: matrix.indices,
      data: random.maybe(matrix.data),
      scale: random.f32(numProducers),
      innerScale: random.maybe(random.f32(numUsers)),
      maxRow,
      table: u32(2 * matrix.indices.length),
      masses: f64(numUsers),
    },
    count: numUsers,
    scratchBytes: 12 * maxRow,
  };
};

function transposed({ numRows, numCols, indptr, indices, data = f32(indices.length) }: Csr) {
  const entries = Array.from({ length: numRows }, (_, row) =>
    [...indices.subarray(indptr[row], indptr[row + 1])].map((column, i) => ({
      row,
      column,
      value: data[indptr[row] + i],
    })),
  )
    .flat()
    .sort((a, b) => a.column - b.column || a.row - b.row);
  const pointers = u32(numCols + 1);
  for (const { column } of entries) pointers[column + 1]++;
  for (let column = 0; column < numCols; column++) pointers[column + 1] += pointers[column];
  return {
    indptr: pointers,
    indices: Uint32Array.from(entries, ({ row }) => row),
    data: Float32Array.from(entries, ({ value }) => value),
  };
}

/** Consecutive rows from `first` on, cut anywhere, some units empty. */
function unitsOf(random: Random, first: number, end: number): Uint32Array {
  const cuts = Array.from({ length: random.below(5) }, () => first + random.below(end - first + 1));
  return Uint32Array.from([first, ...cuts, end]).sort();
}

export const samplePairs: MakeCase = (random, numProducers) => {
  // Many users and few producers make rows of which one is much longer than the other.
  const numUsers = 1 + random.below(random.chance(0.3) ? 400 : 30);
  const users = random.csr(numUsers, numProducers);
  const producers = transposed(users);
  const isCount = random.chance();
  const numBits = bitsOf(random);
  const hasSketches = random.chance();
  const askFrom = random.below(4);
  const firstRow = random.below(numProducers + 1);
  const panel = numProducers - firstRow;
  // Room for every pair, and some rows further apart.
  const slotStarts = u32(panel + 1);
  for (let i = 0; i < panel; i++) slotStarts[i + 1] = slotStarts[i] + numProducers + random.below(3);
  const units = unitsOf(random, firstRow, numProducers);
  const sketchOf = u32(numProducers).map((_, i) => i + 1);
  const table = randomWords(random, 2 * users.indices.length);
  for (let row = 0; row < numUsers; row++) {
    const own = users.indices.subarray(users.indptr[row], users.indptr[row + 1]);
    own.forEach((_, i) => {
      table[2 * (users.indptr[row] + i) + 1] = own[random.below(own.length)];
    });
  }
  return {
    values: {
      numProducers,
      numUsers,
      indptr: producers.indptr,
      indices: producers.indices,
      data: isCount ? undefined : producers.data,
      userIndptr: users.indptr,
      userIndices: users.indices,
      innerScale: isCount ? undefined : random.maybe(random.f32(numUsers)),
      scale: random.f32(numProducers),
      table,
      masses: Float64Array.from(random.f32(numUsers)),
      isExact: Uint8Array.from(random.u32(numProducers, 2)),
      samples: 10 * random.real(),
      drawCost: 1 + random.below(3),
      key0: random.below(2 ** 32),
      key1: random.below(2 ** 32),
      sketches: hasSketches ? randomWords(random, (numProducers * numBits) / 32) : undefined,
      sketchOf: hasSketches ? sketchOf : undefined,
      sketchBytes: numBits / 8,
      askFrom,
      maxDistance: numBits / 2,
      estimates: hasSketches && random.chance() ? random.f32(numBits + 1) : undefined,
      norms: random.f32(numProducers),
      threshold: random.chance() ? 0 : 0.3 * random.real(),
      minCommon: 1 + random.below(3),
      units,
      firstRow,
      slotStarts,
      counts: u32(panel),
      slotIndices: u32(slotStarts[panel]),
      slotData: f32(slotStarts[panel]),
      numLooked: f64(panel),
      numDistinct: u32(panel),
      numSurvivors: u32(panel),
    },
    count: units.length - 1,
    scratchBytes: 13 * numProducers + 4 * numUsers + 2200,
  };
};
