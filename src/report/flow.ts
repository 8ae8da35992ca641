/** The stages as a picture: what flows where, how much of it, and what it took. One for wide, one for narrow screens. */
import { formatBytes, formatSeconds } from '../core/format.ts';
import type { Manifest, StageRecord } from '../pipeline/manifest.ts';
import { stages as allStages } from '../stages/index.ts';
import { html, type Markup } from './html.ts';
import { compact, finite } from './numbers.ts';

export interface FlowNode {
  readonly name: string;
  readonly summary: string;
  readonly record: StageRecord | undefined;
  /** Places of the stages it needs directly: not those it also needs by way of another. */
  readonly from: readonly number[];
  /** Longest way from a stage that needs none. */
  readonly layer: number;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function flowNodes({ stages }: Manifest): FlowNode[] {
  const nodes: FlowNode[] = [];
  const reach: Set<number>[] = [];
  const shown = allStages.filter(({ name, isOnDemand }) => !isOnDemand || stages[name]);
  for (const stage of shown) {
    const reads = new Set<string>([...stage.reads, ...stage.readsIfPresent]);
    const needed = shown
      .slice(0, nodes.length)
      .flatMap((other, i) => (other.writes.some((name) => reads.has(name)) ? [i] : []));
    const record = stages[stage.name];
    // Nothing passes through a stage that did not run.
    reach.push(
      new Set(record && record.skipped === undefined ? needed.flatMap((i) => [i, ...reach[i]]) : []),
    );
    nodes.push({
      name: stage.name,
      summary: stage.summary,
      record,
      from: needed.filter((i) => !needed.some((other) => reach[other].has(i))),
      layer: needed.length === 0 ? 0 : 1 + Math.max(...needed.map((i) => nodes[i].layer)),
    });
  }
  return nodes;
}

export function bytesOf(record: StageRecord): number {
  return Object.values(record.outputs).reduce((sum, output) => sum + output.bytes, 0);
}

/** Why there is nothing to tell of a stage; undefined when there is. */
export function whyEmpty({ record }: FlowNode): string | undefined {
  return record ? record.skipped : 'not run';
}

export function flowPictures(nodes: readonly FlowNode[]): Markup {
  return html`${wideFlow(nodes)}${narrowFlow(nodes)}`;
}

const GAP = 18;
const CELL = { width: 160, height: 112 };

function wideFlow(nodes: readonly FlowNode[]): Markup {
  const layers = Math.max(...nodes.map(({ layer }) => layer)) + 1;
  const columns = Array.from({ length: layers }, (_, layer) => nodes.filter((node) => node.layer === layer));
  const tallest = Math.max(...columns.map((column) => column.length));
  const height = tallest * (CELL.height + GAP) - GAP;
  const boxes = nodes.map((node): Box => {
    const column = columns[node.layer];
    const free = height - column.length * (CELL.height + GAP) + GAP;
    return {
      ...CELL,
      x: 1 + node.layer * (CELL.width + GAP),
      y: 1 + free / 2 + column.indexOf(node) * (CELL.height + GAP),
    };
  });
  const lines = nodes.flatMap((node, to) =>
    node.from.map((from) => {
      const [x1, y1] = [boxes[from].x + CELL.width, boxes[from].y + CELL.height / 2];
      const [x2, y2] = [boxes[to].x - 4, boxes[to].y + CELL.height / 2];
      const bend = x1 + GAP / 2;
      return line(
        `M${x1} ${y1}H${x2 - GAP}C${bend + (x2 - GAP - x1)} ${y1} ${x2 - GAP / 2} ${y2} ${x2} ${y2}`,
        nodes[from],
        node,
      );
    }),
  );
  const cells = nodes.map((node, i) => {
    const { x, y } = boxes[i];
    const { rows, entries, bytes, seconds, memory } = factsOf(node);
    const why = whyEmpty(node);
    return html`<g class="${why === undefined ? 'stage' : 'stage skipped'}" transform="translate(${x} ${y})"><rect class="box" width="${CELL.width}" height="${CELL.height}" rx="8"/><text class="name" x="10" y="21">${node.name}</text>${
      why === undefined
        ? html`<text x="11" y="42">${rows}</text><text x="11" y="58">${entries}</text><text x="11" y="${entries === '' ? 58 : 74}">${bytes}</text><text class="strong" x="11" y="97">${seconds}</text><text class="end" x="${CELL.width - 11}" y="97">${memory}</text>${timeBar(node, nodes, 11, CELL.height - 9, CELL.width - 22)}`
        : skippedText(why, 11, 42, 20)
    }</g>`;
  });
  return picture('flow-wide', layers * (CELL.width + GAP) - GAP + 2, height + 2, [...lines, ...cells], nodes);
}

const ROW = { x: 52, width: 306, height: 66, gap: 12 };

function narrowFlow(nodes: readonly FlowNode[]): Markup {
  const yOf = (i: number) => 1 + i * (ROW.height + ROW.gap);
  const lines = nodes.flatMap((node, to) =>
    node.from.map((from) => {
      const bend = ROW.x - 12 - 9 * Math.min(4, to - from);
      const [y1, y2] = [yOf(from) + ROW.height / 2 + 7, yOf(to) + ROW.height / 2 - 7];
      return line(`M${ROW.x} ${y1}C${bend} ${y1} ${bend} ${y2} ${ROW.x - 4} ${y2}`, nodes[from], node);
    }),
  );
  const cells = nodes.map((node, i) => {
    const { rows, entries, bytes, seconds, memory } = factsOf(node);
    const why = whyEmpty(node);
    const sizes = [rows, entries].filter((text) => text !== '').join(', ');
    return html`<g class="${why === undefined ? 'stage' : 'stage skipped'}" transform="translate(${ROW.x} ${yOf(i)})"><rect class="box" width="${ROW.width}" height="${ROW.height}" rx="8"/><text class="name" x="11" y="20">${node.name}</text>${
      why === undefined
        ? html`<text class="end strong" x="${ROW.width - 11}" y="20">${seconds}</text><text x="11" y="38">${sizes}</text><text class="end" x="${ROW.width - 11}" y="38">${bytes}</text><text class="end" x="${ROW.width - 11}" y="54">peak ${memory}</text>${timeBar(node, nodes, 11, 50, ROW.width - 120)}`
        : skippedText(why, 11, 38, 44)
    }</g>`;
  });
  return picture(
    'flow-narrow',
    ROW.x + ROW.width + 1,
    yOf(nodes.length) - ROW.gap + 1,
    [...lines, ...cells],
    nodes,
  );
}

function picture(
  id: string,
  width: number,
  height: number,
  parts: readonly Markup[],
  nodes: readonly FlowNode[],
): Markup {
  const told = nodes.map((node) => `${node.name}: ${whyEmpty(node) ?? describe(node)}`).join('; ');
  return html`<svg class="flow ${id}" role="img" aria-labelledby="${id}-title ${id}-desc" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title id="${id}-title">The stages of the job</title><desc id="${id}-desc">${told}.</desc><defs><marker id="${id}-head" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L6 3L0 6z"/></marker></defs><g marker-end="url(#${id}-head)">${parts}</g></svg>`;
}

/** Dashed when either end has not run. */
function line(path: string, from: FlowNode, to: FlowNode): Markup {
  const isIdle = whyEmpty(from) !== undefined || whyEmpty(to) !== undefined;
  return html`<path class="${isIdle ? 'line idle' : 'line'}" d="${path}"/>`;
}

function timeBar(node: FlowNode, nodes: readonly FlowNode[], x: number, y: number, width: number): Markup {
  const longest = Math.max(...nodes.map(({ record }) => record?.seconds ?? 0)) || 1;
  const filled = Math.max(2, ((node.record?.seconds ?? 0) / longest) * width).toFixed(1);
  return html`<rect class="track" x="${x}" y="${y}" width="${width}" height="3" rx="1.5"/><rect class="fill" x="${x}" y="${y}" width="${filled}" height="3" rx="1.5"/>`;
}

/** Text of a stage that did not run: at most three lines. */
function skippedText(why: string, x: number, y: number, lineLength: number): Markup {
  const lines: string[] = [''];
  for (const word of (why === 'not run' ? why : `skipped: ${why}`).split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + word.length >= lineLength) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return html`${lines.slice(0, 3).map((text, i) => html`<text x="${x}" y="${y + 16 * i}">${text}</text>`)}`;
}

function factsOf({ record }: FlowNode) {
  const rows = finite(record?.report['numRows']);
  const entries = finite(record?.report['numEntries']);
  return {
    rows: rows === undefined ? '' : `${compact(rows)} ${rows === 1 ? 'row' : 'rows'}`,
    entries: entries === undefined ? '' : `${compact(entries)} ${entries === 1 ? 'entry' : 'entries'}`,
    bytes: record ? formatBytes(bytesOf(record)) : '',
    seconds: record ? formatSeconds(record.seconds) : '',
    memory: record ? formatBytes(record.peakRssBytes) : '',
  };
}

function describe(node: FlowNode): string {
  const { rows, entries, bytes, seconds, memory } = factsOf(node);
  return [rows, entries, bytes, seconds, `peak memory ${memory}`].filter((fact) => fact !== '').join(', ');
}
