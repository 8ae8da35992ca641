/** Shapes that several routes share. Bounds are those of the functions behind, so that the document says what is refused. */
import * as z from 'zod';
import type { Viewer } from '../applications/recommendations.ts';
import { type SparseVector, sparseVector } from '../core/sparse-vector.ts';
import { annAlgorithms, configSuffixes, MAX_RESULTS, type RetrievalConfig } from '../retrieval/config.ts';
import { scoringAlgorithms } from '../scoring/pair-measures.ts';

export const MAX_ID_LENGTH = 1024;
/** Ids in one list of a request. */
export const MAX_IDS = 1000;
/** Entries of a vector given in a request: embeddings have about 50. */
export const MAX_ENTRIES = 1000;
/** Scores given in a request; products of two fit f32. */
const MAX_SCORE = 1e9;
/** Latest time that a Date can hold. */
const MAX_TIME_MS = 8.64e15;

export const id = z.string().min(1).max(MAX_ID_LENGTH).describe('Id of an entity, as the input spelt it');
export const ids = z.array(id).max(MAX_IDS);
export const modelVersion = z.string().min(1).max(200).describe('Default: the first model that is served');
export const embeddingType = z.string().min(1).max(200).describe('One of /v1/embedding-types');
export const clusterId = z.int().min(1).max(0xffffffff);
export const timeMs = z.number().min(0).max(MAX_TIME_MS).describe('Milliseconds since 1970');
export const limit = (most: number) => z.int().min(1).max(most);
export const algorithm = z.enum(scoringAlgorithms as [(typeof scoringAlgorithms)[number]]);

export const vector = z
  .array(z.tuple([z.int().min(0).max(0xffffffff), z.number().min(-MAX_SCORE).max(MAX_SCORE)]))
  .max(MAX_ENTRIES)
  .describe('Pairs of a cluster id and a score, each cluster once');

/** @throws SimClustersError BAD_PARAM */
export function vectorOf(pairs: z.output<typeof vector>): SparseVector {
  return sparseVector(pairs);
}

export const suffix = z.enum(configSuffixes as [string]).describe('Named configuration of the search');

const hours = z.number().min(0).max(1e9);
const many = z
  .int()
  .min(1)
  .max(2 ** 31);
export const overrides = z
  .strictObject({
    maxNumResults: z.int().min(1).max(MAX_RESULTS),
    minScore: z.number().min(-1e30).max(1e30),
    maxTopTweetsPerCluster: many,
    maxScanClusters: many,
    maxTweetCandidateAgeHours: hours,
    minTweetCandidateAgeHours: hours,
    annAlgorithm: z.enum(annAlgorithms),
    candidateNorm: z.enum(['visited', 'whole']),
    maxReRankingCandidates: z.int().min(0).max(10_000),
    exact: z.boolean(),
  } satisfies Record<keyof RetrievalConfig, z.ZodType>)
  .partial()
  .describe('Changes to the named configuration');

export const retrievalConfig = overrides.required();

export const reason = z.strictObject({
  clusterId: z.int(),
  name: z.string().describe("Readable name of the community; '' when it has none"),
  share: z.number().min(0).max(1.000001).describe('Part of the score that this community carries'),
});

export const recommendation = z.strictObject({
  id: z.string(),
  score: z.number(),
  source: z.string().describe('Query or embedding type that brought it'),
  reasons: z.array(reason),
  followed: z
    .array(z.strictObject({ id: z.string(), share: z.number().min(0).max(1.000001) }))
    .describe('By the joined score: followed producers that carry it, and their part of it')
    .optional(),
});

export const recommendations = z.strictObject({
  modelVersion: z.string(),
  recommendations: z.array(recommendation).describe('Best first'),
});

/** Fields of a request about the one who is answered. */
export const viewer = {
  optedOut: ids.describe('Topics the user hides: their communities carry no answer').optional(),
  excludedIds: ids.describe('Ids never to be shown').optional(),
  nowMs: timeMs.describe('Time that ages count from. Absent: ages do not count').optional(),
};

export function viewerOf({
  optedOut,
  excludedIds,
  nowMs,
}: {
  readonly optedOut?: readonly string[];
  readonly excludedIds?: readonly string[];
  readonly nowMs?: number;
}): Viewer {
  return { optedOut: new Set(optedOut), excludedIds: new Set(excludedIds), nowMs };
}

export const problem = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    meaning: z.string(),
    found: z.string(),
    expected: z.string(),
    todo: z.string(),
  }),
});
