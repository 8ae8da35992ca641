/** How a new shard of the streaming state begins; the rest of its life is the kernels' (assembly/stream-memory.ts). */
import { layouts, placeFields, readBlock, writeBlock } from '../kernels/abi.ts';

/** As in assembly/stream-memory.ts: the heap is blocks of 96 · 2^order bytes. */
const UNIT = 96;
const NUM_ORDERS = 26;
const FIRST_TABLE_BITS = 10;
/** The first block of the heap: 64 units, for a table of 4 kB. */
const TABLE_UNITS = 2 ** Math.ceil(Math.log2((4 * 2 ** FIRST_TABLE_BITS) / UNIT));

export interface ShardSettings {
  /** A multiple of 64. */
  readonly bytes: number;
  /** In epochs of 8 half-lives. */
  readonly landmark: number;
}

/** Bytes that a shard of so many takes before its first item. */
export function emptyShardBytes(bytes: number): number {
  return heapStart(bytes) + TABLE_UNITS * UNIT;
}

/** Makes the shard at `address` of `view` empty. Its memory must be zero from there to `emptyShardBytes`. */
export function startShard(view: DataView, address: number, { bytes, landmark }: ShardSettings): void {
  const heap = heapStart(bytes);
  writeBlock(view, address, layouts.StreamShard, {
    bytes,
    heapNext: emptyShardBytes(bytes),
    heap,
    numUnits: Math.floor((bytes - heap) / UNIT),
    free: placeFields(layouts.StreamShard).size,
    isFree: listsEnd(),
    table: heap,
    tableBits: FIRST_TABLE_BITS,
    landmark,
    usedBytes: emptyShardBytes(bytes),
  });
}

export function readShard(view: DataView, address: number) {
  return readBlock(view, address, layouts.StreamShard);
}

function listsEnd(): number {
  return placeFields(layouts.StreamShard).size + 4 * NUM_ORDERS;
}

/** After the lists of free blocks and a bit for each unit there may be. */
function heapStart(bytes: number): number {
  return Math.ceil((listsEnd() + 4 * Math.ceil(bytes / UNIT / 32)) / 64) * 64;
}
