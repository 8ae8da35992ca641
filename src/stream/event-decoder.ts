/**
 * Reads events from lines of JSON, without making objects or strings where it can be helped. Ids are strings or whole numbers,
 * whose digits are taken as they stand.
 */
import { MAX_ID_BYTES } from '../embeddings/event-rows.ts';
import { timeOfNumber, timeOfText } from '../io/event-time.ts';
import { JsonScanner, type Span } from './json-scanner.ts';

/** What the keys of an event are called; the last that stands in the object counts. */
export const eventKeys = {
  time: ['eventTimeMs', 'time', 'timestamp', 'ts'],
  actor: ['actorId', 'userId', 'user'],
  object: ['objectId', 'itemId', 'item', 'tweetId', 'tweet'],
  verb: ['verb', 'action'],
  author: ['authorId', 'author'],
  born: ['objectTimeMs'],
  undone: ['undoneTimeMs'],
  favCount: ['favoriteCount'],
  hashtag: ['hashtags'],
  phrase: ['phrases'],
  namedEntity: ['namedEntities'],
  topic: ['topics'],
} as const;

/** Entities of a kind beyond these are left out. Source: TweetEntityExtractor. */
const MAX_ENTITIES = 4;
/** Places in `itemKinds` of what an event may name besides its object. */
const entityKinds = [
  ['hashtag', 1],
  ['phrase', 2],
  ['namedEntity', 3],
  ['topic', 4],
] as const;

export type Verb = 'fav' | 'undo' | 'other';

export interface Verbs {
  readonly fav: readonly string[];
  /** What takes a fav back; none: such events are of no account. */
  readonly undo: readonly string[];
}

export interface Entity {
  /** Place in `itemKinds`. */
  kind: number;
  id: Span;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

const NO_ID = `is no id: text or a whole number, of 1 to ${MAX_ID_BYTES} bytes`;
const NO_TIME = 'is no time: whole milliseconds or ISO 8601';

/** A decoder holds the event it read last. */
export class EventDecoder {
  timeMs = Number.NaN;
  readonly actor: Span;
  readonly object: Span;
  readonly author: Span;
  verb: Verb = 'fav';
  /** Birth of the object; NaN: not known. */
  bornMs = Number.NaN;
  /** Time of the fav that is undone; NaN: not known. */
  undoneMs = Number.NaN;
  /** Favs of the object as counted elsewhere; 0: not known. */
  favCount = 0;
  readonly entities: Entity[] = [];
  readonly #scanner: JsonScanner;
  readonly #slots: Record<keyof typeof eventKeys, Span>;
  readonly #verbOf: ReadonlyMap<string, Verb>;
  /** Verbs met last, to spare making strings. */
  #lastVerb: Uint8Array = new Uint8Array(0);
  #lastVerbIs: Verb = 'other';

  constructor({ fav, undo }: Verbs) {
    this.#scanner = new JsonScanner(Object.values(eventKeys));
    const names = Object.keys(eventKeys) as (keyof typeof eventKeys)[];
    this.#slots = Object.fromEntries(
      names.map((name, i) => [name, this.#scanner.spans[i]]),
    ) as unknown as Record<keyof typeof eventKeys, Span>;
    this.actor = this.#slots.actor;
    this.object = this.#slots.object;
    this.author = this.#slots.author;
    this.#verbOf = new Map([
      ...fav.map((verb) => [verb, 'fav'] as const),
      ...undo.map((verb) => [verb, 'undo'] as const),
    ]);
  }

