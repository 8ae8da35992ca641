/** Errors that cross from one process to another. */
import { refusal } from '../api/problems.ts';
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

/** What clients are told when a stream has ended by an error. */
export function streamHasEnded() {
  return refusal(
    'WRITE_FAILED',
    'a stream that was ended by an error',
    'one that runs',
    'Tell those who run the server: its log says why',
  );
}
