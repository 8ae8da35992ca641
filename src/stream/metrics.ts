/** What a stream says of itself: numbers for a terminal, and the same as Prometheus metrics. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Source } from './source.ts';
import type { Stream } from './stream.ts';

export interface StreamStatus {
  readonly sources: readonly { readonly name: string; readonly lag: number | undefined }[];
  readonly numEvents: number;
  readonly eventsPerSecond: number;
  /** Events left out, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly watermarkMs: number;
  readonly sequence: number;
  /** Batches behind the journal. */
  readonly behind: number;
  readonly numItems: number;
  readonly numEntries: number;
  readonly usedBytes: number;
  readonly died: Readonly<Record<string, number>>;
  readonly numRefused: number;
  readonly numPruned: number;
  readonly rssBytes: number;
  readonly checkpointMs: number;
  readonly interests: string;
}

/** Looks at a stream again and again; the rate is that since the last look. */
export class StatusReader {
  readonly #stream: Stream;
  readonly #sources: readonly Source[];
  #lastEvents: number;
  #lastMs = performance.now();
  #rate = 0;

  constructor(stream: Stream, sources: readonly Source[]) {
    this.#stream = stream;
    this.#sources = sources;
    this.#lastEvents = stream.engine.counts.numEvents;
  }

  read(): StreamStatus {
    const { engine, journal, sequence, lastCheckpointMs, interestsVersion } = this.#stream;
    const { counts } = engine;
    const state = engine.stateCounts;
    const nowMs = performance.now();
    if (nowMs - this.#lastMs > 500) {
      this.#rate = ((counts.numEvents - this.#lastEvents) / (nowMs - this.#lastMs)) * 1000;
      this.#lastEvents = counts.numEvents;
      this.#lastMs = nowMs;
    }
    return {
      sources: this.#sources.map((source) => ({ name: source.name, lag: source.lag?.() })),
      numEvents: counts.numEvents,
      eventsPerSecond: this.#rate,
      leftOut: {
        bad: counts.numBad,
        late: counts.numLate,
        future: counts.numFuture,
        verb: counts.numOtherVerb,
        own: counts.numOwn,
        'unknown-actor': counts.numUnknownActor,
        'too-old': state.numTooOld,
      },
      watermarkMs: engine.watermarkMs,
      sequence,
      behind: journal.lastSequence - sequence,
      numItems: state.numItems,
      numEntries: state.numEntries,
      usedBytes: state.usedBytes,
      died: { age: state.numExpired, value: state.numNegligible, memory: state.numEvicted },
      numRefused: state.numRefused,
      numPruned: state.numPruned,
      rssBytes: process.memoryUsage.rss(),
      checkpointMs: lastCheckpointMs,
      interests: interestsVersion,
    };
  }
}

/** Metrics in Prometheus' text format, read from the status whenever they are asked for. */
export class StreamMetrics {
  readonly #registry = new Registry();
  readonly #status: StatusReader;
  /** What the counters stand at. */
  readonly #last = new Map<string, number>();

  constructor(status: StatusReader) {
    this.#status = status;
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    this.#readStatus();
    return this.#registry.metrics();
  }

  /** The same for whoever adds them to those of other processes. */
  report(): Promise<object[]> {
    this.#readStatus();
    return this.#registry.getMetricsAsJSON();
  }

  #readStatus(): void {
    const status = this.#status.read();
    this.#count('simclusters_stream_events_total', 'Events read', {}, status.numEvents);
    for (const [reason, value] of Object.entries(status.leftOut))
      this.#count('simclusters_stream_events_left_out_total', 'Events left out', { reason }, value);
    for (const [reason, value] of Object.entries(status.died))
      this.#count('simclusters_stream_items_died_total', 'Items that went', { reason }, value);
    this.#count(
      'simclusters_stream_refused_total',
      'Events whose item found no memory',
      {},
      status.numRefused,
    );
    this.#count(
      'simclusters_stream_pruned_total',
      'Entries that gave way to larger ones of their item, for want of memory',
      {},
      status.numPruned,
    );
    this.#gauge('simclusters_stream_events_per_second', 'Events read in a second', status.eventsPerSecond);
    this.#gauge(
      'simclusters_stream_watermark_seconds',
      'Time up to which events are complete',
      status.watermarkMs / 1000,
    );
    this.#gauge('simclusters_stream_items', 'Items in the state', status.numItems);
    this.#gauge('simclusters_stream_entries', 'Clusters of all items', status.numEntries);
    this.#gauge('simclusters_stream_state_bytes', 'Memory of the state', status.usedBytes);
    this.#gauge('simclusters_stream_batches_behind', 'Journalled, not yet counted', status.behind);
    this.#gauge('simclusters_stream_checkpoint_seconds', 'Last checkpoint', status.checkpointMs / 1000);
    for (const { name, lag } of status.sources)
      if (lag !== undefined) this.#gauge('simclusters_stream_lag', 'Waiting at the source', lag, name);
  }

  /** Prometheus' counters only grow; so does what they are read from, but for a restart. */
  #count(name: string, help: string, labels: Readonly<Record<string, string>>, value: number): void {
    const key = name + JSON.stringify(labels);
    const existing = this.#registry.getSingleMetric(name) as Counter | undefined;
    const counter =
      existing ?? new Counter({ name, help, labelNames: Object.keys(labels), registers: [this.#registry] });
    counter.inc(labels, value - (this.#last.get(key) ?? 0));
    this.#last.set(key, value);
  }

  #gauge(name: string, help: string, value: number, source?: string): void {
    const existing = this.#registry.getSingleMetric(name) as Gauge | undefined;
    const labelNames = source === undefined ? [] : ['source'];
    const gauge = existing ?? new Gauge({ name, help, labelNames, registers: [this.#registry] });
    const finite = Number.isFinite(value) ? value : 0;
    if (source === undefined) gauge.set(finite);
    else gauge.set({ source }, finite);
  }
}
