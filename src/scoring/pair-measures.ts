/**
 * Measures of a pair of embeddings a, b (SimClustersEmbedding.scala, CosineSimilarityUtil.scala). Sums in f64, clusters ascending;
 * an embedding without entries counts as zeros. Similarities in [0, 1] unless said otherwise; distances are not turned around.
 * Cost O(entries of both).
 */
import { expScaledNorm, l2Norm, logNorm, type SparseVector } from '../core/sparse-vector.ts';

export type PairMeasure = (a: SparseVector, b: SparseVector) => number;

/** Calls `visit` with both scores, 0 where there is none, for every cluster that either has; clusters ascending. */
function forEachCluster(a: SparseVector, b: SparseVector, visit: (inA: number, inB: number) => void): void {
  let [i, j] = [0, 0];
  while (i < a.clusters.length || j < b.clusters.length) {
    const [ca, cb] = [a.clusters[i] ?? Number.POSITIVE_INFINITY, b.clusters[j] ?? Number.POSITIVE_INFINITY];
    visit(ca <= cb ? a.scores[i++] : 0, cb <= ca ? b.scores[j++] : 0);
  }
}

function sumOver(a: SparseVector, b: SparseVector, term: (inA: number, inB: number) => number): number {
  let sum = 0;
  forEachCluster(a, b, (inA, inB) => {
    sum += term(inA, inB);
  });
  return sum;
}

const bothOf = (inA: number, inB: number): number => (inA > 0 && inB > 0 ? 1 : 0);

/** Σ a·b */
export const dot: PairMeasure = (a, b) => sumOver(a, b, (inA, inB) => inA * inB);

/** The dot product of both, each divided by its norm; a norm of 0 divides nothing. */
const normalizedDot =
  (norm: (vector: SparseVector) => number): PairMeasure =>
  (a, b) =>
    dot(a, b) / (norm(a) || 1) / (norm(b) || 1);

/** dot / (‖a‖ ‖b‖) */
export const cosine = normalizedDot(l2Norm);
/** dot / (ln(1 + ‖a‖²) ln(1 + ‖b‖²)); can exceed 1 */
export const logNormCosine = normalizedDot(logNorm);
/** dot / (‖a‖^0.6 ‖b‖^0.6); can exceed 1 */
export const expScaledCosine = normalizedDot(expScaledNorm);

/** Number of clusters that both have. */
export const overlappingClusters: PairMeasure = (a, b) => sumOver(a, b, bothOf);

/** Clusters of both over clusters of either; 0 when one has none. */
export const jaccard: PairMeasure = (a, b) => {
  const common = overlappingClusters(a, b);
  return common === 0 ? 0 : common / (a.clusters.length + b.clusters.length - common);
};

/** Σ min / Σ max; 0 when both have none. */
export const fuzzyJaccard: PairMeasure = (a, b) => {
  const most = sumOver(a, b, Math.max);
  return most === 0 ? 0 : sumOver(a, b, Math.min) / most;
};

/** √Σ (a − b)²: a distance ≥ 0 */
export const euclidean: PairMeasure = (a, b) =>
  Math.sqrt(sumOver(a, b, (inA, inB) => (inA - inB) * (inA - inB)));

/** Σ |a − b|: a distance ≥ 0 */
export const manhattan: PairMeasure = (a, b) => sumOver(a, b, (inA, inB) => Math.abs(inA - inB));

/** The largest a·b of one cluster; 0 when they share none. */
export const largestProduct: PairMeasure = (a, b) => {
  let largest = 0;
  forEachCluster(a, b, (inA, inB) => {
    largest = Math.max(largest, inA * inB);
  });
  return largest;
};

/** Population standard deviation over the scores that are there; 0 without any. */
export function standardDeviation({ scores }: SparseVector): number {
  if (scores.length === 0) return 0;
  let sum = 0;
  for (const score of scores) sum += score;
  const mean = sum / scores.length;
  let squares = 0;
  for (const score of scores) squares += (score - mean) * (score - mean);
  return Math.sqrt(squares / scores.length);
}

/** By the names of the scoring service. Its numbers: ScoringAlgorithm in score.thrift. */
export const pairMeasures = {
  dot,
  cosine,
  jaccard,
  euclidean,
  manhattan,
  'log-cosine': logNormCosine,
  'exp-scaled-cosine': expScaledCosine,
  'fuzzy-jaccard': fuzzyJaccard,
  'overlapping-clusters': overlappingClusters,
  'largest-product': largestProduct,
} as const satisfies Record<string, PairMeasure>;

export type ScoringAlgorithm = keyof typeof pairMeasures;
export const scoringAlgorithms = Object.keys(pairMeasures) as readonly ScoringAlgorithm[];
