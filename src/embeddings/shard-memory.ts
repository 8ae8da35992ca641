/** How a new shard of the streaming state begins; the rest of its life is the kernels' (assembly/stream-memory.ts). */
import { layouts, placeFields, readBlock, writeBlock } from '../kernels/abi.ts';

const NUM_FREE_LISTS = 64;
const FIRST_TABLE_BITS = 10;

export interface ShardSettings {
  /** A multiple of 64. */
  readonly bytes: number;
  /** In epochs of 8 half-lives. */
  readonly landmark: number;
}

/** Bytes that a shard takes before its first item. */
export const EMPTY_SHARD_BYTES = headBytes() + 4 * 2 ** FIRST_TABLE_BITS;

/** Makes the shard at `address` of `view` empty. Its memory must be zero from there to `EMPTY_SHARD_BYTES`. */
export function startShard(view: DataView, address: number, { bytes, landmark }: ShardSettings): void {
  writeBlock(view, address, layouts.StreamShard, {
    bytes,
    heapNext: EMPTY_SHARD_BYTES,
    free: placeFields(layouts.StreamShard).size,
    table: headBytes(),
    tableBits: FIRST_TABLE_BITS,
    landmark,
    usedBytes: EMPTY_SHARD_BYTES,
  });
}

export function readShard(view: DataView, address: number) {
  return readBlock(view, address, layouts.StreamShard);
}

function headBytes(): number {
  return Math.ceil((placeFields(layouts.StreamShard).size + 4 * NUM_FREE_LISTS) / 64) * 64;
}
