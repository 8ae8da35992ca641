/** Each route keeps what the document promises, and the answers are those of the functions behind. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createApp } from '../../src/api/serving-app.ts';
import { homeCandidates, similarItems, whoToFollow } from '../../src/applications/applications.ts';
import { pairMeasures } from '../../src/scoring/pair-measures.ts';
import { HOSTILE } from '../report/models.ts';
import { callsOf, documentOf, exampleOf, requestOf, Schemas } from './document.ts';
import { openSmallModel } from './small-model.ts';

const test = suite('routes');
const { model, close } = await openSmallModel();
test.after(close);
const { representation } = model;

const app = createApp({ models: () => [model], packageVersion: '0' });
const fetch = (path: string, init?: RequestInit) => app.request(path, init);
const document = await documentOf(fetch);
const calls = callsOf(document);
const schemas = new Schemas(document);

async function ask(path: string, body?: unknown) {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const response = await fetch(path, body === undefined ? undefined : init);
  return { status: response.status, body: await response.json() };
}

const idsIn = (list: readonly { id: string }[]) => list.map(({ id }) => id);

test('every example of the document is answered as it says, in the declared shape', async () => {
  assert.is(document.openapi, '3.1.0');
  assert.is(document.security, undefined);
  assert.is(calls.length, 18);
  let numExamples = 0;
  for (const call of calls) {
    const answers = call.operation.responses['200'].content['application/json'].examples ?? {};
    assert.ok(Object.keys(answers).length > 0, `${call.path} has no example`);
    for (const [name, { value }] of Object.entries(answers)) {
      const [url, init] = requestOf(call, exampleOf(call, name));
      const response = await fetch(url, init);
      const body = await response.json();
      assert.is(response.status, 200, `${url}: ${JSON.stringify(body)}`);
      schemas.requireDeclared(call, 200, body);
      assert.equal(body, value, `${call.path} ${name}`);
      numExamples++;
    }
  }
  assert.ok(numExamples >= 18);
});

test('a model of follows alone has examples for what it can answer, and says what it cannot', async () => {
  const small = await openSmallModel({ followsOnly: true });
  const bare = createApp({ models: () => [small.model], packageVersion: '0' });
  const bareDocument = await documentOf((path, init) => bare.request(path, init));
  let numExamples = 0;
  for (const call of callsOf(bareDocument)) {
    const answers = call.operation.responses['200'].content['application/json'].examples ?? {};
    for (const [name, { value }] of Object.entries(answers)) {
      const [url, init] = requestOf(call, exampleOf(call, name));
      assert.equal(await (await bare.request(url, init)).json(), value);
      numExamples++;
    }
  }
  assert.ok(numExamples >= 12);
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId: 'user-1-3' }),
  };
  const response = await bare.request('/v1/home', init);
  assert.is((await response.json()).error.code, 'NO_MODEL');
  await small.close();
});

test('examples are about entities that the model knows', async () => {
  const { body } = await ask('/openapi.json');
  const answers = body.paths['/v1/retrieval'].post.responses['200'].content['application/json'].examples;
  for (const [name, { value }] of Object.entries<{ value: { candidates: unknown[] } }>(answers))
    assert.ok(value.candidates.length > 0, name);
});

test('retrieval: approximate, exact, re-ranked; overrides count; the source is left out', async () => {
  const source = { embeddingType: 'LogFavBasedTweet', id: 'maker-2-1' };
  const exact = await ask('/v1/retrieval', { source, config: 'Exact' });
  assert.is(exact.body.variant, 'LogFavBasedTweet_test_Exact');
  assert.ok(exact.body.candidates.length > 3);
  assert.not(idsIn(exact.body.candidates).includes('maker-2-1'));
  const twin = representation.embedding({ ...source, modelVersion: 'test' })!;
  for (const { id, score } of exact.body.candidates) {
    const other = representation.embedding({ embeddingType: 'LogFavBasedTweet', modelVersion: 'test', id })!;
    assert.ok(Math.abs(score - pairMeasures.cosine(twin, other)) < 1e-5);
  }
  const cut = await ask('/v1/retrieval', { source, config: 'ReRanked', overrides: { maxNumResults: 2 } });
  assert.equal(idsIn(cut.body.candidates), idsIn(exact.body.candidates).slice(0, 2));
  const wide = { source: { vector: [1, 2, 3].map((cluster) => [cluster, 1]) } };
  const scanned = async (overrides: object) =>
    (await ask('/v1/retrieval', { ...wide, overrides })).body.numScanned;
  assert.ok((await scanned({ maxScanClusters: 1 })) < (await scanned({})));
});

test('retrieval: age window, opt-out, vectors, strangers, producers', async () => {
  const source = { embeddingType: 'LogFavBasedUserInterestedIn', id: 'user-1-3' };
  const at = (nowMs: number) =>
    ask('/v1/retrieval', { source, nowMs, overrides: { maxTweetCandidateAgeHours: 24 } });
  assert.ok((await at(1_700_000_000_000 + 3_600_000)).body.candidates.length > 0);
  assert.equal((await at(1_700_000_000_000 + 30 * 3_600_000)).body.candidates, []);
  const hidden = await ask('/v1/retrieval', { source, withReasons: true, optedOut: ['topic-1'] });
  const isHidden = (clusterId: number) => model.legible.get(clusterId)?.includes('topic-1') ?? false;
  const clusters = hidden.body.candidates.flatMap((c: { reasons: { clusterId: number }[] }) =>
    c.reasons.map(({ clusterId }) => clusterId),
  );
  assert.not(clusters.some(isHidden));
  const stranger = await ask('/v1/retrieval', { source: { ...source, id: 'nobody' } });
  assert.equal([stranger.status, stranger.body.candidates], [200, []]);
  const twice = await ask('/v1/retrieval', {
    source: {
      vector: [
        [1, 1],
        [1, 2],
      ],
    },
  });
  assert.equal([twice.status, twice.body.error.code], [400, 'BAD_PARAM']);
  const producers = await ask('/v1/retrieval', {
    source: { embeddingType: 'FollowBasedProducer', id: 'maker-3-2' },
    candidates: 'producers',
    withReasons: true,
  });
  assert.ok(producers.body.candidates.length > 0);
  assert.not(idsIn(producers.body.candidates).includes('maker-3-2'));
  for (const { reasons } of producers.body.candidates) assert.ok(reasons.length > 0);
});

test('scores: all measures, holes in the order of the request, sums of parts', async () => {
  const [first, second] = ['user-1-3', 'user-2-3'].map((id) => ({
    embeddingType: 'FollowBasedUserInterestedIn',
    id,
  }));
  const vectorOf = (part: typeof first) => representation.embedding({ ...part, modelVersion: 'test' })!;
  for (const [algorithm, measure] of Object.entries(pairMeasures)) {
    const { body } = await ask('/v1/score', { algorithm, first, second });
    assert.is(body.score, measure(vectorOf(first), vectorOf(second)), algorithm);
  }
  const target = { targetType: first.embeddingType, targetId: first.id, candidateType: first.embeddingType };
  const list = await ask('/v1/list-score', { ...target, candidateIds: ['user-1-4', 'nobody', 'user-1-3'] });
  assert.is(list.body.scores[1], null);
  assert.ok(list.body.scores[0] > 0 && Math.abs(list.body.scores[2] - 1) < 1e-6);
  const types = [first.embeddingType, first.embeddingType];
  const sum = await ask('/v1/weighted-score', {
    ids: [first.id, 'user-1-4'],
    parts: [
      { weight: 2, types },
      { weight: 5, types: ['NoSuchType', 'NoSuchType'] },
    ],
  });
  assert.is(sum.body.score, 2 * list.body.scores[0]);
});

test('applications give what their functions give', async () => {
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
  const { body: similar } = await ask('/v1/similar-items', { itemId: 'maker-2-1', limit: 5 });
  assert.equal(similar.recommendations, plain(similarItems(model, 'maker-2-1', { limit: 5 })));
  const { body: home } = await ask('/v1/home', {
    userId: 'user-1-3',
    producerIds: ['maker-4-2'],
    excludedIds: ['maker-1-1'],
  });
  const excludedIds = new Set(['maker-1-1']);
  assert.equal(
    home.recommendations,
    plain(homeCandidates(model, 'user-1-3', { producerIds: ['maker-4-2'], excludedIds })),
  );
  const { body: follow } = await ask('/v1/who-to-follow', { userId: 'user-1-3', optedOut: ['topic-1'] });
  assert.equal(
    follow.recommendations,
    plain(whoToFollow(model, 'user-1-3', { optedOut: new Set(['topic-1']) })),
  );
});

test('ids of any spelling pass through paths', async () => {
  const path = (id: string) =>
    `/v1/embeddings/FollowBasedUserInterestedIn/test/${encodeURIComponent(id)}?limit=2`;
  const { status, body } = await ask(path(HOSTILE));
  assert.is(status, 200, JSON.stringify(body));
  assert.equal(
    body.clusters.map(({ clusterId, score }: { clusterId: number; score: number }) => ({ clusterId, score })),
    representation.clustersOf(
      { embeddingType: 'FollowBasedUserInterestedIn', modelVersion: 'test', id: HOSTILE },
      2,
    ),
  );
  for (const id of ['100%', '%2F', 'a/b', 'ü', '..', '\u0000']) {
    const answer = await ask(path(`no ${id}`));
    assert.is(answer.status, 404);
    assert.is(answer.body.error.found, `FollowBasedUserInterestedIn of ${JSON.stringify(`no ${id}`)}`);
  }
});

test('clear refusals, each of the declared shape', async () => {
  const refused = async (code: string, path: string, body?: unknown) => {
    const answer = await ask(path, body);
    assert.is(answer.body.error.code, code, JSON.stringify(answer.body));
    const call = calls.find((each) => path.startsWith(each.path));
    if (call) schemas.requireDeclared(call, answer.status, answer.body);
    return answer;
  };
  const source = { embeddingType: 'KnownFor', id: 'x' };
  const unknown = await refused('BAD_PARAM', '/v1/retrieval', { source, oops: 1 });
  assert.match(unknown.body.error.found, 'oops');
  const range = await refused('BAD_PARAM', '/v1/retrieval', { source, overrides: { maxNumResults: 1001 } });
  assert.match(range.body.error.found, 'overrides.maxNumResults');
  await refused('BAD_PARAM', '/v1/retrieval', { source, config: 'constructor' });
  await refused('BAD_PARAM', '/v1/retrieval', { source: { embeddingType: 'NoSuchType', id: 'x' } });
  await refused('BAD_PARAM', '/v1/home', { userId: 'user-1-3', modelVersion: 'other' });
  await refused('UNKNOWN_ID', '/v1/clusters/999999/entities');
  await refused('BAD_PARAM', '/v1/clusters/one/entities');
  const nowhere = await refused('UNKNOWN_ROUTE', '/v1/nothing');
  assert.is(nowhere.status, 404);
  const wrong = await fetch('/v1/home');
  assert.equal([wrong.status, wrong.headers.get('allow')], [405, 'POST']);
});

test('a model version is answered by its model', async () => {
  const older = { ...model, modelVersion: 'older', nameOf: () => 'old name' };
  const both = createApp({ models: () => [model, older], packageVersion: '0' });
  const answer = async (modelVersion?: string) => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ source: { vector: [[1, 1]] }, withReasons: true, modelVersion }),
    };
    return (await both.request('/v1/retrieval', init)).json();
  };
  assert.is((await answer()).variant, 'Vector_test_WholeNorm');
  const old = await answer('older');
  assert.is(old.variant, 'Vector_older_WholeNorm');
  assert.is(old.candidates[0].reasons[0].name, 'old name');
});

test.run();
