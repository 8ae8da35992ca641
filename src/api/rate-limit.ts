/** How often one client may ask: a bucket of tokens each, filled at a steady rate. */

export interface RateLimit {
  /** Requests a second, in the long run. */
  readonly perSecond: number;
  /** Requests at once. */
  readonly burst: number;
}

interface Bucket {
  filled: number;
  atMs: number;
}

/** Clients that are remembered; beyond, the one that asked longest ago is forgotten, which fills its bucket. */
const MAX_CLIENTS = 10_000;

export class RateLimiter {
  readonly #limit: RateLimit;
  /** In order of the last request. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** Takes a token of the client's bucket; false when it is empty. Cost O(1). */
  admits(client: string, nowMs: number): boolean {
    const { perSecond, burst } = this.#limit;
    const { filled, atMs } = this.#buckets.get(client) ?? { filled: burst, atMs: nowMs };
    const now = Math.min(burst, filled + (Math.max(0, nowMs - atMs) / 1000) * perSecond);
    const isAdmitted = now >= 1;
    this.#buckets.delete(client);
    this.#buckets.set(client, { filled: isAdmitted ? now - 1 : now, atMs: nowMs });
    if (this.#buckets.size > MAX_CLIENTS) this.#buckets.delete(this.#buckets.keys().next().value as string);
    return isAdmitted;
  }
}
