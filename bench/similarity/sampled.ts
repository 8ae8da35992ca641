/** WHIMP against the exact method: recall, precision, wedges looked at, time and peak memory; recall against time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../medians.ts';
import { percent, table } from '../table.ts';
import { type Run, runTask, runTasks, type Task } from './processes.ts';

export const THRESHOLDS = [0.1, 0.2];
/** All: with fewer, a pair above τ that the exact graph leaves to better ones would seem wrong. */
const TOP_K = 1e6;
/** Recalls that are asked for in the curve. */
const RECALLS = [0.5, 0.8, 0.9, 0.95, 0.99];

export interface CurvePoint {
  readonly wanted: number;
  readonly run: Run;
}

export interface SampledResult {
  readonly text: string;
  readonly curve: readonly CurvePoint[];
}

/** @param numRounds  in which exact and sampled runs take turns, each in a process of its own; times are medians */
export function compareSampling(graph: string, numRounds: number): SampledResult {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  try {
    const rows: string[][] = [];
    for (const threshold of THRESHOLDS) {
      const file = exactFile(folder, threshold);
      const tasks: readonly (readonly [string, Task])[] = [
        ['exact', { method: 'exact', threshold, topK: TOP_K, saveTo: file }],
        ['WHIMP', { method: 'whimp', threshold, topK: TOP_K, compareWith: file }],
        [
          'WHIMP, none exactly',
          { method: 'whimp', threshold, topK: TOP_K, isMixed: false, compareWith: file },
        ],
        ['auto', { method: 'auto', threshold, topK: TOP_K, compareWith: file }],
      ];
      const rounds = Array.from({ length: numRounds }, () => tasks.map(([, task]) => runTask(graph, task)));
      tasks.forEach(([name], i) => {
        const runs = rounds.map((round) => round[i]);
        rows.push(rowOf(name, threshold, runs));
      });
    }
    const curve = recallCurve(graph, exactFile(folder, CURVE_THRESHOLD));
    const text = `${table(HEADER, rows)}\n\n${curveTable(curve)}`;
    return { text, curve };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const CURVE_THRESHOLD = 0.2;

function exactFile(folder: string, threshold: number): string {
  return join(folder, `exact-${threshold}.bin`);
}

const HEADER = [
  'τ',
  'method',
  's',
  'estimated s, 1 thread',
  'peak RSS',
  'pairs kept',
  'recall',
  'precision',
  'exact wedges looked at',
  'pairs drawn',
  'pairs counted',
  'bits',
  'producers done exactly',
];

function rowOf(name: string, threshold: number, runs: readonly Run[]): string[] {
  const [{ report, numKept, numProducers, agreement }] = runs;
  const { whimp } = report;
  const estimate = report.method === 'exact' ? report.exactSeconds : report.whimpSeconds;
  const count = (value: number | undefined) => (value === undefined ? '' : value.toLocaleString('en-US'));
  return [
    String(threshold),
    name === 'auto' ? `auto: ${report.method}` : name,
    median(runs.map(({ seconds }) => seconds)).toFixed(2),
    estimate === undefined ? '' : estimate.toFixed(1),
    `${(Math.max(...runs.map(({ peakRssBytes }) => peakRssBytes)) / 1e6).toFixed(0)} MB`,
    count(numKept),
    agreement ? agreement.recall.toFixed(4) : '',
    agreement ? String(agreement.precision) : '',
    whimp ? percent(whimp.numWedgesLooked / whimp.numWedges, 2) : '100 %',
    count(whimp?.numPairs),
    count(whimp?.numSurvivors),
    count(whimp?.sketchBits),
    count(whimp?.numExactProducers ?? numProducers),
  ];
}

/** One process for all: what counts is the time, and graphs take long to be made. */
function recallCurve(graph: string, file: string): CurvePoint[] {
  const tasks = RECALLS.map(
    (recall): Task => ({
      method: 'whimp',
      threshold: CURVE_THRESHOLD,
      topK: TOP_K,
      recall,
      isMixed: false,
      compareWith: file,
    }),
  );
  return runTasks({ graph, tasks }).map((run, i) => ({ wanted: RECALLS[i], run }));
}

function curveTable(curve: readonly CurvePoint[]): string {
  const rows = curve.map(({ wanted, run }) => [
    String(wanted),
    run.agreement?.recall.toFixed(4) ?? '',
    run.seconds.toFixed(2),
    percent((run.report.whimp?.numWedgesLooked ?? 0) / run.multiplyAdds, 2),
  ]);
  const header = ['recall asked for', 'recall', 's', 'exact wedges looked at'];
  return `Recall against time, τ = ${CURVE_THRESHOLD}, every producer sampled:\n\n${table(header, rows)}`;
}
