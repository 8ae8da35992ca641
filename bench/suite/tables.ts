/** The tables made of the results: the README's, and those of bench/SUITE.md. */
import { table } from '../table.ts';
import { type PartName, type Results, type Row, type Way, ways } from './rows.ts';

/** Works that the README shows: the largest kernels of each family. */
const told: readonly string[] = [
  'cosines ≥ .02 (SpGEMM, top 100)',
  'counting sort',
  'union of two matrices',
  'sharpening of the local view',
  'SimHash sketches',
  'Hamming distances',
  'wedges drawn and verified',
  'sweep (Metropolis-Hastings, an epoch)',
  'sweeps by phases, up to 3 communities',
  'affiliation scores',
  'clusters and scores of each consumer',
  'best 100 items of each cluster',
  'candidates (posting lists, best 200)',
  'exact search (whole lists, block by block)',
  'product of the joined score, follows left out',
  'events into the streaming state',
];

const NONE = '–';
const namesOf = (rows: readonly Row[]) => [...new Set(rows.map(({ work }) => work))];
const rowsOf = ({ rows }: Results, part: PartName) => rows.filter((row) => row.part === part);
const ms = (row: Row | undefined) => (row ? row.median.toFixed(row.median < 10 ? 2 : 1) : NONE);
const ratio = (a: Row | undefined, b: Row | undefined) => (a && b ? (a.median / b.median).toFixed(1) : NONE);

/** Cells of a work in all ways. */
function waysOf(rows: readonly Row[], work: string): Record<Way, Row | undefined> {
  const of = (way: Way) => rows.find((row) => row.work === work && row.way === way);
  return Object.fromEntries(ways.map((way) => [way, of(way)])) as Record<Way, Row | undefined>;
}

function stampOf(rows: readonly Row[]): string {
  return rows[0] ? `${rows[0].machine}, ${rows[0].runtime}, ${rows[0].date}` : '';
}

/** The table of the README: Node's rows of the works that tell most. */
export function readmeTable(results: Results): string {
  const rows = rowsOf(results, 'kernels');
  const lines = told.map((work) => {
    const of = waysOf(rows, work);
    const [js, one] = [of['JS'], of['WASM, 1 thread']];
    return [work, ms(js), ms(one), ms(of['WASM, 2 threads']), ms(of['C, 1 thread']), ratio(js, one)];
  });
  const header = ['ms, median', 'JS', 'WASM, 1 thread', '2 threads', 'C', 'JS / WASM'];
  return `${table(header, lines)}\n\n${stampOf(rows)}; the machine is shared.`;
}

/** All works on Node, with the kernels that each covers. */
export function kernelTable(results: Results): string {
  const rows = rowsOf(results, 'kernels');
  const lines = namesOf(rows).map((work) => {
    const of = waysOf(rows, work);
    const one = of['WASM, 1 thread'];
    const kernels = rows.find((row) => row.work === work)?.kernels ?? [];
    return [
      ...[work, kernels.map((kernel) => `\`${kernel}\``).join(' ')],
      ...[ms(of['JS']), ms(of['WASM scalar']), ms(one), ms(of['WASM, 2 threads']), ms(of['C, 1 thread'])],
      ...[ratio(of['JS'], one), ratio(of['WASM scalar'], one), ratio(one, of['WASM, 2 threads'])],
      ratio(one, of['C, 1 thread']),
    ];
  });
  const header = ['ms, median', 'kernels', 'JS', 'scalar', 'WASM', '2 threads', 'C'];
  const ratios = ['JS / WASM', 'scalar / SIMD', '1 / 2 threads', 'WASM / C'];
  return `${table([...header, ...ratios], lines)}\n\n${stampOf(rows)}. ${notes}`;
}

const notes = `A work that names one or a few kernels is the time between the beginning and the end of their jobs; one that names many is
the whole call, with its copies in and out. Scalar: the same kernels compiled without SIMD, a dash where they have none. C: gcc -O3
-march=native, the same loops on the same memory, which they must leave with the same bytes; a dash for whole calls.
The edge module has no twin of its own.`;

/** One thread and two, by stage. The twins are not timed: a job opens its kernels itself. */
export function stageTable(results: Results): string {
  const rows = rowsOf(results, 'stages');
  const lines = namesOf(rows).map((work) => {
    const of = waysOf(rows, work);
    const [one, two] = [of['WASM, 1 thread'], of['WASM, 2 threads']];
    return [work, NONE, ms(one), ms(two), ratio(one, two)];
  });
  const header = ['ms, median', 'JS', '1 thread', '2 threads', '1 / 2 threads'];
  return `${table(header, lines)}\n\n${rows[0]?.shape}; files in, artifacts out, without warm-up; two threads take about .3 s to start, which the first stage waits for. ${stampOf(rows)}.`;
}

/** The cosines beside packages of npm. */
export function peerTable(results: Results): string {
  const rows = rowsOf(results, 'peers');
  const own = rows.find(({ way }) => way === 'WASM, 1 thread');
  const lines = rows.map((row) => [row.work, row.way, ms(row), ratio(row, own)]);
  const header = ['work', 'by', 'ms, median', 'times WASM'];
  return `${table(header, lines)}\n\n${rows[0]?.shape}; the packages compute the whole product, without threshold or selection. No package of npm does
what the other kernels do. ${stampOf(rows)}.`;
}

/** WASM on one thread and the JavaScript twin, by runtime. */
export function runtimeTable(results: Results): string {
  const rows = rowsOf(results, 'runtimes');
  const runtimes = [...new Set(rows.map(({ runtime }) => runtime))];
  const cell = (work: string, runtime: string) => {
    const of = waysOf(
      rows.filter((row) => row.runtime === runtime),
      work,
    );
    return `${ms(of['WASM, 1 thread'])} (${ms(of['JS'])})`;
  };
  const lines = namesOf(rows).map((work) => [work, ...runtimes.map((runtime) => cell(work, runtime))]);
  const shape = rows.find(({ work }) => work === 'CSR build')?.shape;
  return `${table(['WASM (JS), ms, median', ...runtimes], lines)}\n\nA tenth of the graph: ${shape}. Twins are timed in all of them, one thread.`;
}
