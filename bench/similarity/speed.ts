/** The product against plain C, SciPy, its JavaScript twin and npm packages, and on two threads against one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Csr } from '../../src/core/csr.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { countMultiplyAdds } from '../../src/kernels/spgemm.ts';
import { type Contender, interleave, type Measured, milliseconds, ratio } from '../medians.ts';
import { table } from '../table.ts';
import { type CosineTask, cosineTask, hashOf, timedCosines } from './cosines.ts';
import { firstRows } from './graphs.ts';
import { nativeContender, scipyContender, writeTask } from './native.ts';
import { peerContenders } from './peers.ts';

export interface SpeedOptions {
  readonly threshold: number;
  readonly topK: number;
  readonly numRounds: number;
  readonly python: string;
  /** Folder with npm packages to compare with. */
  readonly peers?: string;
  /** Seconds of the projection of sbf on this graph, where known. */
  readonly referenceSeconds?: number;
}

/** Consumers that the npm packages are given: with all of them they take minutes. */
const PEER_CONSUMERS = 2000;

export async function compareSpeed(graph: Csr, options: SpeedOptions): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  const [one, two] = [openKernels({ numThreads: 1 }), openKernels({ numThreads: 2 })];
  const twin = openKernels({ backend: 'reference' });
  const hashes = new Set<string>();
  try {
    const task = await cosineTask(one, graph, options.threshold, options.topK);
    const file = join(folder, 'task.bin');
    writeTask(task, file);
    const contenders = [
      contender('WASM, 1 thread', one, task, hashes),
      contender('WASM, 2 threads', two, task, hashes),
      nativeContender(folder, file, hashes),
      scipyContender(options.python, file),
    ].filter((c) => c !== undefined);
    const measured = await interleave(contenders, options.numRounds);
    const slow = await interleave(
      [contenders[0], contender('JS twin (plain: sets, pairs and sorts)', twin, task, hashes)],
      1,
    );
    const rows = [...rowsOf(measured), ...rowsOf(slow).slice(1)];
    if (options.referenceSeconds) {
      const factor = options.referenceSeconds / measured[0].median;
      rows.push([
        'sbf projection (Java; measured elsewhere)',
        `${options.referenceSeconds} s`,
        `${factor.toFixed(0)}×`,
      ]);
    }
    const { numRows, numCols, indices } = graph;
    const wedges = countMultiplyAdds(task.followers, graph);
    const agreement =
      hashes.size === 1 ? 'all of ours and C with the same bytes' : `RESULTS DIFFER: ${[...hashes]}`;
    const text = `${table(['cosines', 'median', 'against 1 thread'], rows)}\n\n${numRows} consumers, ${numCols} producers, ${indices.length} follows, ${wedges} multiply-adds; cosine > ${options.threshold}, best ${options.topK}; ${options.numRounds} interleaved rounds; ${agreement}.`;
    return text + (await comparePeers(one, graph, options));
  } finally {
    for (const kernels of [one, two, twin]) await kernels.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function comparePeers(kernels: Kernels, graph: Csr, options: SpeedOptions): Promise<string> {
  const part = firstRows(graph, Math.min(PEER_CONSUMERS, graph.numRows));
  const task = await cosineTask(kernels, part, options.threshold, options.topK);
  const peers = peerContenders(options.peers, task);
  if (peers.length === 0) return '\n\nNo npm packages to compare with (`--peers FOLDER`).';
  const measured = await interleave([contender('WASM, 1 thread', kernels, task, new Set()), ...peers], 1);
  return `\n\nThe first ${part.numRows} consumers alone, ${countMultiplyAdds(task.followers, part)} multiply-adds:\n\n${table(['cosines', 'time', 'against 1 thread'], rowsOf(measured))}`;
}

function contender(name: string, kernels: Kernels, task: CosineTask, hashes: Set<string>): Contender {
  return {
    name,
    async run() {
      const { seconds, cosines } = await timedCosines(kernels, task);
      hashes.add(hashOf(cosines));
      return seconds;
    },
  };
}

function rowsOf(measured: readonly Measured[]): string[][] {
  return measured.map((m) => [m.name, milliseconds(m.median), `${ratio(m, measured[0]).toFixed(2)}×`]);
}
