/** The same query gives the same bytes in Node, a worker thread, workerd, Deno, Bun and Chromium. What is not to be had is said and left out. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openEdgeModel } from '../../src/edge.ts';
import { readWasm } from '../../src/kernels/open.ts';
import { findChromium } from '../fixtures/chromium.ts';
import { bundle, findRuntime, root, runtimeNames, serveIn } from './runtimes.ts';
import { sampleFile, sampleQueries } from './sample.ts';

const test = suite('edge runtimes');

const folder = mkdtempSync(join(tmpdir(), 'simclusters-edge-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const file = await sampleFile(3000, 40);
const queries = sampleQueries(24, 40).map((query) => JSON.stringify(query));
writeFileSync(join(folder, 'items.edge'), file);
for (const name of ['edge.wasm', 'edge.scalar.wasm']) writeFileSync(join(folder, name), readWasm(name));
for (const name of ['workers', 'deno', 'bun', 'lambda', 'browser'])
  await bundle(join(root, `test/edge/examples/${name}.js`), join(folder, `${name}.js`));

const bytes = new Uint8Array(file).buffer as ArrayBuffer;
const here = openEdgeModel(readWasm('edge.wasm'), bytes);
const expected = queries.map((query) => JSON.stringify(here.search(JSON.parse(query))));

test('there is something to compare', () => {
  assert.ok(expected.filter((text) => text.length > 1000).length > queries.length / 2);
  assert.ok(new Set(expected).size > queries.length / 2);
});

test('module and glue are at most 60 KB, gzipped', async () => {
  await bundle(join(root, 'dist/edge.js'), join(folder, 'glue.js'));
  const sizes = ['glue.js', 'edge.wasm'].map(
    (name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length,
  );
  const total = sizes.reduce((a, b) => a + b);
  assert.ok(total <= 60 * 1024, `${total} bytes`);
});

test('Node, scalar build', () => {
  const scalar = openEdgeModel(readWasm('edge.scalar.wasm'), bytes);
  assert.equal(
    queries.map((query) => JSON.stringify(scalar.search(JSON.parse(query)))),
    expected,
  );
});

test('a handler of Lambda, in Node', async () => {
  const { handler } = await import(pathToFileURL(join(folder, 'lambda.js')).href);
  const answers = await Promise.all(queries.map((body) => handler({ body })));
  assert.equal(
    answers.map(({ body }) => body),
    expected,
  );
  assert.equal(await handler({ body: '{}' }), { statusCode: 400, body: '{"error":"BAD_PARAM"}' });
  assert.is((await handler({ body: 'no json' })).statusCode, 400);
});

test('a worker thread', async () => {
  const code = `import { parentPort, workerData } from 'node:worker_threads';
    import { handler } from ${JSON.stringify(pathToFileURL(join(folder, 'lambda.js')).href)};
    parentPort.postMessage(await Promise.all(workerData.map(async (body) => (await handler({ body })).body)));`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const worker = new Worker(url, { workerData: queries });
  const answers = await new Promise((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
  });
  await worker.terminate();
  assert.equal(answers, expected);
});

for (const name of runtimeNames) {
  const program = findRuntime(name);
  if (program === undefined) continue;
  test(name, async () => {
    const server = await serveIn(name, program, folder);
    try {
      const answers: string[] = [];
      for (const query of queries) answers.push((await server.post(query)).text);
      assert.equal(answers, expected);
      assert.equal(await server.post('{}'), { status: 400, text: '{"error":"BAD_PARAM"}' });
    } finally {
      server.stop();
    }
  });
}

const executablePath = findChromium('the checks of simclusters/edge in it');
if (executablePath !== undefined) {
  test('Chromium, by ranges', async () => {
    const { server, url, ranges } = await serveFolder();
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    try {
      const page = await browser.newPage();
      await page.goto(url);
      await page.waitForFunction('window.search');
      const answers = await page.evaluate(
        (asked) => Promise.all(asked.map((query) => (window as never as Page).search(JSON.parse(query)))),
        queries,
      );
      assert.equal(answers, expected);
      assert.ok(ranges.length > 10, 'the file came by ranges');
    } finally {
      await browser.close();
      server.close();
    }
  });
}

interface Page {
  readonly search: (query: unknown) => Promise<string>;
}

/** A static server that knows ranges, and what it was asked for. */
async function serveFolder() {
  const ranges: string[] = [];
  const types: Readonly<Record<string, string>> = { js: 'text/javascript', wasm: 'application/wasm' };
  const server = createServer((request, response) => {
    const name = (request.url ?? '/').slice(1);
    if (name === '') return response.end('<script type="module" src="browser.js"></script>');
    if (!existsSync(join(folder, name))) return response.writeHead(404).end();
    const content = readFileSync(join(folder, name));
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    response.setHeader('content-type', types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream');
    if (!range) return response.end(content);
    ranges.push(range[0]);
    return response.writeHead(206).end(content.subarray(Number(range[1]), Number(range[2]) + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { server, url: `http://127.0.0.1:${port}/`, ranges };
}

test.run();
