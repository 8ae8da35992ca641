/** Who may ask, how often, how much at once; what an answer never tells. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Models } from '../../src/api/models.ts';
import { RateLimiter } from '../../src/api/rate-limit.ts';
import { type Answered, type AppOptions, createApp } from '../../src/api/serving-app.ts';
import { openSmallModel } from './small-model.ts';

const test = suite('guards');
const { model, close } = await openSmallModel();
test.after(close);

const appWith = (options: Partial<AppOptions>) =>
  createApp({ models: () => [model], packageVersion: '0', ...options });
const post = (body: string, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body,
});
const codeOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string } }).error.code;

test('tokens: any known one opens, all else is 401 and tells nothing; health and readiness are open', async () => {
  const app = appWith({ tokens: ['first-token', 'second'] });
  const status = async (authorization?: string) =>
    (await app.request('/v1/embedding-types', { headers: authorization ? { authorization } : {} })).status;
  assert.is(await status('Bearer first-token'), 200);
  assert.is(await status('bearer second'), 200);
  for (const wrong of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer first-toke',
    'Bearer first-tokenX',
    'Basic first-token',
    'first-token',
  ])
    assert.is(await status(wrong), 401, wrong);
  const refused = await app.request('/openapi.json');
  assert.is(refused.headers.get('www-authenticate'), 'Bearer');
  assert.is(await codeOf(refused), 'UNAUTHORIZED');
  assert.is((await app.request('/v1/nothing')).status, 401);
  for (const open of ['/health', '/ready']) assert.is((await app.request(open)).status, 200);
  const document = await (
    await app.request('/openapi.json', { headers: { authorization: 'Bearer second' } })
  ).json();
  assert.equal(document.security, [{ token: [] }]);
});

test('a bucket gives its burst, then its rate, to each client its own', () => {
  const limiter = new RateLimiter({ perSecond: 10, burst: 3 });
  const at = (client: string, ms: number) => limiter.admits(client, ms);
  assert.equal(
    [0, 0, 0, 0].map((ms) => at('a', ms)),
    [true, true, true, false],
  );
  assert.ok(at('b', 0));
  assert.not(at('a', 50));
  assert.ok(at('a', 101));
  assert.not(at('a', 102));
  assert.equal(
    [9999, 9999, 9999, 9999].map((ms) => at('a', ms)),
    [true, true, true, false],
  );
});

test('whoever asks too often is told when to ask again, others are not', async () => {
  const app = appWith({ tokens: ['one', 'two'], rateLimit: { perSecond: 0.001, burst: 2 } });
  const ask = (token: string) =>
    app.request('/v1/embedding-types', { headers: { authorization: `Bearer ${token}` } });
  assert.equal([(await ask('one')).status, (await ask('one')).status], [200, 200]);
  const refused = await ask('one');
  assert.equal([refused.status, refused.headers.get('retry-after')], [429, '1']);
  assert.is((await ask('two')).status, 200);
  assert.is((await app.request('/health')).status, 200);
});

test('bodies: too large, no JSON, no type, not an object, too deep', async () => {
  const app = appWith({ maxBodyBytes: 2000 });
  const refused = async (init: RequestInit) => {
    const response = await app.request('/v1/home', init);
    return `${response.status} ${await codeOf(response)}`;
  };
  assert.is(await refused(post(JSON.stringify({ userId: 'x'.repeat(2000) }))), '413 BODY_TOO_LARGE');
  assert.is(await refused(post('{"userId":')), '400 BAD_PARAM');
  assert.is(await refused(post('{}', { 'content-type': 'text/plain' })), '415 WRONG_MEDIA_TYPE');
  assert.is(await refused({ method: 'POST', body: new Uint8Array(2) }), '415 WRONG_MEDIA_TYPE');
  assert.is(await refused(post('{}', { 'content-encoding': 'gzip' })), '415 WRONG_MEDIA_TYPE');
  const latin = post('{}', { 'content-type': 'application/json; charset=iso-8859-1' });
  assert.is(await refused(latin), '415 WRONG_MEDIA_TYPE');
  for (const body of [
    '',
    '[]',
    'null',
    '7',
    '"x"',
    '{"__proto__":{"userId":"x"}}',
    '['.repeat(1900),
    '{"userId":"\\ud800","limit":1e999}',
  ])
    assert.is(await refused(post(body)), '400 BAD_PARAM', body);
  for (const body of ['{"userId":"\\ud800"}', '\ufeff{"userId":"x"}'])
    assert.is((await app.request('/v1/home', post(body))).status, 200);
});

test('CORS: nobody by default, else those named', async () => {
  const headers = { origin: 'https://a.example' };
  const closed = await appWith({}).request('/health', { headers });
  assert.is(closed.headers.get('access-control-allow-origin'), null);
  const app = appWith({ allowedOrigins: ['https://a.example'] });
  assert.is(
    (await app.request('/health', { headers })).headers.get('access-control-allow-origin'),
    'https://a.example',
  );
  const other = await app.request('/health', { headers: { origin: 'https://b.example' } });
  assert.is(other.headers.get('access-control-allow-origin'), null);
});

test('a defect is a 500 without its stack, and the log is told', async () => {
  const told: Answered[] = [];
  const broken = (): Models => {
    throw new Error('secret detail');
  };
  const app = appWith({ models: broken, onAnswer: (answered) => told.push(answered) });
  const response = await app.request('/v1/home', post('{"userId":"x"}'));
  const text = await response.text();
  assert.is(response.status, 500);
  assert.not.match(text, /secret|at .*\.ts|stack/);
  assert.is(told.length, 1);
  const [{ defect, requestId, ...rest }] = told;
  assert.match(String((defect as Error).message), 'secret detail');
  assert.is(requestId, response.headers.get('x-request-id'));
  assert.equal({ ...rest, seconds: 0 }, { method: 'POST', route: '/v1/home', status: 500, seconds: 0 });
});

test('what is refused for want of time is 503 with Retry-After; a server that stops is not ready but healthy', async () => {
  const { refusal } = await import('../../src/api/problems.ts');
  const app = appWith({
    admit: () => Promise.reject(refusal('OVERLOADED', 'many', 'fewer', 'wait')),
    isReady: () => false,
  });
  const response = await app.request('/v1/home', post('{"userId":"x"}'));
  assert.equal([response.status, response.headers.get('retry-after')], [503, '1']);
  assert.equal([(await app.request('/ready')).status, (await app.request('/health')).status], [503, 200]);
});

test('metrics are served when there are any', async () => {
  assert.is((await appWith({}).request('/metrics')).status, 404);
  const app = appWith({ metrics: async () => ({ contentType: 'text/plain', text: 'a 1' }) });
  assert.is(await (await app.request('/metrics')).text(), 'a 1');
});

test.run();
