/** The server as it is run: processes, replacement of models, overload, hostile clients, the end. */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildTinyModel } from '../cli/tiny-model.ts';
import { newFolder, simclusters } from '../e2e/cli.ts';
import { type Answer, type Running, send, startServer } from './running.ts';

const test = suite('serve');
const { folder, model } = buildTinyModel();
const models = newFolder();
const running = new Set<Running>();
test.after(async () => {
  await Promise.all([...running].map((server) => server.stop()));
  rmSync(folder, { recursive: true });
  rmSync(models, { recursive: true });
});

async function start(args: readonly string[]): Promise<Running> {
  const server = await startServer(args);
  running.add(server);
  return server;
}

async function stop(server: Running): Promise<number | null> {
  running.delete(server);
  return server.stop();
}

/** The model under another version, in a folder of its own. */
function copyModel(name: string): string {
  const copy = join(models, name);
  cpSync(model, copy, { recursive: true });
  const file = join(copy, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...manifest, modelVersion: name }));
  return copy;
}

function pointLatestTo(name: string): void {
  const draft = join(models, 'latest.draft');
  symlinkSync(name, draft);
  renameSync(draft, join(models, 'latest'));
}

const home = { userId: 'baseball-fan-3', limit: 3 };

/** Asks over and over from this many connections until told to stop. */
function load(port: number, connections: number, body: object = home) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const answers: Answer[] = [];
  const failures: unknown[] = [];
  let isOver = false;
  const loops = Array.from({ length: connections }, async () => {
    while (!isOver) {
      await send(port, '/v1/home', body, agent).then(
        (answer) => answers.push(answer),
        (error) => failures.push(error),
      );
    }
  });
  return {
    answers,
    failures,
    async end() {
      isOver = true;
      await Promise.all(loops);
      agent.destroy();
    },
  };
}

test('two processes answer alike; metrics add them up; SIGTERM ends them after what they were asked', async () => {
  const server = await start(['--model', model, '--threads', '2', '--log-requests']);
  const { port } = server;
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(port, '/v1/home', home)));
  assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
  assert.ok(JSON.parse(answers[0].body).recommendations.length > 0);
  const answered = await server.said('answered', 20);
  assert.is(new Set(answered.map(({ pid }) => pid)).size, 2);
  const { headers, body: metrics } = await send(port, '/metrics');
  assert.match(String(headers['content-type']), 'text/plain');
  assert.match(
    metrics,
    /simclusters_request_seconds_count\{method="POST",route="\/v1\/home",status="200"\} 20\n/,
  );
  assert.match(metrics, /simclusters_model_processes\{model_version="[^"]+"\} 2\n/);
  const last = Promise.all(Array.from({ length: 20 }, () => send(port, '/v1/home', home)));
  const code = stop(server);
  // Connections that were not taken yet are refused; those taken are answered.
  await last.catch((error) => assert.is(error.code, 'ECONNREFUSED'));
  assert.is(await code, 0);
});

test('a new model replaces the old without a failed request; one that cannot be read does not', async () => {
  mkdirSync(models, { recursive: true });
  copyModel('first');
  pointLatestTo('first');
  const server = await start(['--model', models, '--threads', '2', '--drain-seconds', '5']);
  const work = load(server.port, 8);
  copyModel('second');
  pointLatestTo('second');
  await server.said('answering', 4);
  const broken = copyModel('third');
  rmSync(join(broken, 'interestedIn.parquet'));
  pointLatestTo('third');
  await server.said('the new model cannot be served; the one before stays');
  await new Promise((resolve) => setTimeout(resolve, 300));
  await work.end();
  assert.equal(work.failures, []);
  const others = work.answers.filter(({ status }) => status !== 200);
  assert.equal(others, [], 'other answers than 200');
  const versions = work.answers.map(({ body }) => JSON.parse(body).modelVersion);
  assert.equal([...new Set(versions)].sort(), ['first', 'second']);
  assert.is(versions.at(-1), 'second');
  assert.is(await stop(server), 0);
});

test('a process that dies is followed by another', async () => {
  const server = await start(['--model', model, '--threads', '1']);
  const [{ worker }] = await server.said('answering');
  process.kill(Number(worker), 'SIGKILL');
  await server.said('answering', 2);
  assert.is((await send(server.port, '/v1/home', home)).status, 200);
  await stop(server);
});

