/** StoredCsr: a matrix whose entries stay on disk, for a result that need not fit into memory. */
import type { Csr } from './csr.ts';
import type { EdgeStore } from './edge-store.ts';

/** Entry i of the matrix is entry i of the store: `indices` u32, `weights` f32. Whoever has it closes the store. */
export interface StoredCsr {
  readonly numRows: number;
  readonly numCols: number;
  /** u32[numRows + 1] */
  readonly indptr: Uint32Array;
  readonly store: EdgeStore;
}

export function isStored(matrix: Csr | StoredCsr): matrix is StoredCsr {
  return 'store' in matrix;
}

/** All of it in memory, and the disk given back. @throws SimClustersError BAD_FILE */
export async function inMemory(matrix: Csr | StoredCsr): Promise<Csr> {
  if (!isStored(matrix)) return matrix;
  const { numRows, numCols, indptr, store } = matrix;
  const indices = new Uint32Array(indptr[numRows]);
  const data = new Float32Array(indptr[numRows]);
  try {
    await store.read('indices', 0, bytesOf(indices));
    await store.read('weights', 0, bytesOf(data));
  } finally {
    await store.close();
  }
  return { numRows, numCols, indptr, indices, data };
}

export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
