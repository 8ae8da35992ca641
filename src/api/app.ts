/** The app: Request in, Response out, wherever JavaScript runs. Server and edge hand it requests; it reads no file and opens no socket. */
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import type { EmbeddingModel, ServingModel } from '../applications/serving-model.ts';
import { EVENTS_PATH } from '../stream/event-post.ts';
import { type EventIntake, eventPaths, postOf } from './events.ts';
import { mediaTypeOf } from './media-type.ts';
import { type Models, modelOfVersion } from './models.ts';
import { openApiDocument } from './openapi.ts';
import { invalidPart, problemResponse, refusal } from './problems.ts';
import { type RateLimit, RateLimiter } from './rate-limit.ts';
import { JSON_TYPE, reply } from './reply.ts';
import { type Input, JsonBytes, type RequestExample, type Route } from './route.ts';
import { subjectsOf } from './subjects.ts';
import { noToken, tokensOf } from './tokens.ts';

/** What is known of an answer when it is given. */
export interface Answered {
  readonly method: string;
  /** Path as declared, `unknown` for any other: few enough for a label. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
  readonly requestId: string;
  /** What went wrong on our side, with its stack: for the log alone. */
  readonly defect?: unknown;
}

/** What an app serves beside what all of them do: state, document, events. */
export interface Served<M extends EmbeddingModel> {
  readonly routes: readonly Route<M>[];
  /** The page at `/`, for a model version. Absent: none. */
  readonly page?: (modelVersion: string) => Promise<string>;
}

