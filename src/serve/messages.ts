/** What the processes of a server say to each other. */
import type { Post, Taken } from '../stream/event-post.ts';
import type { Failure } from './failure.ts';
import type { ServeOptions } from './options.ts';

export type ToAnswering =
  | { readonly type: 'start'; readonly options: ServeOptions; readonly folders: readonly string[] }
  | { readonly type: 'drain' }
  | { readonly type: 'report-metrics'; readonly id: number }
  | { readonly type: 'all-metrics'; readonly id: number; readonly text: string }
  | { readonly type: 'post-outcomes'; readonly outcomes: readonly PostOutcome[] };

export type ToFirst =
  /** It listens to messages: what was said before is lost. */
  | { readonly type: 'listening' }
  | { readonly type: 'ready'; readonly modelVersions: readonly string[] }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'metrics'; readonly id: number; readonly metrics: readonly object[] }
  | { readonly type: 'want-metrics'; readonly id: number }
  | { readonly type: 'posts'; readonly posts: readonly NumberedPost[] };

/** A post on its way to the journal. */
export interface NumberedPost {
  /** Of the process that sends it. */
  readonly id: number;
  readonly post: Post;
}

/** What became of it. */
export interface PostOutcome {
  readonly id: number;
  readonly taken?: Taken;
  readonly failure?: Failure;
}
