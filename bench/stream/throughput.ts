/** Events a second: of the state alone, of the engine with its decoder, and from a file to a checkpoint. */
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DecayedState } from '../../src/embeddings/decayed-state.ts';
import type { EventRows } from '../../src/embeddings/event-rows.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { type Interests, StreamEngine } from '../../src/stream/engine.ts';
import { FileSource } from '../../src/stream/sources/file-source.ts';
import { Stream } from '../../src/stream/stream.ts';
import { interleave, type Measured, ratio } from '../medians.ts';
import { table } from '../table.ts';
import { EventDrawer, engineOptions } from './events.ts';

const BUDGET_BYTES = 2 ** 30;
const ROWS = 2 ** 15;
/** A tenth of an hour passes in ten million events: none dies. */
const MS_PER_EVENT = 0.036;
const drawer = new EventDrawer(MS_PER_EVENT);

export interface ThroughputSizes {
  readonly numEvents: number;
  readonly numTwinEvents: number;
  readonly numRounds: number;
}

export async function compareThroughput(interests: Interests, sizes: ThroughputSizes): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  try {
    const file = writeEvents(folder, sizes.numEvents);
    const { numEvents, numTwinEvents } = sizes;
    let twoThreads: TwoStates = { fresh: Number.NaN, again: Number.NaN };
    const contenders = [
      contender(
        'state alone, 1 thread',
        numEvents,
        async () => (await applyAll(interests, 1, numEvents)).again,
      ),
      contender(
        'state alone, 2 threads',
        numEvents,
        async () => (twoThreads = await applyAll(interests, 2, numEvents)).again,
      ),
      contender(
        'state alone, JS twin',
        numTwinEvents,
        async () => (await applyAll(interests, 0, numTwinEvents)).again,
      ),
      contender('state alone, 2 threads, memory never used before', numEvents, async () => twoThreads.fresh),
      contender('JSON lines in memory → state, 2 threads', numEvents, () => ingestAll(interests, numEvents)),
      contender('file → journal → state → checkpoint, 2 threads', numEvents, () =>
        streamAll(interests, folder, file),
      ),
    ];
    const measured = await interleave(contenders, sizes.numRounds);
    return describe(
      interests,
      measured,
      contenders.map((c) => c.numEvents),
      statSync(file).size / numEvents,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const contender = (name: string, numEvents: number, run: () => Promise<number>) => ({ name, numEvents, run });

function describe(
  { scores }: Interests,
  measured: readonly Measured[],
  numEvents: readonly number[],
  bytesPerEvent: number,
): string {
  const rows = measured.map(({ name, median, seconds }, i) => [
    name,
    rate(numEvents[i] / median),
    rate(numEvents[i] / Math.max(...seconds)),
    rate(numEvents[i] / Math.min(...seconds)),
  ]);
  const mean = scores.indices.length / scores.numRows;
  const perEvent = (i: number) => ({
    ...measured[i],
    seconds: measured[i].seconds.map((s) => s / numEvents[i]),
  });
  return `${table(['what', 'events/s, median', 'least', 'most'], rows)}

${numEvents[0].toLocaleString('en-US')} events (twin: ${numEvents[2].toLocaleString('en-US')}), each adds ${mean.toFixed(1)} clusters on average, 50 at the most; ${bytesPerEvent.toFixed(0)} bytes a line; ${measured[0].seconds.length} interleaved rounds. State alone: the second of two states in the same memory; the pages of the first come fresh from the operating system (last of these rows). Two threads against one ${ratio(measured[0], measured[1]).toFixed(2)} ×; one thread against the twin ${ratio(perEvent(2), perEvent(0)).toFixed(1)} ×.`;
}

const rate = (perSecond: number) => `${(perSecond / 1000).toFixed(0)} k`;

/**
 * Of two states in the same memory, the first and the second: the pages of the first come fresh from the operating system. A stream
 * that has run for a while uses memory again.
 * @param numThreads  0: the twins
 */
async function applyAll(interests: Interests, numThreads: number, numEvents: number): Promise<TwoStates> {
  const kernels = openKernels(numThreads === 0 ? { backend: 'reference' } : { numThreads });
  const [fresh, again] = [
    await kernels.scope(() => applyTo(kernels, interests, numEvents)),
    await kernels.scope(() => applyTo(kernels, interests, numEvents)),
  ];
  await kernels.close();
  return { fresh, again };
}

interface TwoStates {
  readonly fresh: number;
  readonly again: number;
}

/** Seconds that an empty state takes for the events. */
async function applyTo(kernels: Kernels, interests: Interests, numEvents: number): Promise<number> {
  const state = new DecayedState(kernels, { budgetBytes: BUDGET_BYTES }, 0);
  const batches = Array.from({ length: Math.ceil(numEvents / ROWS) }, () => state.rows(ROWS));
  state.setInterests(interests.scores);
  for (const [i, rows] of batches.entries()) fill(rows, i * ROWS, Math.min(ROWS, numEvents - i * ROWS));
  await state.rebase(Math.floor(batches[0].timesMs[0] / (state.options.halfLifeMs * 8)));
  const began = performance.now();
  for (const rows of batches) await state.apply(rows, () => {});
  return (performance.now() - began) / 1000;
}

function fill(rows: EventRows, from: number, count: number): void {
  const drawn = { timeMs: 0, actor: 0, item: 0 };
  for (let i = from; i < from + count; i++) {
    drawer.draw(i, drawn);
    const id = Buffer.from(`t${drawn.item}`);
    rows.add(id, 0, id.length, 0, drawn);
  }
}

const LINES_PER_ENTRY = 10_000;

async function ingestAll(interests: Interests, numEvents: number): Promise<number> {
  const kernels = openKernels();
  const engine = new StreamEngine(kernels, engineOptions(BUDGET_BYTES), {
    onDeadLetter() {},
    onCapture() {},
  });
  await engine.setInterests(interests);
  const entries: Buffer[] = [];
  for (let from = 0; from < numEvents; from += LINES_PER_ENTRY)
    entries.push(drawer.lines(from, Math.min(LINES_PER_ENTRY, numEvents - from)));
  const began = performance.now();
  for (const [i, events] of entries.entries())
    await engine.ingest({
      sequence: i + 1,
      partition: 'bench',
      position: '',
      receivedMs: Date.now(),
      events,
    });
  await engine.exclusively(async () => {});
  const seconds = (performance.now() - began) / 1000;
  await kernels.close();
  return seconds;
}

function writeEvents(folder: string, numEvents: number): string {
  const path = join(folder, 'events.ndjson');
  const file = openSync(path, 'w');
  for (let from = 0; from < numEvents; from += LINES_PER_ENTRY)
    writeSync(file, drawer.lines(from, Math.min(LINES_PER_ENTRY, numEvents - from)));
  closeSync(file);
  return path;
}

async function streamAll(interests: Interests, folder: string, file: string): Promise<number> {
  const kernels = openKernels();
  const state = join(folder, 'state');
  const interestsFile = join(folder, 'interests');
  writeFileSync(interestsFile, '');
  const stream = await Stream.open(kernels, {
    folder: state,
    engine: engineOptions(BUDGET_BYTES),
    interests: { file: interestsFile, version: 'bench' },
    readInterests: () => interests,
  });
  const began = performance.now();
  const source = new FileSource(file);
  await stream.run(source);
  await stream.close();
  const seconds = (performance.now() - began) / 1000;
  await source.close();
  await kernels.close();
  rmSync(state, { recursive: true });
  return seconds;
}
