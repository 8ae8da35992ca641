/** Requests drawn from the OpenAPI document: within its schemas, next to them, and far from them. */
import fc from 'fast-check';
import type { Call, Parts } from './document.ts';

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Texts that the model knows, by the name of the field they may stand in. */
export type Known = (field: string) => readonly string[];

/** Values of the schema; texts are often known to the model. */
function valid(schema: Schema, known: Known, field: string): fc.Arbitrary<unknown> {
  const of = (part: Schema, name = field) => valid(part, known, name);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((part) => of(part)));
  if (schema.prefixItems) return fc.tuple(...schema.prefixItems.map((part) => of(part)));
  const { minimum = -1e9, maximum = 1e9 } = schema;
  switch (schema.type) {
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([name, part]) => [name, of(part, name)]),
        ),
        { requiredKeys: [...(schema.required ?? [])] },
      );
    case 'array':
      return fc.array(of(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 8, 8),
      });
    case 'integer':
      return fc.oneof(
        fc.integer({ min: Math.max(minimum, -(2 ** 31)), max: Math.min(maximum, 12) }),
        fc.constantFrom(minimum, maximum),
      );
    case 'number':
      return fc.oneof(
        fc.double({ min: minimum, max: maximum, noNaN: true }),
        fc.constantFrom(minimum, maximum),
      );
    case 'boolean':
      return fc.boolean();
    case 'string': {
      const any = fc.string({ minLength: schema.minLength ?? 0, maxLength: 40, unit: 'binary' });
      return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known(field)) }, any);
    }
    default:
      return fc.jsonValue();
  }
}

/** What nothing declares. */
const strange = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    null,
    '',
    '\u0000',
    '\ud800',
    -0,
    1e308,
    -1,
    2 ** 53,
    [],
    {},
    '__proto__',
    'constructor',
  ),
  fc.constant('x'.repeat(5000)),
);

/** A value with one part of it replaced by something strange, or left out, or added. */
function spoilt(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(value, strange, fc.nat(), fc.constantFrom('replace', 'remove', 'add'))
    .map(([good, bad, at, how]) => {
      const copy = structuredClone(good);
      let place = copy as Record<string, unknown>;
      for (let step = at; ; step = Math.floor(step / 3)) {
        const keys = typeof place === 'object' && place !== null ? Object.keys(place) : [];
        if (keys.length === 0) return bad;
        const key = keys[step % keys.length];
        const inner = place[key];
        if (typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0 && step % 2 === 1) {
          place = inner as Record<string, unknown>;
          continue;
        }
        if (how === 'remove') delete place[key];
        else place[how === 'add' ? `${key}2` : key] = bad;
        return copy;
      }
    });
}

export interface DrawnRequest {
  readonly call: Call;
  readonly parts: Parts;
  /** Every part is within its schema. */
  readonly isValid: boolean;
}

export function requestsFor(calls: readonly Call[], known: Known): fc.Arbitrary<DrawnRequest> {
  return fc.oneof(...calls.flatMap((call) => [validRequest(call, known), spoiltRequest(call, known)]));
}

function partsOf(
  { operation }: Call,
  known: Known,
  wrap: (value: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>,
) {
  const parameters = (place: 'path' | 'query') => {
    const own = operation.parameters.filter((parameter) => parameter.in === place);
    const record = Object.fromEntries(
      own.map(({ name, schema }) => [name, wrap(valid(schema as Schema, known, name))]),
    );
    return fc.record(record, {
      requiredKeys: own.filter(({ required }) => required).map(({ name }) => name),
    });
  };
  const schema = operation.requestBody?.content['application/json'].schema as Schema | undefined;
  return fc.record({
    path: parameters('path'),
    query: parameters('query'),
    body: schema ? wrap(valid(schema, known, 'body')) : fc.constant(undefined),
  });
}

function validRequest(call: Call, known: Known): fc.Arbitrary<DrawnRequest> {
  return partsOf(call, known, (value) => value).map((parts) => ({ call, parts, isValid: true }));
}

function spoiltRequest(call: Call, known: Known): fc.Arbitrary<DrawnRequest> {
  return partsOf(call, known, spoilt).map((parts) => ({ call, parts, isValid: false }));
}
