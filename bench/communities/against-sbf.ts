/** What the sweep of sbf shows beside ours: a row of the table, and what its figures cover. */
import type { CommunityMetrics } from '../../src/communities/metrics.ts';
import { colorPhases } from '../../src/communities/phases.ts';
import type { Csr } from '../../src/core/csr.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { median, milliseconds } from '../medians.ts';
import { percent } from '../table.ts';
import { compareEpochs, type EpochTimes, type TimedEpochs } from './epochs.ts';
import type { SbfSweep } from './sbf.ts';

/** @param ours  interleaved with sbf */
export function sbfRow(sbf: SbfSweep, ours: readonly TimedEpochs[]): string[] {
  const { mean } = compareEpochs(sbf, ours);
  return [sbf.contender.name, milliseconds(mean.theirs), `${mean.ratio.toFixed(0)}× the better of the two`];
}

/** Beside what is measured, or without it. @param best  seconds of our epoch */
export function publishedRow(seconds: number, best: number): string[] {
  return [
    'sbf (Java, 2 threads), as published',
    milliseconds(seconds),
    `${(seconds / best).toFixed(0)}× the better of the two`,
  ];
}

/** @param metrics  of ours after the last epoch */
export async function describeSbf(
  sbf: SbfSweep,
  ours: readonly TimedEpochs[],
  metrics: CommunityMetrics,
  kernels: Kernels,
  graph: Csr,
): Promise<string> {
  const { first, later } = compareEpochs(sbf, ours);
  const coloring = await coloringSeconds(kernels, graph);
  return `sbf's epoch is the totalSec of its log, to 10 ms: the order of the vertices, its thread pool and the sweep. Ours is \`runEpoch\`: the order of the phases, the sweep and the counts of what was accepted. Neither has in it the reading, the start or the metrics; nor ours the colouring, once for a graph: ${milliseconds(coloring)}. Each round of sbf is a JVM of its own: its first epoch ${against(first)}; those after it ${against(later)}. Edge F1 after the last: sbf ${percent(sbf.f1())} (its sample), ours ${percent(metrics.f1)}.`;
}

function against({ theirs, ours, ratio }: EpochTimes): string {
  return `${milliseconds(theirs)}, ours ${milliseconds(ours)}, ${ratio.toFixed(0)}×`;
}

/** Median of three, after one that warms up. */
async function coloringSeconds(kernels: Kernels, graph: Csr): Promise<number> {
  const seconds = [];
  for (let run = 0; run <= 3; run++) {
    const began = performance.now();
    await colorPhases(kernels, graph);
    if (run > 0) seconds.push((performance.now() - began) / 1000);
  }
  return median(seconds);
}
