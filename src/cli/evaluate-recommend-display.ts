/** How the figures of `evaluate recommend` are printed. */
import Table from 'cli-table3';
import { formatCount, formatSeconds } from '../core/format.ts';
import type { EvaluateArgs } from './evaluate-recommend-command.ts';
import { rankingKinds } from './evaluate-recommend-rankings.ts';
import type { EvaluatedRanking, Evaluation } from './evaluate-recommend-run.ts';

export function printEvaluation({ json, buckets }: EvaluateArgs, evaluation: Evaluation): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(evaluation)}\n`);
    return;
  }
  const { k, rows, modelSeconds, seconds, numTestFollows, numUnknownConsumers } = evaluation;
  const sections = [qualityTable(k, rows)];
  if (buckets) sections.push(bucketTable(k, rows));
  const vectors =
    evaluation.nonZerosPerConsumer === undefined
      ? ''
      : `${evaluation.nonZerosPerConsumer.toFixed(1)} non-zeros a consumer, `;
  sections.push(
    `${formatCount(rows[0]?.numConsumers ?? 0)} consumers, ${formatCount(numTestFollows)} held-out follows` +
      `${numUnknownConsumers > 0 ? `, ${formatCount(numUnknownConsumers)} unknown consumers left out` : ''}; ` +
      `${vectors}model in ${formatSeconds(modelSeconds)}, ${formatSeconds(seconds)} from file to figures`,
  );
  process.stdout.write(`${sections.join('\n')}\n`);
}

function qualityTable(k: number, rows: readonly EvaluatedRanking[]): string {
  const head = [
    'ranking',
    `Recall@${k}`,
    `NDCG@${k}`,
    'precision',
    'MRR',
    'hit rate',
    'coverage',
    'popularity lift',
    'seconds',
  ];
  return tableOf(
    head,
    rows.map((row) => [
      rankingKinds[row.ranking].title,
      ...[row.recall, row.ndcg, row.precision, row.mrr, row.hitRate].map((value) => value.toFixed(4)),
      percent(row.coverage),
      `${row.popularityLift > 0 ? '+' : ''}${percent(row.popularityLift)}`,
      row.seconds.toFixed(1),
    ]),
  );
}

function bucketTable(k: number, rows: readonly EvaluatedRanking[]): string {
  const bounds = rows[0]?.buckets.map(({ minFollows }) => minFollows) ?? [];
  const counts = rows[0]?.buckets.map(({ numConsumers }) => formatCount(numConsumers)) ?? [];
  return tableOf(
    [`Recall@${k} by follows`, ...bounds.map((bound) => `${bound} or more`)],
    [
      ['consumers', ...counts],
      ...rows.map(({ ranking, buckets }) => [
        rankingKinds[ranking].title,
        ...buckets.map(({ recall }) => recall.toFixed(4)),
      ]),
    ],
  );
}

function tableOf(head: string[], rows: string[][]): string {
  const table = new Table({
    head,
    style: process.stdout.isTTY ? {} : { head: [], border: [] },
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
  });
  table.push(...rows);
  return table.toString();
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
