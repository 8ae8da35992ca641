/**
 * A stream: sources → journal → engine → checkpoints and snapshots. Everything it keeps lies in one folder:
 *
 *   journal/           batches not yet in a checkpoint; positions; embeddings that are kept
 *   checkpoint*.bin    the state, and checkpoint.json, which points at it
 *   interests-*.parquet  the interests that events add: a copy, since the model may be built again at any time
 *   snapshots/         what readers read
 *   dead-letters.ndjson  events that cannot be counted
 *   process-name       what brokers know it by
 */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SimClustersError } from '../core/errors.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { type CheckpointHead, readCheckpoint, readCheckpointHead, writeCheckpoint } from './checkpoint.ts';
import { DeadLetters } from './dead-letters.ts';
import { EmbeddingStore } from './embedding-store.ts';
import { type EngineOptions, type Interests, StreamEngine } from './engine.ts';
import { Interruptible } from './interruptible.ts';
import { type Journal, type JournalEntry, openJournal } from './journal.ts';
import { type SnapshotOptions, type SnapshotPointer, snapshotDefaults, writeSnapshot } from './snapshot.ts';
import type { KnownPartition, Source, SourceBatch, SourceSession } from './source.ts';

export interface StreamOptions {
  readonly folder: string;
  readonly engine: EngineOptions;
  readonly snapshot?: Partial<SnapshotOptions>;
  /** File of interests, as the model has it; and what makes it out to be another one. */
  readonly interests: { readonly file: string; readonly version: string };
  /** Reads such a file. */
  readonly readInterests: (file: string) => Interests;
  /** Go back to the last checkpoint where the journal is damaged. */
  readonly discardJournal?: boolean;
  /** Journal bytes after which a checkpoint is made. */
  readonly checkpointBytes?: number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** One line for the person who watches. */
  readonly log?: (line: string) => void;
}

const DEFAULT_CHECKPOINT_BYTES = 2 ** 28;
/** Batches that were read and are not yet on disk. */
const MAX_BYTES_IN_FLIGHT = 2 ** 24;

export class Stream implements SourceSession {
  readonly engine: StreamEngine;
  readonly journal: Journal;
  readonly embeddings: EmbeddingStore;
  readonly folder: string;
  readonly #options: StreamOptions;
  readonly #deadLetters: DeadLetters;
  #interests = '';
  /** What journal and engine still have to do, one after the other. */
  #ingesting: Promise<void> = Promise.resolve();
  #bytesInFlight = 0;
  #whenLess: (() => void)[] = [];
  readonly #unsettled = new Map<string, Promise<void>>();
  #failure: unknown;
  readonly #reading = new Interruptible<SourceBatch | undefined>();
  #sequence = 0;
  #receivedMs = 0;
  /** As of the last entry that the engine has; the one whose last batch is the oldest first. */
  readonly #partitions = new Map<string, KnownPartition>();
  /** Journal entry that the last snapshot of this process had. */
  #snapshotSequence = -1;
  /** Milliseconds that the last checkpoint took. */
  lastCheckpointMs = 0;

  private constructor(kernels: Kernels, options: StreamOptions, journal: Journal) {
    this.folder = options.folder;
    this.#options = options;
    this.journal = journal;
    this.embeddings = new EmbeddingStore(journal);
    this.#deadLetters = new DeadLetters(join(options.folder, 'dead-letters.ndjson'));
    this.engine = new StreamEngine(kernels, options.engine, {
      onDeadLetter: ({ sequence, partition }, line, reason, event) =>
        this.#deadLetters.add({ sequence, line, partition, reason, event }),
      onCapture: (record) => this.embeddings.add(record),
    });
  }

  /**
   * Opens the folder and goes on where the last process was: the last checkpoint, and the journal behind it.
   * The caller keeps other processes out, and gives kernels that nobody else uses.
   * @throws SimClustersError BAD_ARTIFACT, BAD_PARAM, MISSING_PACKAGE, OUT_OF_MEMORY, WRITE_FAILED
   */
  static async open(kernels: Kernels, options: StreamOptions): Promise<Stream> {
    mkdirSync(options.folder, { recursive: true });
    const head = readCheckpointHead(options.folder);
    if (head) demandSameSettings(options, head);
    const journal = await openOrDiscard(options);
    const stream = new Stream(kernels, options, journal);
    await stream.#recover(head);
    return stream;
  }

