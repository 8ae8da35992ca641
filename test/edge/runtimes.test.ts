/** The same query gives the same bytes in Node, a worker thread, workerd, Deno, Bun and Chromium. What is not to be had is said and left out. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openEdgeModel } from '../../src/edge.ts';
import { readWasm } from '../../src/kernels/open.ts';
import { findChromium } from '../fixtures/chromium.ts';
import { inChromium } from './chromium.ts';
import { bundle, root, testInRuntimes, threadAnswers } from './runtimes.ts';
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
  const answers = await threadAnswers<{ body: string }>(
    join(folder, 'lambda.js'),
    queries.map((body) => ({ body })),
  );
  assert.equal(
    answers.map(({ body }) => body),
    expected,
  );
});

testInRuntimes(test, folder, async ({ post }) => {
  const answers: string[] = [];
  for (const query of queries) answers.push((await post(query)).text);
  assert.equal(answers, expected);
  assert.equal(await post('{}'), { status: 400, text: '{"error":"BAD_PARAM"}' });
});

const executablePath = findChromium('the checks of simclusters/edge in it');
if (executablePath !== undefined) {
  test('Chromium, by ranges', () =>
    inChromium(executablePath, { folder, script: 'browser.js' }, async (page, ranges) => {
      await page.waitForFunction('window.search');
      const answers = await page.evaluate(
        (asked) => Promise.all(asked.map((query) => (window as never as Page).search(JSON.parse(query)))),
        queries,
      );
      assert.equal(answers, expected);
      assert.ok(ranges.length > 10, 'the file came by ranges');
    }));
}

interface Page {
  readonly search: (query: unknown) => Promise<string>;
}

test.run();
