/** Tells the person, or the machine, what a run is doing: bars on a terminal, lines in a pipe, or JSON lines. */
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { formatBytes, formatCount, formatSeconds } from '../core/format.ts';
import type { RunEvent } from '../pipeline/pipeline.ts';
import type { StageReport } from '../stages/stage.ts';
import { changeOf, shareKept } from './change-text.ts';
import { colorsFor } from './colors.ts';

const pc = colorsFor(process.stderr);

export type ProgressStyle = 'text' | 'json' | 'quiet';

export interface ProgressDisplay {
  onEvent(event: RunEvent): void;
  /** Gives the terminal back, whatever happened. */
  stop(): void;
}

export function createProgress(style: ProgressStyle): ProgressDisplay {
  if (style === 'quiet') return { onEvent() {}, stop() {} };
  if (style === 'json') return { onEvent: writeJson, stop() {} };
  return process.stderr.isTTY ? new Bars() : new Lines();
}

function writeJson(event: RunEvent): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
}

/** What a stage made, in a few words. */
export function summarizeReport(report: StageReport): string {
  const { numRows, numEntries, f1, numNonEmpty, numAssigned } = report as Record<string, number | undefined>;
  const change = changeOf(report);
  const kept = change && shareKept(change);
  const parts = [
    numRows !== undefined && numAssigned === undefined && `${formatCount(numRows)} rows`,
    numRows !== undefined &&
      numAssigned !== undefined &&
      `${formatCount(numAssigned)} of ${formatCount(numRows)} producers`,
    numEntries !== undefined && `${formatCount(numEntries)} entries`,
    numNonEmpty !== undefined && `${formatCount(numNonEmpty)} communities`,
    f1 !== undefined && `edge F1 ${(f1 * 100).toFixed(1)}`,
    kept !== undefined && `${kept} kept`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** Plain lines for pipes and logs: one when a stage starts to take long, one when it ends. */
class Lines implements ProgressDisplay {
  onEvent(event: RunEvent): void {
    const line = lineOf(event);
    if (line !== undefined) process.stderr.write(`${line}\n`);
  }

  stop(): void {}
}

function lineOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'run-start':
      return `simclusters: ${event.stages.length} stages into ${event.folder}, ${event.numThreads} threads`;
    case 'preset':
      return `preset ${event.name}: ${event.reason}`;
    case 'stage-start':
      return `${event.name}: started (${event.reason})`;
    case 'stage-log':
      return `${event.name}: ${event.line}`;
    case 'stage-end':
      return `${event.name}: ${summarizeReport(event.report)} in ${formatSeconds(event.seconds)}, peak memory ${formatBytes(event.peakRssBytes)}`;
    case 'stage-reuse':
      return `${event.name}: up to date, ${summarizeReport(event.report)}`;
    case 'stage-skip':
      return `${event.name}: skipped (${event.reason})`;
    case 'run-end':
      return `done in ${formatSeconds(event.seconds)}, peak memory ${formatBytes(event.peakRssBytes)}`;
    default:
      return undefined;
  }
}

/** A bar with ETA for the stage at work; finished stages stay above it as lines. */
class Bars implements ProgressDisplay {
  readonly #bars = new MultiBar(
    {
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 50,
      format: `  ${pc.cyan('{bar}')} {name}  {percentage}%  ETA {eta_formatted}`,
    },
    Presets.shades_classic,
  );
  #bar: SingleBar | undefined;

  onEvent(event: RunEvent): void {
    if (event.type === 'stage-start') {
      this.#bar = this.#bars.create(1000, 0, { name: event.name });
    } else if (event.type === 'stage-progress') {
      this.#bar?.update(Math.round(event.fraction * 1000));
    } else {
      this.#finish(event);
    }
  }

  stop(): void {
    // Lines wait for the next drawing; without this the last ones would never be shown.
    this.#bars.update();
    this.#bars.stop();
  }

  #finish(event: RunEvent): void {
    if (event.type === 'stage-end' && this.#bar) this.#bars.remove(this.#bar);
    if (event.type === 'run-end') this.stop();
    const line = event.type === 'stage-end' ? stageLine(event) : lineOf(event);
    if (line === undefined) return;
    if (event.type === 'run-start' || event.type === 'run-end') process.stderr.write(`${line}\n`);
    else this.#bars.log(`${event.type === 'stage-skip' ? pc.dim(line) : line}\n`);
  }
}

function stageLine({
  name,
  seconds,
  peakRssBytes,
  report,
}: Extract<RunEvent, { type: 'stage-end' }>): string {
  const time = pc.dim(`${formatSeconds(seconds)}  ${formatBytes(peakRssBytes)}`);
  return `${pc.green('✔')} ${name.padEnd(20)} ${summarizeReport(report).padEnd(52)} ${time}`;
}
