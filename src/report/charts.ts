/** Charts as inline SVG, drawn for a width of 360 units so that their text stays readable on a phone. */
import { html, type Markup } from './html.ts';
import { compact } from './numbers.ts';

const WIDTH = 360;
const HEIGHT = 240;
const TOP = 26;
const BOTTOM = 44;
const LEFT = 46;
/** Shares closer together than this are not drawn as far apart. */
const MIN_SPAN = 0.1;

export interface Series {
  readonly name: string;
  /** By place; undefined leaves a gap. */
  readonly values: readonly (number | undefined)[];
}

export interface Frame {
  readonly id: string;
  readonly title: string;
  readonly desc: string;
  readonly xLabel: string;
  readonly yLabel: string;
}

export interface Bin {
  /** Holds from <= size < to. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Bins of equal width for small sizes, else growing by about half each, so that few and many fit side by side. */
export function binSizes(sizes: readonly number[]): Bin[] {
  if (sizes.length === 0) return [];
  const largest = sizes.reduce((max, size) => Math.max(max, size), 1);
  const growth = largest <= 12 ? 1 : largest <= 400 ? 1.5 : largest <= 20_000 ? 2 : 4;
  const edges = [1];
  while (edges[edges.length - 1] <= largest) {
    const last = edges[edges.length - 1];
    edges.push(Math.max(last + 1, Math.round(last * growth)));
  }
  const counts = new Array<number>(edges.length - 1).fill(0);
  for (const size of sizes) {
    let bin = 0;
    while (edges[bin + 1] <= size) bin++;
    counts[bin]++;
  }
  return counts.map((count, i) => ({ from: edges[i], to: edges[i + 1], count }));
}

export function histogram(frame: Frame, bins: readonly Bin[]): Markup {
  const ticks = niceTicks(0, Math.max(1, ...bins.map(({ count }) => count)), 4, 1);
  const top = ticks[ticks.length - 1];
  const right = WIDTH - 8;
  const step = (right - LEFT) / bins.length;
  const y = scale(0, top);
  const bars = bins.map(({ from, to, count }, i) => {
    const height = Math.max(count > 0 ? 1.5 : 0, y(0) - y(count));
    const x = LEFT + i * step + 1;
    return html`<rect class="fill" x="${x.toFixed(1)}" y="${(y(0) - height).toFixed(1)}" width="${Math.max(1, step - 2).toFixed(1)}" height="${height.toFixed(1)}"><title>${sizeRange(from, to)}: ${count}</title></rect>${
      count > 0 && step >= 18
        ? html`<text class="middle" x="${(x + step / 2 - 1).toFixed(1)}" y="${(y(0) - height - 5).toFixed(1)}">${compact(count)}</text>`
        : undefined
    }`;
  });
  const labels = bins.map(({ from, to }, i) => {
    const text = to - from === 1 ? String(from) : `${shortSize(from)}+`;
    return html`<text class="middle" x="${(LEFT + (i + 0.5) * step).toFixed(1)}" y="${HEIGHT - BOTTOM + 16}">${text}</text>`;
  });
  return chart(frame, [grid(ticks, y, right, compact), html`${bars}${labels}`]);
}

/** Shares (0 to 1) by place. */
export function lineChart(
  frame: Frame,
  xs: readonly number[],
  series: readonly Series[],
  formatTick: (value: number) => string,
  format: (value: number) => string,
): Markup {
  const all = series.flatMap(({ values }) => values.filter((value): value is number => value !== undefined));
  const middle = (Math.min(...all) + Math.max(...all)) / 2;
  const reach = Math.max(MIN_SPAN / 2, Math.max(...all) - middle);
  const ticks = niceTicks(Math.max(0, middle - reach), Math.min(1, middle + reach), 5);
  const right = WIDTH - (series.length > 1 ? 104 : 52);
  const y = scale(ticks[0], ticks[ticks.length - 1]);
  const last = xs.length - 1;
  const xOf = (i: number) => (last === 0 ? (LEFT + right) / 2 : LEFT + 6 + ((right - LEFT - 12) * i) / last);
  const lines = series.map(({ values }, place) => {
    const points = values.flatMap((value, i) =>
      value === undefined ? [] : [[xOf(i).toFixed(1), y(value).toFixed(1)] as const],
    );
    const path = points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${px} ${py}`).join('');
    return html`<g class="series series-${place}"><path d="${path}"/>${points.map(
      ([px, py]) => html`<circle cx="${px}" cy="${py}" r="2.5"/>`,
    )}</g>`;
  });
  const stride = Math.ceil(xs.length / 10);
  const labels = xs.map((x, i) =>
    i % stride === 0 || i === last
      ? html`<text class="middle" x="${xOf(i).toFixed(1)}" y="${HEIGHT - BOTTOM + 16}">${x}</text>`
      : html``,
  );
  return chart(frame, [
    grid(ticks, y, right, formatTick),
    html`${labels}${lines}${endLabels(series, y, right, format)}`,
  ]);
}

/** Name and last value of each line at its end, moved apart where they would overlap. */
function endLabels(
  series: readonly Series[],
  y: (value: number) => number,
  right: number,
  format: (value: number) => string,
): Markup {
  const spacing = 27;
  const labels = series
    .map(({ name, values }, place) => ({ name, place, value: values[values.length - 1] }))
    .filter((label): label is typeof label & { value: number } => label.value !== undefined)
    .map((label) => ({ ...label, at: y(label.value) }))
    .sort((a, b) => a.at - b.at || a.place - b.place);
  labels.forEach((label, i) => {
    if (i > 0) label.at = Math.max(label.at, labels[i - 1].at + spacing);
  });
  let limit = HEIGHT - BOTTOM - 8;
  for (const label of [...labels].reverse()) {
    label.at = Math.min(label.at, limit);
    limit = label.at - spacing;
  }
  const isOne = series.length === 1;
  return html`${labels.map(
    ({ name, place, value, at }) =>
      html`<text class="label label-${place}" x="${right + 6}" y="${at.toFixed(1)}">${
        isOne ? format(value) : name
      }</text>${isOne ? undefined : html`<text x="${right + 6}" y="${(at + 13).toFixed(1)}">${format(value)}</text>`}`,
  )}`;
}

function chart({ id, title, desc, xLabel, yLabel }: Frame, parts: readonly Markup[]): Markup {
  return html`<svg class="chart" role="img" aria-labelledby="${id}-title ${id}-desc" viewBox="0 0 ${WIDTH} ${HEIGHT}"><title id="${id}-title">${title}</title><desc id="${id}-desc">${desc}</desc><text class="axis" x="0" y="11">${yLabel}</text>${parts}<text class="axis end" x="${WIDTH - 8}" y="${HEIGHT - 6}">${xLabel}</text></svg>`;
}

function grid(
  ticks: readonly number[],
  y: (value: number) => number,
  right: number,
  format: (value: number) => string,
): Markup {
  return html`${ticks.map(
    (tick, i) =>
      html`<line class="${i === 0 ? 'base' : 'grid'}" x1="${LEFT}" x2="${right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/><text class="end" x="${LEFT - 7}" y="${(y(tick) + 4).toFixed(1)}">${format(tick)}</text>`,
  )}`;
}

function scale(low: number, high: number): (value: number) => number {
  return (value) => HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - BOTTOM - TOP);
}

/** Round numbers, evenly spaced, from at most `low` to at least `high`. */
export function niceTicks(low: number, high: number, count: number, minStep = 0): number[] {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(minStep, power * ([1, 2, 2.5, 5].find((factor) => factor * power >= rough) ?? 10));
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function shortSize(size: number): string {
  if (size < 1000) return String(size);
  return size < 1e6 ? `${Math.round(size / 1000)}k` : `${Math.round(size / 1e6)}M`;
}

function sizeRange(from: number, to: number): string {
  return to - from === 1 ? `${from} producers` : `${from} to ${to - 1} producers`;
}
