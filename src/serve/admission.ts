/**
 * Which requests are answered when there are more than can be. Work waits in line; between short turns of it the process reads its
 * sockets, so that whoever comes when the line is full is refused at once instead of waiting unread.
 */
import { refusal } from '../api/problems.ts';

export interface AdmissionOptions {
  /** Requests that may wait. */
  readonly maxWaiting: number;
  /** A request that waited longer is refused when its turn comes: its client has given up, or will. */
  readonly maxWaitMs: number;
}

interface Waiting {
  readonly sinceMs: number;
  readonly run: () => void;
  readonly refuse: (error: Error) => void;
}

/** Work between two looks at the sockets. */
const TURN_MS = 2;

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #line: Waiting[] = [];
  #first = 0;
  #isRunning = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get numWaiting(): number {
    return this.#line.length - this.#first;
  }

  /** @throws SimClustersError OVERLOADED, as a rejection; whatever the work throws */
  admit<T>(work: () => T): Promise<T> {
    const { maxWaiting } = this.#options;
    if (this.numWaiting >= maxWaiting) return Promise.reject(overloaded(`${maxWaiting} requests waiting`));
    return new Promise<T>((resolve, reject) => {
      const run = () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      this.#line.push({ sinceMs: performance.now(), run, refuse: reject });
      if (!this.#isRunning) this.#takeTurnSoon();
    });
  }

  #takeTurnSoon(): void {
    this.#isRunning = true;
    setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    const end = performance.now() + TURN_MS;
    do this.#answerNext();
    while (this.numWaiting > 0 && performance.now() < end);
    if (this.numWaiting > 0) {
      this.#takeTurnSoon();
      return;
    }
    this.#line.length = 0;
    this.#first = 0;
    this.#isRunning = false;
  }

  #answerNext(): void {
    const { sinceMs, run, refuse } = this.#line[this.#first++];
    const waitedMs = performance.now() - sinceMs;
    if (waitedMs > this.#options.maxWaitMs)
      refuse(overloaded(`a request that waited ${Math.round(waitedMs)} ms`));
    else run();
    // The answered part is given up now and then, or a line that is never empty would grow without end.
    if (this.#first > 1024) {
      this.#line.splice(0, this.#first);
      this.#first = 0;
    }
  }
}

function overloaded(got: string) {
  return refusal(
    'OVERLOADED',
    got,
    'fewer requests at a time',
    'Ask again after Retry-After, or run more servers',
  );
}
