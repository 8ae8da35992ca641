/** Sketches, distances between them, and sampled similarities. */
import { randomKey } from '../../../src/core/rng.ts';
import type { Kernels } from '../../../src/kernels/kernels.ts';
import { hammingDistances, placeSketches } from '../../../src/kernels/similarity.ts';
import { sampleProducerSimilarity, type WhimpOptions } from '../../../src/similarity/whimp.ts';
import type { SuiteInputs } from '../inputs.ts';
import { part, type Work } from '../work.ts';

const SKETCH_BITS = 1024;
const NUM_SKETCHED = 500;
const NUM_PAIRS = 200_000;
const SAMPLED: WhimpOptions = {
  ...{ threshold: 0.3, topK: 50, minFollowers: 1, seed: '1', recall: 0.9, sketchBits: 256, isMixed: false },
  weighting: 'cosine',
};

export function similarityWorks({ graph }: SuiteInputs): Work[] {
  const rows = Uint32Array.from({ length: Math.min(NUM_SKETCHED, graph.numRows) }, (_, row) => row);
  const numPairs = Math.min(NUM_PAIRS, graph.numRows * 100);
  const [left, right] = [7, 11].map((step) =>
    Uint32Array.from({ length: numPairs }, (_, i) => (i * step) % rows.length),
  );
  return [
    {
      shape: `${rows.length} rows, ${numPairs} pairs, ${SKETCH_BITS} bits`,
      async run(k: Kernels) {
        const sketches = await placeSketches(k, graph, rows, SKETCH_BITS, randomKey('bench', 'simhash'));
        await hammingDistances(k, sketches, SKETCH_BITS, left, right);
      },
      parts: [part('SimHash sketches', 'simhashRows'), part('Hamming distances', 'hammingPairs')],
    },
    {
      whole: 'sampled similarity (WHIMP)',
      shape: `${graph.numCols} producers, ${graph.indices.length} follows, cosine > ${SAMPLED.threshold}`,
      run: (k) => sampleProducerSimilarity(k, graph, SAMPLED),
      parts: [part('alias tables', 'wedgeTables'), part('wedges drawn and verified', 'samplePairs')],
    },
  ];
}
