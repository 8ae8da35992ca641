/** Tables of recommendation quality on what was held out: all sets, published figures, activity, time. */
import { rankingKinds } from '../../src/cli/evaluate-recommend-rankings.ts';
import type { EvaluatedRanking, Evaluation } from '../../src/cli/evaluate-recommend-run.ts';
import { percent, table } from '../table.ts';
import { overlapping } from './ablations.ts';
import { type Dataset, datasetFlags, evaluate } from './datasets.ts';

/** Recall@20 and NDCG@20 as published, on the split of LightGCN. */
const published: readonly (readonly [string, number, number])[] = [
  ['item kNN (BARS)', 0.157, 0.1214],
  ['LightGCN', 0.183, 0.1554],
  ['GF-CF, no training', 0.1849, 0.1518],
  ['UltraGCN', 0.1862, 0.158],
  ['SimpleX', 0.1872, 0.1557],
  ['BSPM-LM, no training', 0.1901, 0.157],
  ['BSPM-EM, no training', 0.192, 0.1597],
];

export interface Measured {
  readonly dataset: Dataset;
  /** All rankings. */
  readonly evaluation: Evaluation;
  /** The joined score alone: what the whole job takes. */
  readonly alone: Evaluation;
}

export function measure(dataset: Dataset): Measured {
  return {
    dataset,
    evaluation: evaluate(dataset, ['--buckets']),
    alone: evaluate(dataset, ['--rankings', 'joined']),
  };
}

export function qualityTable(all: readonly Measured[]): string {
  const titles = all[0].evaluation.rows.map(({ ranking }) => ranking);
  return table(
    ['Recall@20 / NDCG@20', ...all.map(({ dataset }) => dataset.name)],
    titles.map((ranking) => [
      rankingKinds[ranking].title,
      ...all.map(({ evaluation }) => {
        const { recall, ndcg } = rowOf(evaluation, ranking);
        return `${figure(recall)} / ${figure(ndcg)}`;
      }),
    ]),
  );
}

/** What else is measured, of the joined score. */
export function measuresTable(all: readonly Measured[]): string {
  return table(
    ['', 'precision', 'MRR', 'hit rate', 'coverage', 'popularity lift', 'item kNN: coverage', 'its lift'],
    all.map(({ dataset, evaluation }) => {
      const joined = rowOf(evaluation, 'joined');
      const itemKnn = rowOf(evaluation, 'item-knn');
      return [
        dataset.name,
        ...[joined.precision, joined.mrr, joined.hitRate].map(figure),
        percent(joined.coverage),
        percent(joined.popularityLift),
        percent(itemKnn.coverage),
        percent(itemKnn.popularityLift),
      ];
    }),
  );
}

/** Beside what is published: our rankings, and embeddings of producers in several communities. */
export function publishedTable({ dataset, evaluation, alone }: Measured): string {
  const ours = evaluation.rows.map(({ ranking, recall, ndcg }) => [
    `**${rankingKinds[ranking].title}**`,
    recall,
    ndcg,
    ranking === 'joined' ? `${alone.seconds.toFixed(0)} s from file to figures` : noteOf(ranking, evaluation),
  ]);
  const several = evaluate(dataset, ['--rankings', 'embeddings', ...overlapping]);
  const [{ recall, ndcg }] = several.rows;
  ours.push([
    '**embeddings, overlapping communities**',
    recall,
    ndcg,
    `${noteOf('embeddings', several)}; \`${overlapping.join(' ')}\``,
  ]);
  const rows = [...ours, ...published.map(([name, recall, ndcg]) => [name, recall, ndcg, 'published'])];
  return table(
    ['', 'Recall@20', 'NDCG@20', ''],
    rows
      .toSorted((a, b) => Number(b[1]) - Number(a[1]))
      .map(([name, recall, ndcg, note]) => [name, figure(Number(recall)), figure(Number(ndcg)), note]),
  );
}

function noteOf(ranking: string, evaluation: Evaluation): string {
  if (ranking !== 'embeddings') return '';
  return `${evaluation.nonZerosPerConsumer?.toFixed(1)} non-zeros a user (at most 50), at most ${evaluation.maxNonZerosPerProducer} an item`;
}

export function activityTable({ evaluation }: Measured): string {
  const { buckets } = rowOf(evaluation, 'joined');
  return table(
    ['Recall@20 by follows in training', ...buckets.map(({ minFollows }) => `${minFollows} or more`)],
    [
      ['users', ...buckets.map(({ numConsumers }) => numConsumers)],
      ...evaluation.rows.map((row) => [
        rankingKinds[row.ranking].title,
        ...row.buckets.map(({ recall }) => figure(recall)),
      ]),
    ],
  );
}

export function timeTable(all: readonly Measured[]): string {
  return table(
    ['', 'data', 'held-out follows', 'reading and model, s', 'file to figures, s'],
    all.map(({ dataset, alone }) => [
      dataset.name,
      datasetFlags[dataset.name].replace(/:.*/, ''),
      alone.numTestFollows.toLocaleString('en-US'),
      alone.modelSeconds.toFixed(1),
      alone.seconds.toFixed(1),
    ]),
  );
}

function rowOf({ rows }: Evaluation, ranking: string): EvaluatedRanking {
  const row = rows.find((one) => one.ranking === ranking);
  if (!row) throw new Error(`no ranking ${ranking}`);
  return row;
}

function figure(value: number): string {
  return value.toFixed(4).replace(/^0/, '');
}
