/** Reads the records in which items leave the streaming state (assembly/stream-records.ts). */
import { type ItemKind, itemKinds } from './event-rows.ts';

/** An item with its best clusters, decayed to `timeMs`, best first; ties to the lower cluster. */
export interface ItemRecord {
  readonly kind: ItemKind;
  readonly id: string;
  readonly timeMs: number;
  readonly bornMs: number;
  readonly numFavs: number;
  /** Favs since there were enough of them. */
  readonly numUpdates: number;
  readonly clusters: Uint32Array;
  readonly scores: Float32Array;
  /** A snapshot at a power of two of updates. */
  readonly isPower: boolean;
  /** The longest embedding the item had. */
  readonly isLongest: boolean;
  /** The last embedding of an item that died. */
  readonly isLatest: boolean;
  /** Place in the table, or row that asked for it. */
  readonly tag: number;
}

const HEADER_WORDS = 12;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The records in `words`; they are copies. */
export function* itemRecords(words: Uint32Array): Generator<ItemRecord> {
  for (let at = 0; at < words.length; at += words[at]) {
    const [, marks, idBytes, numUpdates, numFavs, size] = words.subarray(at, at + 6);
    const place = words.byteOffset + at * 4;
    const times = new Float64Array(words.buffer, place + 24, 2);
    const clusters = place + 4 * (HEADER_WORDS + Math.ceil(idBytes / 4));
    yield {
      kind: itemKinds[marks >>> 8],
      id: decoder.decode(new Uint8Array(words.buffer, place + 4 * HEADER_WORDS, idBytes).slice()),
      timeMs: times[0],
      bornMs: times[1],
      numFavs,
      numUpdates,
      clusters: new Uint32Array(words.buffer, clusters, size).slice(),
      scores: new Float32Array(words.buffer, clusters + 4 * size, size).slice(),
      isPower: (marks & 1) !== 0,
      isLongest: (marks & 2) !== 0,
      isLatest: (marks & 4) !== 0,
      tag: words[at + 10],
    };
  }
}
