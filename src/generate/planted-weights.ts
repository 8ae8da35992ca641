/** Edge weights of planted graphs, after sbf's GraphGenerator. */
import { ln } from '../core/math.ts';
import { type RandomKey, streamOf, uniform } from '../core/rng.ts';

/** Share of the edges inside communities that are strong. */
const strongShare = 0.2;
const strongMean = 0.2;
const weakMean = 0.05;
/** Standard deviation by mean. */
const relativeDeviation = 1 / 4;
const acrossMean = weakMean * (1 - 1.5 * relativeDeviation);
/** In place of a weight that is not positive. */
const leastWeight = 0.01;

/**
 * Weight of the edge {u, v}. Inside: 1 in 5 is strong, Normal(.2, .05), the others weak, Normal(.05, .0125); across:
 * Normal(.03125, .0125). Not positive: .01. In thousandths, so that three decimals of text hold it.
 * @param numRepeats  how many communities drew the edge; each adds a weight of its own
 */
export function plantedWeight(
  key: RandomKey,
  u: number,
  v: number,
  numRepeats: number,
  isAcross: boolean,
): number {
  const stream = streamOf(key, Math.min(u, v), Math.max(u, v));
  let thousandths = 0;
  for (let i = 0; i < numRepeats; i++) {
    const mean = isAcross ? acrossMean : uniform(stream, i) < strongShare ? strongMean : weakMean;
    const deviation = (isAcross ? weakMean : mean) * relativeDeviation;
    const weight = mean + deviation * normal(stream, 1000 * (i + 1));
    thousandths += weight <= 0 ? 1000 * leastWeight : Math.max(1, Math.round(1000 * weight));
  }
  return Math.fround(thousandths / 1000);
}

/** Standard normal, by Marsaglia's polar method; draws from `firstDraw` on. */
function normal(stream: number, firstDraw: number): number {
  for (let draw = firstDraw; ; draw += 2) {
    const x = 2 * uniform(stream, draw) - 1;
    const y = 2 * uniform(stream, draw + 1) - 1;
    const square = x * x + y * y;
    if (square < 1 && square > 0) return x * Math.sqrt((-2 * ln(square)) / square);
  }
}
