/** What must hold of memberships whatever made them. */
import * as assert from 'uvu/assert';
import type { Csr } from '../../src/core/csr.ts';
import { type Memberships, membersOf } from '../../src/core/memberships.ts';
import { dense } from '../fixtures/random.ts';

/** Rows ascending and unique, padded at the end, no id beyond the communities. */
export function requireValidMemberships({ numVertices, numCommunities, width, rows }: Memberships): void {
  assert.ok(width >= 1);
  assert.is(rows.length, numVertices * width);
  rows.forEach((community, slot) => {
    assert.ok(community <= numCommunities);
    if (slot % width === 0 || community === numCommunities) return;
    assert.ok(rows[slot - 1] < community, `slot ${slot}: ${rows[slot - 1]}, ${community}`);
  });
}

/** The members of each community. */
export function memberLists(memberships: Memberships): number[][] {
  const { indptr, members } = membersOf(memberships);
  return Array.from({ length: memberships.numCommunities }, (_, c) => [
    ...members.subarray(indptr[c], indptr[c + 1]),
  ]);
}

/** Connected components of the induced subgraph by flooding, in order of the smallest member. Cost O(size³). */
export function componentsByDefinition(
  graph: Csr,
  members: readonly number[],
  removeWeakLinks: boolean,
): number[][] {
  const isEdge = dense({ ...graph, data: undefined });
  const areLinked = (u: number, v: number) =>
    isEdge[u][v] === 1 && (!removeWeakLinks || members.some((w) => isEdge[u][w] === 1 && isEdge[v][w] === 1));
  const left = new Set(members);
  const components: number[][] = [];
  for (const first of members) {
    if (!left.delete(first)) continue;
    const component = [first];
    for (const u of component) for (const v of left) if (areLinked(u, v) && left.delete(v)) component.push(v);
    components.push(component.sort((a, b) => a - b));
  }
  return components;
}
