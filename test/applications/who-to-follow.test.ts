/** Who to follow by the joined score, where a model holds the views for it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createApp } from '../../src/api/serving-app.ts';
import { homeCandidates, whoToFollow } from '../../src/applications/applications.ts';
import { recommendFromModel } from '../../src/cli/recommend-run.ts';
import { openModel } from '../../src/pipeline/model-folder.ts';
import { runPipeline } from '../../src/pipeline/pipeline.ts';
import { loadServingModel } from '../../src/serve/load-serving-model.ts';
import { recommendationViews } from '../../src/stages/recommendation-views.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { groupedRows, modelBuilder } from '../report/models.ts';

const test = suite('who to follow by the joined score');
const { buildModel, removeModels } = modelBuilder();
const { folder, manifest } = await buildModel(groupedRows(5, 12, 6), {
  numCommunities: 5,
  numStarts: 20,
  seed: '2',
});
const given = { ...manifest.given, communityWeight: 0.5 };
await runPipeline({ folder, given, target: recommendationViews.name, numThreads: 1 });
const { model, close } = await loadServingModel(folder, {}, { numThreads: 1 });
const kernels = open(wasm(1));
test.after(async () => {
  await kernels.close();
  await close();
  removeModels();
});

test('the same candidates, scores and carriers as `simclusters recommend` gives', async () => {
  const ids = ['user-1-3', 'user-4-0'];
  const log = () => assert.unreachable('the views are in the model');
  const expected = await recommendFromModel(kernels, openModel(folder), { ids, k: 3, numReasons: 3, log });
  let numCompared = 0;
  for (const { consumerId, candidates } of expected) {
    const found = whoToFollow(model, consumerId, { limit: 3 });
    assert.equal(
      found.map(({ id }) => id),
      candidates.map(({ producerId }) => producerId),
    );
    found.forEach(({ score, reasons, followed, source }, i) => {
      assert.ok(Math.abs(score - candidates[i].score) <= 1e-6 * score, `${score}, ${candidates[i].score}`);
      assert.equal(reasons, candidates[i].communities);
      assert.equal(
        followed,
        candidates[i].producers.map(({ producerId: id, share }) => ({ id, share })),
      );
      assert.ok(followed && followed.length > 0 && reasons.length > 0);
      assert.is(source, 'LocalAndGlobalView');
      numCompared++;
    });
  }
  assert.ok(numCompared > 2);
});

test('over HTTP with the follows that carry it; a configuration asked for is retrieval as before', async () => {
  const app = createApp({ models: () => [model], packageVersion: 'test' });
  const ask = async (body: object) => {
    const answer = await app.request('/v1/who-to-follow', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ userId: 'user-1-3', ...body }),
    });
    assert.is(answer.status, 200);
    return ((await answer.json()) as { recommendations: { source: string; followed?: object[] }[] })
      .recommendations;
  };
  const [first] = await ask({ limit: 1 });
  assert.equal(first, JSON.parse(JSON.stringify(whoToFollow(model, 'user-1-3', { limit: 1 })[0])));
  assert.ok((first.followed as object[]).length > 0);
  const [retrieved] = await ask({ limit: 1, config: 'Exact' });
  assert.match(retrieved.source, /^SimClustersANN_/);
  assert.is(retrieved.followed, undefined);
});

test('what is hidden, excluded or followed is not given; strangers get nothing', () => {
  const all = whoToFollow(model, 'user-1-3');
  const followed = new Set(Array.from(model.followedBy('user-1-3'), String));
  assert.ok(all.every(({ id }) => !followed.has(String(model.producers.find(id)))));
  const excludedIds = new Set([all[0].id]);
  assert.equal(
    whoToFollow(model, 'user-1-3', { excludedIds }).map(({ id }) => id),
    all.slice(1).map(({ id }) => id),
  );
  const isHidden = (clusterId: number) => model.legible.get(clusterId)?.includes('topic-1') ?? false;
  const clustersOf = (optedOut: ReadonlySet<string>) =>
    whoToFollow(model, 'user-1-3', { optedOut }).flatMap(({ reasons }) =>
      reasons.map(({ clusterId }) => clusterId),
    );
  assert.ok(clustersOf(new Set()).some(isHidden));
  assert.not(clustersOf(new Set(['topic-1'])).some(isHidden));
  assert.equal(whoToFollow(model, 'unknown'), []);
});

test('home asks the producers that the joined score puts first, and says which follows led there', () => {
  const given = whoToFollow(model, 'user-1-3', { limit: 2 });
  const joined = homeCandidates(model, 'user-1-3', { numJoinedProducers: 2 });
  const producerIds = given.map(({ id }) => id);
  // The same sources named by hand give the same items, without the follows.
  const byHand = homeCandidates(model, 'user-1-3', { producerIds });
  assert.equal(
    joined.map(({ followed: _, ...rest }) => rest),
    byHand,
  );
  const carried = joined.filter(({ followed }) => followed);
  assert.ok(carried.length > 0, 'no item comes from the joined score');
  const carriers = new Set(given.map(({ followed }) => JSON.stringify(followed)));
  for (const { followed } of carried) assert.ok(carriers.has(JSON.stringify(followed)));
  const without = homeCandidates(model, 'user-1-3', { numJoinedProducers: 0 });
  assert.ok(without.every(({ followed }) => followed === undefined));
  assert.equal(homeCandidates(model, 'unknown'), []);
});

test('views made of what the model no longer holds are not used', async () => {
  assert.ok(model.recommender);
  await runPipeline({
    folder,
    given: { ...given, maxClustersPerUser: 1 },
    target: 'interested-in',
    numThreads: 1,
  });
  const stale = await loadServingModel(folder, {}, { numThreads: 1 });
  assert.is(stale.model.recommender, undefined);
  assert.match(whoToFollow(stale.model, 'user-1-3')[0].source, /^SimClustersANN_/);
  await stale.close();
});

test.run();
