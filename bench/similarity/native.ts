/** The same product by other programs: plain C, and SciPy. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { floorFloat32 } from '../../src/core/math.ts';
import type { Contender } from '../medians.ts';
import { compileNative } from '../native/compile.ts';
import type { CosineTask } from './cosines.ts';

/** The task in a file: five numbers, the two matrices, the scales. */
export function writeTask(task: CosineTask, file: string): void {
  const { follows, followers, scale, threshold, topK } = task;
  const head = new Uint32Array([follows.numCols, follows.numRows, follows.indices.length, topK, 0]);
  new Float32Array(head.buffer)[4] = floorFloat32(threshold);
  const parts = [head, followers.indptr, followers.indices, follows.indptr, follows.indices, scale];
  const bytes = parts.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  writeFileSync(file, Buffer.concat(bytes));
}

/** Absent without a compiler. `hashes` takes what the program made. */
export function nativeContender(folder: string, task: string, hashes: Set<string>): Contender | undefined {
  const program = compileNative('spgemm', folder);
  if (program === undefined) return undefined;
  return {
    name: 'C, 1 thread (gcc -O3 -march=native), same algorithm',
    async run() {
      // The second round: in the first its memory is touched for the first time.
      const lines = execFileSync(program, [task, '2'], { encoding: 'utf8' }).split('\n');
      hashes.add(lines[2].replace('hash ', ''));
      return Number(lines[1]);
    },
  };
}

/** The whole product and no more: neither threshold nor selection. */
const SCIPY = `
import sys, time
import numpy as np, scipy.sparse as sp
words = np.fromfile(sys.argv[1], dtype='<u4')
m, n, nnz = (int(x) for x in words[:3])
at = 5 + m + 1 + nnz
indptr = words[at:at + n + 1].astype('<i4'); at += n + 1
indices = words[at:at + nnz].astype('<i4'); at += nnz
scale = words[at:at + m].view('<f4')
A = sp.csr_matrix((scale[indices], indices, indptr), shape=(n, m))
At = A.T.tocsr()
began = time.perf_counter()
C = At @ A
print(time.perf_counter() - began, C.nnz)
`;

/** Absent without SciPy. */
export function scipyContender(python: string, task: string): Contender | undefined {
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  if (spawnSync(python, ['-c', 'import scipy.sparse'], { env }).status !== 0) return undefined;
  return {
    name: 'SciPy A.T @ A, 1 thread: no threshold, no selection',
    async run() {
      return Number(execFileSync(python, ['-c', SCIPY, task], { encoding: 'utf8', env }).split(' ')[0]);
    },
  };
}
