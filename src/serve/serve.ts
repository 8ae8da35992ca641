/**
 * The first process of a server: starts those that answer, replaces them when a model has a new version, when one dies, and ends them.
 * It loads no model and answers nothing itself. Where events are taken a thread of it runs their stream.
 */
import cluster, { type Worker } from 'node:cluster';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SimClustersError } from '../core/errors.ts';
import { errorOf } from './failure.ts';
import { closeWhatDiesWith } from './handed-over.ts';
import { listen } from './http-server.ts';
import { Ingest } from './ingest.ts';
import type { Log } from './log.ts';
import type { ToAnswering, ToFirst } from './messages.ts';
import { allMetrics } from './metrics.ts';
import { findModel, type ModelPlace } from './model-place.ts';
import type { ServeOptions } from './options.ts';

export interface RunningServer {
  readonly port: number;
  /** Ends every process, after what they are asked by then. */
  readonly close: () => Promise<void>;
}

/** Before a process that died is started again. */
const RESTART_MS = 1000;
/** A process that does not say what it counted by then is left out. */
const METRICS_MS = 2000;

/**
 * @throws SimClustersError NO_MODEL, BAD_ARTIFACT, OUT_OF_MEMORY, ADDRESS_UNAVAILABLE; with a stream of its own also those of
 * `Ingest.open`: nothing is left running
 */
export async function serve(options: ServeOptions, log: Log): Promise<RunningServer> {
  const port = options.port === 0 ? await freePort(options.host) : options.port;
  const server = new FirstProcess({ ...options, port }, log);
  try {
    await server.start();
  } catch (error) {
    await server.close();
    throw error;
  }
  return { port, close: () => server.close() };
}

class FirstProcess {
  readonly #options: ServeOptions;
  readonly #log: Log;
  /** Processes that answer, or are about to, each with its models. */
  readonly #answering = new Map<Worker, readonly ModelPlace[]>();
  #places: readonly ModelPlace[];
  #ingest: Ingest | undefined;
  #isClosing = false;
  #checks: NodeJS.Timeout | undefined;
  #numAsked = 0;

  constructor(options: ServeOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#places = options.models.map(requireModel);
    // Bytes go from process to process as they are.
    cluster.setupPrimary({ exec: answeringFile, args: [], silent: false, serialization: 'advanced' });
  }

  async start(): Promise<void> {
    const { numProcesses, checkSeconds, ingest, stream } = this.#options;
    if (ingest && stream !== undefined) {
      const model = this.#places[0].folder;
      this.#ingest = await Ingest.open({ settings: ingest, state: stream, model }, this.#log);
    }
    for (let i = 0; i < numProcesses; i++) await this.#startProcess(this.#places);
    this.#checkAfter(checkSeconds * 1000);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#checks);
    await Promise.all(Object.values(cluster.workers ?? {}).map((worker) => worker && stopped(worker)));
    // Not before those who hand events on have had their answers.
    await this.#ingest?.close();
  }

  /** Resolves once the process answers. */
  async #startProcess(places: readonly ModelPlace[]): Promise<void> {
    const worker = cluster.fork();
    closeWhatDiesWith(worker);
    this.#answering.set(worker, places);
    const ready = readyOrFailed(worker);
    const folders = places.map(({ folder }) => folder);
    worker.on('message', (message: ToFirst) => {
      if (message.type === 'listening')
        // Told to stop before it listened, it has not heard it.
        tell(
          worker,
          this.#isClosing ? { type: 'drain' } : { type: 'start', options: this.#options, folders },
        );
      if (message.type === 'want-metrics') this.#giveMetrics(worker, message.id);
      if (message.type === 'posts')
        this.#ingest?.take(message.posts, (outcomes) => tell(worker, { type: 'post-outcomes', outcomes }));
    });
    try {
      const { modelVersions } = await ready;
      this.#log.info({ worker: worker.process.pid, modelVersions }, 'answering');
    } catch (error) {
      this.#answering.delete(worker);
      worker.process.kill('SIGKILL');
      throw error;
    }
    worker.once('exit', (code, signal) => this.#replaceDead(worker, code, signal));
  }

