/** EdgeStore: the edges of a graph outside of memory, one entry per end of an edge, in an order that its maker knows. */

export type EdgePart = 'indices' | 'weights';

export interface EdgeStore {
  /** Fills `into` with what stands from that byte on, while the caller goes on. */
  read(part: EdgePart, firstByte: number, into: Uint8Array): Promise<void>;
  /** The same at once. */
  readNow(part: EdgePart, firstByte: number, into: Uint8Array): void;
  /** Appends to the part. */
  append(part: EdgePart, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Makes an empty store; `name` says in errors what it holds. */
export type OpenEdgeStore = (name: string) => Promise<EdgeStore>;

/** Vertices firstVertex .. firstVertex + indptr.length - 2 with all their neighbours, ascending; valid until the next. */
export interface VertexBlock {
  readonly firstVertex: number;
  readonly indptr: Uint32Array;
  readonly indices: Uint32Array;
  /** > 0; absent when all are 1. */
  readonly weights?: Float32Array;
}
