/**
 * How well vectors recommend: every consumer's unseen producers are ranked by score, and the first k are held against the
 * held-out follows. Definitions as in LightGCN's evaluation:
 *   Recall@k = hits / |test|     NDCG@k = DCG / ideal DCG,  DCG = Σ hit at rank r of 1 / log2(r + 1),
 *   ideal DCG over min(k, |test|) ranks; both averaged over the consumers that have test producers.
 */
import type { Csr } from '../core/csr.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import { topKRows, transpose } from '../kernels/sparse.ts';
import { spgemmTopK } from '../kernels/spgemm.ts';

export interface RankingQuality {
  readonly recall: number;
  readonly ndcg: number;
  /** Share of consumers with at least one hit. */
  readonly hitRate: number;
  readonly numConsumers: number;
}

/** What was held out. */
export interface TestFollows {
  /** numConsumers × numProducers: held-out follows of producers that training knows. */
  readonly matrix: Csr;
  /** u32[numConsumers]: all held-out follows, those of unknown producers too. */
  readonly numPerConsumer: Uint32Array;
}

/**
 * The k best producers of each consumer by  Σ_c consumerVectors[u, c] · producerVectors[p, c] · producerScale[p].
 * @param seen  producers left out for each consumer
 * @returns consumers × producers, best first
 */
export async function recommendByVectors(
  kernels: Kernels,
  consumerVectors: Csr,
  producerVectors: Csr,
  seen: Csr,
  { k, producerScale, onProgress }: { k: number; producerScale?: Float32Array; onProgress?: Progress },
): Promise<Csr> {
  const clusterProducers = await transpose(kernels, producerVectors);
  const best = await spgemmTopK(kernels, consumerVectors, clusterProducers, {
    topK: k,
    threshold: 0,
    colScale: producerScale,
    exclude: seen,
    onProgress,
  });
  return topKRows(kernels, best, k);
}

/** The k most followed producers that each consumer does not follow yet: the baseline to beat. */
export function recommendByPopularity(followerCount: Uint32Array, seen: Csr, k: number): Csr {
  const byPopularity = Uint32Array.from(followerCount.keys()).sort(
    (a, b) => followerCount[b] - followerCount[a] || a - b,
  );
  const indptr = new Uint32Array(seen.numRows + 1);
  const indices: number[] = [];
  for (let u = 0; u < seen.numRows; u++) {
    const own = new Set(seen.indices.subarray(seen.indptr[u], seen.indptr[u + 1]));
    let taken = 0;
    for (let i = 0; i < byPopularity.length && taken < k; i++) {
      if (own.has(byPopularity[i])) continue;
      indices.push(byPopularity[i]);
      taken++;
    }
    indptr[u + 1] = indices.length;
  }
  return { numRows: seen.numRows, numCols: seen.numCols, indptr, indices: Uint32Array.from(indices) };
}

/** @param ranked consumers × producers, best first, at most k per row */
export function measureRanking(ranked: Csr, test: TestFollows, k: number): RankingQuality {
  let recall = 0;
  let ndcg = 0;
  let withHit = 0;
  let numConsumers = 0;
  for (let u = 0; u < ranked.numRows; u++) {
    const numTest = test.numPerConsumer[u];
    if (numTest === 0) continue;
    const { hits, dcg } = countHits(ranked, test.matrix, u, k);
    recall += hits / numTest;
    ndcg += dcg / idealDcg(Math.min(k, numTest));
    if (hits > 0) withHit++;
    numConsumers++;
  }
  const n = Math.max(1, numConsumers);
  return { recall: recall / n, ndcg: ndcg / n, hitRate: withHit / n, numConsumers };
}

function countHits(ranked: Csr, test: Csr, consumer: number, k: number): { hits: number; dcg: number } {
  const wanted = new Set(test.indices.subarray(test.indptr[consumer], test.indptr[consumer + 1]));
  const begin = ranked.indptr[consumer];
  const end = Math.min(ranked.indptr[consumer + 1], begin + k);
  let hits = 0;
  let dcg = 0;
  for (let i = begin; i < end; i++) {
    if (!wanted.has(ranked.indices[i])) continue;
    hits++;
    dcg += 1 / Math.log2(i - begin + 2);
  }
  return { hits, dcg };
}

function idealDcg(numRanks: number): number {
  let sum = 0;
  for (let rank = 1; rank <= numRanks; rank++) sum += 1 / Math.log2(rank + 1);
  return sum;
}
