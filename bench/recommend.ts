/**
 * Recommendation quality: the joined score, its parts and baselines on the data sets given, beside published figures.
 *   npm run bench:recommend -- --gowalla train.txt.gz,test.txt.gz [--lastfm FILE ... --only tables,ablations]
 * Writes bench/RECOMMEND.md from held-out follows, and the tables of bench/FINDINGS.md from validation cuts of the training follows.
 */
import { benchFlags, Page } from './page.ts';
import { compareVariants, embeddingVariants, joinedVariants } from './recommend/ablations.ts';
import { datasetFlags, datasetsOf } from './recommend/datasets.ts';
import {
  activityTable,
  measure,
  measuresTable,
  publishedTable,
  qualityTable,
  timeTable,
} from './recommend/tables.ts';

const parts = ['tables', 'ablations'] as const;
/** Share of the training follows that ablations hold out. */
const VALIDATION_SHARE = 0.1;

const flags = benchFlags(parts);
for (const [name, describe] of Object.entries(datasetFlags)) flags.option(name, { type: 'string', describe });
const args = await flags.parseAsync();
const wanted = new Set(args.only.split(','));
const datasets = datasetsOf(args);
if (datasets.length === 0) throw new Error(`Give data: --${Object.keys(datasetFlags).join(', --')}`);

if (wanted.has('tables')) {
  const page = new Page(
    'RECOMMEND.md',
    'Recommendation quality',
    'bench:recommend',
    'times are of one run each',
  );
  const all = datasets.map(measure);
  page.add('Recall and NDCG on held-out follows', qualityTable(all));
  page.add('Other measures of the joined score', measuresTable(all));
  const gowalla = all.find(({ dataset }) => dataset.name === 'gowalla');
  if (gowalla) {
    page.add('Gowalla beside published figures', publishedTable(gowalla));
    page.add('Gowalla by activity', activityTable(gowalla));
  }
  page.add('The whole job, joined score alone', timeTable(all));
}
if (wanted.has('ablations')) {
  const page = new Page('FINDINGS.md', 'What each choice buys', 'bench:recommend');
  page.add('Joined score', compareVariants(datasets, joinedVariants, VALIDATION_SHARE));
  page.add('Embeddings alone', compareVariants(datasets, embeddingVariants, VALIDATION_SHARE));
}
