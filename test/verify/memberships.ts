/** What must hold of memberships whatever made them. */
import * as assert from 'uvu/assert';
import type { Memberships } from '../../src/core/memberships.ts';

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
