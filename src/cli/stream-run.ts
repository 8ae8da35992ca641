/** Runs a stream from the command line: sources, timers, signals. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SimClustersError } from '../core/errors.ts';
import { openKernels } from '../kernels/open.ts';
import { lockModel } from '../pipeline/model-folder.ts';
import { interestsOfModel, modelStreamOptions } from '../pipeline/model-stream.ts';
import { StatusReader, StreamMetrics } from '../stream/metrics.ts';
import { processName } from '../stream/process-name.ts';
import { streamRoutes } from '../stream/routes.ts';
import type { Source } from '../stream/source.ts';
import { FileSource } from '../stream/sources/file-source.ts';
import { HttpSource } from '../stream/sources/http-source.ts';
import { PipeSource } from '../stream/sources/pipe-source.ts';
import { sourceOfUrl } from '../stream/sources/source-url.ts';
import { Stream } from '../stream/stream.ts';
import { Timers } from '../stream/timers.ts';
import { createStreamDisplay, type StreamDisplay } from './stream-display.ts';
import { type StateArgs, settingsOf } from './stream-flags.ts';

export interface StreamArgs extends StateArgs {
  readonly model: string;
  readonly state?: string;
  readonly file?: string;
  readonly follow: boolean;
  readonly stdin: boolean;
  readonly source?: readonly string[];
  readonly http?: number;
  readonly host: string;
  readonly threads: number;
  readonly quiet: boolean;
}

export async function runStream(args: StreamArgs): Promise<void> {
  demandSource(args);
  const folder = args.state ?? join(args.model, 'stream');
  const display = createStreamDisplay(args.quiet);
  const options = modelStreamOptions(folder, args.model, settingsOf(args), display.log);
  mkdirSync(folder, { recursive: true });
  const unlock = lockModel(folder);
  const kernels = openKernels({ numThreads: args.threads });
  let stream: Stream | undefined;
  try {
    stream = await Stream.open(kernels, options);
    // The state may have been made with interests that the model no longer has.
    await stream.swapInterests(options.interests);
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
    if (args.snapshotSeconds > 0) timers.every(args.snapshotSeconds * 1000, () => stream.snapshotIfNew());
    timers.onModel(args.model, () => stream.swapInterests(interestsOfModel(args.model)));
    await Promise.race([Promise.all(sources.map((source) => stream.run(source))), timers.failed]);
    await timers.stop();
    if (args.snapshotSeconds > 0) await stream.snapshotIfNew();
    display.show(status.read(), true);
  } finally {
    process.off('SIGTERM', drain).off('SIGINT', drain);
    await timers.stop();
    await Promise.all(sources.map((source) => source.close()));
  }
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
    sources.push(new HttpSource({ host: args.host, port: args.http, maxClients: args.maxClients, answer }));
  }
  return sources;
}

function demandSource(args: StreamArgs): void {
  if (args.file !== undefined || args.stdin || args.source !== undefined || args.http !== undefined) return;
  throw new SimClustersError('BAD_PARAM', {
    got: 'no source',
    expected: '--file, --stdin, --source or --http',
    todo: 'Say where the events come from',
  });
}
