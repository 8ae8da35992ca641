/** One exact similarity graph of drawn follows; prints an ExactRun. Arguments: edges, threshold, top-k, memory or ''. */
import { tmpdir } from 'node:os';
import { parseBytes } from '../../src/cli/memory-size.ts';
import { columnCounts } from '../../src/graph/follow-graph.ts';
import { openEdgeFile } from '../../src/io/edge-file.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { peakRssBytes } from '../../src/pipeline/peak-memory.ts';
import { computeProducerSimilarity } from '../../src/similarity/producer-similarity.ts';
import { hashOf } from './cosines.ts';
import { drawFollows } from './graphs.ts';

const [edges, threshold, topK, memory] = process.argv.slice(2);
const follows = drawFollows(Number(edges));
const kernels = openKernels();
const began = performance.now();
const similarity = await computeProducerSimilarity(kernels, follows, {
  weighting: 'cosine',
  threshold: Number(threshold),
  topK: Number(topK),
  minFollowers: 1,
  memory: memory
    ? { bytes: parseBytes('memory', memory), openStore: (name) => openEdgeFile(tmpdir(), name) }
    : undefined,
});
const seconds = (performance.now() - began) / 1000;
await kernels.close();
const { indptr, numRows } = follows;
let multiplyAdds = 0;
for (let row = 0; row < numRows; row++) multiplyAdds += (indptr[row + 1] - indptr[row]) ** 2;
const run = {
  numEdges: follows.indices.length,
  numProducers: follows.numCols,
  maxFollowers: columnCounts(follows).reduce((most, count) => Math.max(most, count), 0),
  multiplyAdds,
  seconds,
  numKept: similarity.indices.length,
  peakRssBytes: peakRssBytes(),
  hash: hashOf(similarity),
};
process.stdout.write(JSON.stringify(run));
