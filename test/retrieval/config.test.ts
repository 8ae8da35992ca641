import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configSuffixes, defaultRetrievalConfig, retrievalVariant } from '../../src/retrieval/config.ts';

const test = suite('retrieval variants');
const variant = (suffix?: string, overrides = {}) =>
  retrievalVariant('FavBasedProducer', '20M_145K_2020', suffix, overrides);

test("Default is the client's, and its id names type, model and configuration", () => {
  const { id, config } = variant();
  assert.is(id, 'FavBasedProducer_20M_145K_2020_Default');
  assert.equal(config, defaultRetrievalConfig);
  assert.equal(
    [config.maxNumResults, config.minScore, config.maxTopTweetsPerCluster, config.maxScanClusters],
    [200, 0, 800, 50],
  );
});

test('configurations of the original: ages, ads, one hour', () => {
  assert.is(variant('20220617_06').config.maxTweetCandidateAgeHours, 48);
  assert.is(variant('20221221').config.maxTweetCandidateAgeHours, 1);
  const { config } = variant('20220810');
  assert.equal(
    [config.maxNumResults, config.maxTopTweetsPerCluster, config.maxTweetCandidateAgeHours],
    [100, 1600, 175200],
  );
});

test('the in-process predecessor goes by the type of the source', () => {
  const of = (type: string) => retrievalVariant(type, 'm', 'InProcess').config;
  assert.is(of('FavBasedProducer').maxReRankingCandidates, 250);
  assert.is(of('LogFavLongestL2EmbeddingTweet').minScore, 0.3);
  assert.is(of('FilteredUserInterestedIn').annAlgorithm, 'dot');
  assert.is(of('UnfilteredUserInterestedIn').annAlgorithm, 'log-cosine');
  assert.equal([of('Other').minScore, of('Other').maxTopTweetsPerCluster], [0.7, 200]);
});

test('overrides count last', () => {
  assert.is(variant('20221221', { maxTweetCandidateAgeHours: 7 }).config.maxTweetCandidateAgeHours, 7);
});

test('every named configuration is within its own ranges', () => {
  for (const suffix of configSuffixes) assert.ok(variant(suffix).id.endsWith(suffix));
});

for (const [what, suffix, overrides] of [
  ['an unknown suffix', 'nightly', {}],
  ['too many results', 'Default', { maxNumResults: 1001 }],
  ['no results', 'Default', { maxNumResults: 0 }],
  ['half a cluster', 'Default', { maxScanClusters: 1.5 }],
  ['a score that is no number', 'Default', { minScore: Number.NaN }],
  ['an unknown algorithm', 'Default', { annAlgorithm: 'l1' }],
  ['an unknown norm', 'Default', { candidateNorm: 'half' }],
] as const)
  test(`${what} is refused`, () => {
    assert.throws(() => variant(suffix, overrides), /BAD_PARAM/);
  });

test.run();
