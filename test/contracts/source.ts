/**
 * What every Source promises, whatever is behind it. A source is held against this by a harness that can publish events to
 * where it reads from, and open it again and again as a process does that is killed and started anew.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KnownPartition, Source, SourceBatch, SourceSession } from '../../src/stream/source.ts';

export interface SourceHarness {
  /** Puts events at the end of the stream, in order. May go on in the background where somebody must read meanwhile. */
  publish(events: readonly string[]): Promise<void>;
  /** The source as a process of this name opens it; small batches, please, so that there are several. */
  connect(process: string): Source;
  /** Takes everything down. */
  close(): Promise<void>;
}

export interface SourceTraits {
  /** Several processes share the stream: each event goes to one of them. */
  readonly isShared: boolean;
  /** Events keep their order over all partitions, not only within each. */
  readonly isOrdered: boolean;
}

/** A journal in miniature: what was read, with its positions; the part of the engine. */
export class Reader implements SourceSession {
  readonly events: string[] = [];
  readonly #positions = new Map<string, string>();
  readonly #unacknowledged = new Map<string, string>();
  #source: Source | undefined;
  #whenSettled: (() => void)[] = [];

  positionOf(partition: string): string | undefined {
    return this.#positions.get(partition);
  }

  *partitions(): Iterable<KnownPartition> {
    for (const [partition, position] of this.#positions) yield { partition, position, receivedMs: 0 };
  }

  async settled(partitions: readonly string[]): Promise<void> {
    while (partitions.some((partition) => this.#unacknowledged.has(partition)))
      await new Promise<void>((resolve) => this.#whenSettled.push(resolve));
  }

  async open(source: Source): Promise<Source> {
    this.#source = source;
    await source.open(this);
    return source;
  }

  journal({ partition, events, position }: SourceBatch): void {
    const text = new TextDecoder().decode(events);
    this.events.push(...text.split('\n').filter((line) => line.trim() !== ''));
    this.#positions.set(partition, position);
    this.#unacknowledged.set(partition, position);
  }

  async acknowledge(): Promise<void> {
    for (const [partition, position] of this.#unacknowledged)
      await this.#source?.acknowledge(partition, position);
    this.#unacknowledged.clear();
    for (const resolve of this.#whenSettled.splice(0)) resolve();
  }

  /** A new process: knows what was journalled, not what was acknowledged. */
  forget(): void {
    this.#unacknowledged.clear();
    this.#source = undefined;
  }

  /** Reads and journals until there are `count` events. */
  async readUntil(count: number, { acknowledge = true } = {}): Promise<void> {
    while (this.events.length < count) {
      const batch = await this.#source!.read();
      assert.ok(batch, `the source ended after ${this.events.length} events of ${count}`);
      this.journal(batch);
      if (acknowledge) await this.acknowledge();
    }
  }
}

/** Code of the error that a promise fails with. */
export const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: { code?: string }) => error.code,
  );

/** Unlike each other in length, and with text that is more than one byte a character. */
export function someEvents(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      id: from + i,
      eventTimeMs: 1_700_000_000_000 + from + i,
      text: 'ß€𝄞'.repeat((from + i) % 7),
    }),
  );
}

function demandSame(
  actual: readonly string[],
  expected: readonly string[],
  { isOrdered }: SourceTraits,
): void {
  if (isOrdered) assert.equal(actual, expected);
  else assert.equal([...actual].sort(), [...expected].sort());
}

/** @param make a new stream, empty, for each test */
export function sourceContract(name: string, make: () => Promise<SourceHarness>, traits: SourceTraits): void {
  const test = suite(`source contract: ${name}`);
  const withHarness = (title: string, body: (harness: SourceHarness) => Promise<void>) =>
    test(title, async () => {
      const harness = await make();
      try {
        await body(harness);
      } finally {
        await harness.close();
      }
    });

  withHarness('hands out every event once', async (harness) => {
    const events = someEvents(0, 300);
    const publishing = harness.publish(events);
    const reader = new Reader();
    const source = await reader.open(harness.connect('a'));
    await reader.readUntil(300);
    await publishing;
    demandSame(reader.events, events, traits);
    await source.close();
  });

  withHarness('goes on behind the journal, whether acknowledged or not', async (harness) => {
    const events = someEvents(0, 400);
    const publishing = harness.publish(events);
    const reader = new Reader();
    for (const [count, acknowledge] of [
      [50, true],
      [150, false],
      [250, true],
      [400, true],
    ] as const) {
      const source = await reader.open(harness.connect('a'));
      await reader.readUntil(count, { acknowledge });
      await source.close();
      reader.forget();
    }
    await publishing;
    demandSame(reader.events, events, traits);
  });

  withHarness('hands out again what was read but not journalled', async (harness) => {
    const events = someEvents(0, 200);
    const publishing = harness.publish(events);
    const reader = new Reader();
    const first = await reader.open(harness.connect('a'));
    await reader.readUntil(60);
    assert.ok(await first.read(), 'a batch that dies with its process');
    await first.close();
    reader.forget();
    const second = await reader.open(harness.connect('a'));
    await reader.readUntil(200);
    await publishing;
    demandSame(reader.events, events, traits);
    await second.close();
  });

  withHarness('waits for events, and sees those published later', async (harness) => {
    const reader = new Reader();
    const source = await reader.open(harness.connect('a'));
    const reading = reader.readUntil(20);
    const events = someEvents(0, 20);
    await harness.publish(events.slice(0, 10));
    await harness.publish(events.slice(10));
    await reading;
    demandSame(reader.events, events, traits);
    await source.close();
  });

  withHarness('a drained source hands out what it took, then nothing', async (harness) => {
    const reader = new Reader();
    const source = await reader.open(harness.connect('a'));
    await harness.publish(someEvents(0, 10));
    await reader.readUntil(10);
    const waiting = source.read();
    source.drain();
    for (let batch = await waiting; batch; batch = await source.read()) reader.journal(batch);
    assert.is(await source.read(), undefined);
    assert.is(new Set(reader.events).size, reader.events.length);
    await source.close();
  });

  withHarness('acknowledging twice does no harm', async (harness) => {
    const events = someEvents(0, 60);
    const publishing = harness.publish(events);
    const reader = new Reader();
    const source = await reader.open(harness.connect('a'));
    const batch = await source.read();
    assert.ok(batch);
    reader.journal(batch);
    await source.acknowledge(batch.partition, batch.position);
    await source.acknowledge(batch.partition, batch.position);
    await reader.readUntil(60);
    await publishing;
    demandSame(reader.events, events, traits);
    await source.close();
  });

  if (traits.isShared) {
    withHarness('two processes share the events, each goes to one', async (harness) => {
      const readers = [new Reader(), new Reader()];
      const sources = await Promise.all(
        readers.map((reader, i) => reader.open(harness.connect(`process-${i}`))),
      );
      const events = someEvents(0, 600);
      const numRead = () => readers[0].events.length + readers[1].events.length;
      const reading = sources.map(async (source, i) => {
        for (let batch = await source.read(); batch; batch = await source.read()) {
          readers[i].journal(batch);
          await readers[i].acknowledge();
          if (numRead() >= events.length) for (const each of sources) each.drain();
        }
      });
      await harness.publish(events);
      await Promise.all(reading);
      for (const source of sources) await source.close();
      assert.equal(readers.flatMap(({ events: read }) => read).sort(), [...events].sort());
    });
  }

  test.run();
}
