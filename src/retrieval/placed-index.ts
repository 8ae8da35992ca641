/** An ItemIndex in kernel memory. Numbers and small arrays only, so that it can be posted to threads over the same memory. */
import type { Csr } from '../core/csr.ts';
import type { SparseVector } from '../core/sparse-vector.ts';
import type { Arena } from '../kernels/arena.ts';
import type { ItemIndex, ItemScale } from './item-index.ts';

/** Rows in kernel memory, by address. */
export interface PlacedRows {
  /** Address of u32[rows + 1]. */
  readonly starts: number;
  /** Address of u32[nnz]. */
  readonly items: number;
  /** Address of f32[nnz]. */
  readonly scores: number;
}

export interface PostingLists extends PlacedRows {
  /** u32[clusters + 1], the same as at `starts`. */
  readonly indptr: Uint32Array;
}

export interface PlacedIndex {
  /** The memory it lies in. */
  readonly buffer: ArrayBufferLike;
  readonly numItems: number;
  readonly numClusters: number;
  readonly scale: ItemScale;
  readonly birthMs: Float64Array;
  /** Address of f32[numItems]. */
  readonly norms: number;
  readonly lists: PostingLists;
  readonly vectors?: PlacedRows;
  readonly inverse?: PostingLists;
}

/** Copies the index into the arena, where it stays. @throws SimClustersError OUT_OF_MEMORY */
export function placeIndex(arena: Arena, index: ItemIndex): PlacedIndex {
  const { numItems, numClusters, scale, birthMs } = index;
  return {
    buffer: arena.buffer,
    numItems,
    numClusters,
    scale,
    birthMs,
    norms: arena.put(index.norms).byteOffset,
    lists: placeLists(arena, index.lists),
    vectors: index.vectors && placeRows(arena, index.vectors),
    inverse: index.inverse && placeLists(arena, index.inverse),
  };
}

function placeRows(arena: Arena, { indptr, indices, data }: Csr): PlacedRows {
  return {
    starts: arena.put(indptr).byteOffset,
    items: arena.put(indices).byteOffset,
    scores: arena.put(data as Float32Array).byteOffset,
  };
}

function placeLists(arena: Arena, lists: Csr): PostingLists {
  return { ...placeRows(arena, lists), indptr: lists.indptr };
}

/** The lists a query reads, as scanPostings takes them; those of clusters that the index does not know are empty. */
export function listsOf(
  arena: Arena,
  { numClusters }: PlacedIndex,
  { indptr }: PostingLists,
  { clusters, scores }: SparseVector,
  places: readonly number[],
  maxEntries: number,
) {
  const listStarts = arena.u32(places.length);
  const listLengths = arena.u32(places.length);
  const listWeights = arena.f32(places.length);
  places.forEach((place, list) => {
    const cluster = clusters[place];
    const isKnown = cluster < numClusters;
    listStarts[list] = isKnown ? indptr[cluster] : 0;
    listLengths[list] = isKnown ? Math.min(maxEntries, indptr[cluster + 1] - indptr[cluster]) : 0;
    listWeights[list] = scores[place];
  });
  return { queryStarts: arena.put(Uint32Array.of(0, places.length)), listStarts, listLengths, listWeights };
}
