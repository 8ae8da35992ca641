/** Memberships: which communities each vertex belongs to; what initialisation, sampler, metrics and files exchange. */

/**
 * Row v is `rows[v * width .. (v + 1) * width)`: community ids 0..numCommunities - 1, ascending and unique, padded at the
 * end with `numCommunities`, which means "none".
 */
export interface Memberships {
  readonly numVertices: number;
  readonly numCommunities: number;
  /** Most communities a vertex can belong to, at least 1. With width 1, `rows[v]` is the community of v. */
  readonly width: number;
  /** u32[numVertices * width] */
  readonly rows: Uint32Array;
}

/** @param rows one list of community ids per vertex, in any order; repeated ids count once  @param minWidth least width */
export function membershipsFromRows(
  numCommunities: number,
  rows: readonly (readonly number[])[],
  minWidth = 1,
): Memberships {
  const sets = rows.map((row) => [...new Set(row)].sort((a, b) => a - b));
  const width = sets.reduce((max, row) => Math.max(max, row.length), minWidth);
  const memberships = {
    numVertices: rows.length,
    numCommunities,
    width,
    rows: new Uint32Array(rows.length * width).fill(numCommunities),
  };
  sets.forEach((row, v) => {
    memberships.rows.set(row, v * width);
  });
  return memberships;
}

/** At most one community per vertex. @param assignment u32[n]; numCommunities = none. Kept, not copied. */
export function singleMemberships(numCommunities: number, assignment: Uint32Array): Memberships {
  return { numVertices: assignment.length, numCommunities, width: 1, rows: assignment };
}

/** The communities of one vertex, ascending. */
export function communitiesOf({ rows, width, numCommunities }: Memberships, v: number): Uint32Array {
  let end = v * width;
  while (end < (v + 1) * width && rows[end] !== numCommunities) end++;
  return rows.subarray(v * width, end);
}

/** The members of each community, vertices ascending: community c has `members[indptr[c] .. indptr[c + 1])`. */
export function membersOf(memberships: Memberships): { indptr: Uint32Array; members: Uint32Array } {
  const { rows, width, numCommunities } = memberships;
  const indptr = new Uint32Array(numCommunities + 1);
  for (const community of rows) if (community !== numCommunities) indptr[community + 1]++;
  for (let c = 0; c < numCommunities; c++) indptr[c + 1] += indptr[c];
  const next = indptr.slice();
  const members = new Uint32Array(indptr[numCommunities]);
  rows.forEach((community, slot) => {
    if (community !== numCommunities) members[next[community]++] = Math.floor(slot / width);
  });
  return { indptr, members };
}
