/**
 * Feeds rows to the streaming state, a full buffer at a time: one is applied while the next is filled. Sweeps and new landmarks fall due
 * after fixed numbers of rows and at fixed times of rows, so that the state follows from the rows alone.
 */
import { type DecayedState, EPOCH_HALF_LIVES } from './decayed-state.ts';
import type { EventRows, RowFacts } from './event-rows.ts';
import { type ItemRecord, itemRecords } from './item-records.ts';

const ROWS_PER_BUFFER = 2 ** 15;
/** Rows between two sweeps, each over a share of the items. */
const MAINTENANCE_ROWS = 2 ** 13;
const SWEEP_SHARE = 256;
/** Values grow with time since the landmark; so far from it they are far from overflow still. */
const MAX_EPOCHS_AHEAD = 8;

export interface FeederMark {
  readonly numRows: number;
  readonly landmark: number;
}

export class StateFeeder {
  readonly #state: DecayedState;
  readonly #onRecord: (record: ItemRecord) => void;
  #rows: EventRows;
  #spare: EventRows;
  #numRows = 0;
  /** Epoch of the state's landmark, once the rows handed over are applied. */
  #landmark = 0;
  #applying: Promise<void> = Promise.resolve();
  #turn: Promise<unknown> = Promise.resolve();
  #failure: unknown;

  /**
   * Takes memory for its buffers: to be made before the state is given interests.
   * @param onRecord  gets embeddings to be kept
   */
  constructor(state: DecayedState, onRecord: (record: ItemRecord) => void) {
    this.#state = state;
    this.#onRecord = onRecord;
    this.#rows = state.rows(ROWS_PER_BUFFER);
    this.#spare = state.rows(ROWS_PER_BUFFER);
  }

  /** Rows so far, and where the state's landmark will be. */
  get mark(): FeederMark {
    return { numRows: this.#numRows, landmark: this.#landmark };
  }

  /** Goes on where another feeder of the same state stood. */
  resume({ numRows, landmark }: FeederMark): void {
    this.#numRows = numRows;
    this.#landmark = landmark;
  }

  /**
   * Adds a row for the item with the id `bytes[start..end)`; see EventRows. Not async when there is nothing to wait for: this is
   * called for every event. One call after the other.
   * @param watermarkMs  no later row is older than this; items too old or negligible by then may die
   */
  add(
    watermarkMs: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    kind: number,
    facts: RowFacts,
  ): Promise<void> | undefined {
    const isDue = this.#numRows > 0 && this.#numRows % MAINTENANCE_ROWS === 0;
    const epoch = this.#epochOf(facts.timeMs);
    const isFar = epoch > this.#landmark + MAX_EPOCHS_AHEAD;
    this.#numRows++;
    if (!isDue && !isFar && this.#rows.hasRoom) {
      this.#rows.add(bytes, start, end, kind, facts);
      return undefined;
    }
    const landmark = isFar ? epoch - 1 : this.#epochOf(watermarkMs);
    const handedOver = this.#handOver(isDue ? watermarkMs : undefined, isDue || isFar ? landmark : undefined);
    return handedOver.then(() => this.#rows.add(bytes, start, end, kind, facts));
  }

  #epochOf(timeMs: number): number {
    return Math.floor(timeMs / (this.#state.options.halfLifeMs * EPOCH_HALF_LIVES));
  }

  /** The rows in hand are applied while others are read, once those before them have been. */
  #handOver(sweepMs: number | undefined, landmark = this.#landmark): Promise<void> {
    return this.#inTurn(async () => {
      const shift = Math.max(0, landmark - this.#landmark);
      this.#landmark += shift;
      this.#applying = this.#apply(this.#swap(), sweepMs, shift).catch((error: unknown) => {
        this.#failure = error;
      });
    });
  }

  #swap(): EventRows {
    const rows = this.#rows;
    this.#rows = this.#spare;
    this.#spare = rows;
    this.#rows.clear();
    return rows;
  }

  /** One at a time, in the order of the calls, and not while rows are applied. */
  #inTurn<T>(body: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(async () => {
      await this.#applying;
      if (this.#failure !== undefined) throw this.#failure;
      return body();
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #apply(rows: EventRows, sweepMs: number | undefined, shift: number): Promise<void> {
    const keep = (words: Uint32Array) => {
      for (const record of itemRecords(words)) this.#onRecord(record);
    };
    await this.#state.apply(rows, keep);
    if (shift > 0) await this.#state.rebase(shift);
    if (sweepMs !== undefined) await this.#state.sweep(sweepMs, SWEEP_SHARE, keep);
  }

  /** Runs `body` when all rows that were added are in the state, and nothing else is under way. */
  exclusively<T>(body: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (this.#rows.size > 0) await this.#apply(this.#swap(), undefined, 0);
      return body();
    });
  }
}
