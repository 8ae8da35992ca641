/** SimHash and Hamming distance in SIMD against their JavaScript twins, one thread each. */
import type { Csr } from '../../src/core/csr.ts';
import { randomKey, streamOf, uniform } from '../../src/core/rng.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { hammingDistances, placeSketches } from '../../src/kernels/similarity.ts';
import { type Contender, interleave, milliseconds, ratio } from '../medians.ts';
import { table } from '../table.ts';

const NUM_ROWS = 200;
const FOLLOWERS = 500;
const NUM_USERS = 100_000;
const NUM_BITS = 1024;
const NUM_PAIRS = 200_000;

export async function compareSketches(numRounds: number): Promise<string> {
  const wasm = openKernels({ numThreads: 1 });
  const twin = openKernels({ backend: 'reference' });
  try {
    const rows: string[][] = [];
    for (const what of ['ones', 'weights', 'distances'] as const) {
      const measured = await interleave(
        [
          { name: 'WASM', ...contender(wasm, what) },
          { name: 'JS twin', ...contender(twin, what) },
        ],
        numRounds,
      );
      const names = { ones: 'sketches of ones', weights: 'sketches of weights', distances: 'Hamming' };
      rows.push([
        names[what],
        ...measured.map((m) => milliseconds(m.median)),
        `${ratio(measured[1], measured[0]).toFixed(1)}×`,
      ]);
    }
    const work = `${NUM_ROWS} rows of ${FOLLOWERS}, ${NUM_BITS} bits each; distances of ${NUM_PAIRS.toLocaleString('en-US')} pairs; ${numRounds} interleaved rounds, 1 thread.`;
    return `${table(['', 'WASM SIMD', 'JS twin', 'twin / WASM'], rows)}\n\n${work}`;
  } finally {
    await wasm.close();
    await twin.close();
  }
}

function contender(kernels: Kernels, what: 'ones' | 'weights' | 'distances'): Pick<Contender, 'run'> {
  const matrix = rowsOf(what === 'weights');
  const every = Uint32Array.from({ length: NUM_ROWS }, (_, row) => row);
  const [left, right] = [7, 11].map((step) =>
    Uint32Array.from({ length: NUM_PAIRS }, (_, i) => (i * step) % NUM_ROWS),
  );
  return {
    run: () =>
      kernels.scope(async () => {
        let began = performance.now();
        const sketches = await placeSketches(kernels, matrix, every, NUM_BITS, randomKey('bench', 'simhash'));
        if (what === 'distances') {
          began = performance.now();
          await hammingDistances(kernels, sketches, NUM_BITS, left, right);
        }
        return (performance.now() - began) / 1000;
      }),
  };
}

function rowsOf(isWeighted: boolean): Csr {
  const key = randomKey('bench', 'rows');
  const indptr = Uint32Array.from({ length: NUM_ROWS + 1 }, (_, row) => row * FOLLOWERS);
  const indices = new Uint32Array(NUM_ROWS * FOLLOWERS);
  for (let row = 0; row < NUM_ROWS; row++) {
    const stride = Math.floor(NUM_USERS / FOLLOWERS);
    for (let i = 0; i < FOLLOWERS; i++) {
      const offset = Math.floor(uniform(streamOf(key, 0, row), i) * stride);
      indices[row * FOLLOWERS + i] = i * stride + offset;
    }
  }
  const data = isWeighted ? Float32Array.from(indices, (u) => uniform(streamOf(key, 1, u), 0)) : undefined;
  return { numRows: NUM_ROWS, numCols: NUM_USERS, indptr, indices, data };
}
