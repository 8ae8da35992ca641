/** Public API. What is not here is private. */

// Applications
export {
  type ApplicationOptions,
  type HomeOptions,
  homeCandidates,
  similarItems,
  whoToFollow,
} from './applications/applications.ts';
export {
  personalizedTrends,
  type TopicOptions,
  type TrendOptions,
  type Trends,
  topicsOfItem,
} from './applications/by-embedding.ts';
export {
  isSuspiciousChange,
  type LegibleEntities,
  legibleEntities,
  withoutOptedOut,
} from './applications/opt-out.ts';
export { type Reason, reasonsOf } from './applications/reasons.ts';
export type { Recommendation, Viewer } from './applications/recommendations.ts';
export {
  openServingModel,
  type Retrievable,
  type ServingModel,
  type ServingOptions,
} from './applications/serving-model.ts';
// Its parts, for use on their own
export { type ChangeReport, reportChanges } from './communities/change-report.ts';
export { placeDetectionGraph } from './communities/detection-graph.ts';
export { type FindOptions, type FoundCommunities, findCommunities } from './communities/find-communities.ts';
export { type Growth, type GrowthOptions, growCommunities, type RoundReport } from './communities/growth.ts';
export { affiliationScores, computeKnownFor } from './communities/known-for.ts';
export type { CommunityMetrics } from './communities/metrics.ts';
export type { DetectionGraph, EpochReport } from './communities/metropolis-hastings.ts';
export { type IdentifiedKnownFor, type Renewal, renewMemberships } from './communities/renewal.ts';
export { type Csr, csrFromRows, nnz } from './core/csr.ts';
export { type ErrorCode, errorTable, SimClustersError } from './core/errors.ts';
export { type IdTable, idAt, idStrings, idTableFromColumn, idTableFromStrings } from './core/ids.ts';
export { communitiesOf, type Memberships, membersOf } from './core/memberships.ts';
export { type Neighborhoods, neighborhoodsOf } from './core/neighborhoods.ts';
export { type RandomKey, randomKey } from './core/rng.ts';
// Nouns
export {
  keepEntries,
  l2Norm,
  logNorm,
  type SparseVector,
  sparseVector,
  truncate,
  vectorOfRow,
} from './core/sparse-vector.ts';
export type { Column, ListColumn, ScalarColumn, StringColumn, Table } from './core/table.ts';
export { computeInterestedIn, type InterestedIn, interestMatrix } from './embeddings/interested-in.ts';
export { computeProducerEmbedding } from './embeddings/producer.ts';
export { computeTopicEmbedding } from './embeddings/topic.ts';
export { computeTweetEmbedding } from './embeddings/tweet.ts';
export { compareWithTruth } from './evaluate/communities.ts';
export {
  type ActivityBucket,
  type Exposure,
  measureByActivity,
  measureExposure,
  measureRanking,
  type RankingQuality,
  type TestFollows,
} from './evaluate/ranking-quality.ts';
export { recommendByPopularity, recommendByVectors } from './evaluate/recommend.ts';
export { type SplitKind, type SplitOptions, splitFollows } from './evaluate/split.ts';
export { generatePlantedGraph, type PlantedGraph, type PlantedOptions } from './generate/planted-graph.ts';
export { buildEngagementGraph } from './graph/engagement-graph.ts';
export { buildFollowGraph, type FollowGraph } from './graph/follow-graph.ts';
export { computeProducerNorms, type ProducerNorms } from './graph/producer-norms.ts';
export { buildClusterIndex } from './indices/cluster-index.ts';
// Input, output, kernels
export { readTable, writeTable } from './io/artifact-file.ts';
export type { EdgeInput, EventInput, InputOptions, InputReport } from './io/edge-input.ts';
export { readEdges } from './io/edge-reader.ts';
export { readEvents } from './io/event-reader.ts';
export { readUndirectedGraph } from './io/undirected-graph.ts';
export type { Kernels, Progress } from './kernels/kernels.ts';
export { type KernelOptions, openKernels } from './kernels/open.ts';
export { buildCsr, topKRows, transpose } from './kernels/sparse.ts';
export { type SpgemmOptions, spgemmTopK } from './kernels/spgemm.ts';
// The main job
export type { InputRecord, Manifest, OutputRecord, StageRecord } from './pipeline/manifest.ts';
export { type ModelReader, openModel } from './pipeline/model-folder.ts';
export { type RunEvent, type RunOptions, runPipeline, stagesFor } from './pipeline/pipeline.ts';
export { choosePreset } from './pipeline/presets.ts';
export { writeReport } from './report/report.ts';
// Retrieval
export {
  type AnnAlgorithm,
  annAlgorithms,
  checkConfig,
  configSuffixes,
  defaultRetrievalConfig,
  NO_AGE_LIMIT,
  type RetrievalConfig,
  type RetrievalVariant,
  retrievalVariant,
} from './retrieval/config.ts';
export { buildItemIndex, type ItemIndex, type ItemIndexOptions, placesOf } from './retrieval/item-index.ts';
export { type PlacedIndex, placeIndex } from './retrieval/placed-index.ts';
export { type Candidates, type QueryOptions, Retriever } from './retrieval/retriever.ts';
// Scores and embeddings by id
export {
  type PairMeasure,
  pairMeasures,
  type ScoringAlgorithm,
  scoringAlgorithms,
  standardDeviation,
} from './scoring/pair-measures.ts';
export {
  type Engagement,
  type EngagementFeature,
  type EngagementSignal,
  engagementSignals,
  recentEngagementFeatures,
} from './scoring/recent-engagement.ts';
export {
  type EmbeddingId,
  type EmbeddingSet,
  Representation,
  type ScoredCluster,
  type ScoredEntity,
} from './scoring/representation.ts';
export {
  type IdPair,
  listScore,
  type ScoreId,
  type ScoreList,
  score,
  thresholdLabel,
  topicTweetRanking,
  type WeightedPart,
  weightedSum,
} from './scoring/score.ts';
export { loadServingModel } from './serve/load-serving-model.ts';
export {
  type FindSimilarityOptions,
  findProducerSimilarity,
  type SimilarityReport,
} from './similarity/find-similarity.ts';
export { computeProducerSimilarity, type SimilarityOptions } from './similarity/producer-similarity.ts';
export type { CosineOptions } from './similarity/top-k-cosine.ts';
export { sampleProducerSimilarity, type WhimpOptions, type WhimpReport } from './similarity/whimp.ts';
export { type ArtifactName, artifactNames, artifactTypes } from './stages/artifacts.ts';
export { communityOptions } from './stages/community-params.ts';
export { stages } from './stages/index.ts';
export { type ParamSpec, type ParamValue, type PresetName, presetNames } from './stages/params.ts';
export { type Artifact, idsOf, matrixOf, type Stage, scalars } from './stages/stage.ts';
// Streams
export { type EngineOptions, type Interests, StreamEngine } from './stream/engine.ts';
export { latestSnapshot, type SnapshotPointer } from './stream/snapshot.ts';
export type { KnownPartition, Source, SourceBatch, SourceSession } from './stream/source.ts';
export { FileSource } from './stream/sources/file-source.ts';
export { HttpSource } from './stream/sources/http-source.ts';
export { PipeSource } from './stream/sources/pipe-source.ts';
export { sourceOfUrl } from './stream/sources/source-url.ts';
export { Stream, type StreamOptions } from './stream/stream.ts';
export { type TopKCosineOptions, topKCosine } from './top-k-cosine.ts';
