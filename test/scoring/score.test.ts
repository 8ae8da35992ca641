import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { csrFromRows } from '../../src/core/csr.ts';
import { idTableFromStrings } from '../../src/core/ids.ts';
import { type Engagement, recentEngagementFeatures } from '../../src/scoring/recent-engagement.ts';
import { Representation } from '../../src/scoring/representation.ts';
import { listScore, score, thresholdLabel, topicTweetRanking, weightedSum } from '../../src/scoring/score.ts';

const test = suite('scores');

const modelVersion = 'm1';
const tweets = idTableFromStrings(['t1', 't2', 'unloved']);
const tweetRows = csrFromRows(4, [
  [
    [1, 3],
    [2, 4],
  ],
  [[2, 2]],
  [],
]);
const representation = new Representation([
  { embeddingType: 'LogFavBasedTweet', modelVersion, ids: tweets, embedding: tweetRows },
  {
    embeddingType: 'LogFavLongestL2EmbeddingTweet',
    modelVersion,
    ids: tweets,
    embedding: tweetRows,
    maxClusters: 1,
  },
  {
    embeddingType: 'FavTfgTopic',
    modelVersion,
    ids: idTableFromStrings(['music']),
    embedding: csrFromRows(4, [[[2, 1]]]),
    clusterIndex: csrFromRows(1, [[], [], [[0, 1]], []]),
  },
  {
    embeddingType: 'FavBasedProducer',
    modelVersion,
    ids: idTableFromStrings(['ann']),
    embedding: csrFromRows(4, [[[1, 1]]]),
  },
]);
const tweet = (id: string) => ({ embeddingType: 'LogFavBasedTweet', modelVersion, id });

test('an embedding by type, version and id; what is not there, or empty, is undefined', () => {
  assert.equal([...representation.embedding(tweet('t1'))!.clusters], [1, 2]);
  assert.equal(
    [
      ...representation.embedding({ ...tweet('t1'), embeddingType: 'LogFavLongestL2EmbeddingTweet' })!
        .clusters,
    ],
    [2],
  );
  assert.is(representation.embedding(tweet('t9')), undefined);
  assert.is(representation.embedding(tweet('unloved')), undefined);
  assert.throws(() => representation.embedding({ ...tweet('t1'), modelVersion: 'm2' }), /BAD_PARAM/);
  assert.throws(
    () => representation.embedding({ ...tweet('t1'), embeddingType: 'X' }),
    /LogFavBasedTweet of m1/,
  );
});

test('clusters of an entity, entities of a cluster', () => {
  assert.equal(representation.clustersOf(tweet('t1'), 1), [{ clusterId: 2, score: 4 }]);
  const topics = { embeddingType: 'FavTfgTopic', modelVersion };
  assert.equal(representation.entitiesOf({ ...topics, clusterId: 2 }), [{ id: 'music', score: 1 }]);
  assert.equal(representation.entitiesOf({ ...topics, clusterId: 1 }), []);
  for (const clusterId of [0, 4, 1.5])
    assert.throws(() => representation.entitiesOf({ ...topics, clusterId }), /UNKNOWN_ID/);
  assert.throws(() => representation.entitiesOf({ ...tweet('t1'), clusterId: 1 }), /cluster index/);
});

test('a pair, and a list in the order of the request with holes', () => {
  assert.is(score(representation, { algorithm: 'dot', first: tweet('t1'), second: tweet('t2') }), 8);
  assert.is(score(representation, { algorithm: 'dot', first: tweet('t1'), second: tweet('t9') }), undefined);
  const request = {
    algorithm: 'dot',
    modelVersion,
    targetType: 'FavTfgTopic',
    targetId: 'music',
    candidateType: 'LogFavBasedTweet',
    candidateIds: ['t2', 'nobody', 't1', 't2', 'unloved'],
  } as const;
  assert.equal(listScore(representation, request), [2, undefined, 4, 2, undefined]);
  assert.equal(listScore(representation, { ...request, targetId: 'chess' }), new Array(5).fill(undefined));
});

test('weighted sums: missing parts count nothing, all missing is undefined, the order of the pair matters', () => {
  const pair = (first: string, second: string) => ({ modelVersion, ids: [first, second] as const });
  assert.is(weightedSum(representation, topicTweetRanking, pair('music', 't2')), 1);
  assert.ok(Math.abs(weightedSum(representation, topicTweetRanking, pair('music', 't1'))! - 0.8) < 1e-12);
  assert.is(weightedSum(representation, topicTweetRanking, pair('t2', 'music')), undefined);
  const parts = [
    { weight: 2, algorithm: 'dot', types: ['FavTfgTopic', 'LogFavBasedTweet'] },
    {
      weight: 3,
      algorithm: 'jaccard',
      types: ['FavTfgTopic', 'LogFavBasedTweet'],
      transform: (x: number) => 10 * x,
    },
  ] as const;
  assert.is(weightedSum(representation, parts, pair('music', 't1')), 2 * 4 + 3 * 10 * 0.5);
  assert.is(thresholdLabel(representation, topicTweetRanking, pair('music', 't2'), 1), 1);
  assert.is(thresholdLabel(representation, topicTweetRanking, pair('music', 't1'), 0.9), 0);
  assert.is(thresholdLabel(representation, topicTweetRanking, pair('chess', 't1'), 0.9), undefined);
});

const now = 100 * 86_400_000;
const day = (days: number) => now - days * 86_400_000;

test('recent engagement: windows, the last ten, max and mean over what has a score', () => {
  const engagements: Engagement[] = [
    { signal: 'fav', id: 't2', timeMs: day(0.5) },
    { signal: 'fav', id: 't1', timeMs: day(3) },
    { signal: 'fav', id: 'nobody', timeMs: day(0.1) },
    { signal: 'fav', id: 't2', timeMs: day(8) },
    { signal: 'follow', id: 'ann', timeMs: day(20) },
    { signal: 'report', id: 't1', timeMs: day(40) },
    { signal: 'mute', id: 'ann', timeMs: day(-1) },
  ];
  const [features, none] = recentEngagementFeatures(representation, engagements, ['t1', 'nobody'], now, {
    modelVersion,
  });
  // Both favs point along cluster 2 after truncation to one cluster: cosine .8 with t1.
  assert.equal(
    features.map(({ signal, windowDays, max, mean }) => [
      signal,
      windowDays,
      max.toFixed(6),
      mean.toFixed(6),
    ]),
    [
      ['fav', 1, '0.800000', '0.800000'],
      ['fav', 7, '0.800000', '0.800000'],
      ['follow', 30, '0.600000', '0.600000'],
    ],
  );
  assert.equal(none, []);
});

test('an eleventh signal pushes the oldest out, whatever the order they come in', () => {
  const recent = Array.from(
    { length: 10 },
    (_, i): Engagement => ({ signal: 'reply', id: 't2', timeMs: day(0.9 - i / 100) }),
  );
  const oldest: Engagement = { signal: 'reply', id: 't1', timeMs: day(0.95) };
  const mean = (engagements: Engagement[]) =>
    recentEngagementFeatures(representation, engagements, ['t2'], now, {
      modelVersion,
      engagedTweetType: 'LogFavBasedTweet',
    })[0][0].mean;
  assert.is(mean([...recent, oldest]), 1);
  assert.is(mean([oldest, ...recent]), 1);
  assert.ok(mean([oldest, ...recent.slice(1)]) < 1);
});

test.run();
