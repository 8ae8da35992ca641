/** A route, declared once: what it takes, what it gives, examples, and the answer. App and OpenAPI document are made of these. */
import type * as z from 'zod';
import type { EmbeddingModel, ServingModel } from '../applications/serving-model.ts';
import type { Models } from './models.ts';
import type { Subjects } from './subjects.ts';

export interface RequestExample {
  /** Names the example in the document: unique within its route. */
  readonly name: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
}

/** What a handler is told: the parts of the request, checked. */
export interface Input<Params, Query, Body, M extends EmbeddingModel> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly models: Models<M>;
  /** The model of `modelVersion`, or the first. @throws SimClustersError BAD_PARAM */
  readonly modelOf: (modelVersion?: string) => M;
}

/** An answer that is written already: for answers so long that making objects of them first would cost more than finding them. */
export class JsonBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
  }

  toJSON(): unknown {
    return JSON.parse(new TextDecoder().decode(this.bytes));
  }
}

/** The same, read only all the way down: answers come from functions that promise no more. */
type Unchanging<T> = T extends readonly (infer E)[]
  ? readonly Unchanging<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Unchanging<T[K]> }
    : T;

type Part = z.ZodObject | undefined;
type Parsed<P extends Part> = P extends z.ZodObject ? z.output<P> : undefined;

export interface RouteDeclaration<
  P extends Part,
  Q extends Part,
  B extends Part,
  R extends z.ZodType,
  M extends EmbeddingModel,
> {
  readonly method: 'get' | 'post';
  /** As OpenAPI writes it: `/v1/clusters/{clusterId}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: 'retrieval' | 'scoring' | 'representation' | 'applications' | 'explorer';
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly response: R;
  /** Requests that the model at hand answers. */
  readonly examples: (subjects: Subjects) => readonly RequestExample[];
  /** Nothing here waits: a request is answered by one model from start to end. */
  readonly answer: (input: Input<Parsed<P>, Parsed<Q>, Parsed<B>, M>) => Unchanging<z.input<R>> | JsonBytes;
}

/** A route whose types are forgotten but for the part of a model that it needs: what the app keeps in its list. */
export interface Route<M extends EmbeddingModel = ServingModel>
  extends Omit<RouteDeclaration<Part, Part, Part, z.ZodType, M>, 'answer'> {
  readonly answer: (input: Input<unknown, unknown, unknown, M>) => unknown;
}

/** A route that needs a whole model. */
export function route<
  R extends z.ZodType,
  P extends Part = undefined,
  Q extends Part = undefined,
  B extends Part = undefined,
>(declaration: RouteDeclaration<P, Q, B, R, ServingModel>): Route {
  return declaration as unknown as Route;
}

/** A route that embeddings answer: it runs at the edge, too. */
export function embeddingRoute<
  R extends z.ZodType,
  P extends Part = undefined,
  Q extends Part = undefined,
  B extends Part = undefined,
>(declaration: RouteDeclaration<P, Q, B, R, EmbeddingModel>): Route<EmbeddingModel> {
  return declaration as unknown as Route<EmbeddingModel>;
}
