/** What the processes of a server say to each other. */
import type { ErrorCode } from '../core/errors.ts';
import type { ServeOptions } from './options.ts';

export type ToAnswering =
  | { readonly type: 'start'; readonly options: ServeOptions; readonly folders: readonly string[] }
  | { readonly type: 'drain' }
  | { readonly type: 'report-metrics'; readonly id: number }
  | { readonly type: 'all-metrics'; readonly id: number; readonly text: string };

export type ToFirst =
  /** It listens to messages: what was said before is lost. */
  | { readonly type: 'listening' }
  | { readonly type: 'ready'; readonly modelVersions: readonly string[] }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'metrics'; readonly id: number; readonly metrics: readonly object[] }
  | { readonly type: 'want-metrics'; readonly id: number };

/** An error that crosses from one process to another. */
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
