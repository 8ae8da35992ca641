/** The cosines beside packages of npm, which compute the whole product and neither threshold nor select. */

import { openKernels } from '../../src/kernels/open.ts';
import { interleave } from '../medians.ts';
import { cosineTask, timedCosines } from '../similarity/cosines.ts';
import { drawFollows } from '../similarity/graphs.ts';
import { peerContenders } from '../similarity/peers.ts';
import type { Timing } from './rows.ts';

/** More of them take the packages minutes. */
const NUM_FOLLOWS = 50_000;
const NUM_ROUNDS = 3;

/** @param folder  where the packages are installed  @throws Error when none of them is */
export async function timePeers(folder: string): Promise<Timing[]> {
  const kernels = openKernels({ numThreads: 1 });
  const follows = drawFollows(NUM_FOLLOWS);
  const task = await cosineTask(kernels, follows, 0.02, 100);
  const peers = peerContenders(folder, task).map(({ name, run }) => ({ name: name.split(':')[0], run }));
  if (peers.length === 0) throw new Error(`neither ml-sparse-matrix nor mathjs is installed in ${folder}`);
  const own = {
    name: 'WASM, 1 thread',
    async run() {
      return (await timedCosines(kernels, task)).seconds;
    },
  };
  const measured = await interleave([own, ...peers], NUM_ROUNDS);
  return measured.map(({ name, seconds }) => ({
    ...{ part: 'peers', work: 'cosines, A · Aᵀ', kernels: ['spgemmTopK', 'compactRows'] },
    ...{ shape: `${follows.numRows} × ${follows.numCols}, ${follows.indices.length} follows` },
    ...{ way: name, seconds },
  }));
}
