/** Similarity graphs in processes of their own, so that the peak memory of each is its own. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SimilarityMethod, SimilarityReport } from '../../src/similarity/find-similarity.ts';
import type { Agreement } from './agreement.ts';

export interface Task {
  readonly method: SimilarityMethod;
  readonly threshold: number;
  readonly topK: number;
  readonly recall?: number;
  /** False: every producer is sampled. */
  readonly isMixed?: boolean;
  /** Such as 256MB; absent: no bound. */
  readonly memory?: string;
  readonly saveTo?: string;
  readonly compareWith?: string;
}

export interface Plan {
  /** See `openGraph`. */
  readonly graph: string;
  /** Default: all. */
  readonly numThreads?: number;
  readonly tasks: readonly Task[];
}

export interface Run {
  readonly numEdges: number;
  readonly numProducers: number;
  readonly maxFollowers: number;
  readonly multiplyAdds: number;
  readonly seconds: number;
  /** Of the process up to here. */
  readonly peakRssBytes: number;
  readonly numKept: number;
  readonly hash: string;
  readonly report: SimilarityReport;
  readonly agreement?: Agreement;
}

const program = fileURLToPath(new URL('run.ts', import.meta.url));

/** All tasks in one process. */
export function runTasks(plan: Plan): Run[] {
  const args = ['--max-old-space-size=8192', '--import', 'tsx', program, JSON.stringify(plan)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 26 }));
}

export function runTask(graph: string, task: Task): Run {
  return runTasks({ graph, tasks: [task] })[0];
}
