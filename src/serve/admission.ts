/**
 * Which requests are answered when there are more than can be. Work waits in line; turns of it and of reading sockets alternate, so that nobody
 * waits unread, and reading and refusing never take all the time. When the line is full, who has waited longest is refused: those who came
 * last can still be answered in time.
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

/** A turn of work, and of reading while there is work. */
const TURN_MS = 2;

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #turnMs: number;
  readonly #line: Waiting[] = [];
  #first = 0;
  #isRunning = false;
  #readingSinceMs = 0;

  constructor(options: AdmissionOptions, turnMs = TURN_MS) {
    this.#options = options;
    this.#turnMs = turnMs;
  }

  get numWaiting(): number {
    return this.#line.length - this.#first;
  }

  /** @throws SimClustersError OVERLOADED, as a rejection; whatever the work throws */
  admit<T>(work: () => T): Promise<T> {
    const { maxWaiting } = this.#options;
    if (this.numWaiting >= maxWaiting) this.#takeFirst().refuse(overloaded(`${maxWaiting} requests waiting`));
    return new Promise<T>((resolve, reject) => {
      const run = () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      const sinceMs = performance.now();
      this.#line.push({ sinceMs, run, refuse: reject });
      if (!this.#isRunning) this.#takeTurnSoon();
      // Sockets that hold much are read to the end before the event loop goes on.
      else if (sinceMs - this.#readingSinceMs > this.#turnMs) this.#work();
    });
  }

  #takeTurnSoon(): void {
    this.#isRunning = true;
    this.#readingSinceMs = performance.now();
    setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    this.#work();
    if (this.numWaiting > 0) {
      this.#takeTurnSoon();
      return;
    }
    this.#line.length = 0;
    this.#first = 0;
    this.#isRunning = false;
  }

  #work(): void {
    const end = performance.now() + this.#turnMs;
    while (this.numWaiting > 0 && performance.now() < end) this.#answerNext();
    this.#readingSinceMs = performance.now();
  }

  #answerNext(): void {
    const { sinceMs, run, refuse } = this.#takeFirst();
    const waitedMs = performance.now() - sinceMs;
    if (waitedMs > this.#options.maxWaitMs)
      refuse(overloaded(`a request that waited ${Math.round(waitedMs)} ms`));
    else run();
  }

  #takeFirst(): Waiting {
    const first = this.#line[this.#first++];
    // The part that is done is given up now and then, or a line that is never empty would grow without end.
    if (this.#first > 1024) {
      this.#line.splice(0, this.#first);
      this.#first = 0;
    }
    return first;
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
