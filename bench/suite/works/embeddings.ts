/** What consumers are interested in, and whom they favour. */
import { randomKey, streamOf, uniform } from '../../../src/core/rng.ts';
import { computeInterestedIn } from '../../../src/embeddings/interested-in.ts';
import { buildEngagementGraph } from '../../../src/graph/engagement-graph.ts';
import { actionKind } from '../../../src/kernels/abi.ts';
import { INTEREST_CUT, type SuiteInputs } from '../inputs.ts';
import { part, type Work } from '../work.ts';

const DAY_MS = 86_400_000;
const NOW_MS = 1.7e12;
const ITEMS_PER_PRODUCER = 4;
const ENGAGEMENT = { halfLifeMs: 50 * DAY_MS, nowMs: NOW_MS, minScoreToKeep: 1e-5 };

export function embeddingWorks(inputs: SuiteInputs): Work[] {
  const { graph, interestedIn, size } = inputs;
  const { actions, producerOf } = drawActions(inputs);
  return [
    {
      whole: 'InterestedIn',
      shape: `${size.users} × ${size.users}, ${graph.indices.length} follows, ${interestedIn.knownFor.numCols - 1} communities`,
      run: (k) => computeInterestedIn(k, interestedIn, INTEREST_CUT),
      parts: [
        part('clusters and scores of each consumer', 'countInterests', 'sumInterests'),
        part('norms of the clusters', 'columnSquareSums'),
        part('scores over norms', 'scaleColumns'),
        part('best clusters by five keys', 'cutInterests'),
        part('values gathered', 'gather32'),
      ],
    },
    {
      whole: 'engagement graph',
      shape: `${actions.users.length} events of ${size.users} users`,
      run: (k) => buildEngagementGraph(k, actions, producerOf, size.users, size.users, ENGAGEMENT),
      parts: [part('last state of each item', 'lastStates'), part('decay', 'decayValues')],
    },
  ];
}

/** One in ten takes a fav back. */
function drawActions({ graph, follows }: SuiteInputs) {
  const key = randomKey('bench', 'favs');
  const n = graph.indices.length;
  const draw = (i: number, number: number) => uniform(streamOf(key, 0, i), number);
  const producerOf = follows.cols.subarray(0, n);
  const drawn = <T extends Float64Array | Uint32Array>(array: T, of: (i: number) => number): T => {
    for (let i = 0; i < n; i++) array[i] = of(i);
    return array;
  };
  return {
    producerOf,
    actions: {
      timesMs: drawn(new Float64Array(n), (i) => NOW_MS - Math.floor(draw(i, 0) * 100 * DAY_MS)).sort(),
      users: follows.rows.subarray(0, n),
      items: drawn(new Uint32Array(n), (i) => producerOf[i] * ITEMS_PER_PRODUCER + (i % ITEMS_PER_PRODUCER)),
      kinds: drawn(new Uint32Array(n), (i) => (draw(i, 1) < 0.1 ? actionKind.unfav : actionKind.fav)),
    },
  };
}
