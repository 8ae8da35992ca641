/** The stream of a server: it owns the state folder, and takes what the answering processes hand on. */
import type { Kernels } from '../kernels/kernels.ts';
import { openKernels } from '../kernels/open.ts';
import { lockModel } from '../pipeline/model-folder.ts';
import { interestsOfModel, modelStreamOptions, type StreamSettings } from '../pipeline/model-stream.ts';
import type { Taken } from '../stream/event-post.ts';
import { StatusReader, StreamMetrics } from '../stream/metrics.ts';
import { PostedSource } from '../stream/sources/posted-source.ts';
import { Stream, type StreamOptions } from '../stream/stream.ts';
import { Timers } from '../stream/timers.ts';
import { failureOf, streamHasEnded } from './failure.ts';
import type { Log } from './log.ts';
import type { NumberedPost, PostOutcome } from './messages.ts';

export interface IngestOptions {
  readonly settings: StreamSettings;
  /** Folder of the state. */
  readonly state: string;
  /** Model folder whose interests the events add. */
  readonly model: string;
}

export class StreamIntake {
  readonly #stream: Stream;
  readonly #readInterests: StreamOptions['readInterests'];
  readonly #source: PostedSource;
  readonly #timers = new Timers();
  readonly #metrics: StreamMetrics;
  readonly #log: Log;
  readonly #release: () => Promise<void>;
  /** Fulfilled when the stream has ended, by itself or by an error. */
  readonly #ended: Promise<void>;
  #hasFailed = false;
  /** When the engine may be asked for a snapshot again. */
  #restUntilMs = 0;

  private constructor(
    stream: Stream,
    options: StreamOptions,
    settings: StreamSettings,
    log: Log,
    release: () => Promise<void>,
  ) {
    this.#stream = stream;
    this.#source = new PostedSource({ name: 'posts to this server', maxClients: settings.maxClients });
    this.#readInterests = options.readInterests;
    this.#log = log;
    this.#release = release;
    this.#metrics = new StreamMetrics(new StatusReader(stream, [this.#source]));
    this.#timers.every(settings.checkpointSeconds * 1000, () => stream.checkpoint());
    this.#timers.every(settings.snapshotSeconds * 1000, () => this.#snapshot());
    this.#ended = Promise.race([stream.run(this.#source), this.#timers.failed]).catch((error) =>
      this.#fail(error),
    );
  }

  /**
   * Takes the state folder, goes on where the last process was, and shows what it has.
   * @throws SimClustersError MODEL_LOCKED, NO_MODEL, EMPTY_INPUT, BAD_PARAM, BAD_ARTIFACT, MISSING_PACKAGE, WRITE_FAILED: the folder is free again
   */
  static async open({ settings, state, model }: IngestOptions, log: Log): Promise<StreamIntake> {
    const options = modelStreamOptions(state, model, settings, (line) => log.info({ state }, line));
    const unlock = lockModel(state);
    let kernels: Kernels | undefined;
    let stream: Stream | undefined;
    const release = async () => {
      await kernels?.close();
      unlock();
    };
    try {
      // One thread: the other cores are for those who answer.
      kernels = openKernels({ numThreads: 1 });
      stream = await Stream.open(kernels, options);
      await stream.swapInterests(options.interests);
      await stream.snapshotIfNew();
      return new StreamIntake(stream, options, settings, log, release);
    } catch (error) {
      await stream?.close(false).catch(() => undefined);
      await release();
      throw error;
    }
  }

  /** Takes posts; `report` is told what became of them as it is known, those of a moment together. */
  take(posts: readonly NumberedPost[], report: (outcomes: readonly PostOutcome[]) => void): void {
    let outcomes: PostOutcome[] = [];
    const settle = (outcome: PostOutcome) => {
      if (outcomes.push(outcome) > 1) return;
      setImmediate(() => {
        report(outcomes);
        outcomes = [];
      });
    };
    for (const { id, post } of posts)
      this.#post(post).then(
        (taken) => settle({ id, taken }),
        (error) => settle({ id, failure: failureOf(error) }),
      );
  }

  #post(post: NumberedPost['post']): Promise<Taken> {
    return this.#hasFailed ? Promise.reject(streamHasEnded()) : this.#source.post(post);
  }

  /** After each the engine is left to its events for as long as it took: however large the state, half of the time is theirs. */
  async #snapshot(): Promise<void> {
    const startMs = performance.now();
    if (startMs < this.#restUntilMs) return;
    await this.#stream.snapshotIfNew();
    const nowMs = performance.now();
    this.#restUntilMs = nowMs + (nowMs - startMs);
  }

  /** The interests of a model, if events can add them. @throws SimClustersError NO_MODEL, EMPTY_INPUT, BAD_ARTIFACT */
  interestsOf(model: string): StreamOptions['interests'] {
    const interests = interestsOfModel(model);
    if (interests.version !== this.#stream.interestsVersion) this.#readInterests(interests.file);
    return interests;
  }

  /** Events posted from now on add these interests; what is in the state stays. */
  async takeInterests(interests: StreamOptions['interests']): Promise<void> {
    // What goes wrong here ends the stream, which says so.
    if (!this.#hasFailed) await this.#stream.swapInterests(interests).catch(() => undefined);
  }

  /** As of a process of its own, for those who add up. */
  report(): Promise<object[]> {
    return this.#metrics.report();
  }

  /** Takes no more, brings to disk and counts what was taken, shows it, and leaves a checkpoint and a free folder. */
  async close(): Promise<void> {
    this.#source.drain();
    await this.#ended;
    try {
      await this.#timers.stop();
      if (!this.#hasFailed) await this.#stream.snapshotIfNew();
      await this.#stream.close(!this.#hasFailed);
    } finally {
      await this.#source.close();
      await this.#release();
    }
  }

  /** Nothing more can be taken; what was acknowledged is on disk. The server goes on answering from the last snapshot. */
  async #fail(error: unknown): Promise<void> {
    this.#hasFailed = true;
    this.#log.error(
      { err: error },
      'the stream has ended; no more events are taken until the server is started again',
    );
    await this.#source.close();
    await this.#timers.stop();
  }
}
