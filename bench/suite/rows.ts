/** Results of the suite: rows as kept in bench/results.json, and the table and page made of them. */
import { table } from '../table.ts';

/** How a work was run. */
export const ways = ['JS', 'WASM scalar', 'WASM, 1 thread', 'WASM, 2 threads', 'C, 1 thread'] as const;
export type Way = (typeof ways)[number];

export interface Row {
  /** `kernels`: on Node, all ways; `runtimes`: in each runtime, one thread and the twin. */
  readonly part: 'kernels' | 'runtimes';
  readonly work: string;
  /** The input, in words. */
  readonly shape: string;
  readonly way: Way;
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

const namesOf = (rows: readonly Row[]) => [...new Set(rows.map(({ work }) => work))];

/** The table of the README: Node's rows, one work a line. */
export function suiteTable({ rows }: Results): string {
  const own = rows.filter(({ part }) => part === 'kernels');
  const of = (work: string, way: Way) => own.find((row) => row.work === work && row.way === way);
  const ms = (row: Row | undefined) => (row ? row.median.toFixed(row.median < 10 ? 2 : 1) : '');
  const ratio = (a: Row | undefined, b: Row | undefined) =>
    a && b ? `${(a.median / b.median).toFixed(1)} ×` : '';
  const lines = namesOf(own).map((work) => {
    const [js, scalar, one, two, c] = ways.map((way) => of(work, way));
    const against = scalar ?? js;
    return [work, ...[js, scalar, one, two, c].map(ms), ratio(against, one), ratio(one, two)];
  });
  const header = ['ms, median', 'JS', 'scalar WASM', 'WASM', '2 threads', 'C', 'gain', 'threads'];
  const machine = own[0] ? `${own[0].machine}, ${own[0].runtime}, ${own[0].date}` : '';
  return `${table(header, lines)}\n\nGain: JS (or scalar WASM) by WASM on one thread. ${machine}.`;
}

/** WASM on one thread and the JavaScript twin, by runtime. */
export function runtimeTable(results: Results): string {
  const rows = results.rows.filter(({ part }) => part === 'runtimes');
  const runtimes = [...new Set(rows.map(({ runtime }) => runtime))];
  const cell = (work: string, runtime: string) => {
    const of = (way: Way) =>
      rows.find((row) => row.work === work && row.way === way && row.runtime === runtime)?.median.toFixed(1);
    return `${of('WASM, 1 thread')} (${of('JS')})`;
  };
  const lines = namesOf(rows).map((work) => [work, ...runtimes.map((runtime) => cell(work, runtime))]);
  const shapes = namesOf(rows).map((work) => `${work}: ${rows.find((row) => row.work === work)?.shape}`);
  return `${table(['WASM (JS), ms, median', ...runtimes], lines)}\n\n${shapes.join('; ')}.`;
}

const BAR_WIDTH = 420;
const BAR_HEIGHT = 18;
const LABEL_WIDTH = 250;
const COLORS: Record<Way, string> = {
  JS: '#bf8700',
  'WASM scalar': '#8250df',
  'WASM, 1 thread': '#1f6feb',
  'WASM, 2 threads': '#1a7f37',
  'C, 1 thread': '#57606a',
};

/** One page: a bar for each way and runtime of each work, on a logarithmic scale, with the spread of the rounds. */
export function resultsPage({ rows }: Results): string {
  const inputs = [...new Set(rows.map(({ work, shape }) => `${work}, ${shape}`))];
  const sections = inputs.map((input) => {
    const own = rows.filter(({ work, shape }) => `${work}, ${shape}` === input);
    return `<section><h2>${escaped(own[0].work)}</h2><p>${escaped(own[0].shape)}</p>${bars(own)}</section>`;
  });
  const facts = rows[0] ? `${rows[0].machine}, ${rows[0].date}` : '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>simclusters: kernels, measured</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}h2{margin:1.5rem 0 0;font-size:1.1rem}p{margin:0;color:#57606a}svg{max-width:100%}</style></head>
<body><h1>Kernels, measured</h1><p>${escaped(facts)}. Medians of interleaved rounds in milliseconds; the line is from the least to the most; the scale is logarithmic. The machine is shared: read ratios.</p>
${sections.join('\n')}
</body></html>
`;
}

function bars(rows: readonly Row[]): string {
  const low = Math.log10(Math.min(...rows.map(({ least }) => least))) - 0.3;
  const high = Math.log10(Math.max(...rows.map(({ most }) => most)));
  const x = (value: number) => (BAR_WIDTH * (Math.log10(value) - low)) / (high - low);
  const lines = rows.map(({ way, runtime, median, least, most }, i) => {
    const y = i * (BAR_HEIGHT + 4);
    const middle = y + BAR_HEIGHT / 2;
    return `<text x="0" y="${y + 13}">${escaped(`${way}, ${runtime}`)}</text><rect x="${LABEL_WIDTH}" y="${y}" width="${x(median).toFixed(1)}" height="${BAR_HEIGHT}" fill="${COLORS[way]}"/><line x1="${(LABEL_WIDTH + x(least)).toFixed(1)}" x2="${(LABEL_WIDTH + x(most)).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#000"/><text x="${LABEL_WIDTH + BAR_WIDTH + 6}" y="${y + 13}">${median.toFixed(2)}</text>`;
  });
  const height = rows.length * (BAR_HEIGHT + 4);
  const label = rows
    .map(({ way, runtime, median }) => `${way}, ${runtime}: ${median.toFixed(2)} ms`)
    .join('; ');
  return `<svg viewBox="0 0 ${LABEL_WIDTH + BAR_WIDTH + 70} ${height}" font-size="11" role="img" aria-label="${escaped(label)}">${lines.join('')}</svg>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
