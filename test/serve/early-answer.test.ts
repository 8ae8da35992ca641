/** Answers that come before the request has: over the socket as it is, what they say of the connection and what becomes of it. */
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startHttpServer } from '../../src/serve/http-server.ts';

const test = suite('early answers');

const paths: string[] = [];
const server = await startHttpServer(
  async (request) => {
    const { pathname } = new URL(request.url);
    paths.push(pathname);
    // As who looks for a token does: the body is not touched.
    if (pathname === '/refused') return new Response('no', { status: 401 });
    // As who counts a body does: it is read until it is too much.
    const reader = request.body?.getReader();
    for (let length = 0; ; ) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) return new Response(`${length} bytes`);
      length += value.length;
      if (length > 1000) return new Response('too large', { status: 413 });
    }
  },
  { host: '127.0.0.1', port: 0, requestSeconds: 10 },
);
test.after(() => server.drain(0));

interface Connection {
  readonly write: (text: string | Uint8Array) => Promise<void>;
  readonly heard: () => string;
  /** Of writing and reading. */
  readonly failures: readonly Error[];
  readonly until: (pattern: RegExp) => Promise<void>;
  /** Fulfilled with the milliseconds it took from now on until the server has cut the connection. */
  readonly cut: () => Promise<number>;
  readonly end: () => void;
}

/** A client that goes on writing after the server has hung up. */
async function open(): Promise<Connection> {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  let heard = '';
  socket.on('data', (piece) => {
    heard += piece;
  });
  const failures: Error[] = [];
  socket.on('error', (error) => failures.push(error));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    write: (text) => new Promise((resolve) => socket.write(text, () => resolve())),
    heard: () => heard,
    failures,
    async until(pattern) {
      const startMs = performance.now();
      while (!pattern.test(heard)) {
        if (performance.now() - startMs > 10_000) throw new Error(`never heard ${pattern}: ${heard}`);
        await wait(5);
      }
    },
    async cut() {
      const startMs = performance.now();
      const writing = setInterval(() => socket.write('x'), 50);
      await closed;
      clearInterval(writing);
      return performance.now() - startMs;
    },
    end: () => socket.destroy(),
  };
}

const post = (path: string, ...headers: string[]) =>
  `POST ${path} HTTP/1.1\r\n${['Host: x', ...headers].join('\r\n')}\r\n\r\n`;
const chunk = `${(4096).toString(16)}\r\n${'x'.repeat(4096)}\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked';

for (const [status, path] of [
  [413, '/events'],
  [401, '/refused'],
] as const)
  test(`${status} to a body in chunks ends the connection: what still comes is no request, and not for ever`, async () => {
    const connection = await open();
    await connection.write(post(path, CHUNKED) + chunk);
    await connection.until(/\r\n\r\n(too large|no)$/);
    assert.match(connection.heard(), new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(connection.heard(), /\r\nconnection: close\r\n/i);
    const before = paths.length;
    await connection.write(`${chunk}0\r\n\r\n${post('/next', 'Content-Length: 0')}`);
    const ms = await connection.cut();
    assert.ok(ms < 5000, `cut after ${ms} ms`);
    assert.is(paths.length, before, 'what came behind the answer was taken for a request');
    assert.is(connection.heard().match(/HTTP\/1.1/g)?.length, 1);
  });

test('whoever writes all of a long body first still gets the answer', async () => {
  const connection = await open();
  const piece = new Uint8Array(2 ** 21);
  await connection.write(post('/events', `Content-Length: ${4 * piece.length}`));
  for (let i = 0; i < 4; i++) {
    await connection.write(piece);
    // Long enough for an answer, and for the end of a connection that is cut behind it.
    await wait(25);
  }
  assert.equal(connection.failures, []);
  await connection.until(/too large$/);
  assert.match(connection.heard(), /^HTTP\/1.1 413 [\s\S]*\r\nconnection: close\r\n/i);
  connection.end();
});

test('a short body that is refused, and one that is read to its end, leave the connection as it is', async () => {
  const connection = await open();
  await connection.write(post('/refused', 'Content-Length: 4000'));
  await connection.until(/no$/);
  await connection.write('x'.repeat(4000));
  await connection.write(`${post('/events', CHUNKED)}5\r\nhello\r\n`);
  await wait(20);
  await connection.write('0\r\n\r\n');
  await connection.until(/5 bytes$/);
  const long = 'x'.repeat(100_000);
  await connection.write(post('/refused', `Content-Length: ${long.length}`) + long);
  await connection.until(/no$/);
  assert.not.match(connection.heard().split('5 bytes')[0], /connection: close/i);
  connection.end();
});

test.run();
