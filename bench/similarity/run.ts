/**
 * One similarity graph after the other, in a process of its own, whose peak memory is that of the first. Argument: a Plan as
 * JSON; prints the Runs as JSON.
 */
import { tmpdir } from 'node:os';
import { parseBytes } from '../../src/cli/memory-size.ts';
import { inMemory } from '../../src/core/stored-csr.ts';
import { columnCounts } from '../../src/graph/follow-graph.ts';
import { openEdgeFile } from '../../src/io/edge-file.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { peakRssBytes } from '../../src/pipeline/peak-memory.ts';
import { countMultiplyAdds } from '../../src/similarity/degree-cap.ts';
import { findSimilarity } from '../../src/similarity/find-similarity.ts';
import { agreementWith, save } from './agreement.ts';
import { hashOf } from './cosines.ts';
import { openGraph } from './graphs.ts';
import type { Plan, Run } from './processes.ts';

const plan: Plan = JSON.parse(process.argv[2]);
const follows = await openGraph(plan.graph);
const kernels = openKernels({ numThreads: plan.numThreads ?? 0 });
const graph = {
  numEdges: follows.indices.length,
  numProducers: follows.numCols,
  maxFollowers: columnCounts(follows).reduce((most, count) => Math.max(most, count), 0),
  multiplyAdds: countMultiplyAdds(follows),
};
const runs: Run[] = [];
for (const { memory, saveTo, compareWith, ...task } of plan.tasks) {
  const began = performance.now();
  const found = await findSimilarity(kernels, follows, {
    weighting: 'cosine',
    minFollowers: 1,
    maxUserDegree: 0,
    sketchBits: 0,
    recall: 0.95,
    seed: 'bench',
    ...task,
    memory: memory
      ? { bytes: parseBytes('memory', memory), openStore: (name) => openEdgeFile(tmpdir(), name) }
      : undefined,
  });
  const seconds = (performance.now() - began) / 1000;
  const peak = peakRssBytes();
  const similarity = await inMemory(found.similarity);
  runs.push({
    ...graph,
    seconds,
    peakRssBytes: peak,
    numKept: similarity.indices.length,
    hash: hashOf(similarity),
    report: found.report,
    agreement: compareWith === undefined ? undefined : agreementWith(similarity, compareWith),
  });
  if (saveTo) save(similarity, saveTo);
}
await kernels.close();
process.stdout.write(JSON.stringify(runs));
