/** All results as one page: a bar for each way and runtime of each work, on a logarithmic scale, with the spread of the rounds. */
import { type PartName, parts, type Results, type Row, type Way } from './rows.ts';

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
const PEER_COLOR = '#cf222e';
const titles: Record<PartName, string> = {
  kernels: 'Kernels, on Node',
  stages: 'Stages of the whole job',
  peers: 'Packages of npm',
  runtimes: 'Other runtimes',
};

export function resultsPage({ rows }: Results): string {
  const facts = rows[0] ? `${rows[0].machine}, ${rows[0].date}` : '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>simclusters: kernels, measured</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}h2{margin:2.5rem 0 0}h3{margin:1.5rem 0 0;font-size:1.1rem}p{margin:0;color:#57606a}svg{max-width:100%}</style></head>
<body><h1>Kernels, measured</h1><p>${escaped(facts)}. Medians of interleaved rounds in milliseconds; the line is from the least to the most; the scale is logarithmic. The machine is shared: read ratios.</p>
${parts
  .map((part) =>
    sectionOf(
      titles[part],
      rows.filter((row) => row.part === part),
    ),
  )
  .join('\n')}
</body></html>
`;
}

function sectionOf(title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const works = [...new Set(rows.map(({ work }) => work))].map((work) => {
    const own = rows.filter((row) => row.work === work);
    const [{ shape, kernels }] = own;
    const about = kernels.length > 0 ? `${shape}; ${kernels.join(', ')}` : shape;
    return `<section><h3>${escaped(work)}</h3><p>${escaped(about)}</p>${bars(own)}</section>`;
  });
  return `<h2>${title}</h2>\n${works.join('\n')}`;
}

function bars(rows: readonly Row[]): string {
  const low = Math.log10(Math.max(1e-4, Math.min(...rows.map(({ least }) => least)))) - 0.3;
  const high = Math.log10(Math.max(...rows.map(({ most }) => most)));
  const x = (value: number) => (BAR_WIDTH * (Math.log10(Math.max(1e-4, value)) - low)) / (high - low);
  const lines = rows.map(({ way, runtime, median, least, most }, i) => {
    const y = i * (BAR_HEIGHT + 4);
    const middle = y + BAR_HEIGHT / 2;
    const color = COLORS[way as Way] ?? PEER_COLOR;
    return `<text x="0" y="${y + 13}">${escaped(`${way}, ${runtime}`)}</text><rect x="${LABEL_WIDTH}" y="${y}" width="${x(median).toFixed(1)}" height="${BAR_HEIGHT}" fill="${color}"/><line x1="${(LABEL_WIDTH + x(least)).toFixed(1)}" x2="${(LABEL_WIDTH + x(most)).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#000"/><text x="${LABEL_WIDTH + BAR_WIDTH + 6}" y="${y + 13}">${median.toFixed(2)}</text>`;
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
