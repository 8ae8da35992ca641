import { computeGlobalView } from '../recommend/global-view.ts';
import { computeLocalView } from '../recommend/local-view.ts';
import { integer, number } from './params.ts';
import { defineStage, input, matrixArtifact, matrixOf, matrixReport } from './stage.ts';

/** Share of the work that the local view is, for progress. */
const LOCAL_SHARE = 0.9;

export const recommendationViews = defineStage({
  name: 'recommendation-views',
  summary: 'Say which producers each producer and each cluster speaks for, to recommend by both',
  isOnDemand: true,
  reads: ['followGraph', 'producers', 'interestedIn'],
  writes: ['localView', 'globalView'],
  params: {
    viewNeighbors: integer('Producers that each producer speaks for', 600, { min: 1 }),
    blurNeighbors: integer('Neighbours by way of which similarity is taken off again', 400, { min: 1 }),
    sharpening: number(
      'How much of that is taken off; 0: nothing; 1: as much as the inverse filter bears',
      0.95,
    ),
    degreeSmoothing: number('Followers added to those of each producer, against chance', 3, {
      unit: 'followers',
    }),
    sourceExponent: number('How little a followed producer counts for being followed by many', 0.4),
    popularityExponent: number(
      'How much a candidate of the local view is held back for being followed by many',
      0.15,
    ),
    globalPopularityExponent: number('The same in the global view', 0.1),
    viewClusters: integer('Clusters kept per producer', 50, { min: 1 }),
    communityWeight: number('Weight of the communities against the followed producers in the score', 0.1),
  },
  async run(artifacts, params, { kernels, onProgress }) {
    const follows = matrixOf(input(artifacts, 'followGraph'), 'producerIndex');
    const interest = matrixOf(
      input(artifacts, 'interestedIn'),
      'clusterId',
      'followScoreClusterNormalizedOnly',
    );
    const smoothing = params.degreeSmoothing;
    const local = await computeLocalView(kernels, follows, {
      smoothing,
      numNeighbors: params.viewNeighbors,
      numBlurNeighbors: params.blurNeighbors,
      sharpening: params.sharpening,
      sourceExponent: params.sourceExponent,
      popularityExponent: params.popularityExponent,
      onProgress: (share) => onProgress(LOCAL_SHARE * share),
    });
    const global = await computeGlobalView(kernels, follows, interest, {
      smoothing,
      numClusters: params.viewClusters,
      popularityExponent: params.globalPopularityExponent,
      onProgress: (share) => onProgress(LOCAL_SHARE + (1 - LOCAL_SHARE) * share),
    });
    const ids = {
      name: 'producerId',
      column: input(artifacts, 'producers').table.columns['producerId'],
    };
    const scores = (data: Float32Array | undefined) => ({ score: data as Float32Array });
    return {
      artifacts: {
        localView: matrixArtifact(ids, local, 'producerIndex', scores(local.data)),
        globalView: matrixArtifact(ids, global, 'clusterId', scores(global.data)),
      },
      report: { ...matrixReport(local), clustersPerProducer: matrixReport(global).entriesPerRow },
    };
  },
});
