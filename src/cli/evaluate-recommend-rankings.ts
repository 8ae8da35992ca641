/** The rankings that `evaluate recommend` knows: what each is made from, and how. */
import type { Csr } from '../core/csr.ts';
import { recommendByPopularity, recommendByVectors } from '../evaluate/recommend.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { ModelReader } from '../pipeline/model-folder.ts';
import {
  recommendByItemKnn,
  recommendBySimilarityGraph,
  recommendByUserKnn,
} from '../recommend/baselines.ts';
import { openRecommender, recommend, weighCarriers } from '../recommend/joined-score.ts';
import { matrixOf, scalars } from '../stages/stage.ts';

export interface RankingSource {
  readonly kernels: Kernels;
  readonly model: ModelReader;
  readonly k: number;
  readonly knnNeighbors: number;
}

interface RankingKind {
  readonly title: string;
  /** The stage that has to have run. */
  readonly stage: string;
  readonly rank: (source: RankingSource) => Promise<Csr>;
}

export const rankingKinds = {
  popularity: {
    title: 'popularity',
    stage: 'follow-graph',
    rank: async ({ model, k }) => recommendByPopularity(followerCountOf(model), followsOf(model), k),
  },
  'item-knn': {
    title: 'item kNN, cosine',
    stage: 'follow-graph',
    rank: ({ kernels, model, ...options }) => recommendByItemKnn(kernels, followsOf(model), knn(options)),
  },
  'user-knn': {
    title: 'user kNN, cosine',
    stage: 'follow-graph',
    rank: ({ kernels, model, ...options }) => recommendByUserKnn(kernels, followsOf(model), knn(options)),
  },
  'similarity-graph': {
    title: 'similarity graph, degree-normalised',
    stage: 'follow-graph',
    rank: ({ kernels, model, ...options }) =>
      recommendBySimilarityGraph(kernels, followsOf(model), knn(options)),
  },
  cosine: {
    title: 'embeddings: user · producer',
    stage: 'producer-embeddings',
    rank: (source) => rankByProducerEmbeddings(source),
  },
  'cosine-norm': {
    title: 'embeddings: user · producer × √followers',
    stage: 'producer-embeddings',
    rank: (source) =>
      rankByProducerEmbeddings(source, Float32Array.from(followerCountOf(source.model), Math.sqrt)),
  },
  embeddings: {
    title: 'embeddings: global view alone',
    stage: 'recommendation-views',
    rank: ({ kernels, model, k }) =>
      recommendByVectors(kernels, interestOf(model), globalViewOf(model), followsOf(model), { k }),
  },
  local: {
    title: 'local view alone',
    stage: 'recommendation-views',
    rank: (source) => rankByViews(source, 0),
  },
  joined: {
    title: 'joined: local and global view',
    stage: 'recommendation-views',
    rank: (source) => rankByViews(source, communityWeightOf(source.model)),
  },
} as const satisfies Record<string, RankingKind>;

export type RankingName = keyof typeof rankingKinds;
export const rankingNames = Object.keys(rankingKinds) as readonly RankingName[];

function knn({ k, knnNeighbors }: Pick<RankingSource, 'k' | 'knnNeighbors'>) {
  return { k, numNeighbors: knnNeighbors };
}

async function rankByProducerEmbeddings(
  { kernels, model, k }: RankingSource,
  producerScale?: Float32Array,
): Promise<Csr> {
  const vectors = matrixOf(model.read('followBasedProducer'), 'clusterId', 'score');
  return recommendByVectors(kernels, interestOf(model), vectors, followsOf(model), { k, producerScale });
}

async function rankByViews({ kernels, model, k }: RankingSource, communityWeight: number): Promise<Csr> {
  const local = matrixOf(model.read('localView'), 'producerIndex', 'score');
  const recommender = await openRecommender(kernels, local, globalViewOf(model), communityWeight);
  const follows = followsOf(model);
  return recommend(kernels, recommender, weighCarriers(recommender, follows, interestOf(model)), follows, {
    k,
  });
}

export function followsOf(model: ModelReader): Csr {
  return matrixOf(model.read('followGraph'), 'producerIndex');
}

export function followerCountOf(model: ModelReader): Uint32Array {
  return scalars(model.read('producers'), 'followerCount');
}

function interestOf(model: ModelReader): Csr {
  return matrixOf(model.read('interestedIn'), 'clusterId', 'followScoreClusterNormalizedOnly');
}

function globalViewOf(model: ModelReader): Csr {
  return matrixOf(model.read('globalView'), 'clusterId', 'score');
}

function communityWeightOf({ manifest }: ModelReader): number {
  return Number(manifest.stages['recommendation-views']?.params['communityWeight']);
}
