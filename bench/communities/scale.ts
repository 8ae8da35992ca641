/** Cost against edges: 1 M, 10 M, 100 M, in memory and with edges on disk, each in a process of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from '../medians.ts';
import { table } from '../table.ts';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

interface Run {
  /** Of the sweeps, and with what is measured after each. */
  readonly sweepSeconds: number;
  readonly epochSeconds: number;
  readonly totalSeconds: number;
  readonly peakRssBytes: number;
  readonly f1: number;
}

function run(graph: string, k: number, cols: string, memory?: string): Run {
  const args = [
    cli,
    'communities',
    graph,
    '--format',
    'metis',
    '--num-communities',
    String(k),
    '--wt-coeff',
    '10',
  ];
  args.push(
    '--num-starts',
    '1',
    '--max-epochs',
    '5',
    '--run-all-epochs',
    '--metrics',
    'json',
    '--cols',
    cols,
    '-q',
  );
  if (memory) args.push('--memory', memory);
  const began = performance.now();
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(stderr);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const epochs = lines.filter(({ type }) => type === 'epoch');
  const result = lines[lines.length - 1];
  return {
    sweepSeconds: median(epochs.map(({ seconds }) => seconds)),
    epochSeconds: median(epochs.map(({ seconds, metricsSeconds }) => seconds + metricsSeconds)),
    totalSeconds: (performance.now() - began) / 1000,
    peakRssBytes: result.peakRssBytes,
    f1: result.f1,
  };
}

/** The run whose sweep is the median one. */
function middle(runs: readonly Run[]): Run {
  return [...runs].sort((a, b) => a.sweepSeconds - b.sweepSeconds)[runs.length >> 1];
}

/** @param memory allowed in streaming mode, for graphs of at least 10 M directed edges */
export function compareScale(sizes: readonly number[], memory: string, numRounds = 3): string {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  try {
    const rows: (string | number)[][] = [];
    for (const numVertices of sizes) {
      const graph = join(folder, 'graph.metis');
      const flags = [
        '--mean-size',
        '100',
        '--internal-degree',
        '35',
        '--mixing',
        '0.3',
        '--seed',
        'bench',
        '-q',
      ];
      execFileSync(process.execPath, [
        cli,
        'generate',
        '--out',
        graph,
        '--num-vertices',
        String(numVertices),
        ...flags,
      ]);
      const numEdges = Number(readFileSync(graph).subarray(0, 40).toString().split(/\s/)[1]) * 2;
      const k = numVertices / 100;
      const streams = numEdges >= 9e6;
      // Turn by turn: the machine has other things to do as well.
      const wholes: Run[] = [];
      const streamed: Run[] = [];
      for (let round = 0; round < (streams ? numRounds : 1); round++) {
        wholes.push(run(graph, k, join(folder, 'whole')));
        if (streams) streamed.push(run(graph, k, join(folder, 'streamed'), memory));
      }
      const rowOf = (name: string, runs: readonly Run[]) => {
        const r = middle(runs);
        return [
          numVertices.toLocaleString('en-US'),
          numEdges.toLocaleString('en-US'),
          name,
          r.sweepSeconds.toFixed(3),
          ((r.sweepSeconds / numEdges) * 1e9).toFixed(1),
          r.epochSeconds.toFixed(3),
          r.totalSeconds.toFixed(1),
          `${(r.peakRssBytes / 1e6).toFixed(0)} MB`,
          (r.peakRssBytes / numEdges).toFixed(1),
          (r.f1 * 100).toFixed(2),
        ];
      };
      rows.push(rowOf('in memory', wholes));
      if (streams) {
        const isSame = readFileSync(join(folder, 'whole')).equals(readFileSync(join(folder, 'streamed')));
        rows.push(rowOf(`--memory ${memory}, ${isSame ? 'same bytes' : 'OTHER BYTES'}`, streamed));
        const by = (key: 'sweepSeconds' | 'epochSeconds' | 'totalSeconds') =>
          median(streamed.map((r, round) => r[key] / wholes[round][key])).toFixed(2);
        const ratios = [by('sweepSeconds'), '', by('epochSeconds'), by('totalSeconds')];
        rows.push(['', '', 'on disk / in memory', ...ratios, '', '', '']);
      }
      rmSync(graph);
    }
    const header = [
      'vertices',
      'directed edges',
      'edges are',
      'sweep s',
      'ns/edge',
      'with metrics s',
      'whole run s',
      'peak RSS',
      'bytes/edge',
      'edge F1',
    ];
    return table(header, rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
