/**
 * WASM against its JavaScript twin, and two threads against one, stage by stage of the hot path.
 *   npm run bench [-- --users 20000 --rounds 5]
 * Seeded data, one warm-up round, interleaved rounds, medians of the per-round ratios.
 */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { placeDetectionGraph } from '../src/communities/detection-graph.ts';
import { computeKnownFor } from '../src/communities/known-for.ts';
import { type DetectionOptions, detectCommunities } from '../src/communities/metropolis-hastings.ts';
import { randomKey, streamOf, uniform } from '../src/core/rng.ts';
import { computeInterestedIn, interestMatrix } from '../src/embeddings/interested-in.ts';
import { computeProducerEmbedding } from '../src/embeddings/producer.ts';
import { columnCounts } from '../src/graph/follow-graph.ts';
import type { Kernels } from '../src/kernels/kernels.ts';
import { openKernels } from '../src/kernels/open.ts';
import { buildCsr, type Triplets, transpose } from '../src/kernels/sparse.ts';
import { computeProducerSimilarity } from '../src/similarity/producer-similarity.ts';

const args = await yargs(hideBin(process.argv))
  .option('users', { type: 'number', default: 20_000, describe: 'Consumers of the planted graph' })
  .option('follows', { type: 'number', default: 25, describe: 'Follows a consumer' })
  .option('rounds', { type: 'number', default: 5, describe: 'Counted rounds' })
  .parseAsync();

const numProducers = args.users;
const groupSize = 50;

/** Each consumer follows mostly one group of 50 producers, popular ones more often. */
function plantedFollows(): Triplets {
  const n = args.users * args.follows;
  const rows = new Uint32Array(n);
  const cols = new Uint32Array(n);
  const key = randomKey('bench', 'follows');
  for (let i = 0; i < n; i++) {
    const user = Math.floor(i / args.follows);
    const stream = streamOf(key, 0, i);
    const skewed = uniform(stream, 0) ** 2;
    const isAtHome = uniform(stream, 1) < 0.8;
    const home = (user * groupSize) % numProducers;
    rows[i] = user;
    cols[i] = isAtHome
      ? (home + Math.floor(skewed * groupSize)) % numProducers
      : Math.floor(skewed * numProducers);
  }
  return { rows, cols };
}

interface Work {
  readonly name: string;
  readonly run: (kernels: Kernels) => Promise<unknown>;
}

async function prepare(kernels: Kernels): Promise<Work[]> {
  const follows = plantedFollows();
  const graph = await buildCsr(kernels, follows, args.users, numProducers, 'max');
  const similar = { weighting: 'cosine', threshold: 0, topK: 50, minFollowers: 1 } as const;
  const similarity = await computeProducerSimilarity(kernels, graph, similar);
  const sampler: DetectionOptions = {
    numCommunities: numProducers / groupSize,
    wtCoeff: 10,
    scaleCoeff: 0.5,
    maxEpochs: 3,
    eps: 0,
    runAllEpochs: true,
    evaluateEvery: 1,
    proposal: 'single-or-zero',
    maxMemberships: 1,
    hastings: false,
    update: 'phases',
    unitWeights: true,
    initialisation: 'random-neighborhoods',
    numStarts: 1,
    seed: '1',
  };
  const detect = (k: Kernels) =>
    k.scope(async () => detectCommunities(k, await placeDetectionGraph(k, similarity), sampler));
  const { memberships } = await detect(kernels);
  const knownFor = await kernels.scope(async () => {
    const { placed } = await placeDetectionGraph(kernels, similarity);
    return computeKnownFor(kernels, placed, memberships);
  });
  const counts = columnCounts(graph);
  const inverseNorm = Float32Array.from(counts, (count) => (count > 0 ? 1 / Math.sqrt(count) : 0));
  const input = { followGraph: graph, knownFor, inverseFollowNorm: inverseNorm, inverseFavNorm: inverseNorm };
  const cut = { socialProofThreshold: 1, maxClustersPerUser: 50 };
  const interest = interestMatrix(
    await computeInterestedIn(kernels, input, cut),
    'followScoreClusterNormalizedOnly',
  );
  const embed = { minFollowersForEmbedding: 0, minScore: 0.01, topK: 60 };
  return [
    { name: 'CSR build', run: (k) => buildCsr(k, follows, args.users, numProducers, 'max') },
    { name: 'transpose', run: (k) => transpose(k, graph) },
    { name: 'similarity (SpGEMM, top 50)', run: (k) => computeProducerSimilarity(k, graph, similar) },
    { name: 'communities (3 epochs)', run: detect },
    { name: 'InterestedIn', run: (k) => computeInterestedIn(k, input, cut) },
    {
      name: 'producer embeddings',
      run: (k) => computeProducerEmbedding(k, graph, interest, inverseNorm, counts, embed),
    },
  ];
}

async function time(work: Work, kernels: Kernels): Promise<number> {
  const began = performance.now();
  await work.run(kernels);
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

const wasm1 = openKernels({ numThreads: 1 });
const wasm2 = openKernels({ numThreads: 2 });
const twin = openKernels({ backend: 'reference' });
console.log(
  `${args.users} consumers × ${numProducers} producers, ${args.follows} follows each; Node ${process.version}; medians of ${args.rounds} interleaved rounds`,
);
console.log(
  'work                             WASM 1 thread   2 threads    JS twin | JS / WASM   1 / 2 threads',
);
for (const work of await prepare(wasm2)) {
  const rounds: [one: number, two: number, js: number][] = [];
  for (let round = 0; round <= args.rounds; round++) {
    const times: [number, number, number] = [
      await time(work, wasm1),
      await time(work, wasm2),
      await time(work, twin),
    ];
    if (round > 0) rounds.push(times);
  }
  const ms = (i: number) => `${median(rounds.map((times) => times[i])).toFixed(1)} ms`;
  const ratio = (a: number, b: number) => median(rounds.map((times) => times[a] / times[b])).toFixed(2);
  console.log(
    `${work.name.padEnd(30)} ${ms(0).padStart(15)} ${ms(1).padStart(11)} ${ms(2).padStart(10)} | ${ratio(2, 0).padStart(9)} ${ratio(0, 1).padStart(15)}`,
  );
}
await Promise.all([wasm1, wasm2, twin].map((kernels) => kernels.close()));
