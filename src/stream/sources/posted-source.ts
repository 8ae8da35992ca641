/** Events that are posted, whatever carries them: each post is answered when it is on disk. Knows no socket and no process. */
import { SimClustersError } from '../../core/errors.ts';
import { countEvents } from '../event-lines.ts';
import type { Post, Taken } from '../event-post.ts';
import type { Source, SourceBatch, SourceSession } from '../source.ts';
import {
  ClientNumbers,
  type ClientNumbersOptions,
  clientNumbersDefaults,
  partitionOfClient,
} from './client-numbers.ts';

/** Why nothing is taken just now. */
export type Obstacle = 'full' | 'drained';

export interface PostedSourceOptions extends Partial<ClientNumbersOptions> {
  /** For messages and metrics. */
  readonly name: string;
  /** Bytes that wait to be journalled; beyond that posts are refused. */
  readonly maxWaitingBytes?: number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
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
  readonly position: string;
}

/**
 * Each client that numbers its posts is a partition, and its position the number; so a post that was not answered may come again and
 * is counted once, as long as the client is remembered (`ClientNumbers`). Posts of one client come one after the other. Those without a number
 * share a partition.
 */
export class PostedSource implements Source {
  readonly name: string;
  readonly #maxWaitingBytes: number;
  readonly #clock: () => number;
  readonly #clients: ClientNumbers;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Handed out, not yet acknowledged; by partition. */
  readonly #unanswered = new Map<string, Waiting[]>();
  /** Posts that came again before the first was answered. */
  #repeated: Repeated[] = [];
  #anonymous = 0;
  #isDrained = false;
  #wake: () => void = () => {};

  constructor({
    name,
    maxWaitingBytes = DEFAULT_WAITING_BYTES,
    clock = Date.now,
    maxClients = clientNumbersDefaults.maxClients,
    holdMs = clientNumbersDefaults.holdMs,
  }: PostedSourceOptions) {
    this.name = name;
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#clock = clock;
    this.#clients = new ClientNumbers({ maxClients, holdMs });
  }

  async open(session: SourceSession): Promise<void> {
    this.#clients.open(session.partitions(), this.#clock());
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
  async post({ events, numbered }: Post): Promise<Taken> {
    const { obstacle } = this;
    if (obstacle) throw refused(obstacle);
    const numEvents = countEvents(events);
    if (!numbered)
      return this.#take({ partition: ANONYMOUS, position: String(++this.#anonymous), events }, numEvents);
    const { client, sequence } = numbered;
    const partition = partitionOfClient(client);
    const position = String(sequence);
    if (sequence <= this.#clients.lastOf(partition))
      return this.#answerAgain({ partition, position, numEvents });
    const forgets = this.#clients.take(partition, sequence, this.#clock());
    return this.#take({ partition, position, events, forgets }, numEvents);
  }

  #take(batch: SourceBatch, numEvents: number): Promise<Taken> {
    this.#waitingBytes += batch.events.length;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, numEvents, resolve, reject });
      this.#wake();
    });
  }

  /** A post that came before: it is answered when that is on disk. */
  #answerAgain(post: Pick<Repeated, 'partition' | 'position' | 'numEvents'>): Promise<Taken> {
    if (!this.#isOnItsWay(post)) return Promise.resolve({ numEvents: post.numEvents, isDuplicate: true });
    return new Promise((resolve, reject) => {
      this.#repeated.push({ ...post, resolve, reject });
    });
  }

  #isOnItsWay({ partition, position }: Pick<SourceBatch, 'partition' | 'position'>): boolean {
    const isSame = ({ batch }: Waiting) => batch.partition === partition && batch.position === position;
    return this.#waiting.some(isSame) || (this.#unanswered.get(partition) ?? []).some(isSame);
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
    const isDone = (again: Repeated) =>
      again.partition === partition && Number(again.position) <= Number(position);
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
