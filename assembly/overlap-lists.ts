// Overlap lists of memberships.ts: each community lists the vertices that are in it and in another; a move keeps them true.
import { getU32, setU32 } from './access';
import { lengthOf, MembershipParams, rowOf } from './membership-rows';

/** End of a list. */
export const END: u32 = u32.MAX_VALUE;

function unlink(p: MembershipParams, community: u32, slot: u32): void {
  const after = getU32(p.overlapNext, slot);
  const before = getU32(p.overlapPrevious, slot);
  if (before == END) setU32(p.overlapHeads, community, after);
  else setU32(p.overlapNext, before, after);
  if (after != END) setU32(p.overlapPrevious, after, before);
}

function link(p: MembershipParams, community: u32, slot: u32): void {
  const head = getU32(p.overlapHeads, community);
  setU32(p.overlapNext, slot, head);
  setU32(p.overlapPrevious, slot, END);
  if (head != END) setU32(p.overlapPrevious, head, slot);
  setU32(p.overlapHeads, community, slot);
}

/** Replaces the row of the vertex at `place` by its next one; keeps sizes and overlap lists true. */
export function moveRow(p: MembershipParams, place: u32): void {
  const v = getU32(p.order, place);
  const row = rowOf(p, v);
  const next = p.next + ((<usize>place * p.width) << 2);
  const firstSlot = v * p.width;
  const oldLength = lengthOf(p, row);
  for (let j: u32 = 0; j < oldLength; j++) {
    const community = getU32(row, j);
    setU32(p.sizes, community, getU32(p.sizes, community) - 1);
    if (oldLength > 1) unlink(p, community, firstSlot + j);
  }
  memory.copy(row, next, (<usize>p.width) << 2);
  const newLength = lengthOf(p, row);
  for (let j: u32 = 0; j < newLength; j++) {
    const community = getU32(row, j);
    setU32(p.sizes, community, getU32(p.sizes, community) + 1);
    if (newLength > 1) link(p, community, firstSlot + j);
  }
}
