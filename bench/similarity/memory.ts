/** What `--memory` allows against what is taken, and whether the result is the same. */
import { table } from '../table.ts';
import { runTask } from './processes.ts';

export function compareMemory(graph: string, threshold: number, topK: number, memory: string): string {
  const allowed = (run: { peakRssBytes: number }) => `${(run.peakRssBytes / 1e6).toFixed(0)} MB`;
  const rows = (['exact', 'whimp'] as const).flatMap((method) => {
    const task = { method, threshold, topK };
    const whole = runTask(graph, task);
    const bounded = runTask(graph, { ...task, memory });
    const isSame = whole.hash === bounded.hash ? 'same' : 'OTHER BYTES';
    const count = whole.numEdges.toLocaleString('en-US');
    return [
      [method, count, 'no bound', whole.seconds.toFixed(2), allowed(whole), ''],
      [method, count, `--memory ${memory}`, bounded.seconds.toFixed(2), allowed(bounded), isSame],
    ];
  });
  const header = ['method', 'follows', 'memory', 's', 'peak RSS', 'bytes of the result'];
  return `${table(header, rows)}\n\nCosine > ${threshold}, best ${topK}. The process makes the graph, too, and is started with a loader of TypeScript.`;
}
