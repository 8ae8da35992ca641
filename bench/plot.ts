/** Lines in a small SVG, for pages that are read in a browser of code. */

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Axes {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Decades instead of a linear scale. */
  readonly logX?: boolean;
  readonly logY?: boolean;
}

const WIDTH = 640;
const HEIGHT = 400;
const LEFT = 70;
const BOTTOM = 50;
const TOP = 40;
const RIGHT = 20;
const COLORS = ['#1f6feb', '#d1242f', '#1a7f37', '#8250df', '#bf8700', '#57606a'];

export function plot(series: readonly Series[], axes: Axes): string {
  const xs = scaleOf(
    series.flatMap(({ points }) => points.map(([x]) => x)),
    axes.logX ?? false,
    LEFT,
    WIDTH - RIGHT,
  );
  const ys = scaleOf(
    series.flatMap(({ points }) => points.map(([, y]) => y)),
    axes.logY ?? false,
    HEIGHT - BOTTOM,
    TOP,
  );
  const text = (x: number, y: number, anchor: string, content: string, extra = '') =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${extra}>${content}</text>`;
  const grid = [
    ...xs.ticks.flatMap((tick) => {
      const x = xs.place(tick);
      return [line(x, TOP, x, HEIGHT - BOTTOM), text(x, HEIGHT - BOTTOM + 18, 'middle', label(tick))];
    }),
    ...ys.ticks.flatMap((tick) => {
      const y = ys.place(tick);
      return [line(LEFT, y, WIDTH - RIGHT, y), text(LEFT - 8, y + 4, 'end', label(tick))];
    }),
  ];
  const lines = series.flatMap(({ name, points }, i) => {
    const color = COLORS[i % COLORS.length];
    const placed = points.map(([x, y]) => [xs.place(x), ys.place(y)] as const);
    const path = placed.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
    return [
      `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>`,
      ...placed.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${color}"/>`),
      text(LEFT + 12, TOP + 16 + 16 * i, 'start', name, ` fill="${color}"`),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${axes.title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(WIDTH / 2, 20, 'middle', axes.title, ' font-weight="bold"'),
    ...grid,
    ...lines,
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, 'middle', axes.x),
    text(
      16,
      (TOP + HEIGHT - BOTTOM) / 2,
      'middle',
      axes.y,
      ` transform="rotate(-90 16 ${(TOP + HEIGHT - BOTTOM) / 2})"`,
    ),
    '</svg>\n',
  ].join('\n');
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((v) => v.toFixed(1));
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="#d0d7de"/>`;
}

/** From values to places, with a tick at each decade, or at each of some five round numbers. */
function scaleOf(values: readonly number[], isLog: boolean, from: number, to: number) {
  const map = (value: number) => (isLog ? Math.log10(value) : value);
  const step = isLog ? 1 : roundStep((Math.max(...values) - Math.min(...values)) / 5);
  const low = Math.floor(Math.min(...values.map(map)) / step) * step;
  const high = Math.max(low + step, Math.ceil(Math.max(...values.map(map)) / step) * step);
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => {
    const tick = low + i * step;
    return isLog ? 10 ** tick : tick;
  });
  return { ticks, place: (value: number) => from + ((map(value) - low) / (high - low)) * (to - from) };
}

function roundStep(least: number): number {
  const decade = 10 ** Math.floor(Math.log10(least || 1));
  return [1, 2, 5, 10].map((factor) => factor * decade).find((step) => step >= least) ?? 1;
}

function label(value: number): string {
  return value >= 1e6 ? `${value / 1e6} M` : String(Number(value.toPrecision(3)));
}