  /** Reads `bytes[start..end)`. Gives what is wrong with it, or undefined. */
  read(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (!this.#scanner.read(bytes, start, end)) return 'no JSON object on one line';
    const slots = this.#slots;
    const fault =
      (isId(slots.actor) ? undefined : `actorId ${NO_ID}`) ??
      (isId(slots.object) ? undefined : `objectId ${NO_ID}`);
    if (fault) return fault;
    this.timeMs = timeOf(slots.time);
    if (Number.isNaN(this.timeMs)) return `eventTimeMs ${NO_TIME}`;
    if (!isAbsent(slots.author) && !isId(slots.author)) return `authorId ${NO_ID}`;
    this.bornMs = isAbsent(slots.born) ? Number.NaN : timeOf(slots.born);
    if (!isAbsent(slots.born) && Number.isNaN(this.bornMs)) return `objectTimeMs ${NO_TIME}`;
    this.undoneMs = isAbsent(slots.undone) ? Number.NaN : timeOf(slots.undone);
    if (!isAbsent(slots.undone) && Number.isNaN(this.undoneMs)) return `undoneTimeMs ${NO_TIME}`;
    this.favCount = countOf(slots.favCount);
    if (this.favCount < 0) return 'favoriteCount is no whole number below 2^32';
    if (!isAbsent(slots.verb) && slots.verb.kind !== 'string') return 'verb is no text';
    this.verb = isAbsent(slots.verb) ? 'fav' : this.#verb(slots.verb);
    return this.#readEntities();
  }

  /** Whether the actor wrote the object. */
  get isOwn(): boolean {
    const { author, actor } = this;
    if (isAbsent(author) || author.end - author.start !== actor.end - actor.start) return false;
    for (let i = 0; i < actor.end - actor.start; i++)
      if (author.bytes[author.start + i] !== actor.bytes[actor.start + i]) return false;
    return true;
  }

  #verb(span: Span): Verb {
    const last = this.#lastVerb;
    if (span.end - span.start === last.length) {
      let i = 0;
      while (i < last.length && span.bytes[span.start + i] === last[i]) i++;
      if (i === last.length) return this.#lastVerbIs;
    }
    this.#lastVerb = span.bytes.slice(span.start, span.end);
    this.#lastVerbIs = this.#verbOf.get(decoder.decode(this.#lastVerb)) ?? 'other';
    return this.#lastVerbIs;
  }

  #readEntities(): string | undefined {
    if (this.entities.length > 0) this.entities.length = 0;
    const { hashtag, phrase, namedEntity, topic } = this.#slots;
    if (isAbsent(hashtag) && isAbsent(phrase) && isAbsent(namedEntity) && isAbsent(topic)) return undefined;
    for (const [name, kind] of entityKinds) {
      const span = this.#slots[name];
      if (isAbsent(span)) continue;
      const texts = span.kind === 'array' ? textsOf(span) : undefined;
      if (!texts) return `${eventKeys[name][0]} is no list of texts`;
      for (const text of new Set(texts.slice(0, MAX_ENTITIES))) {
        const bytes = encoder.encode(text);
        if (bytes.length === 0 || bytes.length > MAX_ID_BYTES)
          return `${eventKeys[name][0]} has a text of ${bytes.length} bytes, not of 1 to ${MAX_ID_BYTES}`;
        this.entities.push({ kind, id: { kind: 'string', bytes, start: 0, end: bytes.length } });
      }
    }
    return undefined;
  }
}

function isAbsent({ kind }: Span): boolean {
  return kind === 'absent' || kind === 'null';
}

function isId({ kind, start, end }: Span): boolean {
  return (kind === 'string' || kind === 'integer') && end > start && end - start <= MAX_ID_BYTES;
}

function timeOf(span: Span): number {
  if (span.kind === 'string') return timeOfText(decoder.decode(span.bytes.subarray(span.start, span.end)));
  return span.kind === 'integer' ? timeOfNumber(numberOf(span)) : Number.NaN;
}

/** Value of the digits; NaN below zero and for more than 16. */
function numberOf({ bytes, start, end }: Span): number {
  if (end - start > 16) return Number.NaN;
  let value = 0;
  for (let at = start; at < end; at++) {
    if (bytes[at] === 45) return Number.NaN;
    value = value * 10 + bytes[at] - 48;
  }
  return value;
}

/** -1 when it is no count. */
function countOf(span: Span): number {
  if (isAbsent(span)) return 0;
  const value = span.kind === 'integer' ? numberOf(span) : Number.NaN;
  return value < 2 ** 32 ? value : -1;
}

/** Lower-cased, as the original does; undefined when it is no list of texts. */
function textsOf({ bytes, start, end }: Span): string[] | undefined {
  try {
    const list = JSON.parse(decoder.decode(bytes.subarray(start, end))) as unknown[];
    return list.every((text) => typeof text === 'string')
      ? list.map((text) => text.toLowerCase())
      : undefined;
  } catch {
    return undefined;
  }
}
