/** Member lists: which vertices each community has; communities may overlap and leave vertices out. */

/** Community c has the vertices `members[indptr[c] .. indptr[c + 1])`, ascending and unique. As `membersOf` gives them. */
export interface MemberLists {
  /** u32[numCommunities + 1] */
  readonly indptr: Uint32Array;
  readonly members: Uint32Array;
}

export function numCommunitiesOf({ indptr }: MemberLists): number {
  return indptr.length - 1;
}

/** @param lists one list of vertices per community, in any order; repeated vertices count once */
export function memberListsFromArrays(lists: readonly (readonly number[])[]): MemberLists {
  const indptr = Uint32Array.from([0, ...lists.map((list) => list.length)]);
  for (let c = 0; c < lists.length; c++) indptr[c + 1] += indptr[c];
  const members = new Uint32Array(indptr[lists.length]);
  lists.forEach((list, c) => {
    members.set(list, indptr[c]);
  });
  return sortedLists({ indptr, members });
}

/** Sorts every list and drops repeats, in place: the arrays are used up. */
export function sortedLists({ indptr, members }: MemberLists): MemberLists {
  let size = 0;
  for (let c = 0, start = 0; c < indptr.length - 1; c++) {
    const end = indptr[c + 1];
    members.subarray(start, end).sort();
    for (let i = start; i < end; i++) {
      if (i === start || members[i] !== members[i - 1]) members[size++] = members[i];
    }
    start = end;
    indptr[c + 1] = size;
  }
  return { indptr, members: members.subarray(0, size) };
}

/** The other way round: the communities of each vertex, ascending, in the same form. Cost O(vertices + members). */
export function communitiesByVertex({ indptr, members }: MemberLists, numVertices: number): MemberLists {
  const starts = new Uint32Array(numVertices + 1);
  for (const v of members) starts[v + 1]++;
  for (let v = 0; v < numVertices; v++) starts[v + 1] += starts[v];
  const next = starts.slice();
  const communities = new Uint32Array(members.length);
  for (let c = 0; c < indptr.length - 1; c++) {
    for (let i = indptr[c]; i < indptr[c + 1]; i++) communities[next[members[i]]++] = c;
  }
  return { indptr: starts, members: communities };
}
