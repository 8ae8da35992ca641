/** Similar producers of a few: those shown first, and those the reader may look up. */

import type { Csr } from '../core/csr.ts';
import { formatCount } from '../core/format.ts';
import { idAt } from '../core/ids.ts';
import type { ModelReader } from '../pipeline/model-folder.ts';
import { idsOf, matrixOf, scalars } from '../stages/stage.ts';
import { budgets, rounded, withinBudget } from './budget.ts';
import type { Neighborhood, NeighborSection } from './data.ts';
import { clip } from './html.ts';

const FEATURED = 12;
const NEIGHBORS = 8;
const EMBEDDED = 1500;
const MOST_FOLLOWED = 600;
/** Neighbours that more than this share of all consumers follow say little about a producer. */
const GENERIC_SHARE = 0.15;
const NEIGHBORS_JUDGED = 5;

export function gatherNeighbors(model: ModelReader): NeighborSection | undefined {
  if (!model.has('producerSimilarity') || !model.has('producers')) return undefined;
  const similarity = matrixOf(model.read('producerSimilarity'), 'neighborIndex', 'similarity');
  const producers = model.read('producers');
  const ids = idsOf(producers, 'producerId');
  const followers = scalars<Uint32Array>(producers, 'followerCount');
  const known = model.has('knownFor') ? matrixOf(model.read('knownFor'), 'clusterId') : undefined;
  const communityOf = (producer: number): number =>
    known && known.indptr[producer] < known.indptr[producer + 1] ? known.indices[known.indptr[producer]] : 0;
  const { indptr } = similarity;
  const ranked = Uint32Array.from(followers.keys())
    .filter((producer) => indptr[producer] < indptr[producer + 1])
    .sort((a, b) => followers[b] - followers[a] || a - b);
  const numConsumers = Number(model.manifest.stages['follow-graph']?.report['numConsumers'] ?? 0);
  const featured = featuredOf(ranked, communityOf, (producer) => {
    const counts = nearest(similarity, producer, NEIGHBORS_JUDGED).map(([other]) => followers[other]);
    counts.sort((a, b) => a - b);
    return counts.length < NEIGHBORS_JUDGED || counts[counts.length >> 1] > GENERIC_SHARE * numConsumers;
  });
  const chosen = new Set([...featured, ...ranked.subarray(0, MOST_FOLLOWED)]);
  const seen = new Set<number>();
  for (const producer of ranked) {
    if (chosen.size >= EMBEDDED) break;
    if (!seen.has(communityOf(producer))) chosen.add(producer);
    seen.add(communityOf(producer));
  }
  for (let i = 0; chosen.size < EMBEDDED && i < ranked.length; i++) chosen.add(ranked[i]);
  const make = (producer: number): Neighborhood => ({
    name: clip(idAt(ids, producer)),
    followers: followers[producer],
    neighbors: nearest(similarity, producer, NEIGHBORS).map(([other, score]) => [
      clip(idAt(ids, other)),
      rounded(score),
    ]),
  });
  const neighborhoods = withinBudget([...chosen], make, budgets.neighbors);
  return {
    neighborhoods,
    numFeatured: Math.min(featured.length, neighborhoods.length),
    leftOut:
      neighborhoods.length < ranked.length
        ? [
            `This page holds the neighbours of ${formatCount(neighborhoods.length)} of ${formatCount(ranked.length)} producers: the most followed ones, and the most followed of each community. The rest is in producerSimilarity.parquet.`,
          ]
        : [],
  };
}

/** The most followed whose neighbours are telling, one per community; topped up with the most followed of all. */
function featuredOf(
  ranked: Uint32Array,
  communityOf: (producer: number) => number,
  isGeneric: (producer: number) => boolean,
): number[] {
  const featured: number[] = [];
  const communities = new Set<number>();
  for (const producer of ranked) {
    if (featured.length === FEATURED) return featured;
    if (communities.has(communityOf(producer)) || isGeneric(producer)) continue;
    communities.add(communityOf(producer));
    featured.push(producer);
  }
  const rest = Array.from(ranked.subarray(0, 2 * FEATURED)).filter(
    (producer) => !featured.includes(producer),
  );
  return [...featured, ...rest].slice(0, FEATURED);
}

/** The most similar producers; ties to the lower index. */
function nearest({ indptr, indices, data }: Csr, producer: number, limit: number): [number, number][] {
  const neighbors: [number, number][] = [];
  for (let i = indptr[producer]; i < indptr[producer + 1]; i++) neighbors.push([indices[i], data?.[i] ?? 1]);
  return neighbors.sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, limit);
}
