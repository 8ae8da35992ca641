/** The app over compact files: its document is true, it answers as the server does, and it says what it cannot serve. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createApp } from '../../src/api/serving-app.ts';
import { edgePieces } from '../../src/cli/export-edge.ts';
import { type EdgeModel, openEdgeModel } from '../../src/edge.ts';
import { createEdgeApp } from '../../src/edge-app.ts';
import { readWasm } from '../../src/kernels/open.ts';
import { openModel } from '../../src/pipeline/model-folder.ts';
import { loadServingModel } from '../../src/serve/load-serving-model.ts';
import { callsOf, documentOf, exampleOf, requestOf, Schemas } from '../api/document.ts';
import { openSmallModel } from '../api/small-model.ts';

const test = suite('edge app');
const small = await openSmallModel();
const { model, close } = await loadServingModel(small.folder, {}, { numThreads: 1, maxMemoryBytes: 2 ** 28 });
test.after(async () => {
  await close();
  await small.close();
});

const wasm = new WebAssembly.Module(readWasm('edge.wasm'));
async function fileOf(artifact: string, vectors = true): Promise<EdgeModel> {
  const options = { itemsPerCluster: 1600, scale: 'unit', vectors } as const;
  const pieces = await edgePieces(openModel(small.folder), artifact, options);
  return openEdgeModel(wasm, await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

const items = await fileOf('tweetEmbedding');
const producers = await fileOf('followBasedProducer');
const both = createEdgeApp([items, producers]);
const server = createApp({ models: () => [model], packageVersion: '0' });

async function ask(app: typeof both, path: string, body: unknown) {
  const headers = { 'content-type': 'application/json' };
  const response = await app.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
}

for (const [name, files] of [
  ['items', items],
  ['producers', producers],
  ['both', [items, producers]],
] as const)
  test(`every example of the document is answered as it says: ${name}`, async () => {
    const app = createEdgeApp(files, { packageVersion: '1.2.3' });
    const document = await documentOf((path, init) => app.request(path, init));
    const schemas = new Schemas(document);
    const calls = callsOf(document);
    assert.is(calls.length, 8);
    let numExamples = 0;
    for (const call of calls)
      for (const [example, { value }] of Object.entries(
        call.operation.responses['200'].content['application/json'].examples ?? {},
      )) {
        const [url, init] = requestOf(call, exampleOf(call, example));
        const response = await app.request(url, init);
        const body = await response.json();
        assert.is(response.status, 200, `${url}: ${JSON.stringify(body)}`);
        schemas.requireDeclared(call, 200, body);
        assert.equal(body, value, `${call.path} ${example}`);
        numExamples++;
      }
    assert.ok(numExamples >= 8);
  });

test('a vector finds the same as in the server, byte for byte; an item the same but for the last digits', async () => {
  let numFound = 0;
  for (const userId of ['user-1-3', 'user-2-5', 'user-4-1']) {
    const source = { embeddingType: 'FollowBasedUserInterestedIn', modelVersion: model.modelVersion };
    const { clusters, scores } = model.representation.embedding({ ...source, id: userId })!;
    const vector = Array.from(clusters, (cluster, i) => [cluster, scores[i]]);
    for (const config of ['WholeNorm', 'ReRanked', 'Default', '20220810'])
      for (const annAlgorithm of ['cosine', 'dot', 'log-cosine']) {
        const body = { source: { vector }, config, overrides: { annAlgorithm } };
        const expected = await ask(server, '/v1/retrieval', body);
        assert.equal(await ask(both, '/v1/retrieval', body), expected);
        numFound += JSON.parse(expected.text).candidates.length;
      }
  }
  assert.ok(numFound > 50, `${numFound} found`);
  // The file has vectors of unit length, the server those of the model.
  const body = { source: { embeddingType: 'LogFavBasedTweet', id: 'maker-2-1' }, withReasons: true };
  const [here, there] = [
    await ask(both, '/v1/retrieval', body),
    await ask(server, '/v1/retrieval', body),
  ].map(
    ({ text }) =>
      JSON.parse(text).candidates as { id: string; score: number; reasons: { share: number }[] }[],
  );
  assert.ok(here.length > 0);
  assert.is(here.length, there.length);
  const byId = new Map(there.map((candidate) => [candidate.id, candidate]));
  for (const { id, score, reasons } of here) {
    const same = byId.get(id)!;
    assert.ok(Math.abs(score - same.score) < 1e-5, id);
    reasons.forEach(({ share }, i) => {
      assert.ok(Math.abs(share - same.reasons[i].share) < 1e-5);
    });
  }
});

test('what a file does not hold is refused: other candidates, other types, whole lists, other routes', async () => {
  const codeOf = async (app: typeof both, path: string, body: unknown) => {
    const { status, text } = await ask(app, path, body);
    return `${status} ${JSON.parse(text).error.code}`;
  };
  const source = { embeddingType: 'LogFavBasedTweet', id: 'maker-2-1' };
  const alone = createEdgeApp(items);
  assert.is(await codeOf(alone, '/v1/retrieval', { source, candidates: 'producers' }), '503 NO_MODEL');
  assert.is(
    await codeOf(createEdgeApp(producers), '/v1/retrieval', { source: { vector: [] } }),
    '503 NO_MODEL',
  );
  assert.is(
    await codeOf(alone, '/v1/retrieval', { source: { embeddingType: 'KnownFor', id: 'x' } }),
    '400 BAD_PARAM',
  );
  assert.is(await codeOf(alone, '/v1/retrieval', { source, config: 'Exact' }), '400 BAD_PARAM');
  const vector = [[1, 1]];
  assert.is(await codeOf(both, '/v1/retrieval', { source: { vector }, optedOut: ['x'] }), '400 BAD_PARAM');
  assert.is((await ask(both, '/v1/retrieval', { source: { vector }, optedOut: [] })).status, 200);
  assert.is(await codeOf(alone, '/v1/home', { userId: 'user-1-3' }), '404 UNKNOWN_ROUTE');
  assert.is((await alone.request('/')).status, 404);
  const { status } = await ask(both, '/v1/retrieval', {
    source: { embeddingType: 'FollowBasedProducer', id: 'maker-3-2' },
    candidates: 'producers',
  });
  assert.is(status, 200);
});

test('tokens, rates and body limits are those of the server', async () => {
  const guarded = createEdgeApp(items, { tokens: ['one'], rateLimit: { perSecond: 0.001, burst: 1 } });
  const statusWith = async (headers: Record<string, string>) =>
    (await guarded.request('/v1/embedding-types', { headers })).status;
  const authorization = 'Bearer one';
  assert.equal(
    [await statusWith({}), await statusWith({ authorization }), await statusWith({ authorization })],
    [401, 200, 429],
  );
  const narrow = createEdgeApp(items, { maxBodyBytes: 10 });
  assert.is((await ask(narrow, '/v1/retrieval', { source: { vector: [[1, 1]] } })).status, 413);
});

test('files that no app can serve are refused when it is made', async () => {
  assert.throws(() => createEdgeApp([]), /BAD_PARAM/);
  assert.throws(() => createEdgeApp([items, items]), /two files of items/);
  const bare = await fileOf('tweetEmbedding', false);
  assert.throws(() => createEdgeApp(bare), /without whole vectors/);
  const topics = await fileOf('topicEmbedding');
  assert.throws(() => createEdgeApp(topics), /FavTfgTopic/);
});

test.run();
