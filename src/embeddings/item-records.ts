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
  const { buffer, byteOffset, length, byteLength } = words;
  // Made once: there may be a million records, and a view of its own for each part of each would cost more than reading them.
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const floats = new Float32Array(buffer, byteOffset, length);
  const view = new DataView(buffer, byteOffset, byteLength);
  for (let at = 0; at < length; at += words[at]) {
    const marks = words[at + 1];
    const idBytes = words[at + 2];
    const size = words[at + 5];
    const id = 4 * (at + HEADER_WORDS);
    const clusters = at + HEADER_WORDS + Math.ceil(idBytes / 4);
    yield {
      kind: itemKinds[marks >>> 8],
      id: decoder.decode(bytes.slice(id, id + idBytes)),
      timeMs: view.getFloat64(4 * (at + 6), true),
      bornMs: view.getFloat64(4 * (at + 8), true),
      numFavs: words[at + 4],
      numUpdates: words[at + 3],
      clusters: words.slice(clusters, clusters + size),
      scores: floats.slice(clusters + size, clusters + 2 * size),
      isPower: (marks & 1) !== 0,
      isLongest: (marks & 2) !== 0,
      isLatest: (marks & 4) !== 0,
      tag: words[at + 10],
    };
  }
}