export interface AppOptions<M extends EmbeddingModel = ServingModel> {
  /** The models at this moment. A request takes them once, so that it is answered by one of them even while they are replaced. */
  readonly models: () => Models<M>;
  readonly packageVersion: string;
  /** Who may ask. Default: anyone. */
  readonly tokens?: readonly string[];
  readonly rateLimit?: RateLimit;
  /** Names the client of a request without a token, for the rate limit. Default: all are one. */
  readonly clientOf?: (context: Context) => string;
  /** Bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** Origins that browsers may ask from. Default: none but its own. */
  readonly allowedOrigins?: readonly string[];
  /** Runs the work now, later, or refuses it with OVERLOADED. Default: now. */
  readonly admit?: <T>(work: () => T) => Promise<T>;
  /** False when no more requests should be sent here. */
  readonly isReady?: () => boolean;
  readonly onAnswer?: (answered: Answered) => void;
  /** Takes events that are posted. Default: none are. */
  readonly events?: EventIntake;
  /** Text of /metrics. Default: nothing is served there. */
  readonly metrics?: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

const MAX_BODY_BYTES = 1024 * 1024;

type Variables = { requestId: string; route: string; defect: unknown };
export type App = Hono<{ Variables: Variables }>;

/** An app of these routes, answered by what the models have of what the routes need. */
export function appOf<M extends EmbeddingModel>(served: Served<M>, options: AppOptions<M>): App {
  const app: App = new Hono();
  observe(app, options);
  const { allowedOrigins = [] } = options;
  if (allowedOrigins.length > 0) app.use(cors({ origin: [...allowedOrigins], maxAge: 600 }));
  serveState(app, options);
  servePage(app, served, options);
  guard(app, options);
  serveDocument(app, served, options);
  for (const entry of served.routes) serveRoute(app, entry, options);
  serveEvents(app, options);
  app.notFound((c) =>
    problemResponse(
      c,
      refusal('UNKNOWN_ROUTE', c.req.path.slice(0, 200), 'a path of /openapi.json', 'Check the path'),
    ),
  );
  return app;
}

/** Times every request and gives it an id; turns what is thrown into an answer. */
function observe(app: App, { onAnswer }: Pick<AppOptions, 'onAnswer'>): void {
  app.onError((error, c) => {
    const response = problemResponse(c, error);
    if (response.status === 500) c.set('defect', error);
    return response;
  });
  let numRequests = 0;
  const run = Math.floor(Math.random() * 2 ** 32).toString(36);
  app.use(async (c, next) => {
    const started = performance.now();
    const requestId = `${run}-${(numRequests++).toString(36)}`;
    c.set('requestId', requestId);
    // What a browser asks first is answered by the CORS middleware.
    if (c.req.method === 'OPTIONS') c.header('x-request-id', requestId);
    await next();
    onAnswer?.({
      method: c.req.method,
      route: c.get('route') ?? 'unknown',
      status: c.res.status,
      seconds: (performance.now() - started) / 1000,
      requestId,
      defect: c.get('defect'),
    });
  });
}

/** What whoever watches the process asks; needs no token. */
function serveState<M extends EmbeddingModel>(
  app: App,
  { isReady = () => true, models }: AppOptions<M>,
): void {
  app.get('/health', (c) => replyJson(named(c, '/health'), { status: 'ok' }));
  app.get('/ready', (c) => {
    named(c, '/ready');
    if (!isReady()) throw refusal('OVERLOADED', 'a server that stops', 'one that stays', 'Ask another one');
    return replyJson(c, { status: 'ready', modelVersions: models().map(({ modelVersion }) => modelVersion) });
  });
}

/** The page holds nothing of the model but its version: what it shows it asks for, with a token where one is wanted. */
function servePage<M extends EmbeddingModel>(app: App, { page }: Served<M>, { models }: AppOptions<M>): void {
  if (!page) return;
  app.get('/', async (c) =>
    reply(named(c, '/'), await page(models()[0].modelVersion), 'text/html; charset=UTF-8'),
  );
}

function replyJson(c: Context, value: unknown): Response {
  return reply(c, JSON.stringify(value), JSON_TYPE);
}

function named<C extends Context>(c: C, route: string): C {
  c.set('route', route);
  return c;
}

function guard(
  app: App,
  { tokens, rateLimit, clientOf = () => '' }: Pick<AppOptions, 'tokens' | 'rateLimit' | 'clientOf'>,
): void {
  const known = tokens && tokensOf(tokens);
  const limiter = rateLimit && new RateLimiter(rateLimit);
  if (!known && !limiter) return;
  app.use('/*', async (c, next) => {
    const place = known?.find(c.req.header('authorization'));
    if (place === -1) {
      c.res = problemResponse(c, noToken(), { 'www-authenticate': 'Bearer' });
      return;
    }
    const client = place === undefined ? clientOf(c) : `token ${place}`;
    if (limiter && !limiter.admits(client, performance.now()))
      throw refusal('RATE_LIMITED', 'too many requests', 'fewer of them', 'Ask again after Retry-After');
    await next();
  });
}

function serveDocument<M extends EmbeddingModel>(
  app: App,
  { routes }: Served<M>,
  options: AppOptions<M>,
): void {
  const { events, metrics, models, packageVersion, tokens } = options;
  app.get('/openapi.json', (c) => {
    const now = models();
    const subjects = subjectsOf(now[0]);
    const examplesOf = (entry: Route<M>) =>
      entry.examples(subjects).map((example) => ({ ...example, answer: answerExample(entry, example, now) }));
    const otherPaths = events && eventPaths();
    const facts = { packageVersion, isGuarded: tokens !== undefined, otherPaths, examplesOf };
    return replyJson(named(c, '/openapi.json'), openApiDocument(routes, facts));
  });
  if (!metrics) return;
  app.get('/metrics', async (c) => {
    const { contentType, text } = await metrics();
    return reply(named(c, '/metrics'), text, contentType);
  });
}

export function answerExample<M extends EmbeddingModel>(
  entry: Route<M>,
  { params = {}, query = {}, body }: RequestExample,
  models: Models<M>,
) {
  return entry.answer(inputOf(entry, models, { params, query, body }));
}

interface RawParts {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** @throws SimClustersError BAD_PARAM that names the first thing wrong */
function inputOf<M extends EmbeddingModel>(
  entry: Route<M>,
  models: Models<M>,
  raw: RawParts,
): Input<unknown, unknown, unknown, M> {
  const checked = (part: keyof RawParts, schema: Route<M>['params']) => {
    const outcome = schema?.safeParse(raw[part]);
    if (outcome && !outcome.success) throw invalidPart(part, outcome.error);
    return outcome?.data;
  };
  return {
    params: checked('params', entry.params),
    query: checked('query', entry.query),
    body: checked('body', entry.body),
    models,
    modelOf: (modelVersion) => modelOfVersion(models, modelVersion),
  };
}

function serveRoute<M extends EmbeddingModel>(app: App, entry: Route<M>, options: AppOptions<M>): void {
  const { models, maxBodyBytes = MAX_BODY_BYTES, admit = async (work) => work() } = options;
  const path = entry.path.replace(/\{(\w+)\}/g, ':$1');
  const limitBody = bodyLimiter(maxBodyBytes);
  app.on(entry.method, path, limitBody, async (c) => {
    named(c, entry.path);
    const body = entry.body && (await readJson(c));
    const params = entry.params && c.req.param();
    const query = entry.query && c.req.query();
    const text = await admit(() => textOf(entry.answer(inputOf(entry, models(), { params, query, body }))));
    return reply(c, text, JSON_TYPE);
  });
  refuseOtherMethods(app, path, entry.method.toUpperCase());
}

/** Unlike a route this waits: for the disk, in another process. */
function serveEvents<M extends EmbeddingModel>(app: App, options: AppOptions<M>): void {
  const { events, maxBodyBytes = MAX_BODY_BYTES, admit = async (work) => work() } = options;
  if (!events) return;
  app.post(EVENTS_PATH, bodyLimiter(maxBodyBytes), async (c) => {
    named(c, EVENTS_PATH);
    const post = postOf(c.req, await c.req.arrayBuffer().catch(brokenOff));
    await admit(() => events.check(post.events));
    return replyJson(c, await events.take(post));
  });
  refuseOtherMethods(app, EVENTS_PATH, 'POST');
}

function refuseOtherMethods(app: App, path: string, allow: string): void {
  app.all(path, (c) => {
    const error = refusal('WRONG_METHOD', c.req.method, allow, 'Ask with the other method');
    return problemResponse(c, error, { allow });
  });
}

/** JSON of an answer. */
export function textOf(answer: unknown): string | Uint8Array<ArrayBuffer> {
  return answer instanceof JsonBytes ? answer.bytes : JSON.stringify(answer);
}

/** A body that says how long it is is believed, as HTTP does; another is counted while it comes, which costs a stream of its own. */
function bodyLimiter(maxSize: number): MiddlewareHandler {
  const onError = (): never => {
    throw refusal('BODY_TOO_LARGE', 'a larger body', `at most ${maxSize} bytes`, 'Ask for less at a time');
  };
  const counting = bodyLimit({ maxSize, onError });
  return async (c, next) => {
    const length = c.req.header('content-length');
    if (length === undefined || c.req.header('transfer-encoding') !== undefined) return counting(c, next);
    if (Number(length) > maxSize) onError();
    await next();
  };
}

const JSON_ALONE = ['application/json'];

async function readJson(c: Context): Promise<unknown> {
  mediaTypeOf(c.req, JSON_ALONE);
  const text = await c.req.text().catch(brokenOff);
  try {
    return JSON.parse(text);
  } catch {
    throw refusal('BAD_PARAM', 'a body that is no JSON', 'one JSON object', 'Check the quotes and brackets');
  }
}

/** A client that left, or was cut off for being slow, is no defect; other errors stay what they are. */
function brokenOff(cause: unknown): never {
  const { name, code } = cause as { readonly name?: string; readonly code?: string };
  if (name !== 'AbortError' && code !== 'ECONNRESET') throw cause;
  throw refusal('BAD_PARAM', 'a body that breaks off', 'the whole of it', 'Ask again, and send it at once');
}
