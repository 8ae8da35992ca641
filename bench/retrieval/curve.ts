/** Recall@200 against exact cosine, beside latency, over (clusters, tweets per cluster). */
import type { Kernels } from '../../src/kernels/kernels.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { type RetrievalConfig, retrievalVariant } from '../../src/retrieval/config.ts';
import { buildItemIndex, type ItemScale } from '../../src/retrieval/item-index.ts';
import { Retriever } from '../../src/retrieval/retriever.ts';
import { percent, table } from '../table.ts';
import { type Answers, measureAnswers, ms, recall } from './measure.ts';
import type { Space } from './spaces.ts';

const CLUSTERS = [5, 10, 20, 50];
const TWEETS = [200, 400, 800, 1600];

interface Setting {
  readonly name: string;
  readonly scale: ItemScale;
  readonly config: Partial<RetrievalConfig>;
}

/** What is compared beside the curve: the service's own way, raw lists, re-ranking. */
const others: readonly Setting[] = [
  {
    name: 'as the service: raw lists, norm over lists read, 50 × 800',
    scale: 'raw',
    config: { candidateNorm: 'visited', maxScanClusters: 50 },
  },
  { name: 'raw lists, whole norms, 50 × 800', scale: 'raw', config: { maxScanClusters: 50 } },
  {
    name: 'unit lists, norm over lists read, 50 × 800',
    scale: 'unit',
    config: { candidateNorm: 'visited', maxScanClusters: 50 },
  },
  {
    name: 'unit lists, whole norms, 20 × 800, best 400 re-ranked',
    scale: 'unit',
    config: { maxReRankingCandidates: 400 },
  },
];

const header = ['', 'recall@200', 'entries read', 'p50', 'p99', 'CPU p50', 'CPU p99'];

export async function compareCurve(builder: Kernels, space: Space, numRounds: number): Promise<string> {
  const retrievers = {
    unit: await retrieverOf(builder, space, 'unit'),
    raw: await retrieverOf(builder, space, 'raw'),
  };
  const parts: string[] = [];
  for (const { name, vectors } of space.sources) {
    const ask = (scale: ItemScale, changes: Partial<RetrievalConfig>, rounds = numRounds) => {
      const { config } = retrievalVariant('', '', changes.exact ? 'Exact' : 'WholeNorm', changes);
      let numScanned = 0;
      const answers = measureAnswers(vectors, rounds, (vector) => {
        const found = retrievers[scale].search(vector, config);
        numScanned += found.numScanned;
        return found.items;
      });
      return { ...answers, numScanned: numScanned / vectors.length / (rounds + 1) };
    };
    const exact = ask('unit', { exact: true }, 1);
    const row = (label: string, answers: Answers & { numScanned: number }) => [
      label,
      percent(recall(answers.found, exact.found)),
      Math.round(answers.numScanned),
      ms(answers.p50),
      ms(answers.p99),
      ms(answers.cpuP50),
      ms(answers.cpuP99),
    ];
    const rows = CLUSTERS.flatMap((maxScanClusters) =>
      TWEETS.map((maxTopTweetsPerCluster) =>
        row(
          `${maxScanClusters} × ${maxTopTweetsPerCluster}`,
          ask('unit', { maxScanClusters, maxTopTweetsPerCluster }),
        ),
      ),
    );
    rows.push(...others.map((other) => row(other.name, ask(other.scale, other.config))));
    rows.push(row('exact', exact));
    parts.push(`Sources: ${vectors.length} ${name}.\n\n${table(header, rows)}`);
  }
  return `${space.about}. Unit lists and whole norms, clusters × tweets per cluster; then other ways. One thread.\n\n${parts.join('\n\n')}`;
}

/** Whole lists with the unit index alone: they serve both, for cosine does not depend on the scale. */
async function retrieverOf(builder: Kernels, { items }: Space, scale: ItemScale): Promise<Retriever> {
  const index = await buildItemIndex(builder, items, {
    scale,
    hasVectors: scale === 'unit',
    hasInverse: scale === 'unit',
  });
  return new Retriever(openKernels({ numThreads: 1 }), index);
}
