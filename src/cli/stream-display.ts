/** What a stream shows while it runs: a few lines that are drawn anew on a terminal, one line now and then elsewhere. */
import { formatBytes, formatCount } from '../core/format.ts';
import type { StreamStatus } from '../stream/metrics.ts';
import { colorsFor } from './colors.ts';

const pc = colorsFor(process.stderr);
const LINE_EVERY_MS = 10_000;

export interface StreamDisplay {
  readonly log: (line: string) => void;
  show(status: StreamStatus, isLast?: boolean): void;
  stop(): void;
}

export function createStreamDisplay(isQuiet: boolean): StreamDisplay {
  if (isQuiet) return { log() {}, show() {}, stop() {} };
  return process.stderr.isTTY ? new View() : new Lines();
}

/** One line of all that matters. */
function summary(status: StreamStatus): string {
  const { numEvents, eventsPerSecond, numItems, usedBytes, behind, watermarkMs } = status;
  const parts = [
    `${formatCount(numEvents)} events`,
    `${formatCount(Math.round(eventsPerSecond))}/s`,
    `${formatCount(numItems)} items`,
    formatBytes(usedBytes),
    `${behind} batches behind`,
    `watermark ${timeOf(watermarkMs)}`,
  ];
  return parts.join(', ');
}

function timeOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 19).replace('T', ' ') : '-';
}

function nonZero(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.map(([reason, count]) => `${formatCount(count)} ${reason}`).join(', ') || 'none';
}

class Lines implements StreamDisplay {
  #nextMs = 0;

  readonly log = (line: string) => {
    process.stderr.write(`${line}\n`);
  };

  show(status: StreamStatus, isLast = false): void {
    if (!isLast && performance.now() < this.#nextMs) return;
    this.#nextMs = performance.now() + LINE_EVERY_MS;
    this.log(summary(status));
    if (isLast) this.log(`left out: ${nonZero(status.leftOut)}; died: ${nonZero(status.died)}`);
  }

  stop(): void {}
}

class View implements StreamDisplay {
  #numLines = 0;

  readonly log = (line: string) => {
    this.#clear();
    process.stderr.write(`${line}\n`);
  };

  show(status: StreamStatus): void {
    this.#clear();
    const lag = status.sources.map(({ name, lag: waiting }) =>
      waiting === undefined ? name : `${name} (${waiting} waiting)`,
    );
    const lines = [
      `${pc.bold('stream')}   ${lag.join(', ')}`,
      `events   ${formatCount(status.numEvents)}, ${formatCount(Math.round(status.eventsPerSecond))}/s; left out: ${nonZero(status.leftOut)}`,
      `time     watermark ${timeOf(status.watermarkMs)}, ${status.behind} batches behind`,
      `items    ${formatCount(status.numItems)} in ${formatCount(status.numEntries)} clusters; died: ${nonZero(status.died)}`,
      `memory   state ${formatBytes(status.usedBytes)}, process ${formatBytes(status.rssBytes)}`,
      `kept     batch ${status.sequence}, checkpoint ${Math.round(status.checkpointMs)} ms, interests ${status.interests}`,
    ];
    process.stderr.write(lines.map((line) => `${line}\n`).join(''));
    this.#numLines = lines.length;
  }

  stop(): void {
    this.#numLines = 0;
  }

  #clear(): void {
    if (this.#numLines > 0) process.stderr.write(`\x1b[${this.#numLines}A\x1b[0J`);
    this.#numLines = 0;
  }
}
