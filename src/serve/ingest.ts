/**
 * The stream of a server, as the first process sees it: a thread of its own, so that counting events and writing snapshots keep nobody
 * waiting for a connection.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { errorOf, type Failure, failureOf, streamHasEnded } from './failure.ts';
import type { Log } from './log.ts';
import type { NumberedPost, PostOutcome } from './messages.ts';
import type { IngestOptions } from './stream-intake.ts';

/** A question is answered under its number. */
export type ToIngest =
  | { readonly type: 'posts'; readonly batch: number; readonly posts: readonly NumberedPost[] }
  | { readonly type: 'check-model' | 'take-model'; readonly id: number; readonly model: string }
  | { readonly type: 'report' | 'close'; readonly id: number };

export type FromIngest =
  | { readonly type: 'open' }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'outcomes'; readonly batch: number; readonly outcomes: readonly PostOutcome[] }
  | { readonly type: 'answer'; readonly id: number; readonly value?: unknown; readonly failure?: Failure };

type Question =
  | { readonly type: 'check-model' | 'take-model'; readonly model: string }
  | { readonly type: 'report' | 'close' };

interface Batch {
  readonly unsettled: Set<number>;
  readonly report: (outcomes: readonly PostOutcome[]) => void;
}

interface Asked {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Ingest {
  readonly #thread: Worker;
  readonly #batches = new Map<number, Batch>();
  readonly #asked = new Map<number, Asked>();
  #numBatches = 0;
  #numAsked = 0;
  #hasEnded = false;

  private constructor(thread: Worker, log: Log) {
    this.#thread = thread;
    thread.on('message', (message: FromIngest) => this.#hear(message));
    thread.on('error', (err) => log.error({ err }, 'the stream has ended by a defect'));
    thread.on('exit', () => this.#end());
  }

  /** @throws SimClustersError as StreamIntake.open, whose thread is gone then */
  static async open(options: IngestOptions, log: Log): Promise<Ingest> {
    const thread = new Worker(threadFile, { workerData: options });
    await new Promise<void>((resolve, reject) => {
      thread.once('error', reject);
      thread.once('message', (message: FromIngest) => {
        thread.off('error', reject);
        if (message.type === 'failed') reject(errorOf(message.failure));
        else resolve();
      });
    });
    return new Ingest(thread, log);
  }

  /** Takes posts; `report` is told what became of them as it is known, those of a moment together. */
  take(posts: readonly NumberedPost[], report: Batch['report']): void {
    if (this.#hasEnded) {
      report(posts.map(({ id }) => ({ id, failure: failureOf(streamHasEnded()) })));
      return;
    }
    const batch = this.#numBatches++;
    this.#batches.set(batch, { unsettled: new Set(posts.map(({ id }) => id)), report });
    this.#tell({ type: 'posts', batch, posts });
  }

  /** Can events add the interests of this model? @throws SimClustersError NO_MODEL, EMPTY_INPUT, BAD_ARTIFACT when they cannot */
  async checkModel(model: string): Promise<void> {
    await this.#ask({ type: 'check-model', model });
  }

  /** Events posted from now on add the interests of this model; what is in the state stays. */
  async takeModel(model: string): Promise<void> {
    await this.#ask({ type: 'take-model', model });
  }

  /** As of a process of its own, for those who add up. */
  async report(): Promise<object[]> {
    return ((await this.#ask({ type: 'report' })) ?? []) as object[];
  }

  /** As StreamIntake.close. */
  async close(): Promise<void> {
    await this.#ask({ type: 'close' });
  }

  #ask(question: Question): Promise<unknown> {
    if (this.#hasEnded) return Promise.resolve(undefined);
    const id = this.#numAsked++;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#tell({ ...question, id });
    });
  }

  #tell(message: ToIngest): void {
    this.#thread.postMessage(message);
  }

  #hear(message: FromIngest): void {
    if (message.type === 'outcomes') {
      const batch = this.#batches.get(message.batch);
      for (const { id } of message.outcomes) batch?.unsettled.delete(id);
      if (batch?.unsettled.size === 0) this.#batches.delete(message.batch);
      batch?.report(message.outcomes);
    }
    if (message.type === 'answer') {
      const asked = this.#asked.get(message.id);
      this.#asked.delete(message.id);
      if (message.failure) asked?.reject(errorOf(message.failure));
      else asked?.resolve(message.value);
    }
  }

  /** Nobody is left without an answer. */
  #end(): void {
    this.#hasEnded = true;
    for (const { unsettled, report } of this.#batches.values())
      report([...unsettled].map((id) => ({ id, failure: failureOf(streamHasEnded()) })));
    this.#batches.clear();
    for (const { resolve } of this.#asked.values()) resolve(undefined);
    this.#asked.clear();
  }
}

/** The built file, whether this one runs from dist/ or, under a loader, from src/. */
const threadFile = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/serve/ingest-thread.js' : './ingest-thread.js',
    import.meta.url,
  ),
);
