/** A long run: items come and go, memory is bounded; rate and memory over time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKernels } from '../../src/kernels/open.ts';
import type { Interests } from '../../src/stream/engine.ts';
import type { Source, SourceBatch, SourceSession } from '../../src/stream/source.ts';
import { Stream } from '../../src/stream/stream.ts';
import { plot } from '../plot.ts';
import { table } from '../table.ts';
import { EventDrawer, engineOptions } from './events.ts';

const EVENTS_A_BATCH = 10_000;
/** Thirty days in a hundred million events. */
const MS_PER_EVENT = 26;
const NUM_POINTS = 50;
/** No embedding is kept: those would fill the disk, and writing them be most of the time. */
const NONE_KEPT = 2 ** 31;

/** Draws events as fast as they are asked for. */
class DrawnSource implements Source {
  readonly name = 'drawn';
  readonly #drawer = new EventDrawer(MS_PER_EVENT);
  readonly #numEvents: number;
  #at = 0;

  constructor(numEvents: number) {
    this.#numEvents = numEvents;
  }

  async open(session: SourceSession): Promise<void> {
    this.#at = Number(session.positionOf('drawn') ?? 0);
  }

  async read(): Promise<SourceBatch | undefined> {
    if (this.#at >= this.#numEvents) return undefined;
    const from = this.#at;
    this.#at = Math.min(from + EVENTS_A_BATCH, this.#numEvents);
    const events = this.#drawer.lines(from, this.#at - from);
    return { partition: 'drawn', events, position: String(this.#at) };
  }

  async acknowledge(): Promise<void> {}
  drain(): void {}
  async close(): Promise<void> {}
}

interface Point {
  readonly numEvents: number;
  readonly perSecond: number;
  readonly rssBytes: number;
  readonly numItems: number;
  readonly usedBytes: number;
}

export async function soak(interests: Interests, numEvents: number, budgetBytes: number) {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  const kernels = openKernels();
  writeFileSync(join(folder, 'interests'), '');
  const stream = await Stream.open(kernels, {
    folder: join(folder, 'state'),
    engine: engineOptions(budgetBytes, NONE_KEPT),
    interests: { file: join(folder, 'interests'), version: 'bench' },
    readInterests: () => interests,
  });
  try {
    const points = await watch(stream, numEvents);
    const { numExpired, numNegligible, numEvicted, numRefused, numPruned } = stream.engine.stateCounts;
    const million = (value: number) => (value / 1e6).toFixed(1);
    const rows = points
      .filter((_, i) => (i + 1) % (points.length / 10) === 0)
      .map((p) => [
        million(p.numEvents),
        (p.perSecond / 1000).toFixed(0),
        (p.rssBytes / 1e6).toFixed(0),
        p.numItems.toLocaleString('en-US'),
        (p.usedBytes / 1e6).toFixed(0),
      ]);
    const text = `${table(['million events', 'thousand events/s', 'RSS, MB', 'items', 'state, MB'], rows)}\n\n${million(numEvents)} M events of ${((numEvents * MS_PER_EVENT) / 86_400_000).toFixed(1)} days, drawn in the same process; journal and checkpoints on disk, no embeddings kept, ${(budgetBytes / 2 ** 20).toFixed(0)} MiB allowed for the state. Died: ${numExpired.toLocaleString('en-US')} of age, ${numNegligible.toLocaleString('en-US')} of a negligible value, ${numEvicted.toLocaleString('en-US')} for want of memory; ${numRefused.toLocaleString('en-US')} refused; ${numPruned.toLocaleString('en-US')} entries gave way to larger ones of their item.`;
    return { text, svg: pictureOf(points) };
  } finally {
    await stream.close(false);
    await kernels.close();
    rmSync(folder, { recursive: true });
  }
}

/** Runs the stream, with a look at it after each part. */
async function watch(stream: Stream, numEvents: number): Promise<Point[]> {
  const points: Point[] = [];
  for (let part = 1; part <= NUM_POINTS; part++) {
    const before = stream.engine.counts.numEvents;
    const began = performance.now();
    await stream.run(new DrawnSource(Math.floor((numEvents * part) / NUM_POINTS)));
    await stream.checkpoint();
    const { numItems, usedBytes } = stream.engine.stateCounts;
    const counted = stream.engine.counts.numEvents;
    points.push({
      ...{ numEvents: counted, numItems, usedBytes, rssBytes: process.memoryUsage.rss() },
      perSecond: ((counted - before) / (performance.now() - began)) * 1000,
    });
  }
  return points;
}

function pictureOf(points: readonly Point[]): string {
  const line = (name: string, y: (point: Point) => number) => ({
    name,
    points: points.map((point) => [point.numEvents / 1e6, y(point)] as const),
  });
  const series = [
    line('thousand events a second', (p) => p.perSecond / 1000),
    line('RSS, MB', (p) => p.rssBytes / 1e6),
    line('items, thousands', (p) => p.numItems / 1000),
  ];
  return plot(series, { title: 'Rate, memory and items over a long run', x: 'million events', y: '' });
}
