/** The map: communities in the plane, near each other when they share an audience. */
import type { ServingModel } from '../applications/serving-model.ts';

export interface MappedCommunity {
  readonly clusterId: number;
  readonly name: string;
  /** Producers that are listed for it. */
  readonly size: number;
  /** From 0 to 1. */
  readonly x: number;
  readonly y: number;
}

export interface CommunityMap {
  readonly communities: readonly MappedCommunity[];
  /** Places of two communities, and how much of their audience they share, in (0, 1]. */
  readonly links: readonly (readonly [number, number, number])[];
  /** Communities too small to be on the map. */
  readonly numLeftOut: number;
}

/** Communities on the map, the largest. */
export const MAX_MAPPED = 300;
/** Producers that stand for a community when audiences are compared. */
const FOUNDERS = 10;
const LINKS_OF_EACH = 4;
const ROUNDS = 120;

type Placed = { x: number; y: number };

/**
 * share(a, b) = Σ over the best producers of a of their score in b, over that in a; the mean of both ways.
 * Places by attraction along links and repulsion between all, from a spiral: the same for the same model.
 * Cost O(MAX_MAPPED² · ROUNDS), about a hundredth of a second to a tenth.
 */
export function mapOf(model: ServingModel): CommunityMap {
  const { representation, modelVersion, nameOf } = model;
  const kind = { embeddingType: 'KnownFor', modelVersion };
  const all = Array.from({ length: representation.numClusters(kind) }, (_, i) => ({
    clusterId: i + 1,
    size: representation.entitiesOf({ ...kind, clusterId: i + 1 }).length,
  })).filter(({ size }) => size > 0);
  const shown = all.sort((a, b) => b.size - a.size || a.clusterId - b.clusterId).slice(0, MAX_MAPPED);
  const links = linksBetween(
    model,
    shown.map(({ clusterId }) => clusterId),
  );
  const places = layOut(shown.length, links);
  return {
    communities: shown.map((entry, i) => ({ ...entry, name: nameOf(entry.clusterId), ...places[i] })),
    links,
    numLeftOut: all.length - shown.length,
  };
}

function linksBetween({ representation, modelVersion }: ServingModel, clusters: readonly number[]) {
  const placeOf = new Map(clusters.map((cluster, place) => [cluster, place]));
  const shares = new Map<number, number>();
  const numPlaces = clusters.length;
  clusters.forEach((clusterId, place) => {
    const sums = new Map<number, number>();
    const best = representation.entitiesOf({ embeddingType: 'KnownFor', modelVersion, clusterId }, FOUNDERS);
    for (const { id } of best)
      for (const entry of representation.clustersOf({
        embeddingType: 'FollowBasedProducer',
        modelVersion,
        id,
      }) ?? [])
        sums.set(entry.clusterId, (sums.get(entry.clusterId) ?? 0) + entry.score);
    const own = Math.max(sums.get(clusterId) ?? 0, Number.MIN_VALUE);
    for (const [other, sum] of sums) {
      const at = placeOf.get(other);
      if (at === undefined || at === place) continue;
      const key = Math.min(at, place) * numPlaces + Math.max(at, place);
      shares.set(key, (shares.get(key) ?? 0) + Math.min(1, sum / own) / 2);
    }
  });
  return strongestOfEach(shares, numPlaces);
}

/** A link stays if it is among the strongest of either end. */
function strongestOfEach(shares: ReadonlyMap<number, number>, numPlaces: number): [number, number, number][] {
  const links = [...shares].map(([key, share]): [number, number, number] => [
    Math.floor(key / numPlaces),
    key % numPlaces,
    share,
  ]);
  links.sort((a, b) => b[2] - a[2] || a[0] - b[0] || a[1] - b[1]);
  const counts = new Uint32Array(numPlaces);
  return links.filter(([a, b]) => {
    const isKept = counts[a] < LINKS_OF_EACH || counts[b] < LINKS_OF_EACH;
    if (isKept) for (const end of [a, b]) counts[end]++;
    return isKept;
  });
}

/** Fruchterman and Reingold's forces: d²/k along links, k²/d between all, steps that shrink. */
function layOut(count: number, links: readonly (readonly [number, number, number])[]): Placed[] {
  const places = Array.from({ length: count }, (_, i) => {
    const [radius, angle] = [Math.sqrt((i + 0.5) / count) / 2, i * 2.399963229728653];
    return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
  });
  const ideal = 0.7 / Math.sqrt(Math.max(1, count));
  for (let round = 0; round < ROUNDS; round++) {
    const forces = repulsion(places, ideal);
    for (const [a, b, share] of links) {
      const [dx, dy] = [places[b].x - places[a].x, places[b].y - places[a].y];
      const pull = (Math.hypot(dx, dy) / ideal) * (0.3 + share);
      forces[a].x += dx * pull;
      forces[a].y += dy * pull;
      forces[b].x -= dx * pull;
      forces[b].y -= dy * pull;
    }
    const longest = 0.1 * (1 - round / ROUNDS);
    forces.forEach(({ x, y }, i) => {
      const step = Math.min(longest, Math.hypot(x, y)) / Math.max(Math.hypot(x, y), 1e-9);
      places[i].x += x * step;
      places[i].y += y * step;
    });
  }
  return fitted(places);
}

function repulsion(places: readonly Placed[], ideal: number): Placed[] {
  // A pull to the middle keeps what has no links from drifting away.
  const forces = places.map(({ x, y }) => ({ x: -0.5 * x, y: -0.5 * y }));
  for (let a = 0; a < places.length; a++) {
    for (let b = a + 1; b < places.length; b++) {
      const [dx, dy] = [places[a].x - places[b].x, places[a].y - places[b].y];
      const push = (ideal * ideal) / Math.max(dx * dx + dy * dy, 1e-6);
      forces[a].x += dx * push;
      forces[a].y += dy * push;
      forces[b].x -= dx * push;
      forces[b].y -= dy * push;
    }
  }
  return forces;
}

/** Into the unit square, to four digits. */
function fitted(places: readonly Placed[]): Placed[] {
  const fit = (values: readonly number[]) => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return (value: number) => Math.round((most > least ? (value - least) / (most - least) : 0.5) * 1e4) / 1e4;
  };
  const [fitX, fitY] = [fit(places.map(({ x }) => x)), fit(places.map(({ y }) => y))];
  return places.map(({ x, y }) => ({ x: fitX(x), y: fitY(y) }));
}
