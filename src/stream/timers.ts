/** What a stream does from time to time. */
import { watch } from 'node:fs';

/** The manifest of a model is written in several steps; they are over by then. */
const MODEL_SETTLES_MS = 500;

/** Timers of Node that are set to more fire at once, and without end. */
const LONGEST_MS = 2 ** 31 - 1;

/** Work that comes again; what fails ends the stream. One round of each at a time. */
export class Timers {
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
    this.#handles.push(setInterval(round, Math.min(ms, LONGEST_MS)));
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
