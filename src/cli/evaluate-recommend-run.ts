/** Builds the model of `evaluate recommend`, ranks and measures. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ActivityBucket,
  type Exposure,
  measureByActivity,
  measureExposure,
  measureRanking,
  type RankingQuality,
} from '../evaluate/ranking-quality.ts';
import { openKernels } from '../kernels/open.ts';
import { openModel } from '../pipeline/model-folder.ts';
import { runPipeline } from '../pipeline/pipeline.ts';
import { type GivenParams, idsOf } from '../stages/stage.ts';
import { type EvaluateArgs, tunedStages } from './evaluate-recommend-command.ts';
import { followerCountOf, followsOf, type RankingName, rankingKinds } from './evaluate-recommend-rankings.ts';
import { prepareSplit, type Split, testFollowsOf } from './evaluate-recommend-split.ts';
import { givenParams } from './flags.ts';
import { createProgress } from './progress.ts';

export interface EvaluatedRanking extends RankingQuality, Exposure {
  readonly ranking: RankingName;
  /** Of ranking and what it takes beyond the model. */
  readonly seconds: number;
  readonly buckets: readonly ActivityBucket[];
}

export interface Evaluation {
  readonly k: number;
  readonly numTestFollows: number;
  /** Consumers with held-out follows that training does not know. */
  readonly numUnknownConsumers: number;
  readonly nonZerosPerConsumer?: number;
  /** Of the longest vector of a producer in the global view. */
  readonly maxNonZerosPerProducer?: number;
  /** Reading, splitting, building the model. */
  readonly modelSeconds: number;
  /** From file to figures. */
  readonly seconds: number;
  readonly rows: readonly EvaluatedRanking[];
}

export async function evaluateRecommend(args: EvaluateArgs): Promise<Evaluation> {
  const began = performance.now();
  const temporary = mkdtempSync(join(tmpdir(), 'simclusters-'));
  const folder = args.model ?? join(temporary, 'model');
  const kernels = openKernels({ numThreads: args.threads });
  try {
    const split = await prepareSplit(args, temporary);
    await build(args, folder, split);
    const modelSeconds = secondsSince(began);
    const model = openModel(folder);
    const consumerIds = idsOf(model.read('followGraph'), 'consumerId');
    const producerIds = idsOf(model.read('producers'), 'producerId');
    const test = await testFollowsOf(kernels, split.held, consumerIds, producerIds);
    const follows = followsOf(model);
    const followerCount = followerCountOf(model);
    const numFollows = follows.indptr.subarray(1).map((end, u) => end - follows.indptr[u]);
    const rows: EvaluatedRanking[] = [];
    for (const name of args.rankings) {
      const rankingBegan = performance.now();
      const ranked = await rankingKinds[name].rank({ ...args, kernels, model });
      const seconds = secondsSince(rankingBegan);
      rows.push({
        ranking: name,
        ...measureRanking(ranked, test, args.k),
        ...measureExposure(ranked, test, args.k, follows, followerCount),
        seconds,
        buckets: args.buckets ? measureByActivity(ranked, test, args.k, numFollows) : [],
      });
    }
    const numTested = test.numPerConsumer.filter((count) => count > 0).length;
    const { stages } = model.manifest;
    return {
      k: args.k,
      numTestFollows: split.held.consumers.length,
      numUnknownConsumers: new Set(split.held.consumers).size - numTested,
      nonZerosPerConsumer: optionalNumber(stages['interested-in']?.report['entriesPerRow']),
      maxNonZerosPerProducer: optionalNumber(stages['recommendation-views']?.params['viewClusters']),
      modelSeconds,
      seconds: secondsSince(began),
      rows,
    };
  } finally {
    await kernels.close();
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Runs the stages that the rankings need, and no others. */
async function build(args: EvaluateArgs, folder: string, split: Split): Promise<void> {
  const given: GivenParams = {
    ...givenParams(args, tunedStages),
    follows: split.trainFiles,
    followsFormat: split.trainFormat,
    followsColumns: split.trainColumns,
    selfFollows: 'keep',
  };
  const targets = new Set(args.rankings.map((name) => rankingKinds[name].stage));
  const progress = createProgress(args.quiet || args.json ? 'quiet' : 'text');
  try {
    for (const target of targets)
      await runPipeline({
        folder,
        given,
        preset: args.preset,
        seed: args.seed,
        numThreads: args.threads,
        target,
        onEvent: (event) => progress.onEvent(event),
      });
  } finally {
    progress.stop();
  }
}

function optionalNumber(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}
