/**
 * ItemIndex: what retrieval looks things up in. For each cluster its best items with their scores (posting lists), and for
 * exact scores the whole vectors of the items.
 *
 * Items are numbered by birth, the oldest first ("places"), so that an age window is a range of places. An item without a
 * known birth comes before all others, as if it were older than anything.
 */
import { type Csr, nnz } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { topKRows, transpose } from '../kernels/sparse.ts';

export interface ItemIndex {
  readonly numItems: number;
  readonly numClusters: number;
  /** raw: scores as they are. unit: each vector divided by its norm, so that lists rank items by cosine. */
  readonly scale: ItemScale;
  /** f64[numItems], ms since 1970, ascending; -Infinity when unknown. */
  readonly birthMs: Float64Array;
  /** u32[numItems], row of the item in the embedding that the index was made of. */
  readonly rowOf: Uint32Array;
  /** f32[numItems], √Σ s² of the whole vector. */
  readonly norms: Float32Array;
  /** numClusters × items (places): each list best first, ties to the lower place. */
  readonly lists: Csr;
  /** items (places) × numClusters. Absent: no exact scores. */
  readonly vectors?: Csr;
  /** numClusters × items (places), whole lists, by place. Absent: no exact search. */
  readonly inverse?: Csr;
}

export type ItemScale = 'raw' | 'unit';

export interface ItemIndexOptions {
  readonly scale?: ItemScale;
  /** f64[numItems]; NaN or absent: unknown. */
  readonly birthMs?: Float64Array;
  /** Items kept per cluster. Default 1600 (summingbird Configs). */
  readonly maxItemsPerCluster?: number;
  /** Keep whole vectors, for exact scores. Default true. */
  readonly hasVectors?: boolean;
  /** Keep whole lists, for exact search. Default true. */
  readonly hasInverse?: boolean;
}

/** Scores at or below are left out: their squares would vanish in f32. */
const LEAST_SCORE = 1e-15;

/**
 * @param embedding  items × (numCommunities + 1), scores ≥ 0
 * Cost O(nnz + clusters · maxItemsPerCluster · log); memory 8 bytes per entry kept, thrice with vectors and whole lists.
 * @throws SimClustersError SHAPE_MISMATCH when there is not a birth for each item
 */
export async function buildItemIndex(
  kernels: Kernels,
  embedding: Csr,
  {
    scale = 'raw',
    birthMs,
    maxItemsPerCluster = 1600,
    hasVectors = true,
    hasInverse = true,
  }: ItemIndexOptions = {},
): Promise<ItemIndex> {
  if (birthMs && birthMs.length !== embedding.numRows) throw birthsMissing(embedding.numRows, birthMs.length);
  const births = birthMs?.map((time) => (Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time));
  const rowOf = rowsByBirth(embedding.numRows, births);
  const vectors = scaledVectors(embedding, rowOf, scale);
  const inverse = await transpose(kernels, vectors);
  return {
    numItems: vectors.numRows,
    numClusters: vectors.numCols,
    scale,
    birthMs: Float64Array.from(rowOf, (row) => births?.[row] ?? Number.NEGATIVE_INFINITY),
    rowOf,
    norms: rowNorms(vectors),
    lists: await topKRows(kernels, inverse, maxItemsPerCluster, LEAST_SCORE),
    vectors: hasVectors ? vectors : undefined,
    inverse: hasInverse ? inverse : undefined,
  };
}

/** u32[numItems]: place of each row of the embedding. */
export function placesOf({ rowOf }: ItemIndex): Uint32Array {
  const places = new Uint32Array(rowOf.length);
  for (let place = 0; place < rowOf.length; place++) places[rowOf[place]] = place;
  return places;
}

function rowsByBirth(numRows: number, births: Float64Array | undefined): Uint32Array {
  const rows = Uint32Array.from({ length: numRows }, (_, row) => row);
  if (births) rows.sort((a, b) => (births[a] === births[b] ? a - b : births[a] - births[b]));
  return rows;
}

/** Rows in the order given, without entries too small to count; with `unit`, each divided by its norm. */
function scaledVectors(embedding: Csr, rowOf: Uint32Array, scale: ItemScale): Csr & { data: Float32Array } {
  const indptr = new Uint32Array(rowOf.length + 1);
  const indices = new Uint32Array(nnz(embedding));
  const data = new Float32Array(nnz(embedding));
  let at = 0;
  for (let place = 0; place < rowOf.length; place++) {
    const [start, end] = [embedding.indptr[rowOf[place]], embedding.indptr[rowOf[place] + 1]];
    const factor = scale === 'unit' ? 1 / rootOfSquares(embedding.data, start, end) : 1;
    for (let i = start; i < end; i++) {
      const score = Math.fround((embedding.data?.[i] ?? 1) * factor);
      if (!(score > LEAST_SCORE)) continue;
      indices[at] = embedding.indices[i];
      data[at++] = score;
    }
    indptr[place + 1] = at;
  }
  return {
    numRows: rowOf.length,
    numCols: embedding.numCols,
    indptr,
    indices: indices.subarray(0, at),
    data: data.subarray(0, at),
  };
}

function rowNorms({ numRows, indptr, data }: Csr): Float32Array {
  return Float32Array.from({ length: numRows }, (_, row) =>
    rootOfSquares(data, indptr[row], indptr[row + 1]),
  );
}

function rootOfSquares(data: Float32Array | undefined, start: number, end: number): number {
  if (!data) return Math.sqrt(end - start);
  let sum = 0;
  for (let i = start; i < end; i++) sum += data[i] * data[i];
  return Math.sqrt(sum);
}

function birthsMissing(numItems: number, numBirths: number): SimClustersError {
  return new SimClustersError('SHAPE_MISMATCH', {
    got: `${numBirths} births for ${numItems} items`,
    expected: 'a birth for each item, NaN where it is unknown',
    todo: 'Take both from the same model',
  });
}
