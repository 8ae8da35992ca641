/** The OpenAPI document as a test reads it: requests from its examples, answers held against its schemas. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import * as assert from 'uvu/assert';

export interface Document {
  readonly openapi: string;
  readonly security?: unknown;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Content {
  readonly content: {
    readonly 'application/json': {
      readonly schema: object;
      readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
    };
  };
}

export interface Operation {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query';
    readonly required: boolean;
    readonly schema: object;
    readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

export type Fetch = (path: string, init?: RequestInit) => Response | Promise<Response>;

export async function documentOf(fetch: Fetch): Promise<Document> {
  const response = await fetch('/openapi.json');
  assert.is(response.status, 200);
  return (await response.json()) as Document;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function callsOf({ paths }: Document): Call[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
}

export interface Parts {
  readonly path?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** An object may have a toString of its own that is none. */
const textOf = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
/** A half of a pair cannot stand in a path. */
const wellFormed = (text: string) => text.replace(/[\ud800-\udfff]/gu, '\ufffd');

/** The request that a call with these parts is. */
export function requestOf(
  { method, path }: Call,
  { path: params = {}, query = {}, body }: Parts,
): [string, RequestInit] {
  const place = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(wellFormed(textOf(params[name]))));
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, textOf(value)]));
  const url = search.size > 0 ? `${place}?${search}` : place;
  if (body === undefined) return [url, { method: method.toUpperCase() }];
  const headers = { 'content-type': 'application/json' };
  return [url, { method: method.toUpperCase(), headers, body: JSON.stringify(body) }];
}

/** Parts of the example of this name. */
export function exampleOf({ operation }: Call, name: string): Parts {
  const given = (place: 'path' | 'query') =>
    Object.fromEntries(
      operation.parameters
        .filter((parameter) => parameter.in === place && parameter.examples?.[name])
        .map((parameter) => [parameter.name, parameter.examples?.[name].value]),
    );
  const body = operation.requestBody?.content['application/json'].examples?.[name].value;
  return { path: given('path'), query: given('query'), body };
}

export class Schemas {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: Document) {
    this.#ajv.addSchema({ $id: 'document', components: document.components });
  }

  /** Fails unless the status is declared and the body is of its schema. */
  requireDeclared({ operation }: Call, status: number, body: unknown): void {
    const declared = operation.responses[status];
    assert.ok(declared, `${operation.operationId} answers ${status}, which it does not declare`);
    const key = `${operation.operationId} ${status}`;
    const schema = JSON.parse(
      JSON.stringify(declared.content['application/json'].schema).replaceAll('"#/', '"document#/'),
    );
    const validate = this.#compiled.get(key) ?? this.#ajv.compile(schema);
    this.#compiled.set(key, validate);
    assert.ok(validate(body), `${key}: ${this.#ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`);
  }
}
