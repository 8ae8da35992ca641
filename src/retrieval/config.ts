/** What a query may ask for, checked; and the named configurations of the original, by embedding type. */
import { SimClustersError } from '../core/errors.ts';

export const annAlgorithms = ['dot', 'cosine', 'log-cosine', 'cosine-no-source-norm'] as const;
/** dot: Σ s·t;  cosine: over both L2 norms;  log-cosine: over ln(1 + Σ s²) of both;  cosine-no-source-norm: over the candidate's L2 norm. */
export type AnnAlgorithm = (typeof annAlgorithms)[number];

export interface RetrievalConfig {
  /** At most 1000, as in the service. */
  readonly maxNumResults: number;
  /** Kept iff score ≥ minScore and > 0. */
  readonly minScore: number;
  /** Entries read of each cluster's list. */
  readonly maxTopTweetsPerCluster: number;
  /** Clusters of the source whose lists are read, the strongest first. */
  readonly maxScanClusters: number;
  /** Hours; NO_AGE_LIMIT or more: no limit. Counts only when the query says what time it is. */
  readonly maxTweetCandidateAgeHours: number;
  readonly minTweetCandidateAgeHours: number;
  readonly annAlgorithm: AnnAlgorithm;
  /** visited: norm over the lists read, as in the service. whole: norm of the whole vector. */
  readonly candidateNorm: 'visited' | 'whole';
  /** Candidates whose exact scores decide the result; 0: none, as in the service. At most 10000. */
  readonly maxReRankingCandidates: number;
  /** Read whole lists of all clusters of the source and score by whole vectors: no candidate is missed. */
  readonly exact: boolean;
}

/** Hours at and above which the service lifts its age limit. */
export const NO_AGE_LIMIT = 175200;
/** Results of one query, at the most. */
export const MAX_RESULTS = 1000;

/** The client's DefaultConfig (cr-mixer SimClustersANNConfig). */
export const defaultRetrievalConfig: RetrievalConfig = {
  maxNumResults: 200,
  minScore: 0,
  maxTopTweetsPerCluster: 800,
  maxScanClusters: 50,
  maxTweetCandidateAgeHours: 24,
  minTweetCandidateAgeHours: 0,
  annAlgorithm: 'cosine',
  candidateNorm: 'visited',
  maxReRankingCandidates: 0,
  exact: false,
};

const days2 = { maxTweetCandidateAgeHours: 48 };
const wholeNorm: Partial<RetrievalConfig> = {
  maxTweetCandidateAgeHours: NO_AGE_LIMIT,
  candidateNorm: 'whole',
  maxScanClusters: 20,
  maxTopTweetsPerCluster: 800,
};
const ads = { maxNumResults: 100, maxTweetCandidateAgeHours: NO_AGE_LIMIT, maxTopTweetsPerCluster: 1600 };

/** What each named configuration changes, by the suffix of its id. */
const changesOf: Readonly<Record<string, Partial<RetrievalConfig>>> = {
  Default: {},
  '20220617_06': days2,
  '20220801': {},
  '20220810': ads,
  '20220818': ads,
  '20220819': {},
  '20221220': days2,
  '20221221': { maxTweetCandidateAgeHours: 1 },
  // Ours, for an index of scale `unit`: bench/RETRIEVAL.md has the curve they were chosen from.
  WholeNorm: wholeNorm,
  ReRanked: { ...wholeNorm, maxReRankingCandidates: 400 },
  Exact: { maxTweetCandidateAgeHours: NO_AGE_LIMIT, candidateNorm: 'whole', exact: true },
};

