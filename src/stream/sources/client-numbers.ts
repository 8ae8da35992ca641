/**
 * The clients that number their posts, each with the last number that was taken. Whoever numbers makes up a name, so there is a limit: beyond it
 * the client heard of longest ago is forgotten for a new one, but none that was heard of a short while ago; rather the new one is refused. So
 * what a client in its work posts again is known for certain, and no crowd of names can change that.
 */
import { SimClustersError } from '../../core/errors.ts';
import type { KnownPartition } from '../source.ts';

export interface ClientNumbersOptions {
  /** Clients that are remembered at a time. */
  readonly maxClients: number;
  /** After its last post a client is remembered for at least this long. */
  readonly holdMs: number;
}

export const clientNumbersDefaults: ClientNumbersOptions = { maxClients: 10_000, holdMs: 3_600_000 };

interface Client {
  readonly lastNumber: number;
  readonly heardMs: number;
}

const PREFIX = 'http:';

export function partitionOfClient(client: string): string {
  return PREFIX + client;
}

export class ClientNumbers {
  readonly #options: ClientNumbersOptions;
  /** By partition, who was heard of longest ago first. */
  readonly #clients = new Map<string, Client>();

  constructor(options: ClientNumbersOptions) {
    this.#options = options;
  }

  /** Those that a journal knows; whose clock went ahead of ours was heard of just now. */
  open(known: Iterable<KnownPartition>, nowMs: number): void {
    for (const { partition, position, receivedMs } of known)
      if (partition.startsWith(PREFIX))
        this.#clients.set(partition, {
          lastNumber: Number(position),
          heardMs: Math.min(receivedMs, nowMs),
        });
  }

  /** Last number taken; 0 of a client that is not known. */
  lastOf(partition: string): number {
    return this.#clients.get(partition)?.lastNumber ?? 0;
  }

  /**
   * Takes a number. Cost O(1), and O(1) for each client that is forgotten.
   * @returns the partitions of those who are forgotten for it
   * @throws SimClustersError OVERLOADED where the client is new and nobody may be forgotten; nothing has changed then
   */
  take(partition: string, lastNumber: number, nowMs: number): readonly string[] {
    const forgotten = this.#clients.has(partition) ? [] : this.#makeRoom(nowMs);
    this.#clients.delete(partition);
    this.#clients.set(partition, { lastNumber, heardMs: nowMs });
    return forgotten;
  }

  #makeRoom(nowMs: number): string[] {
    const { maxClients, holdMs } = this.#options;
    const forgotten: string[] = [];
    for (const [partition, { heardMs }] of this.#clients) {
      if (this.#clients.size - forgotten.length < maxClients) break;
      if (nowMs - heardMs < holdMs) throw tooMany(maxClients, holdMs);
      forgotten.push(partition);
    }
    for (const partition of forgotten) this.#clients.delete(partition);
    return forgotten;
  }
}

function tooMany(maxClients: number, holdMs: number): SimClustersError {
  return new SimClustersError('OVERLOADED', {
    got: `a new x-producer-id, beside ${maxClients} that posted within the last ${Math.ceil(holdMs / 60_000)} minutes`,
    expected: `at most ${maxClients} at a time`,
    todo: 'Post under one id for as long as the client lives, or without number; those who run the server can give a higher --max-clients',
  });
}
