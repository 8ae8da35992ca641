/** A model file and queries, the same wherever they are asked. */
import { idTableFromStrings } from '../../src/core/ids.ts';
import { vectorOfRow } from '../../src/core/sparse-vector.ts';
import type { EdgeQuery } from '../../src/edge.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { edgeFilePieces } from '../../src/retrieval/edge-file.ts';
import { buildItemIndex } from '../../src/retrieval/item-index.ts';
import { Random } from '../fixtures/random.ts';

export async function sampleFile(numItems: number, numClusters: number): Promise<Buffer> {
  const random = new Random('edge sample');
  const kernels = openKernels({ numThreads: 1, maxMemoryBytes: 2 ** 28 });
  const embedding = random.csr(numItems, numClusters);
  const birthMs = Float64Array.from({ length: numItems }, () => 1.7e12 + random.below(1e8));
  const index = await buildItemIndex(kernels, embedding, { scale: 'raw', birthMs, hasInverse: false });
  const ids = idTableFromStrings(Array.from({ length: numItems }, (_, i) => `item-${i}`));
  const pieces = edgeFilePieces({ index, ids, modelVersion: 'sample', embeddingType: 'LogFavBasedTweet' });
  return Buffer.concat(pieces);
}

export function sampleQueries(count: number, numClusters: number): EdgeQuery[] {
  const random = new Random('edge queries');
  const algorithms = ['cosine', 'log-cosine', 'dot', 'cosine-no-source-norm'] as const;
  return Array.from({ length: count }, (_, i) => {
    const { clusters, scores } = vectorOfRow(random.csr(1, numClusters), 0);
    const annAlgorithm = algorithms[i % 4];
    const candidateNorm = i % 3 === 0 ? 'visited' : 'whole';
    return {
      vector: Array.from(clusters, (cluster, entry) => [cluster, scores[entry]] as const),
      config: { annAlgorithm, candidateNorm, maxNumResults: 50, maxTweetCandidateAgeHours: 24 },
      nowMs: i % 2 === 0 ? undefined : 1.7e12 + 9e7,
    };
  });
}