/** The in-process predecessor (SimClustersANNCandidateSource): 50 clusters, 200 entries of each; least scores and re-ranking by source. */
const inProcess: Readonly<Record<string, Partial<RetrievalConfig>>> = {
  FavBasedProducer: { minScore: 0, maxReRankingCandidates: 250 },
  RelaxedAggregatableLogFavBasedProducer: { minScore: 0.25, maxReRankingCandidates: 250 },
  LogFavLongestL2EmbeddingTweet: { minScore: 0.3, maxReRankingCandidates: 400 },
  FilteredUserInterestedIn: { minScore: 0.7, annAlgorithm: 'dot', maxReRankingCandidates: 150 },
  FilteredUserInterestedInFromPE: { minScore: 0.7, annAlgorithm: 'dot', maxReRankingCandidates: 150 },
  UnfilteredUserInterestedIn: { minScore: 0, annAlgorithm: 'log-cosine', maxReRankingCandidates: 400 },
  FollowBasedUserInterestedInFromAPE: { minScore: 0, maxReRankingCandidates: 200 },
  LogFavBasedUserInterestedInFromAPE: { minScore: 0, maxReRankingCandidates: 200 },
  UserNextInterestedIn: { minScore: 0, maxReRankingCandidates: 200 },
  FavTfgTopic: { minScore: 0.5, maxReRankingCandidates: 400 },
  LogFavBasedKgoApeTopic: { minScore: 0.5, maxReRankingCandidates: 400 },
};
const inProcessBase: Partial<RetrievalConfig> = {
  maxTopTweetsPerCluster: 200,
  minScore: 0.7,
  maxReRankingCandidates: 250,
};

export const configSuffixes: readonly string[] = [...Object.keys(changesOf), 'InProcess'];

export interface RetrievalVariant {
  readonly embeddingType: string;
  readonly modelVersion: string;
  /** `{embeddingType}_{modelVersion}_{suffix}` */
  readonly id: string;
  readonly config: RetrievalConfig;
}

/**
 * A named configuration for sources of this type and model, with changes of one's own.
 * @throws SimClustersError BAD_PARAM for a suffix nobody knows or a value out of its range
 */
export function retrievalVariant(
  embeddingType: string,
  modelVersion: string,
  suffix = 'Default',
  overrides: Partial<RetrievalConfig> = {},
): RetrievalVariant {
  const changes =
    suffix === 'InProcess' ? { ...inProcessBase, ...inProcess[embeddingType] } : changesOf[suffix];
  if (!changes) throw badConfig(`configuration ${suffix}`, `one of ${configSuffixes.join(', ')}`);
  const config = checkConfig({ ...defaultRetrievalConfig, ...changes, ...overrides });
  return { embeddingType, modelVersion, id: `${embeddingType}_${modelVersion}_${suffix}`, config };
}

type NumberField = {
  [K in keyof RetrievalConfig]: RetrievalConfig[K] extends number ? K : never;
}[keyof RetrievalConfig];

/** Lowest and highest value, and whether it must be whole. */
const ranges: Readonly<Record<NumberField, readonly [number, number, boolean]>> = {
  maxNumResults: [1, MAX_RESULTS, true],
  minScore: [-1e30, 1e30, false],
  maxTopTweetsPerCluster: [1, 2 ** 31, true],
  maxScanClusters: [1, 2 ** 31, true],
  maxTweetCandidateAgeHours: [0, 1e9, false],
  minTweetCandidateAgeHours: [0, 1e9, false],
  maxReRankingCandidates: [0, 10_000, true],
};

/** @throws SimClustersError BAD_PARAM that names the first value out of its range */
export function checkConfig(config: RetrievalConfig): RetrievalConfig {
  for (const [field, [least, most, isWhole]] of Object.entries(ranges)) {
    const value: unknown = config[field as NumberField];
    const fits =
      typeof value === 'number' && value >= least && value <= most && (!isWhole || Number.isInteger(value));
    if (!fits)
      throw badConfig(`${field} ${value}`, `a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`);
  }
  if (!annAlgorithms.includes(config.annAlgorithm))
    throw badConfig(`annAlgorithm ${config.annAlgorithm}`, `one of ${annAlgorithms.join(', ')}`);
  if (config.candidateNorm !== 'visited' && config.candidateNorm !== 'whole')
    throw badConfig(`candidateNorm ${config.candidateNorm}`, 'visited or whole');
  return config;
}

function badConfig(got: string, expected: string): SimClustersError {
  return new SimClustersError('BAD_PARAM', { got, expected, todo: 'Mend the configuration of the query' });
}
