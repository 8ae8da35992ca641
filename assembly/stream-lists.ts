// Lists of the items that may be among the best of a cluster. A list holds more than are wanted; when it is full it is cut to the
// best, and the worst value kept becomes the bar for entering. All values decay alike, so the bar decays with them.
import { getF64, getU32, setU32 } from './access';
import { findCluster, flagOf, giveBlock, itemAt, listOf, StreamShard, takeBlock } from './stream-memory';
import { offerPair, pairIndex, pairScore, sortByIndex } from './topk';

const MIN_LIST_BITS: u32 = 3;

// @ts-ignore: decorator
@inline export function memberOffset(members: usize, i: u32): u32 { return load<u32>(members + ((<usize>i) << 3)); }
// @ts-ignore: decorator
@inline function memberSerial(members: usize, i: u32): u32 { return load<u32>(members + ((<usize>i) << 3), 4); }
// @ts-ignore: decorator
@inline function setMember(members: usize, i: u32, offset: u32, serial: u32): void {
  store<u32>(members + ((<usize>i) << 3), offset);
  store<u32>(members + ((<usize>i) << 3), serial, 4);
}

/** Place in the item's vector of a member that is still listed, or NOT_LISTED. */
export const NOT_LISTED: u32 = 0xffffffff;
export function listedPlace(base: usize, members: usize, i: u32, cluster: u32, which: u32): u32 {
  const item = itemAt(base, memberOffset(members, i));
  if (item.serial != memberSerial(members, i)) return NOT_LISTED;
  const clusters = base + item.vector;
  const at = findCluster(clusters, item.vectorBits, cluster);
  return getU32(clusters, at) & (flagOf(which)) ? at : NOT_LISTED;
}

/** Value at a place of the vector of member i. */
export function memberValue(base: usize, members: usize, i: u32, at: u32): f64 {
  const item = itemAt(base, memberOffset(members, i));
  return getF64(base + item.vector + (4 << item.vectorBits), at);
}

/** Leaves the live members, the best topK if there are more; says how many. */
function cutList(base: usize, cluster: u32, which: u32, topK: u32, pairs: usize): u32 {
  const list = listOf(base, cluster, which);
  const members = base + list.members;
  let size: u32 = 0;
  for (let i: u32 = 0; i < list.count; i++) {
    const at = listedPlace(base, members, i, cluster, which);
    if (at != NOT_LISTED) size = offerPair(pairs, size, topK, i, <f32>memberValue(base, members, i, at));
  }
  if (list.numLive > topK) {
    // All topK are there, as a heap with the worst on top.
    list.bar = <f64>pairScore(pairs, 0);
    for (let i: u32 = 0; i < list.count; i++) unlist(base, members, i, cluster, which);
  }
  sortByIndex(pairs, size);
  for (let i: u32 = 0; i < size; i++) {
    const from = pairIndex(pairs, i);
    const offset = memberOffset(members, from);
    setMember(members, i, offset, memberSerial(members, from));
    const item = itemAt(base, offset);
    const at = findCluster(base + item.vector, item.vectorBits, cluster);
    setU32(base + item.vector, at, getU32(base + item.vector, at) | (flagOf(which)));
  }
  list.count = list.numLive = size;
  return size;
}

function unlist(base: usize, members: usize, i: u32, cluster: u32, which: u32): void {
  const at = listedPlace(base, members, i, cluster, which);
  if (at == NOT_LISTED) return;
  const clusters = base + itemAt(base, memberOffset(members, i)).vector;
  setU32(clusters, at, getU32(clusters, at) & ~(flagOf(which)));
}

/** Makes room for one more member; false when there is none. `pairs`: scratch for topK pairs. */
function makeRoom(base: usize, cluster: u32, which: u32, topK: u32, pairs: usize): bool {
  const list = listOf(base, cluster, which);
  if (list.members == 0) {
    list.members = takeBlock(base, 8 << MIN_LIST_BITS);
    list.bits = MIN_LIST_BITS;
    return list.members != 0;
  }
  const capacity: u32 = 1 << list.bits;
  if (list.count < capacity) return true;
  // A quarter dead, or as large as it may be: cut. Else twice as large.
  if (list.numLive > capacity - (capacity >> 2) && capacity < 2 * topK) {
    const larger = takeBlock(base, 16 << list.bits);
    if (larger != 0) {
      memory.copy(base + larger, base + list.members, 8 << list.bits);
      giveBlock(base, list.members, 8 << list.bits);
      list.members = larger;
      list.bits++;
      return true;
    }
  }
  // Without memory to grow, the list is cut to what leaves it room.
  return cutList(base, cluster, which, min<u32>(topK, capacity - (capacity >> 2)), pairs) < capacity;
}

/** Enters the entry at place `at` of the item's vector into a list of its cluster, if it is above the bar and not in it. */
export function enterList(
  base: usize, offset: u32, cluster: u32, at: u32, which: u32, topK: u32, pairs: usize,
): void {
  const item = itemAt(base, offset);
  const clusters = base + item.vector;
  if (getU32(clusters, at) & (flagOf(which))) return;
  const list = listOf(base, cluster, which);
  const value = getF64(clusters + (4 << item.vectorBits), at);
  if (value <= list.bar || !makeRoom(base, cluster, which, topK, pairs)) return;
  // The bar may have risen to make room.
  if (value <= list.bar) return;
  setMember(base + list.members, list.count++, offset, item.serial);
  list.numLive++;
  setU32(clusters, at, getU32(clusters, at) | (flagOf(which)));
}

/** An entry leaves a list. When too few are left of a list that was cut, others get their chance at the next sweep. */
export function leaveList(base: usize, cluster: u32, which: u32, topK: u32): void {
  const list = listOf(base, cluster, which);
  list.numLive--;
  if (list.bar > 0 && list.numLive < topK >> 1) {
    list.bar = 0;
    const s = changetype<StreamShard>(base);
    s.relistSlots = 1 << s.tableBits;
  }
}
