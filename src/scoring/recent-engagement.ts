/**
 * How like a tweet is to what a user engaged with of late: features for a ranker (representation-scorer, recent engagement similarity).
 * For each signal and window: cosine of the tweet with each of the user's last ten signals of that kind that fall into the window,
 *   max (from 0) and mean over those that have a score.
 */
import type { SparseVector } from '../core/sparse-vector.ts';
import { cosine } from './pair-measures.ts';
import type { Representation } from './representation.ts';

const tweetWindows = [1, 7] as const;
const negativeWindows = [1, 7, 30] as const;

/** What a signal points at, and over how many days it is looked at. */
export const engagementSignals = {
  fav: { on: 'tweet', windowDays: tweetWindows },
  retweet: { on: 'tweet', windowDays: tweetWindows },
  share: { on: 'tweet', windowDays: tweetWindows },
  reply: { on: 'tweet', windowDays: tweetWindows },
  'original-tweet': { on: 'tweet', windowDays: tweetWindows },
  'video-playback-50': { on: 'tweet', windowDays: tweetWindows },
  follow: { on: 'author', windowDays: [7, 30] },
  block: { on: 'author', windowDays: negativeWindows },
  mute: { on: 'author', windowDays: negativeWindows },
  report: { on: 'tweet', windowDays: negativeWindows },
  dontlike: { on: 'tweet', windowDays: negativeWindows },
  'see-fewer': { on: 'tweet', windowDays: negativeWindows },
} as const satisfies Record<string, { on: 'tweet' | 'author'; windowDays: readonly number[] }>;

export type EngagementSignal = keyof typeof engagementSignals;

export interface Engagement {
  readonly signal: EngagementSignal;
  /** Tweet or author. */
  readonly id: string;
  readonly timeMs: number;
}

export interface EngagementFeature {
  readonly signal: EngagementSignal;
  readonly windowDays: number;
  readonly max: number;
  readonly mean: number;
}

export interface EngagementTypes {
  readonly modelVersion: string;
  /** Default LogFavLongestL2EmbeddingTweet. */
  readonly engagedTweetType?: string;
  /** Default FavBasedProducer. */
  readonly authorType?: string;
  /** Default LogFavBasedTweet. */
  readonly candidateType?: string;
}

/** Signals of one kind that count, the latest. */
export const LAST_SIGNALS = 10;
const MS_PER_DAY = 86_400_000;

/**
 * Features of each tweet, in the order of the request; signals and windows without a score are left out, and a tweet without
 * an embedding has none. Of signals at the same time the later in the list is the latest.
 */
export function recentEngagementFeatures(
  representation: Representation,
  engagements: readonly Engagement[],
  tweetIds: readonly string[],
  nowMs: number,
  types: EngagementTypes,
): EngagementFeature[][] {
  const { modelVersion, candidateType = 'LogFavBasedTweet' } = types;
  const sources = latestSources(representation, engagements, nowMs, types);
  return tweetIds.map((id) => {
    const tweet = representation.embedding({ embeddingType: candidateType, modelVersion, id });
    return tweet ? featuresOf(tweet, sources, nowMs) : [];
  });
}

type Sources = ReadonlyMap<EngagementSignal, readonly { timeMs: number; vector: SparseVector }[]>;

function latestSources(
  representation: Representation,
  engagements: readonly Engagement[],
  nowMs: number,
  {
    modelVersion,
    engagedTweetType = 'LogFavLongestL2EmbeddingTweet',
    authorType = 'FavBasedProducer',
  }: EngagementTypes,
): Sources {
  const sources = new Map<EngagementSignal, { timeMs: number; vector: SparseVector }[]>();
  for (const signal of Object.keys(engagementSignals) as EngagementSignal[]) {
    const embeddingType = engagementSignals[signal].on === 'tweet' ? engagedTweetType : authorType;
    const latest = engagements
      .filter((engagement) => engagement.signal === signal && engagement.timeMs <= nowMs)
      .sort((a, b) => a.timeMs - b.timeMs)
      .slice(-LAST_SIGNALS);
    sources.set(
      signal,
      latest.flatMap(({ id, timeMs }) => {
        const vector = representation.embedding({ embeddingType, modelVersion, id });
        return vector ? [{ timeMs, vector }] : [];
      }),
    );
  }
  return sources;
}

function featuresOf(tweet: SparseVector, sources: Sources, nowMs: number): EngagementFeature[] {
  const features: EngagementFeature[] = [];
  for (const [signal, latest] of sources) {
    const scored = latest.map(({ timeMs, vector }) => ({ timeMs, score: cosine(vector, tweet) }));
    for (const windowDays of engagementSignals[signal].windowDays) {
      const scores = scored
        .filter(({ timeMs }) => nowMs - timeMs <= windowDays * MS_PER_DAY)
        .map(({ score }) => score);
      if (scores.length === 0) continue;
      const sum = scores.reduce((a, b) => a + b, 0);
      features.push({ signal, windowDays, max: Math.max(0, ...scores), mean: sum / scores.length });
    }
  }
  return features;
}
