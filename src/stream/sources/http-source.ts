/** Events by HTTP: POST of JSON lines, answered when they are on disk. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SimClustersError } from '../../core/errors.ts';
import type { Source, SourceBatch, SourceSession } from '../source.ts';

export interface HttpSourceOptions {
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Bytes of one request, at the most. */
  readonly maxBodyBytes?: number;
  /** Bytes that wait to be journalled; beyond that requests are refused with 429. */
  readonly maxWaitingBytes?: number;
  /** Answers other requests; gives false for those it does not know. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
}

export const EVENTS_PATH = '/v1/events';
const RETRY_AFTER_SECONDS = 1;
const ANONYMOUS = 'http';

interface Waiting {
  readonly batch: SourceBatch;
  readonly response: ServerResponse;
  readonly numEvents: number;
}

interface Repeated {
  readonly partition: string;
  readonly position: number;
  readonly response: ServerResponse;
  readonly numEvents: number;
}

/**
 * `POST /v1/events`, a body of JSON lines. 200: on disk. 429: too much is waiting, 503: shutting down; neither was taken, try again.
 * A client that sends `x-producer-id` and `x-sequence` (1, 2, 3, ...) may send a request again that was not answered: it is counted
 * once. Each such client is a partition, and its position the sequence number. Requests of one client come one after the other.
 */
export class HttpSource implements Source {
  readonly #options: Required<Omit<HttpSourceOptions, 'answer'>> & Pick<HttpSourceOptions, 'answer'>;
  readonly #server: Server;
  #session: SourceSession | undefined;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Handed out, not yet acknowledged; by partition and position. */
  readonly #unanswered = new Map<string, Waiting[]>();
  /** Requests that came again before the first was answered. */
  #repeated: Repeated[] = [];
  /** Last sequence number taken of each client. */
  readonly #taken = new Map<string, number>();
  #anonymous = 0;
  #isDrained = false;
  #wake: () => void = () => {};