  #replaceDead(worker: Worker, code: number | null, signal: string | null): void {
    if (!this.#answering.delete(worker) || this.#isClosing) return;
    this.#log.error({ worker: worker.process.pid, code, signal }, 'a process died; starting another');
    const again = () => {
      if (this.#isClosing) return;
      this.#startProcess(this.#places).catch((error) => {
        this.#log.error({ err: error }, 'the process could not be started; trying again');
        setTimeout(again, RESTART_MS);
      });
    };
    setTimeout(again, RESTART_MS);
  }

  #checkAfter(ms: number): void {
    if (this.#isClosing) return;
    this.#checks = setTimeout(async () => {
      try {
        await this.#takeNewModels();
      } catch (error) {
        this.#log.error({ err: error }, 'the new model cannot be served; the one before stays');
      }
      this.#checkAfter(ms);
    }, ms);
  }

  /** One process after the other is replaced: a new one answers before an old one stops. */
  async #takeNewModels(): Promise<void> {
    const found = this.#options.models.map((path, i) => findModel(path) ?? this.#places[i]);
    // Not only what was taken up last: that may have failed half-way.
    const old = [...this.#answering].filter(([, places]) => !areSame(places, found));
    if (old.length === 0) return;
    this.#log.info({ folders: found.map(({ folder }) => folder) }, 'new model');
    const [{ folder }] = found;
    await this.#ingest?.checkModel(folder);
    for (const [worker] of old) {
      await this.#startProcess(found);
      // Once the new model is known to answer, events add its interests.
      if (this.#places !== found) await this.#takeInterests(folder);
      this.#places = found;
      this.#answering.delete(worker);
      tell(worker, { type: 'drain' });
    }
  }

  async #takeInterests(folder: string): Promise<void> {
    try {
      await this.#ingest?.takeModel(folder);
    } catch (error) {
      this.#log.error({ err: error }, 'the stream keeps the interests it had');
    }
  }

  async #giveMetrics(asking: Worker, id: number): Promise<void> {
    const asked = [...this.#answering.keys()].map((worker) => this.#reportOf(worker));
    if (this.#ingest) asked.push(inTime(this.#ingest.report()));
    const reports = await Promise.all(asked);
    tell(asking, { type: 'all-metrics', id, text: await allMetrics(reports) });
  }

  #reportOf(worker: Worker): Promise<readonly object[]> {
    const id = this.#numAsked++;
    return new Promise((resolve) => {
      const finish = (metrics: readonly object[]) => {
        clearTimeout(timer);
        worker.off('message', listener);
        resolve(metrics);
      };
      const listener = (message: ToFirst) => {
        if (message.type === 'metrics' && message.id === id) finish(message.metrics);
      };
      const timer = setTimeout(() => finish([]), METRICS_MS);
      worker.on('message', listener);
      tell(worker, { type: 'report-metrics', id });
    });
  }
}

/** Nothing of a stream that does not say what it counted, or too late. */
function inTime(report: Promise<readonly object[]>): Promise<readonly object[]> {
  return Promise.race([report.catch(() => []), wait(METRICS_MS, [], { ref: false })]);
}

function areSame(some: readonly ModelPlace[], others: readonly ModelPlace[]): boolean {
  return some.every(({ mark }, i) => mark === others[i].mark);
}

/** Chosen once: a process that is started later must find the same one. */
async function freePort(host: string): Promise<number> {
  const probe = createServer();
  const port = await listen(probe, host, 0);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The built file, whether this one runs from dist/ or, under a loader, from src/. */
const answeringFile = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/serve/answering-process.js' : './answering-process.js',
    import.meta.url,
  ),
);

/** A process may have died without this one knowing yet: then nothing need be said, and a write that fails must not end the first process. */
function tell(worker: Worker, message: ToAnswering): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

function readyOrFailed(worker: Worker): Promise<ToFirst & { type: 'ready' }> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: ToFirst) => {
      if (message.type === 'ready') resolve(message);
      if (message.type === 'failed') reject(errorOf(message.failure));
    });
    worker.once('exit', (code, signal) =>
      reject(new Error(`a process ended before it answered (${signal ?? code})`)),
    );
  });
}

function stopped(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    if (worker.isDead()) return resolve();
    worker.once('exit', () => resolve());
    tell(worker, { type: 'drain' });
  });
}

function requireModel(path: string): ModelPlace {
  const found = findModel(path);
  if (found) return found;
  throw new SimClustersError('NO_MODEL', {
    file: path,
    got: 'no finished model, and no `latest` that leads to one',
    expected: 'a model folder, or a folder with `latest` in it',
    todo: 'Build one with `simclusters run --model DIR`, or check the path',
  });
}
