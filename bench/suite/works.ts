/** What the suite measures: the kernels of the hot path, on seeded data; needs no Node API, so that it runs anywhere. */
import { placeDetectionGraph } from '../../src/communities/detection-graph.ts';
import { computeKnownFor } from '../../src/communities/known-for.ts';
import { type DetectionOptions, detectCommunities } from '../../src/communities/metropolis-hastings.ts';
import type { Csr } from '../../src/core/csr.ts';
import { randomKey, streamOf, uniform } from '../../src/core/rng.ts';
import { DecayedState } from '../../src/embeddings/decayed-state.ts';
import { computeInterestedIn, interestMatrix } from '../../src/embeddings/interested-in.ts';
import { computeProducerEmbedding } from '../../src/embeddings/producer.ts';
import { columnCounts } from '../../src/graph/follow-graph.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { hammingDistances, placeSketches } from '../../src/kernels/similarity.ts';
import { buildCsr, type Triplets, transpose } from '../../src/kernels/sparse.ts';
import { computeProducerSimilarity } from '../../src/similarity/producer-similarity.ts';

export interface SuiteSize {
  /** Consumers, and as many producers. */
  readonly users: number;
  /** Follows of each. */
  readonly follows: number;
}

const GROUP_SIZE = 50;
const SKETCH_BITS = 1024;
const NUM_SKETCHED = 500;
const NUM_PAIRS = 200_000;
const NUM_EVENTS = 2 ** 15;

/** Each consumer follows mostly one group of 50 producers, popular ones more often. */
function plantedFollows({ users, follows }: SuiteSize): Triplets {
  const n = users * follows;
  const numProducers = users;
  const rows = new Uint32Array(n);
  const cols = new Uint32Array(n);
  const key = randomKey('bench', 'follows');
  for (let i = 0; i < n; i++) {
    const user = Math.floor(i / follows);
    const stream = streamOf(key, 0, i);
    const skewed = uniform(stream, 0) ** 2;
    const isAtHome = uniform(stream, 1) < 0.8;
    const home = (user * GROUP_SIZE) % numProducers;
    rows[i] = user;
    cols[i] = isAtHome
      ? (home + Math.floor(skewed * GROUP_SIZE)) % numProducers
      : Math.floor(skewed * numProducers);
  }
  return { rows, cols };
}

/** A kernel, or a stage of few kernels. */
export interface Work {
  readonly name: string;
  /** Its input, in words. */
  readonly shape: string;
  /** Gives the seconds that count. */
  readonly run: (kernels: Kernels) => Promise<number>;
}

/** The similarity graph of the planted follows: what the sampler gets. */
export async function plantedGraph(kernels: Kernels, size: SuiteSize): Promise<Csr> {
  const graph = await buildCsr(kernels, plantedFollows(size), size.users, size.users, 'max');
  return computeProducerSimilarity(kernels, graph, SIMILAR);
}

const SIMILAR = { weighting: 'cosine', threshold: 0, topK: 50, minFollowers: 1 } as const;

/** @param kernels  to make the inputs with */
export async function prepareWorks(kernels: Kernels, size: SuiteSize): Promise<Work[]> {
  const { users } = size;
  const follows = plantedFollows(size);
  const graph = await buildCsr(kernels, follows, users, users, 'max');
  const similarity = await computeProducerSimilarity(kernels, graph, SIMILAR);
  const sampler: DetectionOptions = {
    numCommunities: users / GROUP_SIZE,
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
  const shape = `${users} × ${users}, ${graph.indices.length} follows`;
  const edges = `${users} vertices, ${similarity.indices.length} edges`;
  const work = (name: string, of: string, body: (k: Kernels) => Promise<unknown>): Work => ({
    name,
    shape: of,
    run: (k) => timed(() => body(k)),
  });
  return [
    work('CSR build', shape, (k) => buildCsr(k, follows, users, users, 'max')),
    work('transpose', shape, (k) => transpose(k, graph)),
    work('similarity (SpGEMM, top 50)', shape, (k) => computeProducerSimilarity(k, graph, SIMILAR)),
    work('communities (3 epochs)', edges, detect),
    work('InterestedIn', shape, (k) => computeInterestedIn(k, input, cut)),
    work('producer embeddings', shape, (k) =>
      computeProducerEmbedding(k, graph, interest, inverseNorm, counts, embed),
    ),
    ...sketchWorks(graph),
    eventWork(interest),
  ];
}

async function timed(body: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await body();
  return (performance.now() - began) / 1000;
}

/** Sketches of producers' followers, and distances between them. */
function sketchWorks(follows: Csr): Work[] {
  const rows = Uint32Array.from({ length: Math.min(NUM_SKETCHED, follows.numRows) }, (_, row) => row);
  const [left, right] = [7, 11].map((step) =>
    Uint32Array.from({ length: NUM_PAIRS }, (_, i) => (i * step) % rows.length),
  );
  const key = randomKey('bench', 'simhash');
  const sketch = (k: Kernels) => placeSketches(k, follows, rows, SKETCH_BITS, key);
  return [
    {
      name: 'SimHash sketches',
      shape: `${rows.length} rows, ${SKETCH_BITS} bits`,
      run: (k) => k.scope(() => timed(() => sketch(k))),
    },
    {
      name: 'Hamming distances',
      shape: `${NUM_PAIRS} pairs, ${SKETCH_BITS} bits`,
      run: (k) =>
        k.scope(async () => {
          const sketches = await sketch(k);
          return timed(() => hammingDistances(k, sketches, SKETCH_BITS, left, right));
        }),
    },
  ];
}

/** Events into the streaming state. */
function eventWork(interest: Csr): Work {
  const key = randomKey('bench', 'events');
  return {
    name: 'events into the streaming state',
    shape: `${NUM_EVENTS} events, ${(interest.indices.length / interest.numRows).toFixed(1)} clusters each`,
    run: (k) =>
      k.scope(async () => {
        const state = new DecayedState(k, { budgetBytes: 2 ** 25 }, 0);
        const rows = state.rows(NUM_EVENTS);
        state.setInterests(interest);
        const encoder = new TextEncoder();
        for (let i = 0; i < NUM_EVENTS; i++) {
          const stream = streamOf(key, 0, i);
          const id = encoder.encode(`t${Math.floor(uniform(stream, 0) * 2000)}`);
          const actor = Math.floor(uniform(stream, 1) * interest.numRows);
          rows.add(id, 0, id.length, 0, { timeMs: i, actor });
        }
        return timed(() => state.apply(rows, () => {}));
      }),
  };
}