test('a connection on its way to a process that dies is closed, not left to wait', async () => {
  const server = await start(['--model', model, '--threads', '1']);
  const [{ worker }] = await server.said('answering');
  // It takes no connection any more, but the first process sends it one.
  process.kill(Number(worker), 'SIGSTOP');
  const startMs = performance.now();
  const heard = talk(server.port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n', 15_000);
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill(Number(worker), 'SIGKILL');
  assert.is(await heard, '');
  const ms = performance.now() - startMs;
  assert.ok(ms < 10_000, `it waited ${ms} ms`);
  await server.said('answering', 2);
  assert.is((await send(server.port, '/health')).status, 200);
  await stop(server);
});

test('told to stop while a process is being started again, it stops', async () => {
  const server = await start(['--model', model, '--threads', '2']);
  const [{ worker }] = await server.said('answering');
  process.kill(Number(worker), 'SIGKILL');
  await server.said('a process died; starting another');
  // It is forked a second after, and takes a while to listen.
  await new Promise((resolve) => setTimeout(resolve, 1050));
  assert.is(await stop(server), 0);
});

test('a process that dies before the first one hears of it takes nobody down: what it asked is answered into the void', async () => {
  const server = await start(['--model', model, '--threads', '1']);
  const [{ worker }] = await server.said('answering');
  const agent = new Agent({ keepAlive: true });
  assert.is((await send(server.port, '/health', undefined, agent)).status, 200);
  server.process.kill('SIGSTOP');
  const asked = send(server.port, '/metrics', undefined, agent).catch(({ code }) => code);
  await new Promise((resolve) => setTimeout(resolve, 200));
  process.kill(Number(worker), 'SIGKILL');
  assert.is(await asked, 'ECONNRESET');
  server.process.kill('SIGCONT');
  await server.said('answering', 2);
  assert.is((await send(server.port, '/health')).status, 200);
  agent.destroy();
  assert.is(await stop(server), 0);
});

test('overload: 503 with Retry-After, at once; answers again as soon as it is over', async () => {
  const server = await start(['--model', model, '--threads', '1', '--max-waiting', '8']);
  const { port } = server;
  const work = load(port, 200, { ...home, config: 'Exact', limit: 1000 });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await work.end();
  assert.equal(work.failures, []);
  const statuses = new Map<number, number>();
  for (const { status } of work.answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  assert.equal([...statuses.keys()].sort(), [200, 503], JSON.stringify([...statuses]));
  const refused = work.answers.find(({ status }) => status === 503);
  assert.is(refused?.headers['retry-after'], '1');
  assert.is(JSON.parse(String(refused?.body)).error.code, 'OVERLOADED');
  assert.is((await send(port, '/v1/home', home)).status, 200);
  await stop(server);
});

/** Sends these bytes as they are; gives what came back by the time the server hung up, or the patience was at its end. */
function talk(port: number, bytes: string, patienceMs = 60_000): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (piece) => {
      heard += piece;
    });
    socket.on('error', () => undefined);
    const impatience = setTimeout(() => socket.destroy(), patienceMs);
    socket.on('close', () => {
      clearTimeout(impatience);
      resolve(heard);
    });
  });
}

test('clients that are slow, rude or verbose get an answer of their own and hold up nobody', async () => {
  const server = await start([
    '--model',
    model,
    '--threads',
    '1',
    '--request-seconds',
    '1',
    '--max-body',
    '2048',
  ]);
  const { port } = server;
  const post = 'POST /v1/home HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  const slow = Promise.all([
    talk(port, 'GET /health HTTP/1.1\r\nHost'),
    talk(port, `${post}Content-Length: 20\r\n\r\n{"user`),
  ]);
  const quick = send(port, '/v1/home', home);
  assert.is((await quick).status, 200);
  assert.match(await talk(port, 'NONSENSE\r\n\r\n'), /^HTTP\/1.1 400 /);
  assert.match(
    await talk(port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`),
    /^HTTP\/1.1 431 /,
  );
  assert.match(
    await talk(port, `${post}Connection: close\r\nContent-Length: 5\r\n\r\n{"use`),
    /^HTTP\/1.1 400 /,
  );
  const large = await send(port, '/v1/home', { userId: 'x'.repeat(1_000_000) });
  assert.is(large.status, 413);
  const chunk = `${(4096).toString(16)}\r\n${'x'.repeat(4096)}\r\n`;
  const heard = await talk(port, `${post}Transfer-Encoding: chunked\r\n\r\n${chunk}`);
  assert.match(heard, /^HTTP\/1.1 413 [\s\S]*\r\nconnection: close\r\n/i);
  for (const heard of await slow) assert.match(heard, /^HTTP\/1.1 408 /);
  assert.is((await send(port, '/v1/home', home)).status, 200);
  assert.equal(
    server.log.filter(({ level }) => Number(level) >= 40),
    [],
  );
  await stop(server);
});

test('tokens and rate', async () => {
  const file = join(folder, 'tokens.txt');
  writeFileSync(file, '# of the test\n0123456789abcdef\n');
  const server = await start(['--model', model, '--threads', '1', '--token-file', file, '--rate', '1']);
  assert.is((await send(server.port, '/v1/home', home)).status, 401);
  const ask = () =>
    fetch(`http://127.0.0.1:${server.port}/v1/embedding-types`, {
      headers: { authorization: 'Bearer 0123456789abcdef' },
    }).then(({ status }) => status);
  assert.equal([await ask(), await ask(), await ask()], [200, 200, 429]);
  await stop(server);
});

test('what cannot be served is said before anything is left running', async () => {
  const refused = (code: number, text: RegExp, args: readonly string[]) => {
    const { status, stderr } = simclusters(['serve', '--model', model, ...args]);
    assert.is(status, code, stderr);
    assert.match(stderr, text);
  };
  const short = join(folder, 'short.txt');
  writeFileSync(short, '# here\n\nshort\n');
  refused(65, /line 3/, ['--token-file', short]);
  refused(66, /INPUT_MISSING/, ['--token-file', join(folder, 'nowhere')]);
  refused(64, /--port 70000/, ['--port', '70000']);
  refused(64, /--max-wait-ms/, ['--max-wait-ms', '-1']);
  refused(64, /--allow-origin/, ['--allow-origin', 'app.example/path']);
  const none = simclusters(['serve', '--model', join(folder, 'nowhere')]);
  assert.is(none.status, 66);
  assert.match(none.stderr, /NO_MODEL/);
  const server = await start(['--model', model, '--threads', '1']);
  refused(69, /ADDRESS_UNAVAILABLE[\s\S]*EADDRINUSE/, ['--port', String(server.port), '--threads', '1']);
  await stop(server);
});

test.run();
