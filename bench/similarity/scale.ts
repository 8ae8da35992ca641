/** Cost against edges on follow graphs with power laws on both sides; a process of its own for each. */
import { plot, type Series } from '../plot.ts';
import { table } from '../table.ts';
import { type Run, runTask, type Task } from './processes.ts';

const HEADER = [
  'graph',
  'follows',
  'producers',
  'most followers',
  'method',
  'multiply-adds',
  's',
  'ns per multiply-add',
  'kept',
  'peak RSS',
  'log10 follows',
  'log10 s',
];

export interface ScaleResult {
  readonly text: string;
  readonly svg: string;
}

/** @param memory allowed in a second exact run of each, such as 512MB; absent: no such run */
export function compareScale(
  sizes: readonly number[],
  threshold: number,
  topK: number,
  memory?: string,
): ScaleResult {
  const rows: string[][] = [];
  const lines = new Map<string, [number, number][]>();
  const measure = (kind: string, size: number, name: string, task: Task): Run => {
    const run = runTask(`${kind}:${size}`, task);
    rows.push(rowOf(kind, name, run));
    const points = lines.get(`${kind}, ${name}`) ?? [];
    lines.set(`${kind}, ${name}`, [...points, [run.numEdges, run.seconds]]);
    return run;
  };
  for (const size of sizes) {
    const exact = { method: 'exact', threshold, topK } as const;
    const whole = measure('follows', size, 'exact', exact);
    if (memory) {
      const bounded = measure('follows', size, `exact, --memory ${memory}`, { ...exact, memory });
      rows[rows.length - 1][4] += whole.hash === bounded.hash ? ', same bytes' : ', OTHER BYTES';
    }
    measure('hubs', size, 'exact', exact);
    measure('hubs', size, 'WHIMP', { ...exact, method: 'whimp' });
  }
  const series: Series[] = [...lines].map(([name, points]) => ({ name, points }));
  const axes = { title: `Similarity graph, τ = ${threshold}`, x: 'follows', y: 'seconds' };
  return {
    text: `${table(HEADER, rows)}\n\nCosine > ${threshold}, best ${topK}, either end; all threads.`,
    svg: plot(series, { ...axes, logX: true, logY: true }),
  };
}

function rowOf(kind: string, name: string, r: Run): string[] {
  const count = (value: number) => value.toLocaleString('en-US');
  return [
    kind,
    count(r.numEdges),
    count(r.numProducers),
    count(r.maxFollowers),
    name,
    r.multiplyAdds.toExponential(2),
    r.seconds.toFixed(2),
    ((r.seconds / r.multiplyAdds) * 1e9).toFixed(2),
    count(r.numKept),
    `${(r.peakRssBytes / 1e6).toFixed(0)} MB`,
    Math.log10(r.numEdges).toFixed(2),
    Math.log10(r.seconds).toFixed(2),
  ];
}
