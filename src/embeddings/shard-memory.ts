/** How a new shard of the streaming state begins; the rest of its life is the kernels' (assembly/stream-memory.ts). */
import { layouts, placeFields, readBlock, writeBlock } from '../kernels/abi.ts';

export const NUM_FREE_LISTS = 64;
const LIST_BYTES = placeFields(layouts.StreamList).size;
const FIRST_TABLE_BITS = 10;

export interface ShardSettings {
  /** A multiple of 64. */
  readonly bytes: number;
  readonly numClusters: number;
  /** In epochs of 8 half-lives. */
  readonly landmark: number;
}

/** Bytes that a shard takes before its first item. */
export function emptyShardBytes(numClusters: number): number {
  return align(headBytes() + 3 * (numClusters + 1) * LIST_BYTES) + 4 * 2 ** FIRST_TABLE_BITS;
}

/** Makes the shard at `address` of `view` empty. Its memory must be zero from there to `emptyShardBytes`. */
export function startShard(
  view: DataView,
  address: number,
  { bytes, numClusters, landmark }: ShardSettings,
): void {
  const lists = headBytes();
  const heapNext = emptyShardBytes(numClusters);
  writeBlock(view, address, layouts.StreamShard, {
    bytes,
    heapNext,
    free: placeFields(layouts.StreamShard).size,
    table: heapNext - 4 * 2 ** FIRST_TABLE_BITS,
    tableBits: FIRST_TABLE_BITS,
    lists,
    numClusters,
    landmark,
    usedBytes: heapNext,
  });
}

export function readShard(view: DataView, address: number) {
  return readBlock(view, address, layouts.StreamShard);
}

function headBytes(): number {
  return align(placeFields(layouts.StreamShard).size + 4 * NUM_FREE_LISTS);
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
