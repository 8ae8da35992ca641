/** Cost against edges, exactly, on follow graphs with power laws on both sides; a process of its own for each. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { table } from '../communities/table.ts';

const program = fileURLToPath(new URL('exact-run.ts', import.meta.url));

export interface ExactRun {
  readonly numEdges: number;
  readonly numProducers: number;
  readonly maxFollowers: number;
  readonly multiplyAdds: number;
  readonly seconds: number;
  readonly numKept: number;
  readonly peakRssBytes: number;
  readonly hash: string;
}

/** @param memory allowed in a second run of each, such as 256MB */
export function compareScale(
  sizes: readonly number[],
  threshold: number,
  topK: number,
  memory?: string,
): string {
  const rows = sizes.flatMap((numEdges) => {
    const runs = [
      run(numEdges, threshold, topK),
      ...(memory ? [run(numEdges, threshold, topK, memory)] : []),
    ];
    return runs.map((r, i) => {
      const isSame = r.hash === runs[0].hash ? 'same bytes' : 'OTHER BYTES';
      return rowOf(r, i === 0 ? 'in memory' : `--memory ${memory}, ${isSame}`);
    });
  });
  const header = [
    'follows',
    'producers',
    'most followers',
    'rows are',
    'multiply-adds',
    's',
    'ns each',
    'kept',
    'peak RSS',
    'log10 follows',
    'log10 s',
  ];
  return `${table(header, rows)}\n\nCosine > ${threshold}, best ${topK}, either end; all threads.`;
}

function run(numEdges: number, threshold: number, topK: number, memory = ''): ExactRun {
  const args = ['--import', 'tsx', program, String(numEdges), String(threshold), String(topK), memory];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

function rowOf(r: ExactRun, kind: string): string[] {
  const count = (value: number) => value.toLocaleString('en-US');
  return [
    count(r.numEdges),
    count(r.numProducers),
    count(r.maxFollowers),
    kind,
    r.multiplyAdds.toExponential(2),
    r.seconds.toFixed(2),
    ((r.seconds / r.multiplyAdds) * 1e9).toFixed(2),
    count(r.numKept),
    `${(r.peakRssBytes / 1e6).toFixed(0)} MB`,
    Math.log10(r.numEdges).toFixed(2),
    Math.log10(r.seconds).toFixed(2),
  ];
}
