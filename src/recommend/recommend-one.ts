/** A ranking for one consumer on the calling thread: what `recommend` gives, without a job. */
import { type Csr, requireProduct } from '../core/csr.ts';
import type { Recommender } from './joined-score.ts';

export interface Ranked {
  readonly producer: number;
  readonly score: number;
}

/**
 * score(q) = Σ_x weights(x) · carriers(x, q), in f32 in the order of the weights; best first, ties to the lower producer. Scores of
 * 0 are left out. Cost O(entries of those carriers + candidates · log candidates), 4 bytes a producer.
 * @param weights     one row, from `weighCarriers`
 * @param isLeftOut   producers never given, such as those followed
 * @throws SimClustersError SHAPE_MISMATCH
 */
export function recommendOne(
  { carriers }: Recommender,
  weights: Csr,
  isLeftOut: (producer: number) => boolean,
): Ranked[] {
  requireProduct('carriers of one consumer', weights, carriers);
  const sums = new Float32Array(carriers.numCols);
  const met: number[] = [];
  for (let i = 0; i < weights.indices.length; i++) {
    const weight = (weights.data as Float32Array)[i];
    if (weight === 0) continue;
    const carrier = weights.indices[i];
    for (let at = carriers.indptr[carrier]; at < carriers.indptr[carrier + 1]; at++) {
      const producer = carriers.indices[at];
      if (sums[producer] === 0) met.push(producer);
      sums[producer] += Math.fround(weight * (carriers.data as Float32Array)[at]);
    }
  }
  return [...new Set(met)]
    .filter((producer) => sums[producer] > 0 && !isLeftOut(producer))
    .map((producer) => ({ producer, score: sums[producer] }))
    .sort((a, b) => b.score - a.score || a.producer - b.producer);
}
