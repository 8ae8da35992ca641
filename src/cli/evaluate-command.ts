/** `simclusters evaluate recommend`: builds a model from a training split and ranks for the held-out follows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import type { Argv, CommandModule } from 'yargs';
import { formatCount, formatSeconds } from '../core/format.ts';
import { IdIndex } from '../core/ids.ts';
import {
  measureRanking,
  type RankingQuality,
  recommendByPopularity,
  recommendByVectors,
  type TestFollows,
} from '../evaluate/recommend.ts';
import type { EdgeFormat } from '../io/edge-input.ts';
import { readEdges } from '../io/edge-reader.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { openKernels } from '../kernels/open.ts';
import { buildCsr } from '../kernels/sparse.ts';
import { type ModelReader, openModel } from '../pipeline/model-folder.ts';
import { runPipeline } from '../pipeline/pipeline.ts';
import { stages } from '../stages/index.ts';
import { type PresetName, presetNames } from '../stages/params.ts';
import { type GivenParams, idsOf, matrixOf, scalars } from '../stages/stage.ts';
import { evaluateCommunitiesCommand } from './evaluate-communities-command.ts';
import { addStageFlags, givenParams } from './flags.ts';
import { createProgress } from './progress.ts';

interface EvaluateArgs {
  readonly train: string[];
  readonly test: string[];
  readonly format: Exclude<EdgeFormat, 'metis'>;
  readonly k: number;
  readonly model?: string;
  readonly preset?: PresetName;
  readonly seed?: string;
  readonly threads: number;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly [param: string]: unknown;
}

const recommend: CommandModule = {
  command: 'recommend',
  describe:
    'Rank producers by user vector · producer vector; print Recall@k and NDCG@k against held-out follows',
  builder: (command) =>
    addStageFlags(addEvaluateFlags(command), stages.slice(1)).example(
      '$0 evaluate recommend --train train.txt.gz --test test.txt.gz --k 20',
      'full ranking, train follows left out',
    ),
  handler: async (parsed) => evaluateRecommend(parsed as unknown as EvaluateArgs),
};

export const evaluateCommand: CommandModule = {
  command: 'evaluate',
  describe: 'Measure a model, or communities',
  builder: (command) =>
    command
      .command(recommend)
      .command(evaluateCommunitiesCommand)
      .demandCommand(1, 'Evaluate what? See `simclusters evaluate --help`.'),
  handler: () => {},
};

function addEvaluateFlags(command: Argv): Argv {
  return command
    .option('train', {
      type: 'array',
      string: true,
      demandOption: true,
      describe: 'Follow edges to learn from',
    })
    .option('test', { type: 'array', string: true, demandOption: true, describe: 'Held-out follow edges' })
    .option('format', {
      choices: ['auto', 'edges', 'lists', 'parquet'],
      default: 'auto',
      describe: 'Format of both',
    })
    .option('k', { type: 'number', default: 20, describe: 'Length of the ranking' })
    .option('model', {
      alias: 'm',
      type: 'string',
      describe: 'Model folder to build in and keep; unset: a temporary one',
    })
    .option('preset', { choices: presetNames, describe: 'Thresholds that belong together' })
    .option('seed', { type: 'string', describe: 'Root of all randomness' })
    .option('threads', {
      alias: 't',
      type: 'number',
      default: 0,
      describe: 'Threads; 0: as many as the machine offers',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
    .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'No progress' });
}

interface EvaluationRow extends RankingQuality {
  readonly ranking: string;
}

async function evaluateRecommend(args: EvaluateArgs): Promise<void> {
  const began = performance.now();
  const folder = args.model ?? mkdtempSync(join(tmpdir(), 'simclusters-'));
  const kernels = openKernels({ numThreads: args.threads });
  try {
    await build(args, folder);
    const model = openModel(folder);
    const rows = await rankAndMeasure(kernels, model, await readTest(kernels, model, args), args.k);
    print(args, rows, model, (performance.now() - began) / 1000);
  } finally {
    await kernels.close();
    if (args.model === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function build(args: EvaluateArgs, folder: string): Promise<void> {
  const given: GivenParams = {
    ...givenParams(args, stages.slice(1)),
    follows: args.train,
    followsFormat: args.format,
    selfFollows: 'keep',
  };
  const progress = createProgress(args.quiet || args.json ? 'quiet' : 'text');
  try {
    await runPipeline({
      folder,
      given,
      preset: args.preset,
      seed: args.seed,
      numThreads: args.threads,
      target: 'producer-embeddings',
      onEvent: (event) => progress.onEvent(event),
    });
  } finally {
    progress.stop();
  }
}

/** Test follows by the model's indices. Unknown consumers cannot be ranked for and are left out; unknown producers count as misses. */
async function readTest(kernels: Kernels, model: ModelReader, args: EvaluateArgs): Promise<TestFollows> {
  const edges = await readEdges({ files: args.test, format: args.format, selfFollows: 'keep' });
  const consumerIds = idsOf(model.read('followGraph'), 'consumerId');
  const producerIds = idsOf(model.read('producers'), 'producerId');
  const consumers = IdIndex.from(consumerIds);
  const producers = IdIndex.from(producerIds);
  const numPerConsumer = new Uint32Array(consumerIds.size);
  const rows: number[] = [];
  const cols: number[] = [];
  for (let e = 0; e < edges.numEdges; e++) {
    const { offsets, bytes } = edges.consumerIds;
    const consumer = consumers.find(bytes, offsets[edges.consumers[e]], offsets[edges.consumers[e] + 1]);
    if (consumer < 0) continue;
    numPerConsumer[consumer]++;
    const { offsets: from, bytes: pool } = edges.producerIds;
    const producer = producers.find(pool, from[edges.producers[e]], from[edges.producers[e] + 1]);
    if (producer < 0) continue;
    rows.push(consumer);
    cols.push(producer);
  }
  const triplets = { rows: Uint32Array.from(rows), cols: Uint32Array.from(cols) };
  return {
    matrix: await buildCsr(kernels, triplets, consumerIds.size, producerIds.size, 'max'),
    numPerConsumer,
  };
}

