/** An ItemIndex in kernel memory. Numbers and small arrays only, so that it can be posted to threads over the same memory. */
import type { Csr } from '../core/csr.ts';
import type { SparseVector } from '../core/sparse-vector.ts';
import type { Arena } from '../kernels/arena.ts';
import { type BlockSummaries, summarizeBlocks } from './block-summaries.ts';
import type { ItemIndex, ItemScale } from './item-index.ts';

/** Whole vectors in kernel memory, by address. */
export interface PlacedVectors {
  /** u32[items + 1] */
  readonly starts: number;
  /** u32[nnz] */
  readonly clusters: number;
  /** f32[nnz] */
  readonly scores: number;
}

/** The list of cluster c is at places starts[c] .. ends[c] of what lies at `items` (u32) and `scores` (f32). */
export interface PostingLists {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly items: number;
  readonly scores: number;
}

/** Summaries of the blocks of whole lists, by address. */
export interface PlacedBlocks {
  readonly numBlocks: number;
  readonly firstRuns: Uint32Array;
  readonly runBlocks: number;
  readonly runMaxima: number;
  readonly runEntries: number;
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
  readonly vectors?: PlacedVectors;
  readonly inverse?: PostingLists;
  readonly blocks?: PlacedBlocks;
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
    vectors: index.vectors && placeVectors(arena, index.vectors),
    inverse: index.inverse && placeLists(arena, index.inverse),
    blocks: index.inverse && placeBlocks(arena, summarizeBlocks(index.inverse)),
  };
}

function placeVectors(arena: Arena, { indptr, indices, data }: Csr): PlacedVectors {
  return {
    starts: arena.put(indptr).byteOffset,
    clusters: arena.put(indices).byteOffset,
    scores: arena.put(data as Float32Array).byteOffset,
  };
}

function placeLists(arena: Arena, { numRows, indptr, indices, data }: Csr): PostingLists {
  return {
    starts: indptr.subarray(0, numRows),
    ends: indptr.subarray(1),
    items: arena.put(indices).byteOffset,
    scores: arena.put(data as Float32Array).byteOffset,
  };
}

function placeBlocks(arena: Arena, summaries: BlockSummaries): PlacedBlocks {
  return {
    numBlocks: summaries.numBlocks,
    firstRuns: summaries.firstRuns,
    runBlocks: arena.put(summaries.runBlocks).byteOffset,
    runMaxima: arena.put(summaries.runMaxima).byteOffset,
    runEntries: arena.put(summaries.runEntries).byteOffset,
  };
}

/** The runs of the lists a query reads, as scanPostings takes them. */
export function runsOf(
  arena: Arena,
  { numClusters }: PlacedIndex,
  { firstRuns, ...blocks }: PlacedBlocks,
  { clusters }: SparseVector,
  places: readonly number[],
) {
  const known = (cluster: number) => Math.min(cluster, numClusters);
  const runAt = (cluster: number) => firstRuns[known(cluster)];
  return {
    ...blocks,
    listRuns: arena.put(Uint32Array.from(places, (place) => runAt(clusters[place]))),
    listRunCounts: arena.put(
      Uint32Array.from(places, (place) => runAt(known(clusters[place]) + 1) - runAt(clusters[place])),
    ),
  };
}

/** The lists a query reads, as scanPostings takes them, and how many entries they have; those of clusters that the index does not know are empty. */
export function listsOf(
  arena: Arena,
  { numClusters }: PlacedIndex,
  { starts, ends }: PostingLists,
  { clusters, scores }: SparseVector,
  places: readonly number[],
  maxEntries: number,
) {
  const queryStarts = arena.u32(2);
  const listStarts = arena.u32(places.length);
  const listLengths = arena.u32(places.length);
  const listWeights = arena.f32(places.length);
  let numEntries = 0;
  for (let list = 0; list < places.length; list++) {
    const cluster = clusters[places[list]];
    const isKnown = cluster < numClusters;
    const length = isKnown ? Math.min(maxEntries, ends[cluster] - starts[cluster]) : 0;
    listStarts[list] = isKnown ? starts[cluster] : 0;
    listLengths[list] = length;
    listWeights[list] = scores[places[list]];
    numEntries += length;
  }
  queryStarts[0] = 0;
  queryStarts[1] = places.length;
  return { numEntries, lists: { queryStarts, listStarts, listLengths, listWeights } };
}
