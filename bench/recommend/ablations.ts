/** What each choice of the defaults buys, on a validation cut of the training follows; what is held out is not looked at. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RankingName } from '../../src/cli/evaluate-recommend-rankings.ts';
import { table } from '../table.ts';
import { type Dataset, type DatasetName, evaluate } from './datasets.ts';

export interface Variant {
  readonly title: string;
  readonly ranking: RankingName;
  readonly flags: readonly string[];
}

const of = (ranking: RankingName, title: string, ...flags: string[]): Variant => ({ title, ranking, flags });

/** Producers in up to three communities. */
export const overlapping = [
  '--proposal',
  'multiple',
  '--max-memberships',
  '3',
  '--producers-per-community',
  '7',
] as const;

/** The first is what the others are held against. */
export const joinedVariants: readonly Variant[] = [
  of('joined', 'joined score, defaults'),
  of('local', 'no communities'),
  of('joined', 'communities half as heavy', '--community-weight', '0.05'),
  of('joined', 'communities twice as heavy', '--community-weight', '0.2'),
  of('joined', 'not sharpened', '--sharpening', '0'),
  of('joined', 'half as sharp', '--sharpening', '0.475'),
  of('joined', 'sharper than the filter bears', '--sharpening', '1.2'),
  of('joined', 'half the neighbours', '--view-neighbors', '300', '--blur-neighbors', '200'),
  of('joined', '100 neighbours', '--view-neighbors', '100', '--blur-neighbors', '100'),
  of('joined', 'no smoothing of degrees', '--degree-smoothing', '0'),
  of('joined', 'exponents of GF-CF', '--source-exponent', '0.5', '--popularity-exponent', '0'),
  of('joined', 'overlapping communities', ...overlapping),
  of('item-knn', 'item kNN, cosine'),
];

/** Params of the preset `small` among them: they were once settled by looking at what is held out of Gowalla. */
export const embeddingVariants: readonly Variant[] = [
  of('embeddings', 'embeddings alone, defaults'),
  of('cosine-norm', 'producer embeddings × √followers'),
  of('embeddings', 'popularity not held back', '--global-popularity-exponent', '0'),
  of('embeddings', 'fewer neighbours', '--similarity-top-k', '5'),
  of('embeddings', 'more neighbours', '--similarity-top-k', '20'),
  of('embeddings', 'neighbours weigh twice as much', '--wt-coeff', '10'),
  of('embeddings', 'more communities', '--producers-per-community', '5'),
  of('embeddings', 'fewer communities', '--producers-per-community', '20'),
  of('embeddings', 'sampled on similarities', '--community-weights', 'similarity'),
  of('embeddings', 'degree-normalised similarity', '--similarity-weighting', 'degree-normalized'),
  of('embeddings', 'overlapping communities', ...overlapping),
];

/** @param share of the training follows that validation holds out */
export function compareVariants(
  datasets: readonly Dataset[],
  variants: readonly Variant[],
  share: number,
): string {
  const results = datasets.map((dataset) => recallsOf(dataset, variants, share));
  const rows = variants.map(({ title, flags }, i) => {
    const changes = results.map((recalls) => recalls[i] / recalls[0] - 1);
    const mean = changes.reduce((sum, change) => sum + change, 0) / changes.length;
    return [
      flags.length > 0 ? `${title}: \`${flags.join(' ')}\`` : title,
      ...results.map((recalls) => recalls[i].toFixed(4).replace(/^0/, '')),
      i === 0 ? '' : `${mean > 0 ? '+' : ''}${(100 * mean).toFixed(1)} %`,
    ];
  });
  const names: DatasetName[] = datasets.map(({ name }) => name);
  return table(['Recall@20, validation', ...names, 'mean change'], rows);
}

/** The stage makes both views; embeddings are ranked by the global one alone. */
const smallLocalView = ['--view-neighbors', '1', '--blur-neighbors', '1'] as const;

/** One model folder for all variants: only what a variant changes is computed again. */
function recallsOf(dataset: Dataset, variants: readonly Variant[], share: number): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  const common = ['--validation', String(share), '--model', join(folder, 'model')];
  try {
    return variants.map(({ ranking, flags }) => {
      const unseen = ranking === 'embeddings' ? smallLocalView : [];
      const { rows } = evaluate(dataset, [...common, ...flags, ...unseen, '--rankings', ranking]);
      return rows[0].recall;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
