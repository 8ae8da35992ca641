import { idAt } from '../core/ids.ts';
import { computeTweetEmbedding, gateByFavScore } from '../embeddings/tweet.ts';
import { decayValues } from '../graph/engagement-graph.ts';
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
    const favs = eligibleFavs(artifacts, params.maxItemAgeHours * HOUR_MS);
    const times = scalars<Float64Array>(engagements, 'timeMs');
    const nowMs = Number(engagements.attributes['nowMs']);
    const weights = await decayValues(
      kernels,
      Float64Array.from(favs, (f) => Math.min(times[f], nowMs)),
      new Float32Array(favs.length).fill(1),
      nowMs,
      params.tweetHalfLifeHours * HOUR_MS,
    );
    const itemOf = scalars<Uint32Array>(engagements, 'itemIndex');
    const consumerOf = scalars<Uint32Array>(engagements, 'consumerIndex');
    const favScore = matrixOf(interest, 'clusterId', 'favScore').data as Float32Array;
    const embedding = await computeTweetEmbedding(
      kernels,
      { items: favs.map((f) => itemOf[f]), consumers: favs.map((f) => consumerOf[f]), weights },
      numItems,
      gateByFavScore(
        matrixOf(interest, 'clusterId', 'logFavScoreClusterNormalizedOnly'),
        favScore,
        params.favScoreThresholdForUserInterest,
      ),
      { threshold: params.tweetThreshold, topK: params.maxClustersPerTweet, onProgress },
    );
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
        numFavs: favs.length,
        numFavsLeftOut: itemOf.length - favs.length,
      },
    };
  },
});

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
