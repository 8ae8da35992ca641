/** Collects events in growing arrays. */
import { quote } from '../core/errors.ts';
import { type BadRows, badFile, type RowPlace } from './bad-rows.ts';
import type { EventInput } from './edge-input.ts';
import { timeExpected } from './event-time.ts';
import { IdLookup, idFault } from './id-lookup.ts';
import { textOf } from './weight-text.ts';

/** Verb of events that name none. */
const defaultVerb = 'fav';
const maxVerbs = 256;

/** Parts of an event, in the order of `InputOptions.columns`. */
export const eventParts = ['time', 'user', 'item', 'verb', 'author'] as const;

/** Bytes of one part of an event, `bytes[start..end)`, and the ordinal of its column for messages. */
export class Part {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Whether the event has this part at all. */
  isGiven = false;
  /** Why the value is no id, for values that have no bytes; empty when all is well. */
  fault = '';
  column = 0;

  set(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.isGiven = true;
    this.fault = '';
  }
}

/** An event about to be added. */
export class EventDraft {
  /** Milliseconds, or NaN. */
  time = Number.NaN;
  /** The time as it stands in the file, for messages. */
  timeText: () => string = () => '';
  timeColumn = 1;
  readonly user = new Part();
  readonly item = new Part();
  readonly verb = new Part();
  readonly author = new Part();
}

export class EventSink {
  readonly #badRows: BadRows;
  readonly #users = new IdLookup();
  readonly #items = new IdLookup();
  readonly #authors = new IdLookup();
  readonly #verbIds = new IdLookup();
  readonly #verbs: string[] = [];
  #numEvents = 0;
  #times = new Float64Array(1 << 12);
  #userOf = new Uint32Array(1 << 12);
  #itemOf = new Uint32Array(1 << 12);
  #authorOf = new Uint32Array(1 << 12);
  #verbOf = new Uint8Array(1 << 12);

  constructor(badRows: BadRows) {
    this.#badRows = badRows;
  }

  get numEvents(): number {
    return this.#numEvents;
  }

  /** Adds the event, or rejects it: then none of its ids gets an index. */
  add(draft: EventDraft, file: string, line: number): void {
    const { user, item, verb } = draft;
    const author = draft.author.isGiven ? draft.author : item;
    if (Number.isNaN(draft.time)) {
      this.#badRows.reject({ file, line, column: draft.timeColumn }, quote(draft.timeText()), timeExpected);
      return;
    }
    if (!this.#isGood(user, this.#users, file, line) || !this.#isGood(item, this.#items, file, line)) return;
    if (author !== item && !this.#isGood(author, this.#authors, file, line)) return;
    if (verb.isGiven && !this.#isGood(verb, this.#verbIds, file, line)) return;
    const at = this.#numEvents++;
    if (at === this.#times.length) this.#grow();
    this.#times[at] = draft.time;
    this.#userOf[at] = this.#users.add(user.bytes, user.start, user.end);
    this.#itemOf[at] = this.#items.add(item.bytes, item.start, item.end);
    this.#authorOf[at] = this.#authors.add(author.bytes, author.start, author.end);
    this.#verbOf[at] = this.#verbIndex(verb, { file, line, column: verb.column });
  }

  toInput(): EventInput {
    const size = this.#numEvents;
    return {
      numEvents: size,
      timesMs: this.#times.slice(0, size),
      users: this.#userOf.slice(0, size),
      items: this.#itemOf.slice(0, size),
      authors: this.#authorOf.slice(0, size),
      verbOf: this.#verbOf.slice(0, size),
      verbs: this.#verbs,
      userIds: this.#users.toTable(),
      itemIds: this.#items.toTable(),
      authorIds: this.#authors.toTable(),
      report: this.#badRows.report,
    };
  }

  #isGood(part: Part, ids: IdLookup, file: string, line: number): boolean {
    if (part.fault === '' && part.isGiven && ids.find(part.bytes, part.start, part.end) >= 0) return true;
    const fault =
      part.isGiven && part.fault === '' ? idFault(part.bytes, part.start, part.end) : missing(part);
    if (fault) this.#badRows.reject({ file, line, column: part.column }, fault.got, fault.expected);
    return fault === undefined;
  }

  #verbIndex(verb: Part, place: RowPlace): number {
    const part = verb.isGiven ? verb : defaultPart;
    const index = this.#verbIds.add(part.bytes, part.start, part.end);
    if (index < this.#verbs.length) return index;
    if (index === maxVerbs) {
      throw badFile(place.file, {
        line: place.line,
        column: place.column,
        got: `more than ${maxVerbs} different verbs`,
        expected: `at most ${maxVerbs}`,
        todo: 'look whether the verb column is the right one',
      });
    }
    this.#verbs.push(textOf(part.bytes, part.start, part.end));
    return index;
  }

  #grow(): void {
    const length = this.#times.length * 2;
    this.#times = moved(this.#times, new Float64Array(length));
    this.#userOf = moved(this.#userOf, new Uint32Array(length));
    this.#itemOf = moved(this.#itemOf, new Uint32Array(length));
    this.#authorOf = moved(this.#authorOf, new Uint32Array(length));
    this.#verbOf = moved(this.#verbOf, new Uint8Array(length));
  }
}

const defaultPart = new Part();
defaultPart.set(new TextEncoder().encode(defaultVerb), 0, defaultVerb.length);

function missing(part: Part): { got: string; expected: string } {
  return { got: part.fault || 'no value', expected: 'an id: text or a whole number' };
}

function moved<T extends Uint8Array | Uint32Array | Float64Array>(array: T, larger: T): T {
  larger.set(array);
  return larger;
}
