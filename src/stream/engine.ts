/**
 * The engine: journal entries in, streaming state out. What the state becomes follows from the entries alone, whatever the batches they
 * came in, the clock or the number of threads: maintenance falls due after fixed numbers of rows.
 */
import { isUtf8 } from 'node:buffer';
import type { Csr } from '../core/csr.ts';
import { IdIndex, type IdTable } from '../core/ids.ts';
import { DecayedState, type StateCounts, type StateOptions } from '../embeddings/decayed-state.ts';
import type { EventRows, RowFacts } from '../embeddings/event-rows.ts';
import { type ItemRecord, itemRecords } from '../embeddings/item-records.ts';
import { type FeederMark, StateFeeder } from '../embeddings/state-feeder.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { EventDecoder, type Verbs } from './event-decoder.ts';
import { isBlank } from './event-lines.ts';
import type { JournalEntry } from './journal.ts';
import { snowflakeTimeMs } from './snowflake.ts';

export interface EngineOptions {
  readonly state: Partial<StateOptions>;
  readonly verbs: Verbs;
  /** Events may be this much older than the latest one; older ones are late and not counted. */
  readonly latenessMs: number;
  /** Events may be this much ahead of the time they were received at. */
  readonly maxFutureMs: number;
  /** Births of tweets are in their ids. */
  readonly snowflakeIds: boolean;
}

/** Who is interested in what. */
export interface Interests {
  readonly actors: IdTable;
  /** actors × (highest cluster + 1): what a fav adds. */
  readonly scores: Csr;
}

export interface EngineEvents {
  onDeadLetter(entry: JournalEntry, line: number, reason: string, event: string): void;
  /** An embedding to be kept. */
  onCapture(record: ItemRecord): void;
}

export interface EngineCounts {
  numEvents: number;
  numBad: number;
  numLate: number;
  numFuture: number;
  numOtherVerb: number;
  numOwn: number;
  numUnknownActor: number;
}

const NEWLINE = 10;
const decoder = new TextDecoder();

export class StreamEngine {
  readonly state: DecayedState;
  readonly counts: EngineCounts = {
    numEvents: 0,
    numBad: 0,
    numLate: 0,
    numFuture: 0,
    numOtherVerb: 0,
    numOwn: 0,
    numUnknownActor: 0,
  };
  readonly options: EngineOptions;
  readonly #events: EngineEvents;
  readonly #decoder: EventDecoder;
  readonly #readRows: EventRows;
  readonly #feeder: StateFeeder;
  #actors = new IdIndex();
  #maxTimeMs = Number.NEGATIVE_INFINITY;

  constructor(kernels: Kernels, options: EngineOptions, events: EngineEvents) {
    this.options = options;
    this.#events = events;
    this.#decoder = new EventDecoder(options.verbs);
    this.state = new DecayedState(kernels, options.state, 0);
    this.#feeder = new StateFeeder(this.state, events.onCapture);
    this.#readRows = this.state.rows(1024);
  }

  /** No event older than this is counted any more; -Infinity before the first. */
  get watermarkMs(): number {
    return this.#maxTimeMs - this.options.latenessMs;
  }

  /** Time of the latest event. */
  get maxTimeMs(): number {
    return this.#maxTimeMs;
  }

  get stateCounts(): StateCounts {
    return this.state.counts;
  }

  /** Events of later entries add these interests. */
  setInterests({ actors, scores }: Interests): Promise<void> {
    return this.exclusively(async () => {
      this.#actors = IdIndex.from(actors);
      this.state.setInterests(scores);
    });
  }

  /** Counts the events of an entry. One call after the other. */
  async ingest(entry: JournalEntry): Promise<void> {
    const { events } = entry;
    const isText = isUtf8(events);
    for (let start = 0, line = 1; start < events.length; line++) {
      const newline = events.indexOf(NEWLINE, start);
      const end = newline < 0 ? events.length : newline;
      if (!isBlank(events, start, end)) {
        const waiting = this.#ingestLine(entry, line, start, end, isText);
        if (waiting) await waiting;
      }
      start = end + 1;
    }
  }

