import { rmSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { portraitText } from '../../src/cli/inspect-text.ts';
import { alignedLines, clip, decimals, percent, type TextStyle } from '../../src/cli/text-layout.ts';
import { csrFromRows } from '../../src/core/csr.ts';
import { errorTable, SimClustersError } from '../../src/core/errors.ts';
import { idStrings, idTableFromStrings } from '../../src/core/ids.ts';
import { type ClusterPortrait, nearestClusters } from '../../src/inspect/cluster-portrait.ts';
import { inspectModel, inspectSubject, type SubjectKind } from '../../src/inspect/inspect.ts';
import { editDistance, findId, nearSpellings } from '../../src/inspect/near-spellings.ts';
import type { ProducerPortrait } from '../../src/inspect/producer-portrait.ts';
import { bestPlaces } from '../../src/inspect/rows.ts';
import type { TopicPortrait } from '../../src/inspect/topic-portrait.ts';
import type { UserPortrait } from '../../src/inspect/user-portrait.ts';
import { type ModelReader, openModel } from '../../src/pipeline/model-folder.ts';
import { artifactNames } from '../../src/stages/artifacts.ts';
import { idsOf, matrixOf, scalars } from '../../src/stages/stage.ts';
import { simclusters } from '../e2e/cli.ts';
import { buildTinyModel, simclustersInto, type TinyModel, themes } from './tiny-model.ts';

const test = suite('inspect');
let tiny: TinyModel;
let model: ModelReader;
let producers: string[];

test.before(() => {
  tiny = buildTinyModel();
  model = openModel(tiny.model);
  producers = idStrings(idsOf(model.read('producers'), 'producerId'));
});

test.after(() => rmSync(tiny.folder, { recursive: true, force: true }));

const plain: TextStyle = { width: 100, bold: String, dim: String, accent: String };

function portrait<T>(kind: SubjectKind, id: string, count?: number): T {
  return inspectSubject(model, kind, id, count) as T;
}

function caught(action: () => unknown): SimClustersError {
  try {
    action();
  } catch (error) {
    if (error instanceof SimClustersError) return error;
    throw error;
  }
  throw new Error('no error');
}

/** A matrix as dense rows of numbers. */
function dense(name: Parameters<ModelReader['read']>[0], index: string, value: string): number[][] {
  const { numRows, numCols, indptr, indices, data } = matrixOf(model.read(name), index, value);
  return Array.from({ length: numRows }, (_, row) => {
    const cells = new Array<number>(numCols).fill(0);
    for (let i = indptr[row]; i < indptr[row + 1]; i++) cells[indices[i]] = data![i];
    return cells;
  });
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function near(got: number, want: number, what: string): void {
  assert.ok(Math.abs(got - want) <= 1e-6 * Math.max(1, Math.abs(want)), `${what}: ${got}, not ${want}`);
}

/** The community that most producers of a theme are known for. */
function clusterOf(theme: string): number {
  return portrait<ProducerPortrait>('producer', `${theme}.example/1`).community!.clusterId;
}

test('a user is told by interests, what carries them, and what to follow next', () => {
  const user = portrait<UserPortrait>('user', 'cooking-fan-0');
  assert.is(user.numFollowed, 5);
  const [first] = user.interests;
  assert.is(first.clusterId, clusterOf('cooking'));
  near(
    user.interests.reduce((sum, { share }) => sum + share, 0),
    1,
    'shares',
  );
  assert.is(first.numCarrying, 5);
  assert.ok(first.carriedBy.every(({ producerId }) => producerId.startsWith('cooking')));
  near(
    first.score,
    first.carriedBy.reduce((sum, carrier) => sum + carrier.knownForScore, 0),
    'followScore',
  );
  assert.is(user.recommendations[0].producerId, 'cooking.example/4', 'the one of the theme not followed yet');
});

test('recommendations are ranked by user vector times producer embedding times root of followers', () => {
  const embedding = dense('followBasedProducer', 'clusterId', 'score');
  const vectors = dense('interestedIn', 'clusterId', 'followScoreClusterNormalizedOnly');
  const consumers = idStrings(idsOf(model.read('followGraph'), 'consumerId'));
  const followers = scalars<Uint32Array>(model.read('producers'), 'followerCount');
  for (const id of ['chess-fan-9', 'chess-fan-3']) {
    const row = consumers.indexOf(id);
    const { indptr, indices } = matrixOf(model.read('followGraph'), 'producerIndex');
    const followed = indices.subarray(indptr[row], indptr[row + 1]);
    const want = producers
      .map((producerId, p) => ({
        producerId,
        p,
        score: dot(vectors[row], embedding[p]) * Math.sqrt(followers[p]),
      }))
      .filter(({ p, score }) => !followed.includes(p) && score > 0)
      .sort((a, b) => b.score - a.score);
    const { recommendations } = portrait<UserPortrait>('user', id, 1000);
    assert.equal(recommendations.map((r) => r.producerId).sort(), want.map((w) => w.producerId).sort(), id);
    recommendations.forEach(({ score, carriedBy, followerCount, producerId }, at) => {
      near(score, want[at].score, `score ${at} of ${id}`);
      assert.is(followerCount, followers[producers.indexOf(producerId)]);
      near(
        carriedBy.reduce((sum, { share }) => sum + share, 0),
        1,
        'parts of a score, at most 3 clusters here',
      );
    });
  }
});

test('a cluster is told by members, topics, items, consumers and its nearest', () => {
  const clusterId = clusterOf('chess');
  const cluster = portrait<ClusterPortrait>('cluster', String(clusterId), 1000);
  const knownFor = dense('knownFor', 'clusterId', 'knownForScore');
  const want = producers.filter((_, p) => knownFor[p][clusterId] > 0);
  assert.equal(cluster.members.map(({ producerId }) => producerId).sort(), want.sort());
  assert.is(cluster.numProducers, want.length);
  assert.ok(
    cluster.members.every(
      ({ knownForScore }, i, all) => i === 0 || knownForScore <= all[i - 1].knownForScore,
    ),
  );
  assert.ok(cluster.name.startsWith('chess: '), cluster.name);
  assert.is(cluster.topics[0].topicId, 'chess');
  assert.ok(['chess.example/1', 'chess weekly'].includes(cluster.items[0].itemId));
  assert.ok(cluster.numConsumers >= 10);
  assert.ok(cluster.nearest.length > 0);
  const rows = dense('clusterToProducers', 'producerIndex', 'score');
  for (const { clusterId: other, cosine } of cluster.nearest) {
    const norms = Math.sqrt(dot(rows[other], rows[other]) * dot(rows[clusterId], rows[clusterId]));
    near(cosine, dot(rows[other], rows[clusterId]) / norms, 'cosine');
  }
});

test('nearest clusters never hold the cluster itself, nor strangers', () => {
  const rows = [
    [],
    [
      [0, 1],
      [1, 1],
    ],
    [[0, 1]],
    [[2, 1]],
    [
      [1, 3],
      [2, 4],
    ],
  ] as [number, number][][];
  const nearest = nearestClusters(csrFromRows(3, rows), 1, 10);
  assert.equal(
    nearest.map(({ place }) => place),
    [2, 4],
  );
  near(nearest[0].score, Math.SQRT1_2, 'cosine');
  near(nearest[1].score, 3 / (5 * Math.SQRT2), 'cosine');
});

test('a producer is told by its community, its like and its clusters', () => {
  const producer = portrait<ProducerPortrait>('producer', 'baseball.example/2');
  assert.is(
    producer.followerCount,
    scalars(model.read('producers'), 'followerCount')[producers.indexOf('baseball.example/2')],
  );
  assert.is(producer.faverCount, 0);
  assert.is(portrait<ProducerPortrait>('producer', 'baseball.example/1').faverCount, 10);
  assert.ok(producer.community!.knownForScore > 0.5);
  assert.ok(producer.similar.slice(0, 5).every(({ producerId }) => producerId.startsWith('baseball')));
  assert.is(producer.clusters[0].clusterId, producer.community!.clusterId);
});

test('a topic is told by its clusters and the nearest producers', () => {
  for (const theme of themes) {
    const topic = portrait<TopicPortrait>('topic', theme);
    assert.is(topic.clusters[0].clusterId, clusterOf(theme));
    const embedding = dense('followBasedProducer', 'clusterId', 'score');
    const vector = dense('topicEmbedding', 'clusterId', 'score')[
      idStrings(idsOf(model.read('topicEmbedding'), 'topicId')).indexOf(theme)
    ];
    for (const { producerId, score } of topic.producers) {
      near(score, dot(embedding[producers.indexOf(producerId)], vector), producerId);
    }
  }
});

test('a model is told by how it was made and what it holds', () => {
  const told = inspectModel(model);
  assert.equal([told.status, told.seed, told.preset?.name], ['complete', '2', 'small']);
  assert.equal(told.artifacts.map(({ name }) => name).sort(), [...artifactNames].sort());
  // Follows, engagements, topic follows, and the communities renewed.
  assert.is(told.inputs.length, 4);
  assert.is(told.communities!.total, 3);
  const sizes = told.communities!.largest.map(({ numProducers }) => numProducers);
  assert.equal(
    sizes,
    [...sizes].sort((a, b) => b - a),
  );
  assert.is(
    sizes.reduce((sum, size) => sum + size),
    producers.length,
  );
});

test('a model without names, topics or items is told as far as it goes', () => {
  const has = (name: string) =>
    !['clusters', 'clusterToTopics', 'clusterToTweets', 'engagementGraph'].includes(name);
  assert.is(inspectModel({ ...model, has }).communities, undefined);
  const partial = { ...model, has };
  const cluster = inspectSubject(partial, 'cluster', '1') as ClusterPortrait;
  assert.equal([cluster.topics, cluster.items], [[], []]);
  const producer = inspectSubject(partial, 'producer', producers[0]) as ProducerPortrait;
  assert.is(producer.faverCount, undefined);
  assert.not.match(portraitText(producer, plain), /faved/);
});

test('artifacts of different runs are refused', () => {
  const { table, attributes } = model.read('followBasedProducer');
  const stale: ModelReader = {
    ...model,
    read: (name) =>
      name === 'followBasedProducer'
        ? { table, attributes: { ...attributes, numCols: '99' } }
        : model.read(name),
  };
  for (const [kind, id] of [
    ['user', '007'],
    ['producer', producers[0]],
    ['topic', 'chess'],
  ] as const) {
    assert.is(caught(() => inspectSubject(stale, kind, id)).code, 'SHAPE_MISMATCH');
  }
});

test('texts are in words, aligned, and no wider than asked for', () => {
  const narrow = { ...plain, width: 60 };
  const subjects: [SubjectKind, string][] = [
    ['user', 'chess-fan-1'],
    ['cluster', '1'],
    ['producer', 'chess.example/1'],
    ['topic', 'chess'],
  ];
  for (const [kind, id] of subjects) {
    const text = portraitText(inspectSubject(model, kind, id), narrow);
    assert.not.match(text, /undefined|NaN|\[object|\[\]/);
    assert.ok(text.endsWith('\n') && !text.endsWith('\n\n'));
    for (const line of text.split('\n')) assert.ok([...line].length <= 60, line);
  }
  const whole = portraitText(inspectModel(model), plain);
  assert.match(whole, /^Model model-1\nComplete, last written .* UTC/);
  assert.match(whole, /Preset small \(19 producers, fewer than 100,000\), seed 2/);
  assert.match(portraitText(inspectSubject(model, 'user', '007'), plain), /Follows 6 producers/);
});

test('an empty cluster, a user without interests and a lonely producer are told in words', () => {
  const empty = { clusterId: 4, name: '', numProducers: 0, numConsumers: 0 };
  const lists = { members: [], topics: [], items: [], nearest: [] };
  assert.match(
    portraitText({ kind: 'cluster', ...empty, ...lists }, plain),
    /^Cluster 4\nNo producer is known/,
  );
  const idle = { consumerId: 'idle', numFollowed: 1, numInterests: 0, interests: [], recommendations: [] };
  assert.match(portraitText({ kind: 'user', ...idle }, plain), /1 producer, interested in 0 communities/);
  const lonely = { producerId: 'lonely', followerCount: 1, similar: [], clusters: [] };
  assert.match(
    portraitText({ kind: 'producer', ...lonely }, plain),
    /by 1 consumer\.\n\nCommunity\n {2}None/,
  );
});

test('layout: columns stand below each other, long names are cut, control characters are shown', () => {
  const rows = [
    ['a', '1'],
    ['a much longer name', '100'],
  ];
  const lines = alignedLines({ ...plain, width: 22 }, ['name', 'right'], rows);
  assert.equal(lines, ['  a                  1', '  a much longer…   100']);
  assert.is(clip('a\tb\u001b[2J', 99), 'a·b·[2J');
  assert.equal([0.004, 0.256, 1, 0].map(percent), ['<1 %', '26 %', '100 %', '0 %']);
  assert.equal([0.256, 0.00123, 0].map(decimals), ['0.26', '0.0012', '0.00']);
});

test('best places: by score, ties to the lower, nothing that is not above 0', () => {
  const scores = [0, 3, 1, 3, -1, Number.NaN, 2];
  const places = (count: number) =>
    bestPlaces(count, scores.length, (i) => scores[i]).map(({ place }) => place);
  assert.equal(places(10), [1, 3, 6, 2]);
  assert.equal(places(3), [1, 3, 6]);
  assert.equal(places(1), [1]);
});

test('near spellings: few letters off, any case, or going on; the nearest first, at most three', () => {
  assert.equal(
    [editDistance('redsox', 'redsxo'), editDistance('', 'abc'), editDistance('abc', 'axc')],
    [1, 3, 1],
  );
  const ids = idTableFromStrings(['redsox', 'RedSocks', 'bluejays', 'redsoxfans', 'RedSox2', 'rdsox']);
  assert.equal(nearSpellings(ids, 'REDSOX'), ['redsox', 'RedSox2', 'rdsox']);
  assert.equal(nearSpellings(ids, 'blue'), ['bluejays']);
  assert.equal(nearSpellings(ids, ''), []);
  assert.equal(nearSpellings(ids, 'x'.repeat(100)), []);
  assert.is(findId(ids, 'bluejays'), 2);
  assert.is(findId(ids, 'bluejay'), -1);
});

test('an id that is unknown is told with its like', () => {
  const error = caught(() => inspectSubject(model, 'user', 'cooking-fan-00'));
  assert.is(error.code, 'UNKNOWN_ID');
  assert.ok(error.facts.got.includes('cooking-fan-00') && error.facts.expected.includes('31 consumers'));
  assert.match(error.facts.todo, /Did you mean cooking-fan-0, /);
  for (const id of ['0', '99', '-1', 'x', '1.5', '01']) {
    assert.is(caught(() => inspectSubject(model, 'cluster', id)).code, 'UNKNOWN_ID', id);
  }
});

test('the command line: texts, JSON, ids that look like numbers, exit codes', () => {
  const run = (...args: string[]) => simclusters(['inspect', ...args, '--model', tiny.model]);
  // No colours into a pipe, whatever the environment wants for terminals.
  assert.not.ok(run().stdout.includes('\u001b'));
  assert.match(run().stdout, /Largest of 3 communities/);
  assert.match(run('user', '007').stdout, /^User 007\n/);
  assert.match(run('cluster', '1').stdout, /^Cluster 1 — /);
  assert.equal(JSON.parse(run('topic', 'chess', '--json').stdout), portrait('topic', 'chess'));
  assert.is(JSON.parse(run('user', '007', '--json', '--top', '2').stdout).interests[0].carriedBy.length, 2);
  const unknown = run('producer', 'chess.exmple/1');
  assert.is(unknown.status, errorTable.UNKNOWN_ID.exitCode);
  assert.match(unknown.stderr, /UNKNOWN_ID[\s\S]*Did you mean chess\.example\/1/);
  for (const args of [['user'], ['planet', 'x'], ['user', '007', '--top', '0'], ['--top', 'many']]) {
    assert.is(run(...args).status, errorTable.BAD_PARAM.exitCode, args.join(' '));
  }
  assert.is(simclusters(['inspect', '--model', tiny.folder]).status, errorTable.NO_MODEL.exitCode);
  const piped = simclustersInto('head -1', ['inspect', '--model', tiny.model]);
  assert.equal([piped.status, piped.stdout, piped.stderr], [0, 'Model model-1\n', '']);
});

test.run();
