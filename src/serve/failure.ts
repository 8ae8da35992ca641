/** Errors that cross from one process to another. */
import { type ErrorCode, SimClustersError } from '../core/errors.ts';

export interface Failure {
  readonly code?: ErrorCode;
  readonly facts?: {
    readonly got: string;
    readonly expected: string;
    readonly todo: string;
    readonly file?: string;
  };
  readonly message: string;
}

export function failureOf(error: unknown): Failure {
  if (!(error instanceof SimClustersError))
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  const { got, expected, todo, file } = error.facts;
  return { code: error.code, facts: { got, expected, todo, file }, message: error.message };
}

export function errorOf({ code, facts, message }: Failure): Error {
  return code && facts ? new SimClustersError(code, facts) : new Error(message);
}
