/**
 * The journal: batches as they came, in one order, with the positions of their partitions, in one transaction each. LMDB, so a batch is
 * there whole or not at all whatever kills the process; what is committed is on disk before `append` is fulfilled.
 * The embeddings that are kept for good lie in the same store.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import { SimClustersError } from '../core/errors.ts';
import { writeFailure } from '../io/atomic-file.ts';
import type { SourceBatch } from './source.ts';

export interface JournalEntry {
  /** 1, 2, 3, ... without gaps. */
  readonly sequence: number;
  readonly partition: string;
  /** Of the partition, behind this batch. */
  readonly position: string;
  /** When it was received; never less than that of the entry before. */
  readonly receivedMs: number;
  /** Partitions that are not known any more from here on. Absent: none. */
  readonly forgets?: readonly string[];
  /** JSON lines. */
  readonly events: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const HEAD_BYTES = 4;

const STORE = {
  maxDbs: 8,
  encoding: 'binary',
  // So a commit is fulfilled once it is on disk.
  overlappingSync: false,
  // With it a failed commit rejects a promise, too, that nobody can get at, which ends the process.
  eventTurnBatching: false,
} as const;

/** Opens the store of a folder. @throws SimClustersError MISSING_PACKAGE, BAD_ARTIFACT, WRITE_FAILED */
export async function openJournal(folder: string): Promise<Journal> {
  const { open } = await importLmdb();
  mkdirSync(folder, { recursive: true });
  demandWhole(join(folder, 'data.mdb'));
  try {
    return new Journal(folder, open({ ...STORE, path: folder }));
  } catch (error) {
    throw writeFailure(folder, error);
  }
}

async function importLmdb(): Promise<typeof import('lmdb')> {
  try {
    return await import('lmdb');
  } catch (cause) {
    throw new SimClustersError('MISSING_PACKAGE', {
      got: `no lmdb: ${(cause as Error).message}`,
      expected: 'the optional package lmdb, which keeps the journal',
      todo: 'npm install lmdb@3.5.6',
      cause,
    });
  }
}

/** Where LMDB's first two pages say how much there must be (its data version 2, as lmdb 3.5 writes it). */
const META = { magicAt: 24, magic: 0xbeefc0de, pageBytesAt: 48, lastPageAt: 144, transactionAt: 152 };

/**
 * A store that was cut off would be read beyond its end, which kills the process. So its size is held against what it says of itself.
 * @throws SimClustersError BAD_ARTIFACT
 */
function demandWhole(file: string): void {
  if (!existsSync(file)) return;
  const opened = openSync(file, 'r');
  try {
    const { size } = fstatSync(opened);
    const expected = expectedBytes(opened);
    if (size >= expected) return;
    throw new SimClustersError('BAD_ARTIFACT', {
      file,
      got: size < expected ? `${size} bytes` : 'no journal',
      expected: `${expected} bytes, as the journal says of itself`,
      todo: 'Put the file back from a copy; or give --discard-journal: the state goes back to the last checkpoint, sources that keep their events are read again from there, and what came by HTTP since then is lost',
    });
  } finally {
    closeSync(opened);
  }
}

/** Infinity when it is no store at all. */
function expectedBytes(file: number): number {
  const head = new DataView(new ArrayBuffer(256));
  const metas = [0, 1].map((page) => {
    const pageBytes = page === 0 ? 0 : head.getUint32(META.pageBytesAt, true);
    const isThere = readSync(file, head, 0, 256, pageBytes) === 256;
    if (!isThere || head.getUint32(META.magicAt, true) !== META.magic) return undefined;
    return {
      transaction: head.getBigUint64(META.transactionAt, true),
      bytes: (Number(head.getBigUint64(META.lastPageAt, true)) + 1) * head.getUint32(META.pageBytesAt, true),
    };
  });
  const [first, second] = metas;
  if (!first || !second) return Number.POSITIVE_INFINITY;
  return first.transaction > second.transaction ? first.bytes : second.bytes;
}

export class Journal {
  readonly folder: string;
  readonly #store: RootDatabase<Uint8Array, string>;
  readonly #entries: Database<Uint8Array, number>;
  readonly #positions: Database<Uint8Array, string>;
  /** Embeddings that are kept; see embedding-store.ts. */
  readonly embeddings: Database<Uint8Array, [string, number]>;
  #lastSequence: number;
  #lastReceivedMs = 0;
  /** Last entry that need not be there any more for the next to follow. */
  #lastSettled = 0;
  #bytes = 0;
  #failure: unknown;

