/** Events over HTTP: what a request posts, and what the OpenAPI document says of it. What they become is the stream's matter. */
import type { HonoRequest } from 'hono';
import * as z from 'zod';
import {
  CLIENT_HEADER,
  EVENTS_PATH,
  numberedBy,
  type Post,
  SEQUENCE_HEADER,
  type Taken,
} from '../stream/event-post.ts';
import { mediaTypeOf } from './media-type.ts';
import { problemResponses, schemaOf } from './openapi.ts';

/** Whoever takes events. */
export interface EventIntake {
  /** @throws SimClustersError BAD_ROW for a line that is no event, EMPTY_INPUT */
  readonly check: (events: Uint8Array) => void;
  /** Fulfilled when they are on disk. @throws SimClustersError OVERLOADED, WRITE_FAILED, as a rejection */
  readonly take: (post: Post) => Promise<Taken>;
}

const LINES_TYPE = 'application/x-ndjson';
const EVENT_TYPE = 'application/json';
const NEWLINE = 10;
const TAB = 9;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * @param body  JSON lines, or one event as JSON, by what the request says
 * @throws SimClustersError WRONG_MEDIA_TYPE, BAD_PARAM
 */
export function postOf(req: HonoRequest, body: ArrayBuffer): Post {
  const numbered = numberedBy(req.header(CLIENT_HEADER), req.header(SEQUENCE_HEADER));
  // Other types would let the page of any site post here without being asked (CORS).
  const type = mediaTypeOf(req, [LINES_TYPE, EVENT_TYPE]);
  const events = withoutMark(new Uint8Array(body));
  return { events: type === EVENT_TYPE ? onOneLine(events) : events, numbered };
}

/** A byte order mark says that UTF-8 follows, which it has to anyway. */
function withoutMark(text: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, i) => text[i] === byte) ? text.subarray(BYTE_ORDER_MARK.length) : text;
}

/** In JSON a line break stands between tokens only; within a text a tab is refused as it would be. */
function onOneLine(json: Uint8Array): Uint8Array {
  return json.map((byte) => (byte === NEWLINE ? TAB : byte));
}

const id = z.union([z.string().min(1), z.int()]).describe('Text of at most 1024 bytes, or a whole number');
const time = z.union([z.int().min(0), z.string()]).describe('Milliseconds since 1970, or ISO 8601');
const entities = z.array(z.string().min(1)).optional();

/** What an event may say; other keys are passed over. */
const event = z.looseObject({
  eventTimeMs: time,
  actorId: id,
  objectId: id,
  verb: z.string().describe("Default 'fav'").optional(),
  authorId: id.optional(),
  objectTimeMs: time.describe('Birth of the object. Default: its first event').optional(),
  undoneTimeMs: time.describe('When the fav was that is undone').optional(),
  favoriteCount: z.int().min(0).max(0xffffffff).describe('Favs as counted elsewhere').optional(),
  hashtags: entities,
  phrases: entities,
  namedEntities: entities,
  topics: entities,
});

const taken = z.strictObject({
  numEvents: z.int().min(1),
  isDuplicate: z.literal(true).describe('This number came before; the events are counted once').optional(),
});

const example = { eventTimeMs: 1_700_000_000_000, actorId: 'ann', objectId: 'tweet-1' };

/** `paths` of the document for the events. */
export function eventPaths(): Record<string, Record<string, object>> {
  const header = (name: string, schema: object, description: string) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema,
  });
  const operation = {
    operationId: 'postEvents',
    tags: ['events'],
    summary: 'Events for the stream; answered when they are on disk, retrievable a moment later',
    parameters: [
      header(
        CLIENT_HEADER,
        { type: 'string', pattern: '^[\\w.:-]{1,200}$' },
        `With ${SEQUENCE_HEADER}: who posts. What such a client posts again under the same number is counted once, for at least an hour after its last post. Later, where there are many, it may be forgotten for a new one: then it is new itself, any number is taken, and what came before is counted again. While nobody may be forgotten a new client is refused with 503`,
      ),
      header(
        SEQUENCE_HEADER,
        { type: 'integer', minimum: 1 },
        'Number of the post: 1, 2, 3, ..., each after the answer to the one before',
      ),
    ],
    requestBody: {
      required: true,
      description: 'UTF-8, not compressed; a byte order mark at its start is passed over',
      content: {
        [EVENT_TYPE]: { schema: schemaOf(event, 'input'), examples: { event: { value: example } } },
        [LINES_TYPE]: {
          schema: { type: 'string', description: 'Such an object a line' },
          examples: { lines: { value: `${JSON.stringify(example)}\n` } },
        },
      },
    },
    responses: {
      200: {
        description: 'All of them are on disk',
        content: {
          'application/json': {
            schema: schemaOf(taken, 'output'),
            examples: { event: { value: { numEvents: 1 } } },
          },
        },
      },
      ...problemResponses([
        'BAD_PARAM',
        'BAD_ROW',
        'EMPTY_INPUT',
        'UNAUTHORIZED',
        'RATE_LIMITED',
        'BODY_TOO_LARGE',
        'WRONG_MEDIA_TYPE',
        'OVERLOADED',
        'WRITE_FAILED',
      ]),
    },
  };
  return { [EVENTS_PATH]: { post: operation } };
}
