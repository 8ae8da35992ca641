/** Events on their way from a process that answers to the first one, which keeps the journal: many posts in a message. */
import type { EventIntake } from '../api/events.ts';
import { refusal } from '../api/problems.ts';
import { checkEvents } from '../stream/event-lines.ts';
import type { Post, Taken } from '../stream/event-post.ts';
import { errorOf } from './failure.ts';
import type { NumberedPost, PostOutcome } from './messages.ts';

/** Bytes that wait for the first process; beyond that posts are refused here. */
const MAX_BYTES_IN_FLIGHT = 2 ** 25;

interface Pending {
  readonly numBytes: number;
  readonly resolve: (taken: Taken) => void;
  readonly reject: (error: Error) => void;
}

export class EventRelay implements EventIntake {
  readonly check = checkEvents;
  readonly #send: (posts: readonly NumberedPost[]) => void;
  readonly #maxBytes: number;
  readonly #pending = new Map<number, Pending>();
  #numPosts = 0;
  #bytesInFlight = 0;
  /** Posts of this turn of the loop. */
  #batch: NumberedPost[] = [];
  #isCutOff = false;

  constructor(send: (posts: readonly NumberedPost[]) => void, maxBytes = MAX_BYTES_IN_FLIGHT) {
    this.#send = send;
    this.#maxBytes = maxBytes;
  }

  readonly take = (post: Post): Promise<Taken> => {
    if (this.#isCutOff) return Promise.reject(cutOff());
    if (this.#bytesInFlight > this.#maxBytes) return Promise.reject(tooMuch());
    const id = this.#numPosts++;
    const numBytes = post.events.length;
    this.#bytesInFlight += numBytes;
    if (this.#batch.push({ id, post }) === 1) setImmediate(() => this.#flush());
    return new Promise((resolve, reject) => this.#pending.set(id, { numBytes, resolve, reject }));
  };

  #flush(): void {
    const posts = this.#batch;
    this.#batch = [];
    this.#send(posts);
  }

  /** What the first process says became of them. */
  settle(outcomes: readonly PostOutcome[]): void {
    for (const { id, taken, failure } of outcomes) {
      const pending = this.#pending.get(id);
      if (!pending) continue;
      this.#pending.delete(id);
      this.#bytesInFlight -= pending.numBytes;
      if (taken) pending.resolve(taken);
      else pending.reject(errorOf(failure ?? { message: 'a post without an outcome' }));
    }
  }

  /** The first process is gone: nobody will say what became of the posts it has. */
  cutOff(): void {
    this.#isCutOff = true;
    for (const { reject } of this.#pending.values()) reject(cutOff());
    this.#pending.clear();
  }
}

function tooMuch() {
  return refusal(
    'OVERLOADED',
    'too many events are waiting',
    'a stream that has room for more events',
    'Post the same again after Retry-After',
  );
}

function cutOff() {
  return refusal(
    'OVERLOADED',
    'a server that stops',
    'one that stays',
    'Post the same again, under the same number if it had one',
  );
}