  constructor(folder: string, store: RootDatabase<Uint8Array, string>) {
    this.folder = folder;
    this.#store = store;
    this.#entries = store.openDB({ name: 'entries', encoding: 'binary' });
    this.#positions = store.openDB({ name: 'positions', encoding: 'binary' });
    this.embeddings = store.openDB({ name: 'embeddings', encoding: 'binary' });
    const [last] = this.#entries.getKeys({ reverse: true, limit: 1 });
    this.#lastSequence = last ?? 0;
    this.#lastSettled = this.#lastSequence;
    if (last !== undefined) this.#lastReceivedMs = this.read(last)!.receivedMs;
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Bytes of events appended since the last trim. */
  get bytesSinceTrim(): number {
    return this.#bytes;
  }

  /** Numbers go on behind this one: where a checkpoint has outlived the entries. */
  startAfter(sequence: number, receivedMs: number): void {
    this.#lastSequence = Math.max(this.#lastSequence, sequence);
    this.#lastSettled = Math.max(this.#lastSettled, sequence);
    this.#lastReceivedMs = Math.max(this.#lastReceivedMs, receivedMs);
  }

  positionOf(partition: string): string | undefined {
    const bytes = this.#positions.getBinary(partition);
    return bytes && decoder.decode(bytes);
  }

  /** All partitions with their positions. */
  positions(): Record<string, string> {
    return Object.fromEntries(
      [...this.#positions.getRange()].map(({ key, value }) => [key, decoder.decode(value)]),
    );
  }

  /**
   * Numbers the batch and writes it. `entry` is known at once, `written` is fulfilled when it is on disk. After a failure nothing
   * more is written: the batches that follow would leave a gap. `events` must not change any more.
   */
  append(
    { partition, position, events, forgets }: SourceBatch,
    nowMs: number,
  ): { entry: JournalEntry; written: Promise<void> } {
    this.#lastReceivedMs = Math.max(this.#lastReceivedMs, nowMs);
    const sequence = ++this.#lastSequence;
    const entry = { sequence, partition, position, receivedMs: this.#lastReceivedMs, forgets, events };
    this.#bytes += events.length;
    const value = encodeEntry(entry);
    const written = this.#write(() => {
      this.#demandBefore(sequence);
      return [
        this.#entries.put(sequence, value),
        this.#positions.put(partition, encoder.encode(position)),
        ...(forgets ?? []).map((other) => this.#positions.remove(other)),
      ];
    });
    return { entry, written };
  }

  /** Transactions follow one another before the failure of one is known: the next must not leave a gap behind it. */
  #demandBefore(sequence: number): void {
    if (sequence - 1 <= this.#lastSettled || this.#entries.doesExist(sequence - 1)) return;
    throw new Error(`the journal could not be written: entry ${sequence - 1} is not there`);
  }

  /** After a failure the store is left alone: it may not answer any more. */
  async #write(body: () => readonly Promise<unknown>[]): Promise<void> {
    if (this.#failure !== undefined) throw writeFailure(this.folder, this.#failure);
    try {
      // The promises of the single writes fail with the whole, which is waited for here.
      await this.#store.transaction(() => {
        for (const write of body()) write.catch?.(() => {});
      });
    } catch (error) {
      this.#failure ??= await reasonOf(error);
      throw writeFailure(this.folder, this.#failure);
    }
  }

  read(sequence: number): JournalEntry | undefined {
    const value = this.#entries.getBinary(sequence);
    return value && decodeEntry(sequence, value);
  }

  /** Entries after a sequence number, in order. @throws SimClustersError BAD_ARTIFACT at a gap */
  *after(sequence: number): Generator<JournalEntry> {
    for (let next = sequence + 1; next <= this.#lastSequence; next++) {
      const entry = this.read(next);
      if (!entry) {
        throw new SimClustersError('BAD_ARTIFACT', {
          file: this.folder,
          got: `no entry ${next}, but ${this.#lastSequence}`,
          expected: `all entries after ${sequence}, where the last checkpoint was made`,
          todo: 'Put checkpoint and journal back from the same copy',
        });
      }
      yield entry;
    }
  }

  /** Forgets the entries up to and including a sequence number, and keeps embeddings, in one transaction. */
  async trim(sequence: number, keep: () => readonly Promise<unknown>[] = () => []): Promise<void> {
    const gone = [...this.#entries.getKeys({ end: sequence + 1 })];
    this.#lastSettled = Math.max(this.#lastSettled, sequence);
    await this.#write(() => [...gone.map((key) => this.#entries.remove(key)), ...keep()]);
    this.#bytes = 0;
  }

  async close(): Promise<void> {
    if (this.#failure === undefined) await this.#store.close();
  }
}

/** What LMDB says of a failed commit comes as a promise that fails. */
async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  if (commitError === undefined) return error;
  const reason = (await commitError.catch((cause: unknown) => cause)) as NodeJS.ErrnoException;
  return Object.assign(new Error(`the journal could not be written: ${reason.message}`), { cause: reason });
}

function encodeEntry({ partition, position, receivedMs, forgets, events }: JournalEntry): Uint8Array {
  const head = encoder.encode(JSON.stringify({ partition, position, receivedMs, forgets }));
  const value = new Uint8Array(HEAD_BYTES + head.length + events.length);
  new DataView(value.buffer).setUint32(0, head.length, true);
  value.set(head, HEAD_BYTES);
  value.set(events, HEAD_BYTES + head.length);
  return value;
}

function decodeEntry(sequence: number, value: Uint8Array): JournalEntry {
  const length = new DataView(value.buffer, value.byteOffset).getUint32(0, true);
  const head = JSON.parse(decoder.decode(value.subarray(HEAD_BYTES, HEAD_BYTES + length)));
  return { sequence, ...head, events: value.slice(HEAD_BYTES + length) };
}
