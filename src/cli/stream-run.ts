/** Runs a stream from the command line: sources, timers, signals. */
import { mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { SimClustersError } from '../core/errors.ts';
import { openKernels } from '../kernels/open.ts';
import { lockModel } from '../pipeline/model-folder.ts';
import { StatusReader, StreamMetrics } from '../stream/metrics.ts';
import { processName } from '../stream/process-name.ts';
import { streamRoutes } from '../stream/routes.ts';
import type { Source } from '../stream/source.ts';
import { FileSource } from '../stream/sources/file-source.ts';
import { HttpSource } from '../stream/sources/http-source.ts';
import { PipeSource } from '../stream/sources/pipe-source.ts';
import { sourceOfUrl } from '../stream/sources/source-url.ts';
import { Stream, type StreamOptions } from '../stream/stream.ts';
import { parseBytes } from './memory-size.ts';
import { createStreamDisplay, type StreamDisplay } from './stream-display.ts';
import { interestsOfModel, readInterests } from './stream-interests.ts';

export interface StreamArgs {
  readonly model: string;
  readonly state?: string;
  readonly file?: string;
  readonly follow: boolean;
  readonly stdin: boolean;
  readonly source?: readonly string[];
  readonly http?: number;
  readonly host: string;
  readonly favVerbs: readonly string[];
  readonly undoVerbs: readonly string[];
  readonly unfavs: 'ignore' | 'subtract';
  readonly snowflakeIds: boolean;
  readonly latenessSeconds: number;
  readonly maxFutureSeconds: number;
  readonly halfLifeHours: number;
  readonly maxItemAgeHours: number;
  readonly minFavs: number;
  readonly favScoreThreshold?: number;
  readonly memory: string;
  readonly compat: boolean;
  readonly checkpointSeconds: number;
  readonly snapshotSeconds: number;
  readonly topK: number;
  readonly itemThreshold: number;
  readonly indexThreshold: number;
  readonly discardJournal: boolean;
  readonly threads: number;
  readonly quiet: boolean;
}

const HOUR_MS = 3_600_000;
/** The manifest is written in several steps; they are over by then. */
const MODEL_SETTLES_MS = 500;

export async function runStream(args: StreamArgs): Promise<void> {
  demandArgs(args);
  const folder = args.state ?? join(args.model, 'stream');
  const display = createStreamDisplay(args.quiet);
  const options = streamOptions(args, folder, display.log);
  mkdirSync(folder, { recursive: true });
  const unlock = lockModel(folder);
  const kernels = openKernels({ numThreads: args.threads });
  let stream: Stream | undefined;
  try {
    stream = await Stream.open(kernels, options);
    await serve(stream, args, display);
    await stream.close();
  } catch (error) {
    await stream?.close(false).catch(() => {});
    throw error;
  } finally {
    display.stop();
    await kernels.close();
    unlock();
  }
}

/** Runs all sources to their ends, or until a signal drains them. */
async function serve(stream: Stream, args: StreamArgs, display: StreamDisplay): Promise<void> {
  const sources: Source[] = [];
  const status = new StatusReader(stream, sources);
  sources.push(...(await openSources(args, stream, status, display)));
  const drain = () => {
    display.log('draining');
    for (const source of sources) source.drain();
  };
  const timers = new Timers();
  process.once('SIGTERM', drain).once('SIGINT', drain);
  try {
    timers.every(1000, async () => display.show(status.read()));
    timers.every(args.checkpointSeconds * 1000, () => stream.checkpoint());
    if (args.snapshotSeconds > 0) timers.every(args.snapshotSeconds * 1000, () => snapshot(stream));
    timers.onModel(args.model, () => stream.swapInterests(interestsOfModel(args.model)));
    await Promise.race([Promise.all(sources.map((source) => stream.run(source))), timers.failed]);
    await timers.stop();
    if (args.snapshotSeconds > 0) await snapshot(stream);
    display.show(status.read(), true);
  } finally {
    process.off('SIGTERM', drain).off('SIGINT', drain);
    await timers.stop();
    await Promise.all(sources.map((source) => source.close()));
  }
}

async function snapshot(stream: Stream): Promise<void> {
  // Before the first event there is no time to decay to.
  if (Number.isFinite(stream.engine.maxTimeMs)) await stream.snapshot();
}

async function openSources(
  args: StreamArgs,
  stream: Stream,
  status: StatusReader,
  { log }: StreamDisplay,
): Promise<Source[]> {
  const sources: Source[] = [];
  if (args.file !== undefined) sources.push(new FileSource(args.file, { follow: args.follow }));
  if (args.stdin) sources.push(new PipeSource('stdin', process.stdin));
  for (const url of args.source ?? [])
    sources.push(sourceOfUrl(url, { process: await processName(stream.folder), warn: log }));
  if (args.http !== undefined) {
    const metrics = new StreamMetrics(status);
    const answer = streamRoutes({ stream, status, metrics, itemThreshold: args.itemThreshold });
    sources.push(new HttpSource({ host: args.host, port: args.http, answer }));
  }
  return sources;
}

/** Work that comes again; what fails ends the stream. One round of each at a time. */
class Timers {
  readonly #handles: NodeJS.Timeout[] = [];
  readonly #running = new Set<Promise<void>>();
  #close: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  readonly failed = new Promise<never>((_, reject) => {
    this.#fail = reject;
  });

  constructor() {
    this.failed.catch(() => {});
  }

  every(ms: number, body: () => Promise<void>): void {
    let isRunning = false;
    const round = () => {
      if (isRunning) return;
      isRunning = true;
      this.#run(async () => {
        await body();
        isRunning = false;
      });
    };
    this.#handles.push(setInterval(round, ms));
  }

  /** Calls `body` when the manifest of a model has changed. */
  onModel(folder: string, body: () => Promise<void>): void {
    let timer: NodeJS.Timeout | undefined;
    const watcher = watch(folder, (_, file) => {
      if (file !== null && file !== 'manifest.json') return;
      clearTimeout(timer);
      timer = setTimeout(() => this.#run(body), MODEL_SETTLES_MS);
      this.#handles.push(timer);
    });
    this.#close = () => watcher.close();
  }

  #run(body: () => Promise<void>): void {
    const running = body()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async stop(): Promise<void> {
    for (const handle of this.#handles) clearTimeout(handle);
    this.#close();
    await Promise.all(this.#running);
  }
}

function streamOptions(args: StreamArgs, folder: string, log: (line: string) => void): StreamOptions {
  const interests = interestsOfModel(args.model);
  const favThreshold = args.favScoreThreshold ?? interests.favThreshold;
  return {
    folder,
    log,
    interests,
    discardJournal: args.discardJournal,
    readInterests: (file) => readInterests(file, favThreshold),
    engine: {
      verbs: { fav: args.favVerbs, undo: args.unfavs === 'subtract' ? args.undoVerbs : [] },
      latenessMs: args.latenessSeconds * 1000,
      maxFutureMs: args.maxFutureSeconds * 1000,
      snowflakeIds: args.snowflakeIds,
      state: {
        halfLifeMs: args.halfLifeHours * HOUR_MS,
        maxAgeMs: args.maxItemAgeHours === 0 ? Number.POSITIVE_INFINITY : args.maxItemAgeHours * HOUR_MS,
        minFavs: args.minFavs,
        bornByFirstEvent: !args.compat,
        budgetBytes: parseBytes('memory', args.memory),
      },
    },
    snapshot: {
      topK: args.topK,
      itemThreshold: args.itemThreshold,
      indexThreshold: args.indexThreshold,
      isLightEmpty: args.compat,
    },
  };
}

function demandArgs(args: StreamArgs): void {
  const refuse = (got: string, expected: string, todo: string) => {
    throw new SimClustersError('BAD_PARAM', { got, expected, todo });
  };
  if (args.file === undefined && !args.stdin && args.source === undefined && args.http === undefined)
    refuse('no source', '--file, --stdin, --source or --http', 'Say where the events come from');
  if (args.compat && args.unfavs === 'subtract')
    refuse('--compat with --unfavs subtract', 'one of them', 'The original ignores unfavs: leave one out');
  const positive = [
    'latenessSeconds',
    'maxFutureSeconds',
    'maxItemAgeHours',
    'snapshotSeconds',
    'itemThreshold',
    'indexThreshold',
  ] as const;
  for (const name of positive)
    if (!(args[name] >= 0)) refuse(`${name} ${args[name]}`, 'a number of at least 0', 'Give such a number');
  for (const name of ['halfLifeHours', 'checkpointSeconds', 'topK', 'minFavs'] as const)
    if (!(args[name] > 0)) refuse(`${name} ${args[name]}`, 'a number above 0', 'Give such a number');
}
