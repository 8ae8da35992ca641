/** What the page is told about a model: small, whatever the size of the model. */

/** A name with a score, best first in lists. */
export type Scored = readonly [name: string, score: number];

export interface Label {
  /** Topics in the name of a community, '' when it has none. */
  readonly topic: string;
  /** The producers in its name. */
  readonly name: string;
}

export interface Community extends Label {
  readonly id: number;
  readonly numMembers: number;
  /** Consumers interested in it; absent when not computed yet. */
  readonly numConsumers?: number;
  /** Mean knownForScore of the members. */
  readonly affiliation: number;
  /** Most telling members: name, knownForScore, followers, share of the best weight. */
  readonly members: readonly (readonly [name: string, score: number, followers: number, share: number])[];
  /** Further members, names only. */
  readonly also: readonly string[];
  readonly topics: readonly Scored[];
  readonly items: readonly Scored[];
}

export interface CommunitySection {
  readonly communities: readonly Community[];
  readonly sizes: readonly number[];
  readonly leftOut: readonly string[];
}

export interface Neighborhood {
  readonly name: string;
  readonly followers: number;
  readonly neighbors: readonly Scored[];
}

export interface NeighborSection {
  /** The first `numFeatured` are shown before any search. */
  readonly neighborhoods: readonly Neighborhood[];
  readonly numFeatured: number;
  readonly leftOut: readonly string[];
}

export interface User {
  readonly name: string;
  readonly numClusters: number;
  /** Clusters with their share of the user's interest, largest first. */
  readonly interests: readonly (readonly [cluster: number, share: number])[];
}

export interface UserSection {
  readonly users: readonly User[];
  readonly numFeatured: number;
  /** Of the clusters in `users`, by cluster id. */
  readonly labels: Readonly<Record<number, Label>>;
  readonly leftOut: readonly string[];
}

/** The part of the data that search and sort in the page need. */
export interface PageData {
  readonly communities: readonly Community[];
  readonly neighborhoods: readonly Neighborhood[];
  readonly users: readonly User[];
  readonly labels: Readonly<Record<number, Label>>;
}

export interface ReportData {
  readonly communities?: CommunitySection;
  readonly neighbors?: NeighborSection;
  readonly users?: UserSection;
}
