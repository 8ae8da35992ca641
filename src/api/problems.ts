/** Errors as answers: a status from the table of errors, and what was found, what was expected, what to do. Never a stack or a path. */
import type { Context } from 'hono';
import type * as z from 'zod';
import { type ErrorCode, type ErrorFacts, errorTable, quote, SimClustersError } from '../core/errors.ts';
import { JSON_TYPE, reply } from './reply.ts';

const REPORTED = 200;

/** Codes that are about a request, or that a client can do something about; others are defects of the server to it. */
export function problemResponse(
  c: Context,
  error: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { status, body } = error instanceof SimClustersError ? ours(error) : defect;
  return reply(c, JSON.stringify(body), JSON_TYPE, status, { ...retryHeaders(status), ...headers });
}

function ours({ code, facts: { got, expected, todo } }: SimClustersError) {
  const { meaning, httpStatus } = errorTable[code];
  return { status: httpStatus, body: { error: { code, meaning, found: got, expected, todo } } };
}

const defect = {
  status: 500,
  body: {
    error: {
      code: 'DEFECT',
      meaning: 'The server failed at this request',
      found: 'a defect of the server',
      expected: 'an answer',
      todo: 'Tell those who run the server the x-request-id of this answer',
    },
  },
};

/** Seconds after which asking again makes sense. */
function retryHeaders(status: number): Record<string, string> {
  return status === 503 || status === 429 ? { 'retry-after': '1' } : {};
}

export function refusal(code: ErrorCode, got: string, expected: string, todo: string): SimClustersError {
  return new SimClustersError(code, { got, expected, todo } satisfies ErrorFacts);
}

/** The first thing that is wrong with a part of a request. */
export function invalidPart(part: string, error: z.ZodError): SimClustersError {
  const [issue] = error.issues;
  const place = [part, ...issue.path.map(String)].join('.').slice(0, REPORTED);
  return refusal(
    'BAD_PARAM',
    `${quote(place, REPORTED)}: ${issue.message.slice(0, REPORTED)}`,
    'what the OpenAPI document says of it',
    'See /openapi.json',
  );
}
