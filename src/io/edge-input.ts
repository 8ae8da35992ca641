/**
 * What every reader of input files gives back, whatever the format. Arrays in, arrays out; no stage
 * knows which file format its rows came from.
 */
import type { IdTable } from '../core/ids.ts';

/** How rows that cannot be read are treated: `stop` at the first, or `skip` and count them. */
export type BadRowPolicy = 'stop' | 'skip';

export type EdgeFormat = 'auto' | 'edges' | 'lists' | 'metis' | 'parquet';

/** What was read and what was left out; goes into the manifest. */
export interface InputReport {
  /** In the order read, globs expanded. */
  readonly files: string[];
  /** `events` is delimited events, `ndjson` one JSON object a line. */
  format: Exclude<EdgeFormat, 'auto'> | 'events' | 'ndjson';
  /** Columns of the first file that were read: names when it has a header, else 1-based positions. */
  columns: readonly string[];
  /** Data rows met, good and bad; comments, blank lines and headers are none. */
  numRows: number;
  /** Bytes as they lie on disk, before decompression. */
  numBytes: number;
  numBadRows: number;
  /** Messages of the first five bad rows. */
  readonly badRows: string[];
  /** Rows whose left id equals their right id (kept or dropped by policy). */
  numSelfFollows: number;
  /** Rows whose weight is exactly 0; they are dropped. */
  numZeroWeights: number;
}

/** Follow edges as read: duplicates are still there, in file order. */
export interface EdgeInput {
  readonly numEdges: number;
  /** Index of the consumer (left) of each edge. */
  readonly consumers: Uint32Array;
  /** Index of the producer (right) of each edge. */
  readonly producers: Uint32Array;
  /** Absent when every edge has weight 1. */
  readonly weights?: Float32Array;
  readonly consumerIds: IdTable;
  readonly producerIds: IdTable;
  readonly report: InputReport;
}

/** Engagement events as read, in file order. */
export interface EventInput {
  readonly numEvents: number;
  /** Milliseconds since 1970-01-01 UTC. Whole numbers below 2^53. */
  readonly timesMs: Float64Array;
  readonly users: Uint32Array;
  readonly items: Uint32Array;
  /** Index into `authorIds`; equals the item's own id when the input has no author column. */
  readonly authors: Uint32Array;
  /** Index into `verbs`. */
  readonly verbOf: Uint8Array;
  readonly verbs: readonly string[];
  readonly userIds: IdTable;
  readonly itemIds: IdTable;
  readonly authorIds: IdTable;
  readonly report: InputReport;
}

export interface InputOptions {
  /** Paths, globs, or `-` for stdin. */
  readonly files: readonly string[];
  readonly format?: EdgeFormat;
  /** Column names or 1-based positions, in the order the rows are wanted; `-` leaves one out. See each reader. */
  readonly columns?: readonly string[];
  /** `auto` finds a header by its words. */
  readonly header?: 'auto' | 'yes' | 'no';
  readonly badRows?: BadRowPolicy;
  /**
   * Rows with the same id on both sides: `drop` (default for edges and parquet) or `keep` (default for lists and metis,
   * and where the header says that the right column holds things: `movieId`).
   */
  readonly selfFollows?: 'drop' | 'keep';
  /** Called now and then with bytes read so far and bytes in all (0 when not known). */
  readonly onProgress?: (bytesRead: number, bytesTotal: number) => void;
}