  constructor({
    host = '127.0.0.1',
    port,
    maxBodyBytes = 2 ** 25,
    maxWaitingBytes = 2 ** 26,
    answer,
  }: HttpSourceOptions) {
    this.#options = { host, port, maxBodyBytes, maxWaitingBytes, answer };
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        if (!response.headersSent) reply(response, 500, { error: String(error) });
      });
    });
  }

  get name(): string {
    return `http ${this.#options.host}:${this.port}`;
  }

  /** As it is after `open`. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port;
  }

  async open(session: SourceSession): Promise<void> {
    this.#session = session;
    this.#anonymous = Number(session.positionOf(ANONYMOUS) ?? 0);
    const { port, host } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    }).catch((cause: Error) => {
      throw new SimClustersError('BAD_PARAM', {
        got: cause.message,
        expected: 'an address and a port that this process may listen on',
        todo: 'Give another --http port',
        cause,
      });
    });
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
    this.#unanswered.set(partition, [...unanswered, next]);
    return next.batch;
  }

  async acknowledge(partition: string, position: string): Promise<void> {
    const unanswered = this.#unanswered.get(partition) ?? [];
    const last = unanswered.findIndex(({ batch }) => batch.position === position);
    for (const { response, numEvents, batch } of unanswered.splice(0, last + 1)) {
      this.#waitingBytes -= batch.events.length;
      reply(response, 200, { numEvents });
    }
    if (unanswered.length === 0) this.#unanswered.delete(partition);
    const isDone = (again: Repeated) => again.partition === partition && again.position <= Number(position);
    for (const { response, numEvents } of this.#repeated.filter(isDone))
      reply(response, 200, { numEvents, isDuplicate: true });
    this.#repeated = this.#repeated.filter((again) => !isDone(again));
  }

  drain(): void {
    this.#isDrained = true;
    this.#wake();
  }

  async close(): Promise<void> {
    this.drain();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  lag(): number {
    return this.#waiting.length;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname !== EVENTS_PATH) {
      if (await this.#options.answer?.(request, response)) return;
      reply(response, 404, { error: `nothing at ${pathname}; events go to POST ${EVENTS_PATH}` });
      return;
    }
    if (request.method !== 'POST') {
      reply(response, 405, { error: 'events are posted' }, { allow: 'POST' });
      return;
    }
    const sequence = sequenceOf(request);
    if (typeof sequence === 'string') {
      request.resume();
      reply(response, 400, { error: sequence });
      return;
    }
    const body = await this.#bodyOf(request, response);
    if (body) this.#take(body, request, response, sequence);
  }

  #take(
    body: Buffer,
    request: IncomingMessage,
    response: ServerResponse,
    sequence: number | undefined,
  ): void {
    if (this.#isRefused(response)) return;
    const client = request.headers['x-producer-id'];
    const partition = sequence === undefined ? ANONYMOUS : `http:${String(client)}`;
    const position = sequence ?? this.#anonymous + 1;
    const numEvents = body
      .toString('latin1')
      .split('\n')
      .filter((line) => line.trim() !== '').length;
    if (sequence !== undefined && sequence <= this.#lastTaken(partition)) {
      this.#replyAgain({ partition, position, response, numEvents });
      return;
    }
    if (sequence === undefined) this.#anonymous = position;
    else this.#taken.set(partition, position);
    this.#waitingBytes += body.length;
    this.#waiting.push({
      batch: { partition, events: body, position: String(position) },
      response,
      numEvents,
    });
    this.#wake();
  }

  /** A request that came before: it is answered when that is on disk. */
  #replyAgain({ partition, position, response, numEvents }: Repeated): void {
    if (
      position <= Number(this.#session?.positionOf(partition) ?? 0) &&
      !this.#isUnanswered(partition, position)
    )
      reply(response, 200, { numEvents, isDuplicate: true });
    else this.#repeated.push({ partition, position, response, numEvents });
  }

  /** The journal may know a position before it is on disk. */
  #isUnanswered(partition: string, position: number): boolean {
    return (this.#unanswered.get(partition) ?? []).some(({ batch }) => Number(batch.position) === position);
  }

  #lastTaken(partition: string): number {
    return this.#taken.get(partition) ?? Number(this.#session?.positionOf(partition) ?? 0);
  }

  #isRefused(response: ServerResponse): boolean {
    const headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
    if (this.#isDrained) reply(response, 503, { error: 'shutting down' }, headers);
    else if (this.#waitingBytes > this.#options.maxWaitingBytes)
      reply(response, 429, { error: 'too many events are waiting' }, headers);
    else return false;
    return true;
  }

  /** Undefined: it was too long, and the client has been told. */
  async #bodyOf(request: IncomingMessage, response: ServerResponse): Promise<Buffer | undefined> {
    if (this.#isRefused(response)) {
      request.resume();
      return undefined;
    }
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of request as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > this.#options.maxBodyBytes) {
        reply(
          response,
          413,
          { error: `more than ${this.#options.maxBodyBytes} bytes` },
          { connection: 'close' },
        );
        return undefined;
      }
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }
}

/** Undefined: the client does not number its requests. A text: what is wrong with its headers. */
function sequenceOf({ headers }: IncomingMessage): number | string | undefined {
  const client = headers['x-producer-id'];
  const number = headers['x-sequence'];
  if (client === undefined && number === undefined) return undefined;
  const sequence = Number(number);
  const isGood =
    typeof client === 'string' &&
    /^[\w.:-]{1,200}$/.test(client) &&
    Number.isSafeInteger(sequence) &&
    sequence > 0;
  return isGood
    ? sequence
    : 'x-producer-id (letters, digits, _ . : -) and x-sequence (1, 2, 3, ...) go together';
}

function reply(
  response: ServerResponse,
  status: number,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(`${JSON.stringify(body)}\n`);
}
