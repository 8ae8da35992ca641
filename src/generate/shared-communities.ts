/** Which communities two vertices have in common. */
import type { Memberships } from '../core/memberships.ts';

/** Whether u and v have a community in common. Cost O(width). */
export function sharesCommunity(memberships: Memberships, u: number, v: number): boolean {
  return firstShared(memberships, u, v) !== memberships.numCommunities;
}

/** The smallest common community, or numCommunities. */
export function firstShared({ rows, width, numCommunities }: Memberships, u: number, v: number): number {
  let a = u * width;
  let b = v * width;
  const endOfA = a + width;
  const endOfB = b + width;
  while (a < endOfA && b < endOfB) {
    const difference = rows[a] - rows[b];
    // Rows end in numCommunities, so two rows that are both at their end meet there.
    if (difference === 0) return rows[a];
    if (difference < 0) a++;
    else b++;
  }
  return numCommunities;
}
