import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { homeCandidates, similarItems, whoToFollow } from '../../src/applications/applications.ts';
import { personalizedTrends, topicsOfItem } from '../../src/applications/by-embedding.ts';
import type { Recommendation } from '../../src/applications/recommendations.ts';
import { openServingModel, type ServingModel } from '../../src/applications/serving-model.ts';
import { csrFromRows } from '../../src/core/csr.ts';
import { artifactNames } from '../../src/stages/artifacts.ts';
import type { Artifacts } from '../../src/stages/stage.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { groupedRows, HOSTILE, modelBuilder } from '../report/models.ts';

const test = suite('applications');
const { buildModel, removeModels } = modelBuilder();
const kernels = open(wasm(1));
test.after(async () => {
  await kernels.close();
  removeModels();
});

const reader = await buildModel(groupedRows(5, 12, 6), { numCommunities: 5, numStarts: 20, seed: '2' });
const artifacts: Artifacts = Object.fromEntries(
  artifactNames.filter((name) => reader.has(name)).map((name) => [name, reader.read(name)]),
);
const model: ServingModel = await openServingModel(kernels, artifacts, { modelVersion: 'test' });

const idsOf = (list: readonly Recommendation[]) => list.map(({ id }) => id);
const groupOf = (id: string) => (id === HOSTILE ? 0 : Number(id.split('-')[1]));

/** Best first, no id twice, each carried by named communities whose shares are parts of one. */
function requireSound(list: readonly Recommendation[]): void {
  assert.ok(list.length > 0, 'no answer at all');
  assert.is(new Set(idsOf(list)).size, list.length);
  for (const { score, reasons } of list) {
    assert.ok(score > 0);
    assert.ok(reasons.length > 0 && reasons.length <= 3);
    assert.ok(reasons.every(({ name, share, clusterId }) => name !== '' && share > 0 && clusterId > 0));
    assert.ok(reasons.reduce((sum, { share }) => sum + share, 0) <= 1 + 1e-9);
  }
}

test('similar items are of the same group, never the item itself, from both sources', () => {
  const list = similarItems(model, 'maker-2-1', { limit: 5 });
  requireSound(list);
  assert.ok(idsOf(list).every((id) => groupOf(id) === 2));
  assert.not(idsOf(list).includes('maker-2-1'));
  assert.ok(
    list.some(({ source }) => source === 'SimClustersANN_LogFavLongestL2EmbeddingTweet_test_WholeNorm'),
  );
});

test('front-loading keeps the order of the first source', () => {
  const list = similarItems(model, 'maker-3-0', { blending: 'front-load', limit: 4 });
  requireSound(list);
  assert.equal(
    [...list].sort((a, b) => b.score - a.score),
    list,
  );
  assert.is(new Set(list.map(({ source }) => source)).size, 1);
});

test('home: items of the own group; producers given add theirs; what is excluded stays away', () => {
  const own = homeCandidates(model, 'user-1-3');
  requireSound(own);
  assert.ok(idsOf(own).every((id) => groupOf(id) === 1));
  const more = homeCandidates(model, 'user-1-3', { producerIds: ['maker-4-2'], limit: 4 });
  assert.equal(
    more.map(({ id }) => groupOf(id)),
    [1, 4, 1, 4],
  );
  const excludedIds = new Set(idsOf(own).slice(0, 2));
  const rest = idsOf(homeCandidates(model, 'user-1-3', { excludedIds }));
  assert.equal(rest, idsOf(own).slice(2));
});

test('ages count from the time given', () => {
  const asked = (nowMs: number) =>
    homeCandidates(model, 'user-1-3', { nowMs, overrides: { maxTweetCandidateAgeHours: 24 } }).length;
  assert.ok(asked(1_700_000_000_000 + 3_600_000) > 0);
  assert.is(asked(1_700_000_000_000 + 30 * 3_600_000), 0);
  assert.is(asked(1_600_000_000_000), 0);
});

