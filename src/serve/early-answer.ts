/**
 * An answer that is given before the request has come whole: to a body that is too large, or for want of a token. HTTP cannot leave out the
 * rest of a body, so the answer says that the connection ends (`Connection: close`); and it ends gently: what still comes is thrown
 * away for a moment, since a connection that is closed while its client writes loses the answer for many clients.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A body that says that it is no longer than this is read to its end instead: it has been sent, or nearly, by the time of the answer. */
const SMALL_BODY_BYTES = 2 ** 16;
/** How long a client may go on writing before the connection is cut. */
const LINGER_MS = 1000;

/** May the answer come before the body has? */
export function mayAnswerEarly({ headers }: IncomingMessage): boolean {
  return (
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > SMALL_BODY_BYTES
  );
}

/** To be called with an answer at hand, before it is written. */
export function hangUpIfEarly(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  response.setHeader('connection', 'close');
  const { socket } = request;
  // From here on nothing that comes goes to the parser: it is no request, even where it looks like one.
  socket.removeAllListeners('data');
  socket.on('data', () => undefined);
  // What the server calls behind an answer that ends the connection.
  socket.destroySoon = () => linger(socket);
}

function linger(socket: Socket): void {
  if (socket.writableEnded) return;
  socket.end();
  socket.once('end', () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
