/** The app on a socket, with limits on time, and a way to stop that cuts nobody off. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as SocketServer } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Context } from 'hono';
import { SimClustersError } from '../core/errors.ts';
import { hangUpIfEarly, mayAnswerEarly } from './early-answer.ts';

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly requestSeconds: number;
}

export interface HttpServer {
  /** Where it listens. */
  readonly port: number;
  readonly isDraining: () => boolean;
  /** Takes no more connections; answers what comes over those there are and closes them behind the answer; ends within `seconds`. */
  readonly drain: (seconds: number) => Promise<void>;
}

/** Connections at rest are closed after this: later than most proxies close theirs, so that no request meets a closed one. */
const KEEP_ALIVE_MS = 65_000;

/** What the app is handed beside the request. */
interface Env {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

type Fetch = (request: Request, env: Env) => Response | Promise<Response>;

/** @throws SimClustersError ADDRESS_UNAVAILABLE */
export async function startHttpServer(
  fetch: Fetch,
  { host, port, requestSeconds }: HttpServerOptions,
): Promise<HttpServer> {
  const server = createAdaptorServer({
    fetch: hangingUp(fetch) as never,
    createServer,
    serverOptions: {
      requestTimeout: requestSeconds * 1000,
      headersTimeout: requestSeconds * 1000,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.min(1000, requestSeconds * 250),
    },
  }) as Server;
  // Whoever does not take its answer is cut off; a connection at rest ends by keepAliveTimeout first.
  server.timeout = Math.max(requestSeconds * 1000, KEEP_ALIVE_MS + 1000);
  let isDraining = false;
  server.prependListener('request', (_request, response) => {
    if (isDraining) response.setHeader('connection', 'close');
  });
  const openPort = await listen(server, host, port);
  return {
    port: openPort,
    isDraining: () => isDraining,
    async drain(seconds) {
      isDraining = true;
      await drained(server, seconds);
    },
  };
}

/** Answers as `fetch` does; behind an answer that comes before the body has, the connection ends. */
function hangingUp(fetch: Fetch): Fetch {
  return (request, env) => {
    const answer = fetch(request, env);
    if (!mayAnswerEarly(env.incoming)) return answer;
    return Promise.resolve(answer).then((response) => {
      hangUpIfEarly(env.incoming, env.outgoing);
      return response;
    });
  };
}

/** @returns the port. @throws SimClustersError ADDRESS_UNAVAILABLE */
export function listen(server: SocketServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const facts = {
        got: `${host}:${port}: ${cause.code ?? cause.message}`,
        expected: 'a free port of this machine that this user may open',
        todo: 'Choose another --port or --host, or stop what listens there',
        cause,
      };
      reject(new SimClustersError('ADDRESS_UNAVAILABLE', facts));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

async function drained(server: Server, seconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    // http.Server.close() would cut connections at rest, over which a request may be on its way.
    SocketServer.prototype.close.call(server, () => resolve());
  });
  const rest = setTimeout(() => server.closeIdleConnections(), (seconds * 1000) / 2);
  const end = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  await closed;
  clearTimeout(rest);
  clearTimeout(end);
}

/** The address that a connection comes from. */
export function addressOf(context: Context): string {
  const { incoming } = context.env as { incoming?: IncomingMessage };
  return incoming?.socket.remoteAddress ?? '';
}
