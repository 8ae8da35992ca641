/**
 * How good rankings are: every consumer's unseen producers are ranked, and the first k held against the held-out follows.
 * Definitions as in LightGCN's evaluation; T: held-out follows of a consumer, r: ranks from 1 that are hits:
 *   Recall = hits / |T|      Precision = hits / k      hit rate = 1 if hits > 0      MRR = 1 / first hit, 0 without
 *   NDCG = Σ_r 1 / log2(r + 1) / ideal,  ideal = the same over ranks 1 to min(k, |T|)
 * each averaged over the consumers with a held-out follow.
 */
import type { Csr } from '../core/csr.ts';

export interface RankingQuality {
  readonly recall: number;
  readonly ndcg: number;
  readonly precision: number;
  /** Mean reciprocal rank of the first hit among the first k. */
  readonly mrr: number;
  /** Share of consumers with at least one hit. */
  readonly hitRate: number;
  readonly numConsumers: number;
}

/** What the rankings show of all producers, over the consumers that are measured. */
export interface Exposure {
  /** Share of the producers that are in at least one ranking. */
  readonly coverage: number;
  /** Followers of a recommended producer, averaged over consumers. */
  readonly meanFollowers: number;
  /**
   * How far rankings lean to the popular: meanFollowers / the same of the producers that consumers follow, - 1. 0: as popular
   * as what they follow. ΔGAP of Abdollahpouri et al. (RMSE 2019).
   */
  readonly popularityLift: number;
}

/** Quality among consumers with at least `minFollows` follows and fewer than those of the next bucket. */
export interface ActivityBucket extends RankingQuality {
  readonly minFollows: number;
}

/** Where buckets of activity begin. */
export const ACTIVITY_BUCKETS = [1, 5, 10, 20, 50, 100, 200] as const;

/** What was held out. */
export interface TestFollows {
  /** numConsumers × numProducers: held-out follows of producers that training knows. */
  readonly matrix: Csr;
  /** u32[numConsumers]: all held-out follows, those of unknown producers too. */
  readonly numPerConsumer: Uint32Array;
}

/** @param ranked consumers × producers, best first; entries after the k-th do not count */
export function measureRanking(
  ranked: Csr,
  test: TestFollows,
  k: number,
  isMeasured: (consumer: number) => boolean = () => true,
): RankingQuality {
  const sums = { recall: 0, ndcg: 0, precision: 0, mrr: 0, hitRate: 0 };
  let numConsumers = 0;
  for (let u = 0; u < ranked.numRows; u++) {
    const numTest = test.numPerConsumer[u];
    if (numTest === 0 || !isMeasured(u)) continue;
    const { hits, dcg, firstHit } = countHits(ranked, test.matrix, u, k);
    numConsumers++;
    if (hits === 0) continue;
    sums.recall += hits / numTest;
    sums.ndcg += dcg / idealDcg(Math.min(k, numTest));
    sums.precision += hits / k;
    sums.mrr += 1 / firstHit;
    sums.hitRate++;
  }
  const mean = (sum: number) => sum / Math.max(1, numConsumers);
  return {
    recall: mean(sums.recall),
    ndcg: mean(sums.ndcg),
    precision: mean(sums.precision),
    mrr: mean(sums.mrr),
    hitRate: mean(sums.hitRate),
    numConsumers,
  };
}

/** Quality by activity; buckets without consumers are left out. @param numFollows u32[consumers], of training */
export function measureByActivity(
  ranked: Csr,
  test: TestFollows,
  k: number,
  numFollows: Uint32Array,
): ActivityBucket[] {
  return ACTIVITY_BUCKETS.map((minFollows, i) => {
    const end: number = ACTIVITY_BUCKETS[i + 1] ?? Number.POSITIVE_INFINITY;
    const isIn = (u: number) => numFollows[u] >= minFollows && numFollows[u] < end;
    return { minFollows, ...measureRanking(ranked, test, k, isIn) };
  }).filter(({ numConsumers }) => numConsumers > 0);
}

/** @param follows consumers × producers of training  @param followerCount u32[producers] */
export function measureExposure(
  ranked: Csr,
  test: TestFollows,
  k: number,
  follows: Csr,
  followerCount: Uint32Array,
): Exposure {
  const isShown = new Uint8Array(ranked.numCols);
  let recommended = 0;
  let followed = 0;
  let numConsumers = 0;
  for (let u = 0; u < ranked.numRows; u++) {
    const shown = rowStart(ranked, u, k);
    const own = rowStart(follows, u);
    if (test.numPerConsumer[u] === 0 || shown.length === 0 || own.length === 0) continue;
    for (const producer of shown) isShown[producer] = 1;
    recommended += meanOf(shown, followerCount);
    followed += meanOf(own, followerCount);
    numConsumers++;
  }
  const numShown = isShown.reduce((sum, one) => sum + one, 0);
  return {
    coverage: numShown / Math.max(1, ranked.numCols),
    meanFollowers: recommended / Math.max(1, numConsumers),
    popularityLift: followed === 0 ? 0 : recommended / followed - 1,
  };
}

/** The first `count` columns of a row as they are stored. */
function rowStart({ indptr, indices }: Csr, row: number, count = Number.POSITIVE_INFINITY): Uint32Array {
  return indices.subarray(indptr[row], Math.min(indptr[row + 1], indptr[row] + count));
}

function meanOf(places: Uint32Array, values: Uint32Array): number {
  return places.reduce((sum, place) => sum + values[place], 0) / places.length;
}

function countHits(ranked: Csr, test: Csr, consumer: number, k: number) {
  const wanted = new Set(rowStart(test, consumer));
  const found = { hits: 0, dcg: 0, firstHit: 0 };
  rowStart(ranked, consumer, k).forEach((producer, i) => {
    if (!wanted.has(producer)) return;
    found.hits++;
    found.dcg += 1 / Math.log2(i + 2);
    found.firstHit ||= i + 1;
  });
  return found;
}

function idealDcg(numRanks: number): number {
  let sum = 0;
  for (let rank = 1; rank <= numRanks; rank++) sum += 1 / Math.log2(rank + 1);
  return sum;
}
