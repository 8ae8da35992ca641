/** A process that answers: loads the models it is told to, listens, and stops when told to. Started by the first process. */

import type { Models } from '../api/models.ts';
import { createApp, warmUp } from '../api/serving-app.ts';
import type { ServingModel } from '../applications/serving-model.ts';
import { packageVersion } from '../pipeline/package-version.ts';
import { Admission } from './admission.ts';
import { EventRelay } from './event-relay.ts';
import { failureOf } from './failure.ts';
import { addressOf, type HttpServer, startHttpServer } from './http-server.ts';
import { LiveItems } from './live-items.ts';
import { loadServingModel } from './load-serving-model.ts';
import { openLog } from './log.ts';
import type { ToAnswering, ToFirst } from './messages.ts';
import { metricsContentType, processMetrics } from './metrics.ts';
import type { ServeOptions } from './options.ts';

/** To a first process that is gone nothing need be said: this one ends too. */
const send = (message: ToFirst) => process.send?.(message, undefined, undefined, () => undefined);
/** Answers of the first process to `want-metrics`. */
const metricsWanted = new Map<number, (text: string) => void>();
let numMetricsWanted = 0;
let server: HttpServer | undefined;
let reportMetrics: () => Promise<object[]> = async () => [];
let drainSeconds = 0;
const events = new EventRelay((posts) => send({ type: 'posts', posts }));

process.on('message', (message: ToAnswering) => {
  switch (message.type) {
    case 'start':
      start(message.options, message.folders).catch((error) =>
        send({ type: 'failed', failure: failureOf(error) }),
      );
      break;
    case 'drain':
      stop();
      break;
    case 'report-metrics':
      reportMetrics().then((metrics) => send({ type: 'metrics', id: message.id, metrics }));
      break;
    case 'all-metrics':
      metricsWanted.get(message.id)?.(message.text);
      metricsWanted.delete(message.id);
      break;
    case 'post-outcomes':
      events.settle(message.outcomes);
  }
});
// Signals of a terminal reach every process; the first one decides what to do about them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => {
  events.cutOff();
  stop();
});

send({ type: 'listening' });

async function start(options: ServeOptions, folders: readonly string[]): Promise<void> {
  const log = openLog();
  ({ drainSeconds } = options);
  const models = (await Promise.all(folders.map(loadModel))) as unknown as Models;
  warmUp(models);
  const live = await watchStream(options, models[0], log);
  const modelVersions = models.map(({ modelVersion }) => modelVersion);
  const admission = new Admission(options.admission);
  const metrics = processMetrics(() => admission.numWaiting, modelVersions);
  reportMetrics = metrics.report;
  const app = createApp({
    models: () => (live ? [live.model, ...models.slice(1)] : models),
    packageVersion: packageVersion(),
    tokens: options.tokens,
    rateLimit: options.rateLimit,
    clientOf: addressOf,
    maxBodyBytes: options.maxBodyBytes,
    allowedOrigins: options.allowedOrigins,
    admit: (work) => admission.admit(work),
    events: options.ingest && events,
    isReady: () => server !== undefined && !server.isDraining(),
    onAnswer(answered) {
      metrics.observe(answered);
      const { defect, ...facts } = answered;
      if (defect) log.error({ ...facts, err: defect }, 'defect');
      else if (options.logRequests) log.info(facts, 'answered');
    },
    metrics: async () => ({ contentType: metricsContentType, text: await metricsOfAll() }),
  });
  server = await startHttpServer((request, env) => app.fetch(request, env), options);
  send({ type: 'ready', modelVersions });
}

/** Tweets of a stream answer for the first model. */
async function watchStream(
  { stream }: ServeOptions,
  model: ServingModel,
  log: ReturnType<typeof openLog>,
): Promise<LiveItems | undefined> {
  if (stream === undefined) return undefined;
  const live = new LiveItems(stream, model, (err) => log.error({ err, stream }, 'a snapshot cannot be read'));
  await live.refresh();
  if (!live.isLive) log.warn({ stream }, 'no snapshot of a stream here yet: the items of the model answer');
  void live.watch();
  return live;
}

/** One thread: the indices are built beside processes that answer, and a search takes one thread anyway. */
async function loadModel(folder: string) {
  const { model } = await loadServingModel(folder, {}, { numThreads: 1 });
  return model;
}

function metricsOfAll(): Promise<string> {
  const id = numMetricsWanted++;
  return new Promise((resolve) => {
    metricsWanted.set(id, resolve);
    send({ type: 'want-metrics', id });
  });
}

function stop(): void {
  if (!server) process.exit();
  else if (!server.isDraining()) server.drain(drainSeconds).then(() => process.exit());
}
