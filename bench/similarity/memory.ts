/** What `--memory` allows against what is taken, and whether the result is the same. */
import type { SimilarityMethod } from '../../src/similarity/find-similarity.ts';
import { table } from '../table.ts';
import { runTask } from './processes.ts';

/** A graph whose rows are cut short, and one of which nearly all pairs are kept. */
const cases = [
  { graph: 'follows:3e6', method: 'exact', threshold: 0.1, topK: 100 },
  { graph: 'follows:3e6', method: 'whimp', threshold: 0.1, topK: 100 },
  { graph: 'dense:4e5', method: 'exact', threshold: 0, topK: 6000 },
  { graph: 'dense:4e5', method: 'whimp', threshold: 0.02, topK: 6000 },
] as const satisfies readonly { graph: string; method: SimilarityMethod; threshold: number; topK: number }[];

export function compareMemory(memory: string): string {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  const count = (value: number) => value.toLocaleString('en-US');
  const rows = cases.flatMap(({ graph, ...task }) => {
    const whole = runTask(graph, task);
    const bounded = runTask(graph, { ...task, memory });
    const isSame = whole.hash === bounded.hash ? 'same' : 'OTHER BYTES';
    const facts = [
      task.method,
      count(whole.numEdges),
      `> ${task.threshold}, best ${task.topK}`,
      count(whole.numKept),
      megabytes(whole.numKept * 8),
    ];
    return [
      [...facts, 'no bound', whole.seconds.toFixed(2), megabytes(whole.peakRssBytes), ''],
      [...facts, `--memory ${memory}`, bounded.seconds.toFixed(2), megabytes(bounded.peakRssBytes), isSame],
    ];
  });
  const header = ['method', 'follows', 'cosine', 'kept', 'result', 'memory', 's', 'peak RSS', 'its bytes'];
  return `${table(header, rows)}\n\nThe process makes the graph, too, and is started with a loader of TypeScript. With \`--memory\` the result ends on disk.`;
}
