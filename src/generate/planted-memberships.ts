/** Who belongs where in a planted graph. */
import { SimClustersError } from '../core/errors.ts';
import { type Memberships, membersOf } from '../core/memberships.ts';
import { permutation, type RandomKey, randomKey, streamOf, uniform } from '../core/rng.ts';
import { drawSizes, type SizeOptions } from './community-sizes.ts';

export interface MembershipOptions extends SizeOptions {
  readonly numVertices: number;
  /** Mean number of communities per vertex, at least 1. Unset: 1, the communities are disjoint. */
  readonly meanMemberships?: number;
  /** Most communities per vertex. Unset: the mean rounded up, and one more. */
  readonly maxMemberships?: number;
  /** Whether ids are dealt out at random. Else vertices are numbered community by community. Unset: true. */
  readonly shuffleIds?: boolean;
}

/** Random places tried for a membership that its community has already; then it is dropped. */
const maxTries = 1000;

/**
 * Every vertex has 1 + Binomial(max - 1, (mean - 1) / (max - 1)) communities; which ones is random, given their sizes.
 * A membership for which there is no community left (possible when communities are about as large as the graph) is
 * dropped. Cost O(memberships). Errors: BAD_PARAM.
 */
export function plantMemberships(options: MembershipOptions, seed: string): Memberships {
  demandMemberships(options);
  const vertices = drawVertices(options, seed);
  const sizes = drawSizes(
    options,
    vertices.length,
    options.numVertices,
    randomKey(seed, 'planted community sizes'),
  );
  const dealt = deal(vertices, sizes, options.numVertices, randomKey(seed, 'planted memberships'));
  return options.shuffleIds === false ? inOrder(dealt) : dealt;
}

function demandMemberships({ numVertices, meanMemberships: mean = 1, maxMemberships }: MembershipOptions) {
  const max = maxMemberships ?? mostMemberships(mean);
  if (numVertices >= 1 && mean >= 1 && max >= mean && Number.isInteger(max)) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `${numVertices} vertices with ${mean} communities in the mean and ${max} at the most`,
    expected: 'at least one vertex, and 1 ≤ mean ≤ most, the latter a whole number',
    todo: 'Lower the mean number of memberships, or raise the most',
  });
}

function mostMemberships(mean: number): number {
  return mean === 1 ? 1 : Math.ceil(mean) + 1;
}

/** Every vertex as often as it has communities, in random order. */
function drawVertices(options: MembershipOptions, seed: string): Uint32Array {
  const { numVertices, meanMemberships: mean = 1, maxMemberships: max = mostMemberships(mean) } = options;
  const counts = new Uint32Array(numVertices).fill(1);
  const key = randomKey(seed, 'planted membership counts');
  const share = max > 1 ? (mean - 1) / (max - 1) : 0;
  for (let v = 0; v < numVertices && share > 0; v++) {
    const stream = streamOf(key, 0, v);
    for (let extra = 1; extra < max; extra++) if (uniform(stream, extra) < share) counts[v]++;
  }
  const places = permutation(randomKey(seed, 'planted vertices'), 0, sum(counts));
  const vertices = new Uint32Array(places.length);
  for (let v = 0, place = 0; v < numVertices; v++) {
    for (let i = 0; i < counts[v]; i++) vertices[places[place++]] = v;
  }
  return vertices;
}

/** Gives each community the next vertices of the list; one that it has already changes places with a random other. */
function deal(vertices: Uint32Array, sizes: Uint32Array, numVertices: number, key: RandomKey): Memberships {
  const communityAt = new Uint32Array(vertices.length);
  for (let c = 0, place = 0; c < sizes.length; place += sizes[c++])
    communityAt.fill(c, place, place + sizes[c]);
  const rows = new MembershipRows(vertices, numVertices, sizes.length);
  const homeless = new Set<number>();
  vertices.forEach((v, place) => {
    if (rows.has(v, communityAt[place])) homeless.add(place);
    else rows.add(v, communityAt[place]);
  });
  for (const place of homeless) {
    exchange({ vertices, communityAt, rows, homeless }, place, streamOf(key, 0, place));
    homeless.delete(place);
  }
  return rows.toMemberships();
}

/** The membership at place i: of `vertices[i]` in `communityAt[i]`. Those that are homeless are not in `rows`. */
interface Deal {
  readonly vertices: Uint32Array;
  readonly communityAt: Uint32Array;
  readonly rows: MembershipRows;
  readonly homeless: ReadonlySet<number>;
}

function exchange({ vertices, communityAt, rows, homeless }: Deal, place: number, stream: number): void {
  const v = vertices[place];
  const own = communityAt[place];
  for (let draw = 0; draw < maxTries; draw++) {
    const other = Math.floor(uniform(stream, draw) * vertices.length);
    const w = vertices[other];
    const community = communityAt[other];
    if (homeless.has(other) || rows.has(v, community) || rows.has(w, own)) continue;
    rows.replace(w, community, own);
    rows.add(v, community);
    vertices[other] = v;
    vertices[place] = w;
    return;
  }
}

/** Communities of each vertex, unsorted while they are being dealt. */
class MembershipRows {
  readonly #width: number;
  readonly #rows: Uint32Array;
  readonly #counts: Uint32Array;
  readonly #none: number;

  constructor(vertices: Uint32Array, numVertices: number, numCommunities: number) {
    const counts = new Uint32Array(numVertices);
    for (const v of vertices) counts[v]++;
    this.#width = counts.reduce((max, count) => Math.max(max, count), 1);
    this.#rows = new Uint32Array(numVertices * this.#width).fill(numCommunities);
    this.#counts = counts.fill(0);
    this.#none = numCommunities;
  }

  has(v: number, community: number): boolean {
    const start = v * this.#width;
    for (let i = 0; i < this.#counts[v]; i++) if (this.#rows[start + i] === community) return true;
    return false;
  }

  add(v: number, community: number): void {
    this.#rows[v * this.#width + this.#counts[v]++] = community;
  }

  replace(v: number, from: number, to: number): void {
    const start = v * this.#width;
    this.#rows[this.#rows.indexOf(from, start)] = to;
  }

  toMemberships(): Memberships {
    const rows = this.#rows;
    const width = this.#width;
    if (width > 1)
      for (let start = 0; start < rows.length; start += width) rows.subarray(start, start + width).sort();
    return { numVertices: this.#counts.length, numCommunities: this.#none, width, rows };
  }
}

/** The same memberships with vertices numbered by their first community. */
function inOrder(memberships: Memberships): Memberships {
  const { numVertices, numCommunities, width, rows } = memberships;
  const firsts = Uint32Array.from({ length: numVertices }, (_, v) => rows[v * width]);
  const { members } = membersOf({ numVertices, numCommunities, width: 1, rows: firsts });
  const ordered = new Uint32Array(rows.length);
  members.forEach((v, place) => {
    ordered.set(rows.subarray(v * width, (v + 1) * width), place * width);
  });
  return { numVertices, numCommunities, width, rows: ordered };
}

function sum(values: Uint32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
