/** Parts: what communities fall into before they get their new numbers. */
import { type Memberships, membersOf } from '../../core/memberships.ts';
import type { Neighborhoods } from '../../core/neighborhoods.ts';
import { ComponentFinder } from './components.ts';

/** Parts are numbered by community, within one by smallest member. Empty communities have none. */
export interface Parts {
  /** Community that each part comes from; ascending. */
  readonly communities: readonly number[];
  /** Number of members of each part. */
  readonly sizes: readonly number[];
  /** Memberships in order of community, then vertex: u32[m] the vertices, u32[m] the parts. */
  readonly vertices: Uint32Array;
  readonly parts: Uint32Array;
}

/** Each community that has members is one part. */
export function wholeCommunities(memberships: Memberships): Parts {
  return partsOf(memberships, (members) => new Uint32Array(members.length));
}

/** Each connected component of the subgraph that a community induces is one part. */
export function connectedComponents(
  memberships: Memberships,
  neighborhoods: Neighborhoods,
  removeWeakLinks: boolean,
): Parts {
  const finder = new ComponentFinder(neighborhoods, removeWeakLinks);
  return partsOf(memberships, (members) =>
    members.length === 1 ? members : finder.smallestOfComponents(members),
  );
}

/** @param labelsOf gives each member of a community a label; equal labels are one part */
function partsOf(memberships: Memberships, labelsOf: (members: Uint32Array) => Uint32Array): Parts {
  const { indptr, members: vertices } = membersOf(memberships);
  const communities: number[] = [];
  const sizes: number[] = [];
  const parts = new Uint32Array(vertices.length);
  for (let community = 0; community < memberships.numCommunities; community++) {
    const labels = labelsOf(vertices.subarray(indptr[community], indptr[community + 1]));
    const partOfLabel = new Map<number, number>();
    labels.forEach((label, i) => {
      let part = partOfLabel.get(label);
      if (part === undefined) {
        part = communities.push(community) - 1;
        sizes.push(0);
        partOfLabel.set(label, part);
      }
      sizes[part]++;
      parts[indptr[community] + i] = part;
    });
  }
  return { communities, sizes, vertices, parts };
}
