import { idAt } from '../core/ids.ts';
import { computeTweetEmbedding, followTweet, gateByFavScore, type TweetMoment } from '../embeddings/tweet.ts';
import { integer, number } from './params.ts';
import {
  type Artifacts,
  defineStage,
  idsOf,
  input,
  matrixArtifact,
  matrixOf,
  matrixReport,
  scalars,
} from './stage.ts';

const HOUR_MS = 3_600_000;
const NONE = 0xffffffff;
/** Times at which the most faved item is looked at for the report. */
const NUM_MOMENTS = 24;
const NUM_SHOWN = 4;

/** How the communities of the most faved item moved, in the stage's report. */
export interface FollowedTweet {
  readonly itemId: string;
  readonly numFavs: number;
  readonly timesMs: readonly number[];
  readonly communities: readonly { readonly clusterId: number; readonly shares: readonly number[] }[];
}

export const tweetEmbeddings = defineStage({
  name: 'tweet-embeddings',
  summary: 'Sum the interests of those who faved each item, decayed to now',
  reads: ['interestedIn', 'producers'],
  readsIfPresent: ['items', 'engagements'],
  writes: ['tweetEmbedding'],
  params: {
    tweetHalfLifeHours: number('Half-life of favs on items', 8, {
      min: 1e-6,
      unit: 'hours',
      source: 'summingbird Configs',
    }),
    maxItemAgeHours: number(
      'Favs on items older than this are left out; 0: no limit',
      { small: 0, web: 72, twitter: 72 },
      { unit: 'hours', source: 'summingbird Configs: 3 days' },
    ),
    favScoreThresholdForUserInterest: number(
      'A user passes on clusters with at least this raw favScore',
      { small: 0, web: 0.3, twitter: 0.3 },
      { source: 'summingbird Configs: 0.3' },
    ),
    tweetThreshold: number(
      'An entry is kept iff it is greater than this',
      { small: 0.001, web: 0.02, twitter: 0.02 },
      { source: 'summingbird Configs: 0.02' },
    ),
    maxClustersPerTweet: integer('Clusters kept per item', 50, { min: 1, source: 'summingbird Configs' }),
  },
  notApplicable: (_params, present) => (present.has('engagements') ? undefined : 'no engagements'),
  async run(artifacts, params, { kernels, onProgress }) {
    const engagements = input(artifacts, 'engagements');
    const items = input(artifacts, 'items');
    const interest = input(artifacts, 'interestedIn');
    const numItems = items.table.numRows;
    const eligible = eligibleFavs(artifacts, params.maxItemAgeHours * HOUR_MS);
    const times = scalars<Float64Array>(engagements, 'timeMs');
    const itemOf = scalars<Uint32Array>(engagements, 'itemIndex');
    const consumerOf = scalars<Uint32Array>(engagements, 'consumerIndex');
    const nowMs = Number(engagements.attributes['nowMs']);
    const favs = {
      items: eligible.map((f) => itemOf[f]),
      consumers: eligible.map((f) => consumerOf[f]),
      timesMs: Float64Array.from(eligible, (f) => Math.min(times[f], nowMs)),
    };
    const interests = gateByFavScore(
      matrixOf(interest, 'clusterId', 'logFavScoreClusterNormalizedOnly'),
      matrixOf(interest, 'clusterId', 'favScore').data as Float32Array,
      params.favScoreThresholdForUserInterest,
    );
    const options = {
      ...{ halfLifeMs: params.tweetHalfLifeHours * HOUR_MS, nowMs },
      ...{ threshold: params.tweetThreshold, topK: params.maxClustersPerTweet, onProgress },
    };
    const embedding = await computeTweetEmbedding(kernels, favs, numItems, interests, options);
    const most = mostFaved(favs.items, numItems);
    const moments = most && (await followTweet(kernels, favs, most.item, NUM_MOMENTS, interests, options));
    return {
      artifacts: {
        tweetEmbedding: matrixArtifact(
          { name: 'itemId', column: items.table.columns['itemId'] },
          embedding,
          'clusterId',
          {
            score: embedding.data as Float32Array,
          },
        ),
      },
      report: {
        ...matrixReport(embedding),
        numFavs: eligible.length,
        numFavsLeftOut: itemOf.length - eligible.length,
        ...(most && moments
          ? {
              followed: {
                itemId: idAt(idsOf(items, 'itemId'), most.item),
                numFavs: most.numFavs,
                ...sharesOf(moments),
              },
            }
          : {}),
      },
    };
  },
});

/** Of all that the embedding holds at each moment, the share of the clusters that have most over all moments. */
function sharesOf(moments: readonly TweetMoment[]): Omit<FollowedTweet, 'itemId' | 'numFavs'> {
  const shares = moments.map(({ clusters, scores }) => {
    const whole = scores.reduce((a, b) => a + b, 0);
    return new Map(clusters.map((cluster, i) => [cluster, scores[i] / whole]));
  });
  const totals = new Map<number, number>();
  for (const share of shares)
    for (const [cluster, part] of share) totals.set(cluster, (totals.get(cluster) ?? 0) + part);
  const most = [...totals].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, NUM_SHOWN);
  return {
    timesMs: moments.map(({ timeMs }) => timeMs),
    communities: most.map(([clusterId]) => ({
      clusterId,
      shares: shares.map((share) => share.get(clusterId) ?? 0),
    })),
  };
}

/** The item with the most favs, the first of several; undefined where there are no favs. */
function mostFaved(items: Uint32Array, numItems: number) {
  if (items.length === 0) return undefined;
  const counts = new Uint32Array(numItems);
  for (const item of items) counts[item]++;
  const item = counts.reduce((best, count, i) => (count > counts[best] ? i : best), 0);
  return { item, numFavs: counts[item] };
}

/** Numbers of the favs that count: not of one's own item, and of an item young enough. */
function eligibleFavs(artifacts: Artifacts, maxAgeMs: number): Uint32Array {
  const engagements = input(artifacts, 'engagements');
  const items = input(artifacts, 'items');
  const times = scalars<Float64Array>(engagements, 'timeMs');
  const itemOf = scalars<Uint32Array>(engagements, 'itemIndex');
  const consumerOf = scalars<Uint32Array>(engagements, 'consumerIndex');
  const bornMs = scalars<Float64Array>(items, 'firstEventTimeMs');
  const authorOf = scalars<Uint32Array>(items, 'authorProducerIndex');
  const consumerIds = idsOf(input(artifacts, 'interestedIn'), 'consumerId');
  const producerIds = idsOf(input(artifacts, 'producers'), 'producerId');
  const isOwn = (fav: number): boolean => {
    const author = authorOf[itemOf[fav]];
    return author !== NONE && idAt(producerIds, author) === idAt(consumerIds, consumerOf[fav]);
  };
  return Uint32Array.from({ length: itemOf.length }, (_, fav) => fav).filter(
    (fav) => (maxAgeMs === 0 || times[fav] - bornMs[itemOf[fav]] < maxAgeMs) && !isOwn(fav),
  );
}
