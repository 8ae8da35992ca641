/** The app over a compact file: the same request gets the same answer in Node, a worker thread, Lambda's shape, workerd, Deno, Bun and Chromium. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openEdgeModel } from '../../src/edge.ts';
import { createEdgeApp } from '../../src/edge-app.ts';
import { readWasm } from '../../src/kernels/open.ts';
import { findChromium } from '../fixtures/chromium.ts';
import { inChromium } from './chromium.ts';
import { bundle, root, testInRuntimes, threadAnswers } from './runtimes.ts';
import { sampleFile, sampleQueries } from './sample.ts';

const test = suite('edge app, runtimes');

const folder = mkdtempSync(join(tmpdir(), 'simclusters-edge-app-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const file = await sampleFile(3000, 40);
writeFileSync(join(folder, 'items.edge'), file);
for (const name of ['edge.wasm', 'edge.scalar.wasm']) writeFileSync(join(folder, name), readWasm(name));
for (const name of ['workers', 'deno', 'bun', 'lambda', 'browser'])
  await bundle(join(root, `test/edge/examples/app-${name}.js`), join(folder, `${name}.js`));

interface Asked {
  readonly path: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const get = (path: string): Asked => ({ path, method: 'GET' });
const post = (path: string, body: unknown, type = 'application/json'): Asked => ({
  path,
  method: 'POST',
  headers: { 'content-type': type },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const item = (id: string) => ({ embeddingType: 'LogFavBasedTweet', id });
const retrievals = sampleQueries(12, 40).map(({ vector, config, nowMs }) =>
  post('/v1/retrieval', { source: { vector }, overrides: config, nowMs }),
);
const requests: readonly Asked[] = [
  ...retrievals,
  post('/v1/retrieval', { source: item('item-7'), config: 'ReRanked', withReasons: true }),
  post('/v1/retrieval', { source: item('nobody') }),
  post('/v1/retrieval', { source: item('item-7'), candidates: 'producers' }),
  post('/v1/retrieval', { source: item('item-7'), config: 'Exact' }),
  post('/v1/retrieval', { source: item('item-7'), overrides: { maxNumResults: 1001 } }),
  post('/v1/retrieval', { source: item('item-7'), oops: 1 }),
  post('/v1/retrieval', { source: item('item-7'), modelVersion: 'other' }),
  post('/v1/retrieval', { source: { embeddingType: 'NoSuchType', id: 'x' } }),
  post('/v1/retrieval', '{"source":'),
  post('/v1/retrieval', '{}', 'text/plain'),
  post('/v1/retrieval', `"${'x'.repeat(1_100_000)}"`),
  get('/v1/retrieval/configurations'),
  post('/v1/score', { algorithm: 'jaccard', first: item('item-1'), second: item('item-2') }),
  post('/v1/list-score', {
    targetType: 'LogFavBasedTweet',
    targetId: 'item-1',
    candidateType: 'LogFavLongestL2EmbeddingTweet',
    candidateIds: ['item-1', 'nobody', 'item-2'],
  }),
  get('/v1/embedding-types'),
  get('/v1/embeddings/LogFavBasedTweet/sample/item-3?limit=4'),
  get('/v1/embeddings/LogFavBasedTweet/sample/%E2%98%82'),
  get('/v1/retrieval'),
  post('/v1/home', { userId: 'x' }),
  get('/nothing'),
  get('/health'),
  get('/ready'),
  get('/openapi.json'),
];

interface Answered {
  readonly status: number;
  readonly type: string | null;
  readonly allow: string | null;
  readonly text: string;
}

type Ask = (path: string, init?: RequestInit) => Response | Promise<Response>;

async function answersOf(ask: Ask): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const { path, ...init } of requests) {
    const response = await ask(path, init);
    const { status, headers } = response;
    const text = await response.text();
    answers.push({ status, type: headers.get('content-type'), allow: headers.get('allow'), text });
  }
  return answers;
}

const bytes = new Uint8Array(file).buffer as ArrayBuffer;
const here = createEdgeApp(openEdgeModel(readWasm('edge.wasm'), bytes));
const expected = await answersOf((path, init) => here.request(path, init));

function requireSame(answers: readonly Answered[]): void {
  requests.forEach(({ method, path, body = '' }, i) => {
    assert.equal(answers[i], expected[i], `${method} ${path} ${body.slice(0, 200)}`);
  });
}

test('there is something to compare', () => {
  const statuses = expected.map(({ status }) => status);
  const found = expected.slice(0, retrievals.length).map(({ text }) => JSON.parse(text).candidates.length);
  assert.ok(found.filter((count) => count > 5).length > retrievals.length / 2, found.join());
  assert.equal([...new Set(statuses)].sort(), [200, 400, 404, 405, 413, 415, 503]);
  assert.ok(statuses.filter((status) => status === 200).length > 20);
});

test('app, module and glue are at most 70 KB, gzipped, and use no Node API', async () => {
  await bundle(join(root, 'test/edge/examples/app-workers.js'), join(folder, 'size.js'));
  const code = readFileSync(join(folder, 'size.js'));
  assert.not.match(code.toString(), /from"node:|require\(/);
  const sizes = [code, readWasm('edge.wasm')].map((part) => gzipSync(part, { level: 9 }).length);
  const total = sizes.reduce((a, b) => a + b);
  console.log(`app and glue ${sizes[0]}, module ${sizes[1]} bytes gzipped`);
  assert.ok(total <= 70 * 1024, `${total} bytes`);
});

test('Node, scalar build', async () => {
  const scalar = createEdgeApp(openEdgeModel(readWasm('edge.scalar.wasm'), bytes));
  requireSame(await answersOf((path, init) => scalar.request(path, init)));
});

/** A request as a function URL of Lambda hands it on. */
function eventOf(path: string, { method = 'GET', headers = {}, body }: RequestInit) {
  const [rawPath, rawQueryString = ''] = path.split('?');
  return {
    version: '2.0',
    rawPath,
    rawQueryString,
    headers: { host: 'x.lambda-url', ...headers },
    requestContext: { domainName: 'x.lambda-url', http: { method, path: rawPath } },
    body,
    isBase64Encoded: false,
  };
}