test('who to follow: of the own group, none followed already, in the order of the dot product', () => {
  const list = whoToFollow(model, 'user-1-3', { limit: 1 });
  requireSound(list);
  const followed = new Set([...Array(6).keys()].filter((p) => (3 + p) % 5 !== 4).map((p) => `maker-1-${p}`));
  assert.is(groupOf(list[0].id), 1);
  const all = whoToFollow(model, 'user-1-3');
  assert.ok(idsOf(all).every((id) => !followed.has(id) && id !== 'everybody'));
  assert.equal(
    [...all].sort((a, b) => b.score - a.score),
    all,
  );
});

test('topics of an item: its group first, chosen among those given', () => {
  const topicIds = ['topic-4', 'topic-2', 'nobody knows', HOSTILE, 'topic-2'];
  const list = topicsOfItem(model, 'maker-2-1', { topicIds });
  requireSound(list);
  assert.is(list[0].id, 'topic-2');
  assert.equal(
    idsOf(topicsOfItem(model, 'maker-2-1', { topicIds, optedOut: new Set(['topic-2']) })).includes('topic-2'),
    false,
  );
  assert.equal(topicsOfItem(model, 'maker-2-1', { topicIds, aboveScore: 3 }), []);
});

test('trends: those of the own communities first, strangers get none', () => {
  const clusterOf = (producer: string) =>
    model.representation.clustersOf({ embeddingType: 'KnownFor', modelVersion: 'test', id: producer }, 1)![0]
      .clusterId;
  const numClusters = clusterCount();
  const ids = ['#elsewhere', '#home', '#nowhere'];
  const embedding = csrFromRows(numClusters, [
    [[clusterOf('maker-3-1'), 2]],
    [[clusterOf('maker-1-1'), 0.5]],
    [],
  ]);
  const list = personalizedTrends(model, 'user-1-3', { ids, embedding });
  requireSound(list);
  assert.is(list[0].id, '#home');
  assert.not(idsOf(list).includes('#nowhere'));
  assert.equal(personalizedTrends(model, 'stranger', { ids, embedding }), []);
  assert.throws(() => personalizedTrends(model, 'user-1-3', { ids: ['one'], embedding }), /SHAPE_MISMATCH/);
});

function clusterCount(): number {
  return Number(artifacts.knownFor!.attributes['numCols']);
}

test('what a user hides carries no answer', () => {
  const topic = 'topic-1';
  const hidden = new Set([topic]);
  const isHidden = (clusterId: number) => model.legible.get(clusterId)?.includes(topic) ?? false;
  assert.ok([...model.legible.keys()].some(isHidden), 'the topic is legible nowhere: nothing is tested');
  const reasonsAre = (list: readonly Recommendation[]) =>
    list.flatMap(({ reasons }) => reasons.map((r) => r.clusterId));
  for (const ask of [homeCandidates, whoToFollow]) {
    assert.ok(reasonsAre(ask(model, 'user-1-3')).some(isHidden));
    assert.not(reasonsAre(ask(model, 'user-1-3', { optedOut: hidden })).some(isHidden));
  }
});

test('ids nobody knows get an empty answer', () => {
  assert.equal(similarItems(model, 'unknown'), []);
  assert.equal(homeCandidates(model, 'unknown'), []);
  assert.equal(whoToFollow(model, 'unknown'), []);
  assert.equal(topicsOfItem(model, 'unknown', { topicIds: ['topic-1'] }), []);
});

test('a model without items says so, and still says whom to follow', async () => {
  const { tweetEmbedding, items, clusterToTweets, ...rest } = artifacts;
  await kernels.scope(async () => {
    const bare = await openServingModel(kernels, rest, { modelVersion: 'test' });
    assert.throws(() => homeCandidates(bare, 'user-1-3'), /NO_MODEL/);
    requireSound(whoToFollow(bare, 'user-1-3'));
  });
});

test.run();