  async #recover(head: CheckpointHead | undefined): Promise<void> {
    const { folder, readInterests, log } = this.#options;
    if (head) {
      readCheckpoint(folder, (piece) => this.engine.state.shardMemory(piece));
      this.engine.restore(head.engine);
      this.#sequence = head.sequence;
      this.#receivedMs = head.receivedMs;
      for (const [partition, position] of Object.entries(head.positions))
        this.#know({ partition, position, receivedMs: head.receivedMsOf?.[partition] ?? 0 });
      this.#interests = head.interests;
      this.journal.startAfter(head.sequence, head.receivedMs);
    } else {
      this.#interests = this.#copyInterests(this.#options.interests);
    }
    await this.engine.setInterests(readInterests(join(folder, this.#interests)));
    const { lastSequence } = this.journal;
    if (lastSequence > this.#sequence)
      log?.(`replaying ${lastSequence - this.#sequence} batches of the journal`);
    for (const entry of this.journal.after(this.#sequence)) await this.#take(entry);
    // From here on the first checkpoint knows which interests the events add.
    if (!head) await this.checkpoint();
  }

  /** The interests of the model under a name that says which they are. */
  #copyInterests({ file, version }: StreamOptions['interests']): string {
    const name = `interests-${version}.parquet`;
    const target = join(this.folder, name);
    if (existsSync(target)) return name;
    cpSync(file, `${target}.tmp-${process.pid}`);
    renameSync(`${target}.tmp-${process.pid}`, target);
    return name;
  }

  /** Version of the interests that events add. */
  get interestsVersion(): string {
    return /^interests-(.*)\.parquet$/.exec(this.#interests)?.[1] ?? '';
  }

  positionOf(partition: string): string | undefined {
    return this.journal.positionOf(partition) ?? this.#partitions.get(partition)?.position;
  }

  partitions(): Iterable<KnownPartition> {
    return this.#partitions.values();
  }

  #know({ partition, position, receivedMs }: KnownPartition): void {
    this.#partitions.delete(partition);
    this.#partitions.set(partition, { partition, position, receivedMs });
  }

  async settled(partitions: readonly string[]): Promise<void> {
    await Promise.all(partitions.map((partition) => this.#unsettled.get(partition)));
  }

  /** Last journal entry that the engine has. */
  get sequence(): number {
    return this.#sequence;
  }

  /**
   * Reads a source to its end: each batch is journalled, acknowledged and counted. Several sources may run at once.
   * @throws whatever keeps the stream from going on: WRITE_FAILED, OUT_OF_MEMORY, errors of the source
   */
  async run(source: Source): Promise<void> {
    await source.open(this);
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const batch = await this.#reading.wait(source.read());
      if (!batch) break;
      await this.#accept(source, batch);
    }
    await this.idle();
  }

  /** Fulfilled when all batches accepted so far are on disk, acknowledged and counted. */
  async idle(): Promise<void> {
    await this.#ingesting;
    await Promise.all(this.#unsettled.values());
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Fulfilled when all batches accepted so far are counted: what was posted before can be read then. */
  counted(): Promise<void> {
    return this.#ingesting;
  }

  /** Takes a batch; fulfilled when there is room for the next. */
  async #accept(source: Source, batch: SourceBatch): Promise<void> {
    const { partition, position } = batch;
    // The source may use its buffer again once it is asked for more.
    const copy = batch.events.slice();
    const { clock = Date.now, checkpointBytes = DEFAULT_CHECKPOINT_BYTES } = this.#options;
    const { entry, written } = this.journal.append({ ...batch, events: copy }, clock());
    this.#bytesInFlight += copy.length;
    const before = this.#unsettled.get(partition) ?? Promise.resolve();
    const acknowledged = Promise.all([written, before]).then(() => source.acknowledge(partition, position));
    const settled = acknowledged.catch((error: unknown) => this.#fail(error));
    this.#unsettled.set(partition, settled);
    void settled.then(() => {
      if (this.#unsettled.get(partition) === settled) this.#unsettled.delete(partition);
    });
    this.#ingesting = this.#ingesting
      .then(() => this.#take(entry))
      .catch((error: unknown) => this.#fail(error));
    void Promise.all([settled, this.#ingesting]).then(() => {
      this.#bytesInFlight -= copy.length;
      for (const go of this.#whenLess.splice(0)) go();
    });
    while (this.#bytesInFlight > MAX_BYTES_IN_FLIGHT && this.#failure === undefined)
      await new Promise<void>((go) => this.#whenLess.push(go));
    if (this.journal.bytesSinceTrim > checkpointBytes) await this.checkpoint();
  }

  async #take(entry: JournalEntry): Promise<void> {
    if (this.#failure !== undefined) return;
    await this.engine.ingest(entry);
    this.#sequence = entry.sequence;
    this.#receivedMs = entry.receivedMs;
    this.#know(entry);
    for (const partition of entry.forgets ?? []) this.#partitions.delete(partition);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#reading.interrupt(() => Promise.reject(this.#failure));
    for (const go of this.#whenLess.splice(0)) go();
  }

  /** Runs `body` between two batches: all that were taken are in the state and on disk, later ones wait. */
  #betweenBatches(body: () => Promise<void>): Promise<void> {
    const done = this.#ingesting.then(async () => {
      await Promise.all(this.#unsettled.values());
      if (this.#failure !== undefined) throw this.#failure;
      await body();
    });
    this.#ingesting = done.catch((error: unknown) => this.#fail(error));
    return done;
  }

  /** Writes the state to disk and forgets the journal up to here. */
  async checkpoint(): Promise<void> {
    await this.#betweenBatches(() => this.#checkpointNow());
  }

  async #checkpointNow(): Promise<void> {
    const startMs = performance.now();
    const head: CheckpointHead = {
      sequence: this.#sequence,
      receivedMs: this.#receivedMs,
      positions: this.#ofEach('position'),
      receivedMsOf: this.#ofEach('receivedMs'),
      settings: settingsOf(this.#options.engine),
      interests: this.#interests,
      engine: this.engine.save(),
    };
    this.#deadLetters.sync();
    await this.engine.exclusively(async () => {
      // What is kept goes first: the journal that could make it again goes with the trim.
      await this.journal.trim(0, () => this.embeddings.write());
      await writeCheckpoint(this.folder, { ...head, engine: this.engine.save() }, [
        ...this.engine.state.pieces(),
      ]);
    });
    await this.journal.trim(head.sequence);
    this.#removeOldInterests();
    this.lastCheckpointMs = performance.now() - startMs;
  }

  #ofEach<Fact extends 'position' | 'receivedMs'>(fact: Fact): Record<string, KnownPartition[Fact]> {
    return Object.fromEntries([...this.#partitions].map(([partition, known]) => [partition, known[fact]]));
  }

  #removeOldInterests(): void {
    for (const name of readdirSync(this.folder))
      if (/^interests-.*\.parquet/.test(name) && name !== this.#interests)
        rmSync(join(this.folder, name), { force: true });
  }

  /** From here on events add the interests of another model; those in the state stay. A checkpoint marks the place. */
  async swapInterests(interests: StreamOptions['interests']): Promise<void> {
    if (interests.version === this.interestsVersion) return;
    await this.#betweenBatches(async () => {
      this.#options.log?.(`new interests ${interests.version}`);
      // First: a checkpoint removes interests that are not yet those of the state.
      await this.#checkpointNow();
      const name = this.#copyInterests(interests);
      await this.engine.setInterests(this.#options.readInterests(join(this.folder, name)));
      this.#interests = name;
      await this.#checkpointNow();
    });
  }

  /** Writes what readers read. Batches go on being journalled meanwhile. */
  snapshot(): Promise<SnapshotPointer> {
    const options = { ...snapshotDefaults, ...this.#options.snapshot };
    return writeSnapshot(join(this.folder, 'snapshots'), this.engine, this.#sequence, options);
  }

  /** The same, if there is anything newer than the last one of this process. Before the first event there is no time to decay to. */
  async snapshotIfNew(): Promise<void> {
    const sequence = this.#sequence;
    if (sequence === this.#snapshotSequence || !Number.isFinite(this.engine.maxTimeMs)) return;
    await this.snapshot();
    this.#snapshotSequence = sequence;
  }

  /** @param withCheckpoint  so that the next process has nothing to replay */
  async close(withCheckpoint = true): Promise<void> {
    try {
      if (withCheckpoint && this.#failure === undefined) await this.checkpoint();
    } finally {
      this.#deadLetters.close();
      await this.journal.close();
    }
  }
}

/** What a state depends on besides its events. */
function settingsOf({ state, verbs, latenessMs, maxFutureMs, snowflakeIds }: EngineOptions) {
  return { state, verbs, latenessMs, maxFutureMs, snowflakeIds };
}

/** JSON has no infinity, so both sides go through it. */
function demandSameSettings({ folder, engine }: StreamOptions, { settings }: CheckpointHead): void {
  const wanted = JSON.stringify(settingsOf(engine));
  const kept = JSON.stringify(settings);
  if (wanted === kept) return;
  throw new SimClustersError('BAD_PARAM', {
    file: folder,
    got: `settings ${wanted}`,
    expected: `those that the state was made with: ${kept}`,
    todo: 'Give the same flags as before, or another folder with --state',
  });
}

async function openOrDiscard({ folder, discardJournal, log }: StreamOptions): Promise<Journal> {
  const path = join(folder, 'journal');
  try {
    return await openJournal(path);
  } catch (error) {
    if (!discardJournal || !(error instanceof SimClustersError) || error.code !== 'BAD_ARTIFACT') throw error;
    const aside = `${path}-damaged-${process.pid}`;
    renameSync(path, aside);
    log?.(`damaged journal put aside as ${aside}`);
    return openJournal(path);
  }
}