test('a handler of Lambda, in Node', async () => {
  const { handler } = await import(pathToFileURL(join(folder, 'lambda.js')).href);
  const ask: Ask = async (path, init = {}) => {
    const { statusCode, headers, body, isBase64Encoded } = await handler(eventOf(path, init));
    return new Response(isBase64Encoded ? Buffer.from(body, 'base64') : body, {
      status: statusCode,
      headers,
    });
  };
  requireSame(await answersOf(ask));
});

test('a worker thread', async () => {
  const events = requests.map(({ path, ...init }) => eventOf(path, init));
  const answers = await threadAnswers<{ statusCode: number; body: string }>(
    join(folder, 'lambda.js'),
    events,
  );
  assert.equal(
    answers.map(({ statusCode, body }) => [statusCode, body]),
    expected.map(({ status, text }) => [status, text]),
  );
});

testInRuntimes(test, folder, async ({ ask }) => requireSame(await answersOf(ask)));

interface Page {
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
}

const executablePath = findChromium('the checks of simclusters/edge-app in it');
if (executablePath !== undefined) {
  test('Chromium', () =>
    inChromium(executablePath, { folder, script: 'browser.js' }, async (page) => {
      await page.waitForFunction('window.ask');
      const ask: Ask = async (path, init) => {
        const { status, headers, text } = await page.evaluate(
          async ([asked, how]) => {
            const response = await (window as never as Page).ask(asked, how);
            const { status, headers } = response;
            return { status, headers: [...headers], text: await response.text() };
          },
          [path, init] as const,
        );
        return new Response(text, { status, headers });
      };
      requireSame(await answersOf(ask));
    }));
}

test.run();
