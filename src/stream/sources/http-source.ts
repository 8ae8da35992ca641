/** Events by HTTP: POST of JSON lines, answered when they are on disk. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SimClustersError } from '../../core/errors.ts';
import { CLIENT_HEADER, EVENTS_PATH, numberedBy, SEQUENCE_HEADER } from '../event-post.ts';
import type { Source, SourceBatch, SourceSession } from '../source.ts';
import { PostedSource } from './posted-source.ts';

export interface HttpSourceOptions {
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Bytes of one request, at the most. */
  readonly maxBodyBytes?: number;
  /** Bytes that wait to be journalled; beyond that requests are refused with 429. */
  readonly maxWaitingBytes?: number;
  /** Clients that are remembered with the number of their last post. */
  readonly maxClients?: number;
  /** Answers other requests; gives false for those it does not know. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * `POST /v1/events`, a body of JSON lines. 200: on disk. 429: too much is waiting, or too many clients number their posts, 503: shutting down;
 * nothing was taken, try again. A client that sends `x-producer-id` and `x-sequence` (1, 2, 3, ...) may send a request again that was not
 * answered: it is counted once, as long as the client is remembered (`ClientNumbers`). Requests of one client come one after the other.
 */
export class HttpSource implements Source {
  readonly #options: Required<Pick<HttpSourceOptions, 'host' | 'port' | 'maxBodyBytes'>> &
    Pick<HttpSourceOptions, 'answer'>;
  readonly #server: Server;
  readonly #posts: PostedSource;

  constructor({
    host = '127.0.0.1',
    port,
    maxBodyBytes = 2 ** 25,
    maxWaitingBytes,
    maxClients,
    answer,
  }: HttpSourceOptions) {
    this.#options = { host, port, maxBodyBytes, answer };
    this.#posts = new PostedSource({ name: 'http', maxWaitingBytes, maxClients });
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
    await this.#posts.open(session);
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

  read(): Promise<SourceBatch | undefined> {
    return this.#posts.read();
  }

  acknowledge(partition: string, position: string): Promise<void> {
    return this.#posts.acknowledge(partition, position);
  }

  drain(): void {
    this.#posts.drain();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await this.#posts.close();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  lag(): number {
    return this.#posts.lag();
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
    try {
      await this.#take(request, response);
    } catch (error) {
      if (!(error instanceof SimClustersError)) throw error;
      request.resume();
      if (error.code === 'OVERLOADED') this.#refuse(response, error.facts.got);
      else reply(response, error.httpStatus, { error: error.facts.expected });
    }
  }

  /** @throws SimClustersError BAD_PARAM, OVERLOADED */
  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const numbered = numberedBy(headerOf(request, CLIENT_HEADER), headerOf(request, SEQUENCE_HEADER));
    if (this.#posts.obstacle) {
      request.resume();
      this.#refuse(response);
      return;
    }
    const events = await this.#bodyOf(request, response);
    if (events) reply(response, 200, { ...(await this.#posts.post({ events, numbered })) });
  }

  #refuse(response: ServerResponse, reason = 'too many events are waiting'): void {
    const headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
    if (this.#posts.obstacle === 'drained') reply(response, 503, { error: 'shutting down' }, headers);
    else reply(response, 429, { error: reason }, headers);
  }

  /** Undefined: it was too long, and the client has been told. */
  async #bodyOf(request: IncomingMessage, response: ServerResponse): Promise<Buffer | undefined> {
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

/** Sent twice, a header is a list, which no client may be called. */
function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
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
