/** Results of the suite: rows as kept in bench/results.json. */
import { availableParallelism, cpus } from 'node:os';
import type { KernelName } from '../../src/kernels/abi.ts';
import { median } from '../medians.ts';

/** How a work was run. */
export const ways = ['JS', 'WASM scalar', 'WASM, 1 thread', 'WASM, 2 threads', 'C, 1 thread'] as const;
export type Way = (typeof ways)[number];

/**
 * `kernels`: on Node, all ways; `stages`: of the whole job; `peers`: beside packages of npm; `runtimes`: in each runtime, one thread and
 * the twin.
 */
export const parts = ['kernels', 'stages', 'peers', 'runtimes'] as const;
export type PartName = (typeof parts)[number];

export interface Row {
  readonly part: PartName;
  readonly work: string;
  /** Whose time it is; none where a stage is timed. */
  readonly kernels: readonly KernelName[];
  /** The input, in words. */
  readonly shape: string;
  /** For peers, the name of the package. */
  readonly way: Way | string;
  /** With its version: `Node v20.20.2`. */
  readonly runtime: string;
  readonly machine: string;
  /** Day of the measurement, ISO 8601. */
  readonly date: string;
  /** Milliseconds over the rounds. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly numRounds: number;
}

export interface Results {
  readonly rows: readonly Row[];
}

/** What was measured, before it is known where and when. */
export interface Timing extends Pick<Row, 'part' | 'work' | 'kernels' | 'shape' | 'way'> {
  /** Of each round. */
  readonly seconds: readonly number[];
}

export const thisNode = `Node ${process.version}`;

const stamp = () => ({
  machine: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores`,
  date: new Date().toISOString().slice(0, 10),
});

export function rowOf({ seconds, ...what }: Timing, runtime: string): Row {
  const ms = seconds.map((time) => Number((time * 1000).toFixed(4)));
  const spread = { median: median(ms), least: Math.min(...ms), most: Math.max(...ms) };
  return { ...what, runtime, ...stamp(), ...spread, numRounds: ms.length };
}

/** New rows in place of the old of the same works; other rows stay where they are. @param isWhole  works that are not there are gone */
export function renewed(old: readonly Row[], fresh: readonly Row[], isWhole: boolean): Row[] {
  return parts.flatMap((part) => {
    const [kept, own] = [old, fresh].map((rows) => rows.filter((row) => row.part === part));
    if (own.length === 0) return kept;
    if (isWhole) return own;
    const works = [...new Set([...kept, ...own].map(({ work }) => work))];
    return works.flatMap((work) => {
      const renewedRows = own.filter((row) => row.work === work);
      return renewedRows.length > 0 ? renewedRows : kept.filter((row) => row.work === work);
    });
  });
}
