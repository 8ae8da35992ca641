/** The OpenAPI 3.1 document of the routes: schemas are those that check requests, examples are requests that were answered. */
import * as z from 'zod';
import type { EmbeddingModel } from '../applications/serving-model.ts';
import { type ErrorCode, errorTable } from '../core/errors.ts';
import type { RequestExample, Route } from './route.ts';
import * as s from './schemas.ts';

export interface AnsweredExample extends RequestExample {
  readonly answer: unknown;
}

/** What the document says of a route, whatever answers it. */
type Declared = Omit<Route, 'answer'>;

export interface DocumentOptions<M extends EmbeddingModel> {
  readonly packageVersion: string;
  /** Is a token wanted? */
  readonly isGuarded: boolean;
  /** Paths beside those of the routes. */
  readonly otherPaths?: Readonly<Record<string, Readonly<Record<string, object>>>>;
  /** Examples of each route, answered. */
  readonly examplesOf: (route: Route<M>) => readonly AnsweredExample[];
}

export function openApiDocument<M extends EmbeddingModel>(
  routes: readonly Route<M>[],
  options: DocumentOptions<M>,
): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const entry of routes) {
    paths[entry.path] ??= {};
    paths[entry.path][entry.method] = operation(entry, options.examplesOf(entry));
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'SimClusters',
      version: options.packageVersion,
      description: 'Candidates, scores and embeddings of a SimClusters model.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    ...(options.isGuarded && { security: [{ token: [] }] }),
    paths: { ...paths, ...options.otherPaths },
    components: {
      ...(options.isGuarded && { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } }),
      schemas: { Problem: schemaOf(s.problem, 'output') },
    },
  };
}

function operation(entry: Declared, examples: readonly AnsweredExample[]): object {
  const json = (schema: object, shown: Record<string, object>) => ({
    'application/json': { schema, ...(Object.keys(shown).length > 0 && { examples: shown }) },
  });
  return {
    operationId: entry.operationId,
    tags: [entry.tag],
    summary: entry.summary,
    parameters: [
      ...parametersOf(entry.params, 'path', examples),
      ...parametersOf(entry.query, 'query', examples),
    ],
    ...(entry.body && {
      requestBody: {
        required: true,
        content: json(
          schemaOf(entry.body, 'input'),
          byName(examples, ({ body }) => body),
        ),
      },
    }),
    responses: {
      200: {
        description: 'The answer',
        content: json(
          schemaOf(entry.response, 'output'),
          byName(examples, ({ answer }) => answer),
        ),
      },
      ...problemResponses(codesOf(entry)),
    },
  };
}

function byName(
  examples: readonly AnsweredExample[],
  take: (example: AnsweredExample) => unknown,
): Record<string, object> {
  return Object.fromEntries(examples.map((example) => [example.name, { value: take(example) }]));
}

/** Parameters carry the value of each example under the example's name. */
function parametersOf(
  part: z.ZodObject | undefined,
  place: 'path' | 'query',
  examples: readonly AnsweredExample[],
) {
  const key = place === 'path' ? 'params' : 'query';
  return Object.entries(part?.shape ?? {}).map(([name, schema]) => {
    const given = examples.filter((example) => example[key]?.[name] !== undefined);
    return {
      name,
      in: place,
      required: !(schema as z.ZodType).safeParse(undefined).success,
      // What the text of a parameter is taken for.
      schema: schemaOf(schema as z.ZodType, 'output'),
      ...(given.length > 0 && { examples: byName(given, (example) => example[key]?.[name]) }),
    };
  });
}

function codesOf({ body, params, tag }: Declared): readonly ErrorCode[] {
  return [
    'BAD_PARAM',
    'UNAUTHORIZED',
    'RATE_LIMITED',
    'OVERLOADED',
    ...(params ? (['UNKNOWN_ID'] as const) : []),
    ...(body ? (['BODY_TOO_LARGE', 'WRONG_MEDIA_TYPE'] as const) : []),
    ...(tag === 'scoring' ? [] : (['NO_MODEL'] as const)),
  ];
}

/** By status; codes that share one share its description. */
export function problemResponses(codes: readonly ErrorCode[]): Record<number, object> {
  const responses: Record<number, { description: string }> = {};
  for (const code of codes) {
    const { httpStatus, meaning } = errorTable[code];
    const before = responses[httpStatus]?.description;
    const content = { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } };
    responses[httpStatus] = {
      description: before ? `${before}; or: ${meaning} (${code})` : `${meaning} (${code})`,
      ...{ content },
    };
  }
  return responses;
}

export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