async function rankAndMeasure(
  kernels: Kernels,
  model: ModelReader,
  test: TestFollows,
  k: number,
): Promise<EvaluationRow[]> {
  const seen = matrixOf(model.read('followGraph'), 'producerIndex');
  const consumerVectors = matrixOf(
    model.read('interestedIn'),
    'clusterId',
    'followScoreClusterNormalizedOnly',
  );
  const producerVectors = matrixOf(model.read('followBasedProducer'), 'clusterId', 'score');
  const followerCount = scalars<Uint32Array>(model.read('producers'), 'followerCount');
  const producerScale = Float32Array.from(followerCount, Math.sqrt);
  const byDot = await recommendByVectors(kernels, consumerVectors, producerVectors, seen, { k });
  const byNorm = await recommendByVectors(kernels, consumerVectors, producerVectors, seen, {
    k,
    producerScale,
  });
  return [
    { ranking: 'popularity', ...measureRanking(recommendByPopularity(followerCount, seen, k), test, k) },
    { ranking: 'user · producer', ...measureRanking(byDot, test, k) },
    { ranking: 'user · producer × √followers', ...measureRanking(byNorm, test, k) },
  ];
}

function print(
  args: EvaluateArgs,
  rows: readonly EvaluationRow[],
  model: ModelReader,
  seconds: number,
): void {
  const report = model.manifest.stages['interested-in']?.report;
  const nonZeros = Number(report?.['entriesPerRow']);
  if (args.json) {
    process.stdout.write(`${JSON.stringify({ k: args.k, seconds, nonZerosPerConsumer: nonZeros, rows })}\n`);
    return;
  }
  const table = new Table({
    head: ['ranking', `Recall@${args.k}`, `NDCG@${args.k}`, 'hit rate'],
    style: process.stdout.isTTY ? {} : { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right'],
  });
  for (const { ranking, recall, ndcg, hitRate } of rows)
    table.push([ranking, recall.toFixed(4), ndcg.toFixed(4), hitRate.toFixed(4)]);
  process.stdout.write(`${table.toString()}\n`);
  process.stdout.write(
    `${formatCount(rows[0].numConsumers)} consumers, ${nonZeros.toFixed(1)} non-zeros a consumer, ${formatSeconds(seconds)} from file to figures\n`,
  );
}
