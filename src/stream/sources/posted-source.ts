/** Events that are posted, whatever carries them: each post is answered when it is on disk. Knows no socket and no process. */
import { SimClustersError } from '../../core/errors.ts';
import { countEvents } from '../event-lines.ts';
import type { Post, Taken } from '../event-post.ts';
import type { Source, SourceBatch, SourceSession } from '../source.ts';

/** Why nothing is taken just now. */
export type Obstacle = 'full' | 'drained';

export interface PostedSourceOptions {
  /** For messages and metrics. */
  readonly name: string;
  /** Bytes that wait to be journalled; beyond that posts are refused. */
  readonly maxWaitingBytes?: number;
}

const DEFAULT_WAITING_BYTES = 2 ** 26;
const ANONYMOUS = 'http';

interface Waiting {
  readonly batch: SourceBatch;
  readonly numEvents: number;
  readonly resolve: (taken: Taken) => void;
  readonly reject: (error: Error) => void;
}

interface Repeated extends Pick<Waiting, 'numEvents' | 'resolve' | 'reject'> {
  readonly partition: string;
  readonly position: number;
}

/**
 * Each client that numbers its posts is a partition, and its position the number; so a post that was not answered may come again and
 * is counted once. Posts of one client come one after the other. Those without a number share a partition.
 */
export class PostedSource implements Source {
  readonly name: string;
  readonly #maxWaitingBytes: number;
  #session: SourceSession | undefined;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Handed out, not yet acknowledged; by partition. */
  readonly #unanswered = new Map<string, Waiting[]>();
  /** Posts that came again before the first was answered. */
  #repeated: Repeated[] = [];
  /** Last number taken of each client. */
  readonly #taken = new Map<string, number>();
  #anonymous = 0;
  #isDrained = false;
  #wake: () => void = () => {};

  constructor({ name, maxWaitingBytes = DEFAULT_WAITING_BYTES }: PostedSourceOptions) {
    this.name = name;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  async open(session: SourceSession): Promise<void> {
    this.#session = session;
    this.#anonymous = Number(session.positionOf(ANONYMOUS) ?? 0);
  }

  /** Undefined: posts are taken. */
  get obstacle(): Obstacle | undefined {
    if (this.#isDrained) return 'drained';
    return this.#waitingBytes > this.#maxWaitingBytes ? 'full' : undefined;
  }

  /**
   * Fulfilled when the events are on disk.
   * @throws SimClustersError OVERLOADED, as a rejection: nothing was taken; after `close` also where that is not known
   */
  post({ events, numbered }: Post): Promise<Taken> {
    const { obstacle } = this;
    if (obstacle) return Promise.reject(refused(obstacle));
    const partition = numbered ? `http:${numbered.client}` : ANONYMOUS;
    const position = numbered?.sequence ?? this.#anonymous + 1;
    const numEvents = countEvents(events);
    if (numbered && position <= this.#lastTaken(partition))
      return this.#answerAgain(partition, position, numEvents);
    if (numbered) this.#taken.set(partition, position);
    else this.#anonymous = position;
    this.#waitingBytes += events.length;
    return new Promise((resolve, reject) => {
      const batch = { partition, events, position: String(position) };
      this.#waiting.push({ batch, numEvents, resolve, reject });
      this.#wake();
    });
  }

  /** A post that came before: it is answered when that is on disk. */
  async #answerAgain(partition: string, position: number, numEvents: number): Promise<Taken> {
    const isJournalled = position <= Number(this.#session?.positionOf(partition) ?? 0);
    if (isJournalled && !this.#isUnanswered(partition, position)) return { numEvents, isDuplicate: true };
    return new Promise((resolve, reject) => {
      this.#repeated.push({ partition, position, numEvents, resolve, reject });
    });
  }

  /** The journal may know a position before it is on disk. */
  #isUnanswered(partition: string, position: number): boolean {
    return (this.#unanswered.get(partition) ?? []).some(({ batch }) => Number(batch.position) === position);
  }

  #lastTaken(partition: string): number {
    return this.#taken.get(partition) ?? Number(this.#session?.positionOf(partition) ?? 0);
  }

  async read(): Promise<SourceBatch | undefined> {
    while (this.#waiting.length === 0) {
      if (this.#isDrained) return undefined;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    const next = this.#waiting.shift()!;
    const { partition } = next.batch;
    const unanswered = this.#unanswered.get(partition) ?? [];
    unanswered.push(next);
    this.#unanswered.set(partition, unanswered);
    return next.batch;
  }

  async acknowledge(partition: string, position: string): Promise<void> {
    const unanswered = this.#unanswered.get(partition) ?? [];
    const last = unanswered.findIndex(({ batch }) => batch.position === position);
    for (const { resolve, numEvents, batch } of unanswered.splice(0, last + 1)) {
      this.#waitingBytes -= batch.events.length;
      resolve({ numEvents });
    }
    if (unanswered.length === 0) this.#unanswered.delete(partition);
    const isDone = (again: Repeated) => again.partition === partition && again.position <= Number(position);
    for (const { resolve, numEvents } of this.#repeated.filter(isDone))
      resolve({ numEvents, isDuplicate: true });
    this.#repeated = this.#repeated.filter((again) => !isDone(again));
  }

  drain(): void {
    this.#isDrained = true;
    this.#wake();
  }

  async close(): Promise<void> {
    this.drain();
    const left = [...this.#waiting.splice(0), ...[...this.#unanswered.values()].flat(), ...this.#repeated];
    this.#unanswered.clear();
    this.#repeated = [];
    for (const { reject } of left) reject(refused('drained'));
  }

  lag(): number {
    return this.#waiting.length;
  }
}

const obstacleTexts: Readonly<Record<Obstacle, string>> = {
  full: 'too many events are waiting',
  drained: 'shutting down',
};

function refused(obstacle: Obstacle): SimClustersError {
  return new SimClustersError('OVERLOADED', {
    got: obstacleTexts[obstacle],
    expected: 'a stream that has room for more events',
    todo: 'Post the same again after Retry-After',
  });
}
