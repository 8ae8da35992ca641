import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { idStrings } from '../../src/core/ids.ts';
import { ln } from '../../src/core/math.ts';
import { openModel } from '../../src/pipeline/model-folder.ts';
import { gatherReport } from '../../src/report/gather.ts';
import { writeReport } from '../../src/report/report.ts';
import { idsOf, matrixOf, scalars } from '../../src/stages/stage.ts';
import { groupedRows, HOSTILE, modelBuilder } from './models.ts';

const { buildModel, removeModels } = modelBuilder();

const rows = groupedRows(6, 12, 10);
const model = await buildModel(rows);
const report = gatherReport(model);

test('every community is there, the largest first, with every member once', () => {
  const { communities, sizes, leftOut } = report.communities!;
  assert.equal(leftOut, []);
  assert.is(communities.length, sizes.length);
  assert.equal(
    [...sizes].sort((a, b) => b - a),
    sizes,
  );
  const members = communities.flatMap((entry) => [...entry.members.map(([name]) => name), ...entry.also]);
  assert.is(new Set(members).size, members.length);
  assert.is(
    members.length,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  assert.ok(members.includes(HOSTILE));
});

test('members come by knownForScore · ln(1 + followers)', () => {
  for (const { members } of report.communities!.communities) {
    const weights = members.map(([, score, followers]) => score * ln(1 + followers));
    weights.forEach((weight, i) => {
      assert.ok(i === 0 || weight <= weights[i - 1] * 1.01, String(weights));
      assert.ok(Math.abs(members[i][3] - weight / weights[0]) < 0.01);
    });
  }
});

test('names, topics, items and consumers are those of the artifacts', () => {
  const clusters = model.read('clusters');
  const names = idStrings(idsOf(clusters, 'name'));
  const numConsumers = scalars<Uint32Array>(clusters, 'numConsumers');
  const topicIds = idStrings(idsOf(model.read('topicEmbedding'), 'topicId'));
  const topics = matrixOf(model.read('clusterToTopics'), 'topicIndex', 'score');
  for (const entry of report.communities!.communities) {
    assert.is(entry.topic === '' ? entry.name : `${entry.topic}: ${entry.name}`, names[entry.id]);
    assert.is(entry.numConsumers, numConsumers[entry.id]);
    const first = topics.indptr[entry.id];
    const expected = topics.indptr[entry.id + 1] > first ? topicIds[topics.indices[first]] : undefined;
    assert.is(entry.topics[0]?.[0], expected);
    assert.ok(entry.items.length > 0);
  }
});

test('neighbours are the most similar, best first', () => {
  const similarity = matrixOf(model.read('producerSimilarity'), 'neighborIndex', 'similarity');
  const ids = idStrings(idsOf(model.read('producers'), 'producerId'));
  const { neighborhoods, numFeatured } = report.neighbors!;
  assert.is(numFeatured, 12);
  assert.is(new Set(neighborhoods.map(({ name }) => name)).size, neighborhoods.length);
  for (const { name, neighbors } of neighborhoods) {
    const row = ids.indexOf(name);
    const scores = Array.from(similarity.data!.subarray(similarity.indptr[row], similarity.indptr[row + 1]));
    scores.sort((a, b) => b - a);
    for (const [i, [, score]] of neighbors.entries()) assert.ok(Math.abs(score - scores[i]) < 0.005);
  }
});

test('shares of interest are ordered and no more than the whole; the first users are of different communities', async () => {
  const scattered = await buildModel(groupedRows(12, 8, 10), { maxClustersPerUser: 20 });
  for (const { users, labels, numFeatured } of [report.users!, gatherReport(scattered).users!]) {
    assert.is(new Set(users.map(({ name }) => name)).size, users.length);
    for (const { interests, numClusters } of users) {
      assert.ok(interests.length <= Math.min(5, numClusters));
      assert.ok(interests.reduce((sum, [, share]) => sum + share, 0) < 1.01);
      interests.forEach(([cluster, share], i) => {
        assert.ok(i === 0 || share <= interests[i - 1][1]);
        assert.ok(labels[cluster].name !== '');
      });
    }
    const numMain = new Set(users.map(({ interests }) => interests[0][0])).size;
    const first = users.slice(0, Math.min(numFeatured, numMain)).map(({ interests }) => interests[0][0]);
    assert.is(new Set(first).size, first.length);
  }
});

test('the same model gives the same page, without network and with hostile ids as text', async () => {
  const page = readFileSync(await writeReport(model), 'utf8');
  assert.is(readFileSync(await writeReport(openModel(model.folder)), 'utf8'), page);
  assert.not.match(page, /(?:src|href)="(?!#|data:)|@import|url\((?!#)/);
  assert.not.match(page, /<img/);
  assert.is(page.match(/<script/g)?.length, 2);
  assert.is(page.match(/<\/script/g)?.length, 2);
});

const cases: readonly (readonly [string, Parameters<typeof buildModel>, RegExp])[] = [
  ['no engagements and no topics', [{ follows: rows.follows }], /skipped: no --engagements/],
  ['one community', [rows, { numCommunities: 1 }], /1 community among 61 producers/],
  [
    'no similar producers',
    [
      {
        follows: [
          ['a', 'x'],
          ['b', 'y'],
        ],
      },
    ],
    /No two producers share enough followers/,
  ],
  ['a graph of one edge', [{ follows: [['a', 'x']] }], /The stages of the job/],
  ['a model of one stage', [rows, {}, 'follow-graph'], /61 producers, no communities yet/],
  ['a model up to the communities', [rows, {}, 'known-for'], /id="communities-list"/],
];
for (const [name, args, expected] of cases) {
  test(`the page of ${name}`, async () => {
    const page = readFileSync(await writeReport(await buildModel(...args)), 'utf8');
    assert.match(page, expected);
    assert.not.match(page, />(?:NaN|undefined|null|Infinity)|NaN|="(?:undefined|null|Infinity)"/);
  });
}

test.after(removeModels);
test.run();