  /** Not async when there is nothing to wait for: this is called for every event. */
  #ingestLine(
    entry: JournalEntry,
    line: number,
    start: number,
    end: number,
    isText: boolean,
  ): Promise<void> | undefined {
    const { counts } = this;
    const event = this.#decoder;
    const { events, receivedMs } = entry;
    counts.numEvents++;
    const isValid = isText || isUtf8(events.subarray(start, end));
    const fault = isValid ? event.read(events, start, end) : 'not UTF-8';
    if (fault !== undefined) {
      counts.numBad++;
      return this.#refuse(entry, line, start, end, fault);
    }
    const { timeMs } = event;
    if (timeMs > receivedMs + this.options.maxFutureMs) {
      counts.numFuture++;
      return this.#refuse(entry, line, start, end, 'eventTimeMs lies in the future');
    }
    if (timeMs < this.watermarkMs) {
      counts.numLate++;
      return this.#refuse(entry, line, start, end, 'late: older than the lateness allows');
    }
    if (timeMs > this.#maxTimeMs) this.#maxTimeMs = timeMs;
    return this.#stage(timeMs);
  }

  #refuse(entry: JournalEntry, line: number, start: number, end: number, reason: string): undefined {
    this.#events.onDeadLetter(entry, line, reason, decoder.decode(entry.events.subarray(start, end)));
  }

  /** Rows of the event in hand: its object, and the trends that it names. */
  #stage(timeMs: number): Promise<void> | undefined {
    const { counts } = this;
    const event = this.#decoder;
    if (event.verb === 'other') {
      counts.numOtherVerb++;
      return undefined;
    }
    if (event.isOwn) {
      counts.numOwn++;
      return undefined;
    }
    const actor = this.#actors.find(event.actor.bytes, event.actor.start, event.actor.end);
    if (actor < 0) {
      counts.numUnknownActor++;
      return undefined;
    }
    const isUndo = event.verb === 'undo';
    const facts = {
      // What a fav at that time would be worth now is what is taken away.
      timeMs: isUndo && !Number.isNaN(event.undoneMs) ? Math.min(event.undoneMs, timeMs) : timeMs,
      actor,
      isUndo,
      bornMs: this.#bornMs(),
      numFavs: event.favCount,
    };
    const { bytes, start, end } = event.object;
    if (event.entities.length > 0) return this.#stageAll(facts);
    return this.#feeder.add(this.watermarkMs, bytes, start, end, 0, facts);
  }

  async #stageAll(facts: RowFacts): Promise<void> {
    const { object, entities } = this.#decoder;
    await this.#feeder.add(this.watermarkMs, object.bytes, object.start, object.end, 0, facts);
    const ofTrend = { ...facts, bornMs: Number.NaN, numFavs: 0 };
    for (const { kind, id } of entities)
      await this.#feeder.add(this.watermarkMs, id.bytes, id.start, id.end, kind, ofTrend);
  }

  #bornMs(): number {
    const { bornMs, object } = this.#decoder;
    if (!Number.isNaN(bornMs) || !this.options.snowflakeIds) return bornMs;
    return snowflakeTimeMs(object.bytes, object.start, object.end);
  }

  /** Runs `body` when all that was ingested is in the state, and nothing else is under way. */
  exclusively<T>(body: () => Promise<T>): Promise<T> {
    return this.#feeder.exclusively(body);
  }

  /** Embeddings of items at the time of the latest event; for each id asked for its record or undefined. */
  async read(
    kind: number,
    ids: readonly Uint8Array[],
    threshold: number,
  ): Promise<(ItemRecord | undefined)[]> {
    const found = new Array<ItemRecord | undefined>(ids.length).fill(undefined);
    return this.exclusively(async () => {
      this.#readRows.clear();
      for (const id of ids) this.#readRows.add(id, 0, id.length, kind, { timeMs: 0, actor: 0 });
      await this.state.read(this.#readRows, this.#maxTimeMs, threshold, (words) => {
        for (const record of itemRecords(words)) found[record.tag] = record;
      });
      return found;
    });
  }

  /** What a checkpoint keeps beside the state. Only when idle. */
  save(): Readonly<Record<string, unknown>> {
    return { counts: this.counts, maxTimeMs: this.#maxTimeMs, feeder: this.#feeder.mark };
  }

  /** Takes up what `save` gave, after the state was read back. */
  restore(saved: Readonly<Record<string, unknown>>): void {
    const { counts, maxTimeMs, feeder } = saved as ReturnType<StreamEngine['save']> & {
      counts: EngineCounts;
      maxTimeMs: number | null;
      feeder: FeederMark;
    };
    Object.assign(this.counts, counts);
    // JSON has no infinity.
    this.#maxTimeMs = maxTimeMs ?? Number.NEGATIVE_INFINITY;
    this.#feeder.resume(feeder);
  }
}
