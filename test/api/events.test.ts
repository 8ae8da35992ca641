/** Events over HTTP as the app takes them: what is checked before anybody is handed them, and what the document says. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EventIntake } from '../../src/api/events.ts';
import { refusal } from '../../src/api/problems.ts';
import { type AppOptions, createApp } from '../../src/api/serving-app.ts';
import { checkEvents, countEvents } from '../../src/stream/event-lines.ts';
import type { Post } from '../../src/stream/event-post.ts';
import { callsOf, documentOf, Schemas } from './document.ts';
import { openSmallModel } from './small-model.ts';

const test = suite('events');
const { model, close } = await openSmallModel();
test.after(close);

const posts: Post[] = [];
const events: EventIntake = {
  check: checkEvents,
  async take(post) {
    posts.push(post);
    return { numEvents: countEvents(post.events) };
  },
};
const appWith = (options: Partial<AppOptions> = {}) =>
  createApp({ models: () => [model], packageVersion: '0', events, ...options });
const app = appWith({ maxBodyBytes: 2000 });
const document = await documentOf((path, init) => app.request(path, init));
const schemas = new Schemas(document);
const [call] = callsOf(document).filter(({ path }) => path === '/v1/events');

const NDJSON = 'application/x-ndjson';
const good = '{"eventTimeMs":1500000000000,"actorId":"ann","objectId":"tweet-1"}';

async function post(body: string, headers: Record<string, string> = {}, to = app) {
  const init = { method: 'POST', headers: { 'content-type': NDJSON, ...headers }, body };
  const response = await to.request('/v1/events', init);
  const answer = (await response.json()) as { error?: { code: string; found: string } };
  schemas.requireDeclared(call, response.status, answer);
  return { status: response.status, retry: response.headers.get('retry-after'), answer };
}

test('the examples of the document are taken', async () => {
  const content = call.operation.requestBody?.content as unknown as Record<
    string,
    { examples: Record<string, { value: unknown }> }
  >;
  assert.equal(Object.keys(content), ['application/json', NDJSON]);
  for (const [type, { examples }] of Object.entries(content))
    for (const { value } of Object.values(examples)) {
      const body = typeof value === 'string' ? value : JSON.stringify(value);
      assert.equal(await post(body, { 'content-type': type }), {
        status: 200,
        retry: null,
        answer: { numEvents: 1 },
      });
    }
});

test('one event as JSON may stand on several lines; numbers go with it', async () => {
  const pretty = JSON.stringify(JSON.parse(good), null, 2);
  const headers = {
    'content-type': 'Application/JSON; charset=utf-8',
    'x-producer-id': 'shop',
    'x-sequence': '3',
  };
  assert.is((await post(pretty, headers)).status, 200);
  const { events: bytes, numbered } = posts.at(-1)!;
  assert.equal(numbered, { client: 'shop', sequence: 3 });
  assert.is(countEvents(bytes), 1);
  assert.equal(JSON.parse(new TextDecoder().decode(bytes)), JSON.parse(good));
});

test('what is no event is refused, with line and reason, and nobody is handed any of it', async () => {
  const before = posts.length;
  const refused = async (code: string, found: RegExp, body: string, headers = {}) => {
    const { status, answer } = await post(body, headers);
    assert.is(`${status} ${answer.error?.code}`, code, JSON.stringify(answer));
    assert.match(String(answer.error?.found), found);
  };
  await refused('400 BAD_ROW', /^line 3: no JSON object on one line: "rubbish"$/, `${good}\n\nrubbish`);
  await refused('400 BAD_ROW', /line 1: actorId is no id/, '{"eventTimeMs":1,"objectId":"x"}');
  await refused('400 BAD_ROW', /line 2: eventTimeMs is no time/, `${good}\n${good.replace('15', '-1')}`);
  await refused('400 BAD_ROW', /line 1: no JSON object/, `[${good}]`, { 'content-type': 'application/json' });
  await refused('400 BAD_ROW', /line 1: no JSON object/, `${good}\n${good}`, {
    'content-type': 'application/json',
  });
  await refused('400 BAD_ROW', /line 1: no JSON object/, good.replace('ann', 'a\nnn'), {
    'content-type': 'application/json',
  });
  await refused('400 EMPTY_INPUT', /without a line/, ' \n\r\n');
  await refused('400 BAD_PARAM', /no x-sequence/, good, { 'x-producer-id': 'a' });
  await refused('400 BAD_PARAM', /x-producer-id/, good, { 'x-producer-id': 'a b', 'x-sequence': '1' });
  await refused('400 BAD_PARAM', /x-sequence "0"/, good, { 'x-producer-id': 'a', 'x-sequence': '0' });
  await refused('413 BODY_TOO_LARGE', /larger/, `${good}\n`.repeat(100));
  // A page of any site may send these types here without asking.
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', ''])
    await refused('415 WRONG_MEDIA_TYPE', /Content-Type/, good, { 'content-type': type });
  for (const [type, found] of [
    ['text/csv', /^Content-Type "text\/csv"$/],
    [`${NDJSON}; charset=latin1`, /^charset "latin1"$/],
    ['application/json; charset="utf-16"', /^charset "utf-16"$/],
  ] as const)
    await refused('415 WRONG_MEDIA_TYPE', found, good, { 'content-type': type });
  for (const coding of ['gzip', 'identity, br'])
    await refused('415 WRONG_MEDIA_TYPE', new RegExp(`^Content-Encoding "${coding}"$`), good, {
      'content-encoding': coding,
    });
  const wrong = await app.request('/v1/events');
  assert.equal([wrong.status, wrong.headers.get('allow')], [405, 'POST']);
  assert.is(posts.length, before);
});

test('what says nothing new is taken: identity, UTF-8 however it is written, a byte order mark; further on the mark is shown', async () => {
  for (const headers of [
    { 'content-encoding': 'identity' },
    { 'content-type': `${NDJSON};charset=UTF8` },
    { 'content-type': 'application/json; Charset="utf-8"' },
  ])
    assert.is((await post(good, headers as never)).status, 200);
  for (const type of [NDJSON, 'application/json']) {
    assert.is((await post(`\ufeff${good}`, { 'content-type': type })).status, 200);
    assert.equal(new TextDecoder().decode(posts.at(-1)!.events), good);
  }
  const { status, answer } = await post(`${good}\n\ufeff${good}`);
  assert.is(status, 400);
  assert.match(String(answer.error?.found), /^line 2: no JSON object on one line: "\\u\{feff\}\{/);
  assert.is((await post('\ufeff')).answer.error?.code, 'EMPTY_INPUT');
});

test('tokens and rates hold for events; who is busy says when to come again', async () => {
  const guarded = appWith({ tokens: ['one'], rateLimit: { perSecond: 0.001, burst: 1 } });
  assert.is((await post(good, {}, guarded)).status, 401);
  const authorization = 'Bearer one';
  assert.is((await post(good, { authorization }, guarded)).status, 200);
  assert.is((await post(good, { authorization }, guarded)).status, 429);
  const busy = {
    check: checkEvents,
    take: () => Promise.reject(refusal('OVERLOADED', 'much', 'less', 'wait')),
  };
  const { status, retry } = await post(good, {}, appWith({ events: busy }));
  assert.equal([status, retry], [503, '1']);
});

test('where nobody takes events there is no such path, and none in the document', async () => {
  const plain = appWith({ events: undefined });
  assert.is((await plain.request('/v1/events', { method: 'POST', body: good })).status, 404);
  const { paths } = await documentOf((path, init) => plain.request(path, init));
  assert.not('/v1/events' in paths);
});

test.run();
